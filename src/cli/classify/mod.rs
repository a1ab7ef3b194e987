//! `textmill classify`: from any table to a data set to train on.
//!
//! For: the command tree; each command is a file. Not for: what they do. The one decision: a command works in process and
//! needs no service.

pub(super) mod build;
mod columns;
mod tokens;

use clap::{Args, Subcommand};

use super::context::Context;
use super::exit::CommandResult;

/// Make data sets to train on out of tables
///
/// Example: textmill classify build reviews.csv --text-column review --label-column tone -o reviews
///
/// A table goes in, Parquet or whatever `convert` reads; text, label and split come out. docs/classification.md says more.
#[derive(Debug, Args)]
pub(super) struct ClassifyArgs {
    #[command(subcommand)]
    command: ClassifyCommand,
}

#[derive(Debug, Subcommand)]
enum ClassifyCommand {
    Build(build::BuildArgs),
    Columns(columns::ColumnsArgs),
    Tokens(tokens::TokensArgs),
}

pub(super) fn run(args: &ClassifyArgs, context: &Context) -> CommandResult {
    match &args.command {
        ClassifyCommand::Build(args) => build::run(args, context),
        ClassifyCommand::Columns(args) => columns::run(args, context),
        ClassifyCommand::Tokens(args) => tokens::run(args, context),
    }
}
