//! `textmill drift check`: a suite of checks, a verdict.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::engine::Wanted;
use super::results::ResultArgs;
use super::words::in_words;
use crate::cli::context::{Context, Process};
use crate::cli::exit::{CommandError, CommandResult};
use crate::cli::runtime::until_interrupted;
use crate::config::Config;
use crate::core::figures::counted;
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::operations::context::RunContext;
use crate::operations::drift::{DriftOptions, DriftOutcome, SideOutcome, check, makes_vectors, save_sides};

/// Run a suite of checks on incoming data, and say what comes of it
///
/// Example: textmill drift check --reference train.csv --incoming june.csv --text-column text --label-column label
///
/// Either set may be left out: the other one is then checked alone. What is in both files under the same names is compared:
/// texts, labels, predictions, other columns. Exits with 1 if a check fails or breaks off.
#[derive(Debug, Args)]
pub(in crate::cli) struct CheckArgs {
    /// What is known to be good: a table, Parquet or whatever `convert` reads, or a profile of one
    #[arg(long, value_name = "FILE")]
    reference: Option<PathBuf>,
    /// What came in: a table
    #[arg(long, value_name = "FILE")]
    incoming: Option<PathBuf>,
    #[command(flatten)]
    options: Box<DriftOptions>,
    #[command(flatten)]
    results: ResultArgs,
}

pub(super) fn run(args: &CheckArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let CheckArgs { reference, incoming, options, results } = args;
    let wish = Wish { reference: reference.as_deref(), incoming: incoming.as_deref(), options, results };
    check_and_tell(&wish, &loaded.config, context)
}

/// A check to be run in this process.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Wish<'a> {
    pub(in crate::cli) reference: Option<&'a Path>,
    pub(in crate::cli) incoming: Option<&'a Path>,
    pub(in crate::cli) options: &'a DriftOptions,
    pub(in crate::cli) results: &'a ResultArgs,
}

/// Checks, writes what was asked for, and says what came of it.
pub(in crate::cli) fn check_and_tell(wish: &Wish<'_>, config: &Config, context: &Context) -> CommandResult {
    let outcome = checked(wish, config, context)?;
    for side in [&outcome.reference, &outcome.incoming].into_iter().flatten() {
        warn_of_rejects(side, context)?;
    }
    if outcome.checks.is_empty() {
        context.printer.warning("no check was run: this says nothing about the data")?;
    }
    wish.results.write(&outcome)?;
    context.printer.outcome(&outcome.with_summary(), |result| in_words(result.outcome))?;
    Ok(wish.results.status(&outcome))
}

fn checked(wish: &Wish<'_>, config: &Config, context: &Context) -> Result<DriftOutcome, CommandError> {
    let reference = wish.reference.map(LocalSource::at).transpose()?;
    let incoming = wish.incoming.map(LocalSource::at).transpose()?;
    let options = wish.options.clone();
    let wanted = options.embedder.as_deref().map(|id| Wanted::find(id, config)).transpose()?;
    let isolation = Isolation::new(config.isolation.limits());
    let (progress, saved) = (context.printer.progress_sink(), wish.results.save_properties.clone());
    until_interrupted(move |cancel| {
        let progress: Arc<dyn ProgressSink> = progress;
        let engines =
            wanted.map(|wanted| wanted.open(makes_vectors(&options), &cancel)).transpose()?.unwrap_or_default();
        let context = RunContext { progress, cancel, reserved: None, isolation };
        let (outcome, sides) = check((reference.as_ref(), incoming.as_ref()), &options, &engines, &context)?;
        if let Some(folder) = saved {
            save_sides(&sides, &folder)?;
        }
        Ok(outcome)
    })?
}

fn warn_of_rejects(side: &SideOutcome, context: &Context) -> Result<(), CommandError> {
    let Some(first) = &side.first_reject else { return Ok(()) };
    let rows = counted(side.rejected, "row");
    Ok(context.printer.warning(format!("{rows} of `{}` can't be read and are not looked at; {first}", side.source))?)
}
