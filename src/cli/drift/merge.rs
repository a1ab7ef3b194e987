//! `textmill drift merge`: profiles of parts become the profile of the whole.

use std::path::PathBuf;

use clap::Args;

use super::profile::{in_words, warn_of_rejects};
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::operations::drift::merge_profiles;

/// Make one profile of those of parts
///
/// Example: textmill drift merge january.profile february.profile -o winter.profile
///
/// The parts are named in the order in which the whole would have their rows, and were made with the same options.
#[derive(Debug, Args)]
pub(super) struct MergeArgs {
    /// The profiles of the parts
    #[arg(value_name = "PROFILE", required = true)]
    parts: Vec<PathBuf>,
    /// The profile that is written
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
}

pub(super) fn run(args: &MergeArgs, context: &Context) -> CommandResult {
    let made = merge_profiles(&args.parts, &args.output)?;
    warn_of_rejects(&made, context)?;
    context.printer.outcome(&made, in_words)?;
    Ok(ExitStatus::Done)
}
