//! One table of a file: how it was read, where its rows went, what its columns are, what was written.

use std::borrow::Cow;

use super::column::ColumnView;
use super::reading::{Reading, format_words, readings};
use super::written::WrittenView;
use crate::core::tabular::report::{ColumnReport, TableReport};
use crate::operations::parquet_conversion::TableOutcome;
use crate::report::prose::Prose;
use crate::report::text::{column_note_clause, counted, note_sentence};

/// A table on the page.
pub(super) struct TableView<'a> {
    /// The sheet's name, or which table of its page it is, where a file has several.
    pub(super) title: Option<Cow<'a, str>>,
    /// How it was read, in a few words.
    pub(super) headline: String,
    pub(super) readings: Vec<Reading>,
    pub(super) rows: Option<String>,
    pub(super) written: Vec<WrittenView<'a>>,
    pub(super) notes: Vec<Prose>,
    pub(super) columns: Vec<ColumnView<'a>>,
    pub(super) columns_said: String,
    pub(super) columns_more: Option<Prose>,
    /// Whether any shown column has a note.
    pub(super) has_column_notes: bool,
}

impl<'a> TableView<'a> {
    /// `columns`: how many are shown at most.
    pub(super) fn new(table: &'a TableOutcome, columns: usize, dry_run: bool) -> Self {
        let all = &table.report.columns;
        let shown = all.get(..columns).unwrap_or(all);
        Self {
            title: title(&table.report),
            headline: headline(table, dry_run),
            readings: readings(&table.report),
            rows: table.output.is_some().then(|| rows(table)),
            written: WrittenView::of_table(table),
            notes: table.notes.iter().map(|note| Prose::new(&note_sentence(note))).collect(),
            has_column_notes: shown.iter().any(|column| !column.notes.is_empty()),
            columns: shown.iter().map(ColumnView::new).collect(),
            columns_said: counted(all.len() as u64, "column"),
            columns_more: all.get(shown.len()..).and_then(columns_cut).map(|text| Prose::new(&text)),
        }
    }
}

/// How many columns are not shown, if any, and whether one of them has a note.
fn columns_cut(hidden: &[ColumnReport]) -> Option<String> {
    let more = (!hidden.is_empty()).then(|| counted(hidden.len() as u64, "more column"))?;
    let noted = hidden.iter().find_map(|column| column.notes.first().map(|note| (column, note)));
    Some(match noted {
        Some((column, note)) => format!("{more}, among them `{}`, which {}", column.name, column_note_clause(note)),
        None => format!("{more} without notes"),
    })
}

fn title(table: &TableReport) -> Option<Cow<'_, str>> {
    let sheet = table.sheet.as_ref().map(|sheet| Cow::Borrowed(sheet.name.as_str()));
    let of_page = table.html_table.as_ref().filter(|table| table.of > 1);
    sheet.or_else(|| of_page.map(|table| Cow::Owned(format!("Table {} of {}", table.number, table.of))))
}

fn headline(table: &TableOutcome, dry_run: bool) -> String {
    let columns = counted(table.report.columns.len() as u64, "column");
    let rows = (!dry_run).then(|| counted(table.rows_out, "row"));
    [Some(format_words(&table.report)), Some(columns), rows].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn rows(table: &TableOutcome) -> String {
    let rejected = match table.rows_rejected {
        0 => "none rejected".to_owned(),
        number => format!("{} rejected", counted(number, "row")),
    };
    format!("{} in, {} out, {rejected}", counted(table.rows_in, "row"), counted(table.rows_out, "row"))
}
