//! `textmill drift profile`: what later checks need of a reference, in a file.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::engine::Wanted;
use crate::cli::context::{Context, Process};
use crate::cli::exit::{CommandError, CommandResult, ExitStatus};
use crate::cli::runtime::until_interrupted;
use crate::core::figures::{bytes, count, counted};
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::operations::context::RunContext;
use crate::operations::drift::{Engines, ProfileOptions, ProfileOutcome, write_profile};

/// Keep what later checks need of a reference, so that a batch is checked without its rows
///
/// Example: textmill drift profile train.csv --text-column text --label-column label -o train.profile
///
/// Keeps counts, distributions, vocabulary, digests of the texts and some rows; `check --reference train.profile` takes it in
/// the table's stead. Profiles of parts become that of the whole: `textmill drift merge`.
#[derive(Debug, Args)]
pub(super) struct ProfileArgs {
    /// The table: Parquet or whatever `convert` reads
    #[arg(value_name = "FILE")]
    table: PathBuf,
    /// The profile that is written
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    #[command(flatten)]
    options: Box<ProfileOptions>,
}

pub(super) fn run(args: &ProfileArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let config = &loaded.config;
    let source = LocalSource::at(&args.table)?;
    let (options, output) = ((*args.options).clone(), args.output.clone());
    let wanted = options.embedder.as_deref().map(|id| Wanted::find(id, config)).transpose()?;
    let isolation = Isolation::new(config.isolation.limits());
    let progress = context.printer.progress_sink();
    let made = until_interrupted(move |cancel| {
        let progress: Arc<dyn ProgressSink> = progress;
        let engines = wanted.map_or_else(|| Ok(Engines::default()), |wanted| wanted.open(true, &cancel))?;
        let context = RunContext { progress, cancel, reserved: None, isolation };
        Ok::<_, CommandError>(write_profile(&source, &options, &output, &engines, &context)?)
    })??;
    warn_of_rejects(&made, context)?;
    context.printer.outcome(&made, in_words)?;
    Ok(ExitStatus::Done)
}

/// Rows that are not in a profile.
pub(super) fn warn_of_rejects(made: &ProfileOutcome, context: &Context) -> CommandResult {
    if let Some(first) = &made.first_reject {
        let rows = counted(made.rejected, "row");
        context.printer.warning(format!("{rows} can't be read and are not in the profile; {first}"))?;
    }
    Ok(ExitStatus::Done)
}

/// What was written, for people.
pub(super) fn in_words(made: &ProfileOutcome) -> String {
    let model = made.model.as_ref().map(|model| format!("\n  vectors by {model}")).unwrap_or_default();
    format!(
        "{}: {}\n  {} of {}, {} of them kept whole{model}",
        made.output.display(),
        bytes(made.size_bytes),
        counted(made.rows, "row"),
        counted(made.tables, "table"),
        count(made.sample_rows),
    )
}
