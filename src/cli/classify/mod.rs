//! `textmill classify`: data sets to train on.
//!
//! For: the command tree; each command is a file. Not for: what they do.

mod build;
mod tokens;

use clap::{Args, Subcommand};

use super::context::Context;
use super::exit::CommandResult;

/// Make data sets to train on out of tables
///
/// Example: textmill classify build reviews.csv --text-column review --label-column tone -o reviews
#[derive(Debug, Args)]
pub(super) struct ClassifyArgs {
    #[command(subcommand)]
    command: ClassifyCommand,
}

#[derive(Debug, Subcommand)]
enum ClassifyCommand {
    Build(build::BuildArgs),
    Tokens(tokens::TokensArgs),
}

pub(super) fn run(args: &ClassifyArgs, context: &Context) -> CommandResult {
    match &args.command {
        ClassifyCommand::Build(args) => build::run(args, context),
        ClassifyCommand::Tokens(args) => tokens::run(args, context),
    }
}
