//! `textmill classify build`: a data set to train on, made of a table.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;

use crate::app;
use crate::cli::context::{Context, Process};
use crate::cli::embed::engine::EngineArgs;
use crate::cli::exit::{CommandError, CommandResult, ExitStatus};
use crate::cli::runtime::until_interrupted;
use crate::cli::table::Table;
use crate::config::Config;
use crate::core::embeddings::LocalOptions;
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::models::DEFAULT_MODEL;
use crate::core::progress::ProgressSink;
use crate::operations::classification::{
    CARD, ClassificationOptions, DatasetCard, Engines, Finding, LeftOut, build_dataset,
};
use crate::operations::context::RunContext;
use crate::report::text::{count, counted};

/// Labels that have a row of their own.
const MOST_LABELS: usize = 20;
/// Things that are told.
const MOST_LINES: usize = 20;

/// Make a data set of a table: text, label, split, and the other columns beside them
///
/// Example: textmill classify build reviews.csv --text-column review --label-column tone -o reviews
///
/// The folder gets the data set in the form asked for, `dataset.json`, which says what is in it and how it was made, and
/// `left_out.jsonl`, which names every row that is not in it and why. The same table, options and seed give the same bytes.
/// Exits with 1 if rows can't be read.
#[derive(Debug, Args)]
pub(super) struct BuildArgs {
    /// Table to read: Parquet, or whatever `convert` reads
    #[arg(value_name = "TABLE")]
    table: PathBuf,
    /// Folder to write; made if it is not there, and a data set in it is replaced
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    options: Box<ClassificationOptions>,
}

pub(super) fn run(args: &BuildArgs, context: &Context) -> CommandResult {
    let (loaded, _logs) = context.open(Process::Command)?;
    let wish = Wish { source: &args.table, folder: &args.output, options: &args.options, exit_zero: false };
    build_and_tell(&wish, &loaded.config, context)
}

/// A data set to be made in this process.
#[derive(Debug, Clone, Copy)]
pub(in crate::cli) struct Wish<'a> {
    pub(in crate::cli) source: &'a Path,
    pub(in crate::cli) folder: &'a Path,
    pub(in crate::cli) options: &'a ClassificationOptions,
    pub(in crate::cli) exit_zero: bool,
}

/// Makes the data set, and says what came of it.
pub(in crate::cli) fn build_and_tell(wish: &Wish<'_>, config: &Config, context: &Context) -> CommandResult {
    let Wish { source, folder, options, exit_zero } = *wish;
    let found = LocalSource::at(source)?;
    let bases = app::open_knowledge_bases(config);
    let base = options.label_by_concepts.as_ref().map(|name| bases.open(name)).transpose()?;
    let id = options.model_id().map(str::to_owned);
    let engine = options.needs_model().then(|| EngineArgs::stored(id.clone()).choose(config)).transpose()?;
    let model = match &engine {
        Some(_) => Some(app::described_model(&app::open_models(config)?, id.as_deref().unwrap_or(DEFAULT_MODEL))),
        None => None,
    };
    let (target, wanted, progress) = (folder.to_owned(), options.clone(), context.printer.progress_sink());
    let isolation = Isolation::new(config.isolation.limits());
    let card = until_interrupted(move |cancel| -> Result<_, CommandError> {
        let progress: Arc<dyn ProgressSink> = progress;
        let context = RunContext { progress, cancel, reserved: None, isolation };
        let engine = engine.map(|engine| engine.open(&LocalOptions::default(), &context.cancel)).transpose()?;
        let engines = Engines { base: base.as_ref(), embedder: engine.map(|engine| engine.embedder), model };
        Ok(build_dataset(&found, &target, &wanted, &engines, &context)?)
    })??;
    if let Some(first) = &card.rows.first_reject {
        let rows = counted(card.rows.rejected, "row");
        context.printer.warning(format!("{rows} can't be read and are not in the data set; {first}"))?;
    }
    context.printer.outcome(&card, |card| in_words(card, folder))?;
    Ok(if card.rows.rejected > 0 && !exit_zero { ExitStatus::No } else { ExitStatus::Done })
}

