//! `textmill drift`: is what came in sound, and like what is known to be good?
//!
//! For: the command tree; each command is a file. Not for: what they do, or reports (`report`). The one decision: a command
//! works in process and needs no service.

pub(super) mod check;
mod engine;
mod merge;
mod profile;
mod results;
mod suites;
mod words;

use clap::{Args, Subcommand};

pub(super) use results::ResultArgs;

use super::context::Context;
use super::exit::CommandResult;

/// Check incoming data against a reference, or a set alone
///
/// Example: textmill drift check --reference train.csv --incoming june.csv --text-column text --label-column label --html report.html
///
/// Says in seconds whether a batch is sound, whether it is like the reference, and whether a model's predictions are still
/// good; and shows the numbers and rows behind the verdict. docs/drift.md says more.
#[derive(Debug, Args)]
pub(super) struct DriftArgs {
    #[command(subcommand)]
    command: DriftCommand,
}

#[derive(Debug, Subcommand)]
enum DriftCommand {
    Check(check::CheckArgs),
    Profile(profile::ProfileArgs),
    Merge(merge::MergeArgs),
    Suites(suites::SuitesArgs),
}

pub(super) fn run(args: &DriftArgs, context: &Context) -> CommandResult {
    match &args.command {
        DriftCommand::Check(args) => check::run(args, context),
        DriftCommand::Profile(args) => profile::run(args, context),
        DriftCommand::Merge(args) => merge::run(args, context),
        DriftCommand::Suites(args) => suites::run(args, context),
    }
}
