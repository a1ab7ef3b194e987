//! The page of a conversion: verdict, balance, what to look at, every file.
//!
//! The one decision: the page stays readable whatever the size of the folder. Lists are cut at limits given here, what
//! needs attention is listed before what does not, and each cut says how much more there is and where.

mod column;
mod concerns;
mod file;
mod folders;
mod reading;
mod skipped;
mod table;
mod written;

use askama::Template;

use self::concerns::ConcernGroup;
use self::folders::{Folder, Shown};
use self::skipped::SkippedGroup;
use super::About;
use super::bar::Bar;
use super::job::{self, Fact};
use super::text::{self, Severity, bytes, count, counted, percent};
use crate::core::intake::REPORT;
use crate::operations::parquet_conversion::{ConversionOutcome, Summary};

/// Files listed of each status, and stale outputs, at most.
const FILES_SHOWN: usize = 500;
/// Files up to which folders are open from the start.
const FILES_OPEN: usize = 60;

/// A figure to be seen at once.
struct Tile {
    name: &'static str,
    figure: String,
    beside: String,
}

#[derive(Template)]
#[template(path = "conversion.html")]
struct ConversionPage<'a> {
    about: &'a About,
    when: Option<String>,
    facts: Vec<Fact>,
    version: &'a str,
    dry_run: bool,
    tone: &'static str,
    tone_word: &'static str,
    verdict: String,
    bars: Vec<(&'static str, Bar, String)>,
    tiles: Vec<Tile>,
    concerns: Vec<ConcernGroup>,
    folders: Vec<Folder<'a>>,
    cuts: Vec<String>,
    skipped: Vec<SkippedGroup<'a>>,
    skipped_total: String,
    stale: &'a [String],
    stale_more: Option<String>,
    report: &'static str,
}

/// The page.
pub(super) fn page(outcome: &ConversionOutcome, about: &About, facts: Vec<Fact>) -> Result<String, askama::Error> {
    let attention = text::attention(outcome);
    let shown = Shown::choose(outcome, &attention);
    let (tone, tone_word) = tone(&outcome.summary, attention.first().map(|worst| worst.severity));
    let page = ConversionPage {
        about,
        when: about.when.map(job::time),
        facts,
        version: &outcome.textmill,
        dry_run: outcome.dry_run,
        tone,
        tone_word,
        verdict: text::verdict(outcome),
        bars: bars(outcome),
        tiles: tiles(outcome),
        concerns: concerns::groups(&attention, &shown),
        folders: folders::folders(outcome, &shown),
        cuts: shown.cuts(&outcome.summary),
        skipped: skipped::groups(&outcome.files, FILES_SHOWN),
        skipped_total: counted(outcome.summary.skipped, "file"),
        stale: outcome.stale.get(..FILES_SHOWN).unwrap_or(&outcome.stale),
        stale_more: more(outcome.stale.len(), FILES_SHOWN),
        report: REPORT,
    };
    page.render()
}

/// How many more there are than are shown.
fn more(all: usize, shown: usize) -> Option<String> {
    let more = all.saturating_sub(shown) as u64;
    (more > 0).then(|| count(more))
}

fn tone(summary: &Summary, worst: Option<Severity>) -> (&'static str, &'static str) {
    match worst {
        Some(Severity::Failed) if summary.converted == 0 => ("bad", "Nothing could be converted"),
        Some(Severity::Failed) => ("bad", "Done, except for some files"),
        Some(Severity::Loss) => ("look", "Done, with something left out"),
        Some(Severity::Check) => ("good", "Done, with something to check"),
        Some(Severity::Note) | None if summary.converted == 0 => ("look", "There was nothing to convert"),
        Some(Severity::Note) | None => ("good", "Done"),
    }
}

fn bars(outcome: &ConversionOutcome) -> Vec<(&'static str, Bar, String)> {
    let summary = &outcome.summary;
    let done = if outcome.dry_run { "would be Parquet" } else { "in Parquet" };
    let files = [
        ("done", done, summary.converted - summary.unchanged.min(summary.converted)),
        ("same", "in Parquet, unchanged", summary.unchanged),
        ("left", "skipped", summary.skipped),
        ("bad", "can't be read", summary.failed),
    ];
    let rows = [("done", "in Parquet", summary.rows_out), ("bad", "rejected", summary.rows_rejected)];
    let not_counted = match summary.failed {
        0 => String::new(),
        number => format!(" Rows of the {} that can't be read are not among them.", counted(number, "file")),
    };
    let rows_text = format!("{}{not_counted}", text::rows_sentence(summary));
    let found = counted(summary.files, "file");
    [
        Bar::new("Rows", &rows).map(|bar| ("Where every row went", bar, rows_text)),
        Bar::new("Files", &files).map(|bar| ("Where every file went", bar, format!("{found} found."))),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn tiles(outcome: &ConversionOutcome) -> Vec<Tile> {
    let summary = &outcome.summary;
    let tile = |name, figure, beside| Tile { name, figure, beside };
    let in_parquet = if outcome.dry_run { "would be Parquet" } else { "in Parquet" };
    let files = tile("Files", count(summary.files), format!("{} {in_parquet}", count(summary.converted)));
    if outcome.dry_run {
        return vec![
            files,
            tile("Size of the source", bytes(summary.bytes_in), "files that would be Parquet".to_owned()),
        ];
    }
    let rejected = summary.rows_rejected;
    vec![
        files,
        tile("Rows in", count(summary.rows_in), "read from the sources".to_owned()),
        tile("Rows out", count(summary.rows_out), format!("{} of them", percent(summary.rows_out, summary.rows_in))),
        tile("Rows rejected", count(rejected), rejected_beside(rejected)),
        tile("Size", format!("{} → {}", bytes(summary.bytes_in), bytes(summary.bytes_out)), size_beside(summary)),
    ]
}

fn rejected_beside(rejected: u64) -> String {
    let text = if rejected == 0 { "every row found its place" } else { "kept beside their Parquet file" };
    text.to_owned()
}

fn size_beside(summary: &Summary) -> String {
    let share = percent(summary.bytes_out, summary.bytes_in);
    if summary.bytes_out > summary.bytes_in && summary.bytes_in > 0 {
        return format!("{share} of the source: small files grow, as each carries its schema");
    }
    format!("{share} of the source")
}
