//! One file: why it can't be read, or its tables.

use super::folders::{Flag, parts};
use super::table::TableView;
use super::written::WrittenView;
use crate::operations::parquet_conversion::FileOutcome;
use crate::report::prose::Prose;
use crate::report::text::{bytes, counted, sentence};

/// A file on the page.
pub(super) struct FileView<'a> {
    pub(super) anchor: String,
    pub(super) name: &'a str,
    /// What it is, in a few words.
    pub(super) headline: String,
    pub(super) flags: Vec<Flag>,
    pub(super) failure: Option<FailureView>,
    pub(super) source: WrittenView<'a>,
    pub(super) tables: Vec<TableView<'a>>,
}

/// Why a file can't be read.
pub(super) struct FailureView {
    pub(super) what: Prose,
    pub(super) next: Option<Prose>,
    pub(super) code: &'static str,
}

impl<'a> FileView<'a> {
    /// `place` is where the file stands in the outcome; `columns` how many are shown at most.
    pub(super) fn new(place: usize, file: &'a FileOutcome, flags: Vec<Flag>, columns: usize, dry_run: bool) -> Self {
        let mut tables: Vec<_> = file.tables.iter().map(|table| TableView::new(table, columns, dry_run)).collect();
        let headline = match tables.as_mut_slice() {
            [] => bytes(file.size_bytes),
            // The file is the table: said once.
            [only] => std::mem::take(&mut only.headline),
            many => counted(many.len() as u64, "table"),
        };
        Self {
            anchor: format!("file-{place}"),
            name: parts(&file.source).1,
            headline,
            flags,
            failure: file.error.as_ref().map(|failure| FailureView {
                what: Prose::new(&sentence(&failure.detail)),
                next: failure.hint.as_deref().map(|hint| Prose::new(&sentence(hint))),
                code: failure.code.as_str(),
            }),
            source: WrittenView::of_source(file),
            tables,
        }
    }
}
