//! A file before something is made of it: what it is taken for, what its columns hold, and what they are probably for.
//!
//! For: looking at guesses (format, encoding, delimiter, header, types) and trying options that override them; choosing the
//! columns of a data set. Not for: writing anything. The one decision: the file is read from end to end, so what is shown is
//! what a conversion does, and counts are counts.

mod column;
mod distinct;
mod looks;
mod parquet;
mod sample;
#[cfg(test)]
mod tests;

use std::path::Path;

use serde::Serialize;
use utoipa::ToSchema;

use self::column::Seen;
pub use self::looks::{LikelyRole, LooksLike};
use crate::core::tabular::column::ColumnNote;
use crate::core::tabular::delimited::DialectReport;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::{self, FormatName};
use crate::core::tabular::input::{Input, UnpackLimits};
use crate::core::tabular::report::{Guess, HtmlTableReport, SheetReport, TableNote, TableReport};
use crate::core::tabular::table::{Rejects, Table, TableOptions};
use crate::operations::context::RunContext;
use crate::operations::rows::is_parquet;

/// The tables of a file.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TablePreview {
    /// One, or each sheet of a workbook or table of a web page that holds a value.
    pub tables: Vec<PreviewedTable>,
}

/// A table as a conversion would read it, or a Parquet file as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PreviewedTable {
    /// What the content is.
    pub format: FormatName,
    /// `gzip` or `zstd`; `null` when the file is not packed.
    pub packing: Option<String>,
    /// Character encoding; `null` where the format itself says it.
    pub encoding: Option<Guess<String>>,
    /// Delimiter, quotes, header of delimited text.
    pub dialect: Option<DialectReport>,
    /// Which sheet of a workbook it is.
    pub sheet: Option<SheetReport>,
    /// Which table of a web page it is.
    pub html_table: Option<HtmlTableReport>,
    /// Path of the repeated element that makes the rows of XML, e.g. `catalog/book`.
    pub element: Option<String>,
    /// Rows that would be in Parquet.
    pub rows_out: u64,
    /// Rows that would be rejected.
    pub rows_rejected: u64,
    /// What was noticed while reading.
    pub notes: Vec<TableNote>,
    /// The columns in order.
    pub columns: Vec<PreviewedColumn>,
}

/// A column and what it holds.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct PreviewedColumn {
    /// Its name in Parquet.
    pub name: String,
    /// Its Arrow type, e.g. `Int64`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// What a reader should know.
    pub notes: Vec<ColumnNote>,
    /// Rows without a value.
    pub nulls: u64,
    /// The first different values, five at most; long texts are cut.
    #[schema(value_type = Vec<Object>)]
    pub samples: Vec<serde_json::Value>,
    /// How many different values there are.
    pub distinct: DistinctCount,
    /// Different values over rows with a value, 0 to 1: 1 where no value is repeated; `null` without any value.
    #[schema(minimum = 0, maximum = 1)]
    pub distinct_share: Option<f64>,
    /// Each value and its rows, the most frequent first; `null` where there are more than 50, or one is long.
    pub values: Option<Vec<ValueCount>>,
    /// How long texts are; `null` where it holds none.
    pub length: Option<TextLength>,
    /// What it is probably for.
    pub looks_like: LooksLike,
}

/// A count of different values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct DistinctCount {
    /// How many.
    pub values: u64,
    /// Whether each was counted; otherwise it is an estimate, usually within two per cent.
    pub is_exact: bool,
}

/// A value and how often it is there.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ValueCount {
    /// The value.
    pub value: serde_json::Value,
    /// Rows that have it.
    pub rows: u64,
}

/// How long the texts of a column are, in code points.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct TextLength {
    /// On average, over rows with a text.
    pub mean_chars: f64,
    /// The longest.
    pub max_chars: u64,
}

/// Reads a file that goes by `name`. `options` say how text is read; Parquet is told by its content.
///
/// # Errors
/// When it can't be read as a table, or the run was cancelled.
pub fn preview(
    path: &Path,
    name: &str,
    options: &TableOptions,
    context: &RunContext,
) -> Result<TablePreview, TableError> {
    if is_parquet(path) {
        return Ok(TablePreview { tables: vec![parquet::preview(path, context)?] });
    }
    let Some(promise) = format::promise(name) else {
        return Err(TableError::NotRead { what: format!("of no kind that is read: {}, parquet", format::EXTENSIONS) });
    };
    let input = Input::open(path, UnpackLimits::default(), context.cancel.clone())?;
    let mut found = context.isolation.tables(input, promise, options)?;
    let mut tables = Vec::new();
    while let Some(table) = found.next_table()? {
        tables.push(read(table)?);
    }
    if tables.is_empty() { Err(TableError::Empty) } else { Ok(TablePreview { tables }) }
}

fn read(table: Box<dyn Table>) -> Result<PreviewedTable, TableError> {
    let report = table.report().clone();
    let mut seen = Seen::of(&table.schema());
    let mut rejected = Counted(0);
    let mut batches = table.read()?;
    while let Some(batch) = batches.next_batch(&mut rejected)? {
        seen.see(&batch)?;
    }
    let preview = PreviewedTable::of(report, seen);
    Ok(PreviewedTable { notes: batches.notes(), rows_rejected: rejected.0, ..preview })
}

impl PreviewedTable {
    /// Nothing rejected, nothing noticed.
    fn of(report: TableReport, seen: Seen) -> Self {
        let TableReport { format, packing, encoding, dialect, sheet, html_table, element, columns } = report;
        let (rows_out, rows_rejected, notes) = (seen.rows, 0, Vec::new());
        let columns = seen.finish(columns);
        Self { format, packing, encoding, dialect, sheet, html_table, element, rows_out, rows_rejected, notes, columns }
    }
}

/// Rejected rows are counted and not kept.
struct Counted(u64);

impl Rejects for Counted {
    fn reject(&mut self, _line: u64, _reason: &str, _record: &[u8]) -> Result<(), TableError> {
        self.0 += 1;
        Ok(())
    }
}
