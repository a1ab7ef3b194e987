//! `textmill classify`: from any table to a data set to train on.
//!
//! For: the command tree; each command is a file. Not for: what they do. The one decision: a command works in process and
//! needs no service.

mod columns;

use clap::{Args, Subcommand};

use super::context::{Context, Process};
use super::exit::CommandResult;

/// Build data sets to train on, of any table
///
/// Example: textmill classify columns reviews.csv
///
/// A table goes in, whatever `convert` reads or Parquet; text, label and split come out. docs/classification.md says more.
#[derive(Debug, Args)]
pub(super) struct ClassifyArgs {
    #[command(subcommand)]
    command: ClassifyCommand,
}

#[derive(Debug, Subcommand)]
enum ClassifyCommand {
    Columns(columns::ColumnsArgs),
}

pub(super) fn run(args: &ClassifyArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    match &args.command {
        ClassifyCommand::Columns(args) => columns::run(args, &loaded.config, context),
    }
}