fn in_words(card: &DatasetCard, folder: &Path) -> String {
    let rows = &card.rows;
    let left_out = match rows.left_out.total() {
        0 => String::new(),
        number => format!(", {} left out ({})", count(number), reasons(&rows.left_out)),
    };
    let mut lines = vec![format!("{} of {}{left_out}", counted(rows.written, "row"), count(rows.read))];
    lines.push(String::new());
    lines.push(splits(card).to_string().trim_end().to_owned());
    if card.labels.len() > MOST_LABELS {
        lines.push(format!("… and {}", counted((card.labels.len() - MOST_LABELS) as u64, "label")));
    }
    lines.push(String::new());
    lines.extend(card.findings.iter().take(MOST_LINES).map(sentence));
    if card.findings.len() > MOST_LINES {
        let more = counted((card.findings.len() - MOST_LINES) as u64, "finding");
        lines.push(format!("… and {more} more in {}", folder.join(CARD).display()));
    }
    if let Some(file) = card.files.iter().find(|file| file.rows > 0) {
        lines.push(format!("Data set: {}", folder.join(&file.name).display()));
    }
    lines.push(format!("Card: {}", folder.join(CARD).display()));
    lines.join("\n")
}

fn reasons(left_out: &LeftOut) -> String {
    let reasons = left_out.counts().into_iter().filter(|(_, rows)| *rows > 0);
    let told: Vec<_> = reasons.map(|(reason, rows)| format!("{} {}", count(rows), reason.replace('_', " "))).collect();
    told.join(", ")
}

/// Splits beside labels, the most frequent first.
fn splits(card: &DatasetCard) -> Table {
    let mut names = vec!["label".to_owned()];
    names.extend(card.splits.iter().map(|split| split.split.as_str().to_owned()));
    let mut table = Table::with_headings(names);
    let mut labels: Vec<_> = card.labels.iter().collect();
    labels.sort_by(|a, b| b.rows.cmp(&a.rows).then_with(|| a.label.cmp(&b.label)));
    for label in labels.iter().take(MOST_LABELS) {
        let rows = card.splits.iter().map(|split| split.labels.get(&label.label).copied().unwrap_or_default());
        table.row([label.label.clone()].into_iter().chain(rows.map(|rows| rows.to_string())));
    }
    let rows = card.splits.iter().map(|split| split.rows.to_string());
    table.row(["rows".to_owned()].into_iter().chain(rows));
    table
}

/// What somebody should know, in a sentence.
fn sentence(finding: &Finding) -> String {
    let row = |rows: u64| counted(rows, "row");
    match finding {
        Finding::SimilarLabels { label, rows, like } => {
            format!("`{label}` ({}) looks like `{like}`: if it is, --label-map '{label}={like}'", row(*rows))
        }
        Finding::RareLabel { label, rows } => format!("`{label}` has {}", row(*rows)),
        Finding::LabelNotInSplit { label, split } => format!("`{label}` is not in {}", split.as_str()),
        Finding::Duplicates { rows, across_splits } => {
            format!("{} repeat an earlier text, {} of them in another split", row(*rows), count(*across_splits))
        }
        Finding::ConflictingLabels { texts, rows, example, labels } => format!(
            "{} with different labels ({}), e.g. {}: {}",
            counted(*texts, "text"),
            row(*rows),
            labels.join(" and "),
            example.replace('\n', " ")
        ),
        Finding::LanguageNotTold { rows } => format!("{}: the language can't be told; they stay", row(*rows)),
        Finding::ColumnRenamed { from, to } => format!("the column `{from}` of the table is `{to}` here"),
        Finding::InvalidTags { rows, examples } => {
            format!("{} with tags that were mended: {}", row(*rows), examples.join("; "))
        }
        Finding::TagsNotFitting { rows, examples } => {
            format!("{} with tags that do not fit are left out: {}", row(*rows), examples.join("; "))
        }
        Finding::SplitOff { split, asked, rows } => {
            format!("{} has {} instead of {}, since groups stay whole", split.as_str(), row(*rows), count(*asked))
        }
    }
}
