//! `textmill classify`: data sets to train on.
//!
//! For: the command tree; each command is a file. Not for: what they do.

mod tokens;

use clap::{Args, Subcommand};

use super::context::Context;
use super::exit::CommandResult;

/// Make data sets to train on out of tables
///
/// Example: textmill classify tokens tagged.csv -o tagged.conll
#[derive(Debug, Args)]
pub(super) struct ClassifyArgs {
    #[command(subcommand)]
    command: ClassifyCommand,
}

#[derive(Debug, Subcommand)]
enum ClassifyCommand {
    Tokens(tokens::TokensArgs),
}

pub(super) fn run(args: &ClassifyArgs, context: &Context) -> CommandResult {
    match &args.command {
        ClassifyCommand::Tokens(args) => tokens::run(args, context),
    }
}
