//! The second pass: rows that stay, as they are written.
//!
//! For: columns of a data set, files of a format. Not for: which rows stay, or where they go. The one decision: every format
//! has the same columns in the same order; what one of them can't hold is written in another way (`files`), never left out.

mod conll;
mod files;
mod made;
mod readme;

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::iter::Peekable;
use std::slice::Iter;

use arrow_array::{BooleanArray, RecordBatch};
use arrow_select::filter::filter_record_batch;
use serde::Serialize;

use std::ops::Range;
use std::path::PathBuf;

use files::Files;
pub(super) use files::{README, all_names};
use made::Made;
pub(super) use readme::Readme;

use super::clean::Repeated;
use super::error::ClassificationError;
use super::facts::{Facts, RowId};
use super::options::ClassificationOptions;
use super::outcome::{Column, WrittenFile};
use super::plan::Plan;
use super::split::{Split, Splits};
use super::tally::Tally;
use crate::core::hash::HashingWriter;
use crate::core::progress::Progress;
use crate::core::storage::staged::StagedFolder;
use crate::operations::context::RunContext;
use crate::operations::rows::{Rows, texts_of};

/// The list of rows that are left out.
const LEFT_OUT: &str = "left_out.jsonl";
/// Code points of a text that is shown as an example.
const SHOWN: usize = 120;

/// What was decided of every row.
pub(super) struct Decided<'a> {
    pub(super) plan: &'a Plan,
    pub(super) options: &'a ClassificationOptions,
    pub(super) facts: &'a Facts,
    pub(super) repeated: &'a Repeated,
    pub(super) splits: &'a Splits,
}

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Written {
    /// The files, in the order of their names.
    pub(super) files: Vec<WrittenFile>,
    /// The columns, in order.
    pub(super) columns: Vec<Column>,
    /// A text with different labels, cut.
    pub(super) conflict: Option<String>,
    /// Makes a README.md, where the form has one.
    pub(super) readme: Option<Readme>,
}

/// Reads all rows again and writes those that stay.
///
/// # Errors
/// When they can't be read or written, or the run was cancelled.
pub(super) fn write(
    mut rows: Rows,
    decided: &Decided<'_>,
    tally: &mut Tally,
    staged: &StagedFolder,
    context: &RunContext,
) -> Result<Written, ClassificationError> {
    let made = Made::of(&rows.schema, decided, tally);
    let in_use: Vec<Split> = tally.split_counts(decided.options).iter().map(|count| count.split).collect();
    let mut files = Files::begin(&made.schema(), decided.options.format, &in_use, staged)?;
    let mut left_out = LeftOutRows::begin(staged, decided)?;
    let mut conflict = None;
    let mut first = 0;
    let all = decided.facts.rows() as u64;
    while let Some(batch) = rows.next_batch()? {
        if context.cancel.is_cancelled() {
            return Err(ClassificationError::Cancelled);
        }
        let until = first + batch.num_rows();
        let splits = &decided.splits[first..until];
        left_out.write(first..until)?;
        if let Some(row) = decided.repeated.conflict.map(|row| row as usize).filter(|row| (first..until).contains(row))
        {
            let texts = decided.plan.text.texts(&batch)?;
            conflict = texts_of(&texts)[row - first].map(|text| text.chars().take(SHOWN).collect());
        }
        let made_of_all = made.columns(&batch, first)?;
        let staying = staying(made_of_all, splits)?;
        made.count(&batch, splits, tally);
        files.write(&staying, &splits.iter().copied().flatten().collect::<Vec<Split>>())?;
        first = until;
        let message = Some("writing".to_owned());
        let done = all + first as u64;
        context.progress.report(&Progress { done, total: Some(all * 2), unit: "rows".to_owned(), message });
    }
    let mut written = files.finish()?;
    written.extend(left_out.finish()?);
    let readme = made.readme();
    Ok(Written { files: written, columns: made.into_columns(), conflict, readme })
}

/// The rows that stay.
fn staying(batch: RecordBatch, splits: &[Option<Split>]) -> Result<RecordBatch, ClassificationError> {
    if splits.iter().all(Option::is_some) {
        return Ok(batch);
    }
    let mask: BooleanArray = splits.iter().map(|split| Some(split.is_some())).collect();
    filter_record_batch(&batch, &mask).map_err(|error| ClassificationError::encoding(LEFT_OUT.as_ref())(error.into()))
}

/// The list of rows that are left out.
struct LeftOutRows<'a> {
    facts: &'a Facts,
    repeats: Peekable<Iter<'a, (RowId, RowId)>>,
    file: Option<BufWriter<HashingWriter<File>>>,
    path: PathBuf,
    rows: u64,
}

/// A line of it.
#[derive(Serialize)]
struct LeftOutRow {
    row: u64,
    reason: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    repeats: Option<u64>,
}

impl<'a> LeftOutRows<'a> {
    /// Begins the list, if it has lines.
    fn begin(staged: &StagedFolder, decided: &Decided<'a>) -> Result<Self, ClassificationError> {
        let facts = decided.facts;
        let path = staged.scratch(LEFT_OUT).map_err(ClassificationError::output(LEFT_OUT.as_ref()))?;
        let has_lines = facts.left_out.iter().any(Option::is_some);
        let file = has_lines.then(|| File::create(&path)).transpose().map_err(ClassificationError::output(&path))?;
        let file = file.map(|file| BufWriter::new(HashingWriter::new(file)));
        Ok(Self { facts, repeats: decided.repeated.repeats.iter().peekable(), file, path, rows: 0 })
    }

    fn write(&mut self, rows: Range<usize>) -> Result<(), ClassificationError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        let failed = ClassificationError::output(&self.path);
        for (row, reason) in rows.clone().zip(&self.facts.left_out[rows]) {
            let Some(reason) = reason else { continue };
            let repeats = self.repeats.next_if(|(repeating, _)| *repeating as usize == row);
            let repeats = repeats.map(|(_, first)| u64::from(*first) + 1);
            let line = LeftOutRow { row: row as u64 + 1, reason: reason.as_str(), repeats };
            serde_json::to_writer(&mut *file, &line).map_err(|error| failed(error.into()))?;
            file.write_all(b"\n").map_err(&failed)?;
            self.rows += 1;
        }
        Ok(())
    }

    fn finish(self) -> Result<Option<WrittenFile>, ClassificationError> {
        let Some(file) = self.file else { return Ok(None) };
        let failed = ClassificationError::output(&self.path);
        let (_, sha256, size_bytes) = file.into_inner().map_err(|error| failed(error.into_error()))?.finish();
        Ok(Some(WrittenFile { name: LEFT_OUT.to_owned(), sha256, size_bytes, rows: self.rows }))
    }
}
