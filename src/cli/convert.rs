//! `textmill convert`: a folder to Parquet, in this process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use super::context::{Context, Process};
use super::exit::{CommandError, CommandResult, ExitStatus};
use super::runtime::until_interrupted;
use crate::config::Config;
use crate::core::failure::{Code, Failure};
use crate::core::intake::{LocalSource, REPORT};
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::operations::context::RunContext;
use crate::operations::parquet_conversion::{ConversionOptions, ConversionOutcome, FileStatus, convert};
use crate::report::text::{Severity, attention, counted, verdict};
use crate::report::{self, About};

/// Convert a file or folder of tables and documents to Parquet
///
/// Example: textmill convert knowledgebase parquet --exclude '**/drafts/**'
///
/// Reads csv tsv txt json jsonl xlsx xlsm xlsb xls ods pdf docx html xml, packed with .gz or .zst, and what is in .zip.
///
/// DEST gets the same tree, each file's name with `.parquet` behind it, and `textmill-report.json`, which accounts for
/// every file and row. Rows that can't be read go to `<file>.rejects.jsonl`. Running it again converts only what has
/// changed. Exits with 1 if rows were rejected or files can't be read.
#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    /// File or folder to read
    #[arg(value_name = "SRC")]
    source: PathBuf,
    /// Folder to write; made if it is not there
    #[arg(value_name = "DEST")]
    destination: PathBuf,
    #[command(flatten)]
    options: ConversionOptions,
    #[command(flatten)]
    results: ResultArgs,
}

/// What to do with the outcome besides printing it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Results")]
pub(super) struct ResultArgs {
    /// Write the report as a web page, too
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
    /// Write the sums as flat JSON, for `dvc metrics`
    #[arg(long, value_name = "FILE")]
    pub(super) metrics_out: Option<PathBuf>,
    /// Exit with 0 even if rows were rejected or files can't be read
    #[arg(long)]
    pub(super) exit_zero: bool,
}

impl ResultArgs {
    /// Whether to exit with 0 in any case, for an operation that has neither a page nor metrics.
    pub(super) fn without_pages(&self, operation: &str) -> Result<bool, Failure> {
        if self.html.is_none() && self.metrics_out.is_none() {
            return Ok(self.exit_zero);
        }
        let detail = format!("`--html` and `--metrics-out` are not for the operation `{operation}`");
        Err(Failure::new(Code::InvalidParameter, detail))
    }
}

pub(super) fn run(args: &ConvertArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let ConvertArgs { source, destination, options, results } = args;
    convert_and_tell(&Wish { source, destination, options, results }, &loaded.config, context)
}

/// A conversion to be run in this process.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wish<'a> {
    pub(super) source: &'a Path,
    pub(super) destination: &'a Path,
    pub(super) options: &'a ConversionOptions,
    pub(super) results: &'a ResultArgs,
}

/// Converts, writes what was asked for, and says what came of it.
pub(super) fn convert_and_tell(wish: &Wish<'_>, config: &Config, context: &Context) -> CommandResult {
    let Wish { source, destination, options, results } = *wish;
    let found = LocalSource::at(source)?;
    let (target, wanted, progress) = (destination.to_owned(), options.clone(), context.printer.progress_sink());
    let isolation = Isolation::new(config.isolation.limits());
    let outcome = until_interrupted(move |cancel| {
        let progress: Arc<dyn ProgressSink> = progress;
        convert(&found, &target, &wanted, &RunContext { progress, cancel, reserved: None, isolation })
    })??;
    if let Some(path) = &results.html {
        let about = about(source, destination);
        write(path, &report::conversion_page(&outcome, &about)?)?;
    }
    if let Some(path) = &results.metrics_out {
        write(path, &format!("{:#}\n", serde_json::json!(outcome.summary)))?;
    }
    context.printer.outcome(&outcome, |outcome| in_words(outcome, destination))?;
    let is_clean = outcome.rejected_count() == 0 || results.exit_zero;
    Ok(if is_clean { ExitStatus::Done } else { ExitStatus::No })
}

fn about(source: &Path, destination: &Path) -> About {
    let title = source.file_name().map_or_else(|| source.display().to_string(), |name| name.to_string_lossy().into());
    let (source, destination) = (source.display().to_string(), destination.display().to_string());
    About { title, source, destination, when: None }
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| {
        Failure::new(Code::StorageFailure, format!("can't write `{}`: {error}", path.display()))
            .with_hint("the conversion itself is done; check the folder and its permissions")
    };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    Ok(std::fs::write(path, text).map_err(failed)?)
}

/// Most lines of things to look at.
const MOST_LINES: usize = 20;

fn in_words(outcome: &ConversionOutcome, destination: &Path) -> String {
    let mut lines = vec![verdict(outcome)];
    let points: Vec<_> = attention(outcome).into_iter().filter(|point| point.severity != Severity::Note).collect();
    for point in points.iter().take(MOST_LINES) {
        lines.push(format!("  {}: {}", one_line(&point.file), point.sentence));
        lines
            .extend(point.next.iter().filter(|_| point.severity == Severity::Failed).map(|next| format!("    {next}")));
    }
    if points.len() > MOST_LINES {
        lines.push(format!("  … and {} more", points.len() - MOST_LINES));
    }
    lines.extend(skipped(outcome));
    if !outcome.stale.is_empty() {
        lines.push(format!(
            "Left from earlier runs, named in the report: {}",
            counted(outcome.stale.len() as u64, "file")
        ));
    }
    if !outcome.dry_run {
        lines.push(format!("Report: {}", destination.join(REPORT).display()));
    }
    lines.join("\n")
}

/// Reasons of skipped files, each with the number of files; a single one with its name.
fn skipped(outcome: &ConversionOutcome) -> Option<String> {
    let mut reasons: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in outcome.files.iter().filter(|file| file.status == FileStatus::Skipped) {
        reasons.entry(file.reason.as_deref().unwrap_or_default()).or_default().push(&file.source);
    }
    let told = reasons.into_iter().map(|(reason, files)| match files.as_slice() {
        [file] => format!("  {}: {reason}", one_line(file)),
        many => format!("  {}: {reason}", counted(many.len() as u64, "file")),
    });
    let told: Vec<_> = told.collect();
    (!told.is_empty()).then(|| format!("Skipped:\n{}", told.join("\n")))
}

/// A name may hold a line end, and must not look like a line of ours.
fn one_line(name: &str) -> String {
    name.replace('\n', "\\n")
}
