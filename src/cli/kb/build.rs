//! `textmill kb build`: a folder becomes a knowledge base, in this process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::app;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::cli::runtime::until_interrupted;
use crate::config::Config;
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::progress::ProgressSink;
use crate::core::telemetry::embedding::EmbeddingMetrics;
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::{
    BuildOutcome, FileEntry, FileStatus, KnowledgeBase, KnowledgeBaseName, KnowledgeBaseOptions, REJECTS,
};
use crate::report::text::{count, counted};

/// Files with trouble that are named.
const MOST_LINES: usize = 20;

/// Build a knowledge base from a folder, or bring it up to date
///
/// Example: textmill kb build knowledgebase --name sustainability --exclude README.md
///
/// Reads what `textmill convert` reads. Each row, line, page or section becomes a record with the folders that it lies in.
/// Building again takes over the records of files that have not changed; until it is done, readers see the state before.
/// Exits with 1 if rows were rejected or files can't be read.
#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// File or folder to read
    #[arg(value_name = "SRC")]
    source: PathBuf,
    /// Name of the knowledge base: letters (a to z), digits, `-` and `_`
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    options: KnowledgeBaseOptions,
    /// Exit with 0 even if rows were rejected or files can't be read
    #[arg(long, help_heading = "Results")]
    exit_zero: bool,
}

/// A build to be run in this process.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Wish<'a> {
    pub(in crate::cli) source: &'a Path,
    pub(in crate::cli) name: &'a KnowledgeBaseName,
    pub(in crate::cli) options: &'a KnowledgeBaseOptions,
    pub(in crate::cli) exit_zero: bool,
}

pub(super) fn run(args: &BuildArgs, config: &Config, context: &Context) -> CommandResult {
    let name = args.name.parse()?;
    let wish = Wish { source: &args.source, name: &name, options: &args.options, exit_zero: args.exit_zero };
    build_and_tell(&wish, config, context)
}

/// Builds, and says what came of it.
pub(in crate::cli) fn build_and_tell(wish: &Wish<'_>, config: &Config, context: &Context) -> CommandResult {
    let Wish { source, name, options, exit_zero } = *wish;
    let found = LocalSource::at(source)?;
    let store = app::open_models(config)?;
    let models = app::load_models(config, store.clone(), EmbeddingMetrics::default())?;
    let builder = app::builder(config, store, models);
    let bases = builder.bases.clone();
    // Knowledge bases themselves are no source, wherever the state directory lies.
    let reserved = config.state_dir.canonicalize().ok().map(Into::into);
    let isolation = Isolation::new(config.isolation.limits());
    let (target, wanted, progress) = (name.clone(), options.clone(), context.printer.progress_sink());
    let outcome = until_interrupted(move |cancel| {
        let progress: Arc<dyn ProgressSink> = progress;
        builder.build(&found, &target, &wanted, &RunContext { progress, cancel, reserved, isolation })
    })??;
    let base = bases.open(name)?;
    context.printer.outcome(&outcome, |outcome| in_words(outcome, &base))?;
    let is_clean = outcome.rejected_count() == 0 || exit_zero;
    Ok(if is_clean { ExitStatus::Done } else { ExitStatus::No })
}

fn in_words(outcome: &BuildOutcome, base: &KnowledgeBase) -> String {
    let mut lines = vec![verdict(outcome)];
    // The build has just written them: one that can't be read now is told by whoever needs it.
    let mut troubled = base.files().filter_map(Result::ok).filter_map(|file| trouble(&file));
    lines.extend(troubled.by_ref().take(MOST_LINES));
    match troubled.count() {
        0 => {}
        more => lines.push(format!(
            "  … and {} more; `textmill kb show {} --json` names all",
            count(more as u64),
            outcome.name
        )),
    }
    lines.extend(left_out(base));
    if outcome.summary.rejected > 0 {
        lines.push(format!("Rejected rows: {}", base.folder().join(REJECTS).display()));
    }
    lines.push(format!("Records: {}", base.folder().join("records.jsonl").display()));
    lines.join("\n")
}

/// `52 files: 47 read, 3 left out, 2 can't be read. 12,345 records; 12 rows rejected; 7 repeat an earlier one.`
fn verdict(outcome: &BuildOutcome) -> String {
    let summary = &outcome.summary;
    let reused = match outcome.files_reused {
        0 => String::new(),
        number if number == summary.files_read => " (nothing in them has changed since the last build)".to_owned(),
        number => format!(" ({} of them unchanged since the last build)", count(number)),
    };
    let mut files = vec![format!("{} read{reused}", count(summary.files_read))];
    files.extend((summary.files_skipped > 0).then(|| format!("{} left out", count(summary.files_skipped))));
    files.extend((summary.files_failed > 0).then(|| format!("{} can't be read", count(summary.files_failed))));
    let mut records = vec![counted(summary.records, "record")];
    records.extend((summary.rejected > 0).then(|| format!("{} rejected", counted(summary.rejected, "row"))));
    records.extend(
        (summary.duplicates > 0)
            .then(|| format!("{} with a content that an earlier one has", count(summary.duplicates))),
    );
    let unchanged = if outcome.unchanged { " The knowledge base is as it was." } else { "" };
    format!("{}: {}. {}.{unchanged}", counted(summary.files, "file"), files.join(", "), records.join("; "))
}

/// What is to be said of a file.
fn trouble(file: &FileEntry) -> Option<String> {
    let path = one_line(&file.path);
    match (file.status, &file.error) {
        (FileStatus::Failed, Some(failure)) => {
            let next = failure.hint.iter().map(|hint| format!("\n    {hint}"));
            Some(format!("  {path}: {}{}", failure.detail, next.collect::<String>()))
        }
        _ if file.rejected > 0 => Some(format!("  {path}: {} rejected", counted(file.rejected, "row"))),
        _ => None,
    }
}

/// Reasons of files that were left out, each with the number of files; a single one with its name.
fn left_out(base: &KnowledgeBase) -> Option<String> {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let skipped = base.files().filter_map(Result::ok).filter(|file| file.status == FileStatus::Skipped);
    for file in skipped {
        reasons.entry(file.reason.unwrap_or_default()).or_default().push(one_line(&file.path));
    }
    let told = reasons.into_iter().map(|(reason, files)| match files.as_slice() {
        [file] => format!("  {file}: {reason}"),
        many => format!("  {}: {reason}", counted(many.len() as u64, "file")),
    });
    let told: Vec<_> = told.collect();
    (!told.is_empty()).then(|| format!("Left out:\n{}", told.join("\n")))
}

/// A name may hold a line end, and must not look like a line of ours.
fn one_line(name: &str) -> String {
    name.replace('\n', "\\n")
}
