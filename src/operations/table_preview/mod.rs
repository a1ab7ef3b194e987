//! A file before it is converted: what it is taken for, and what its columns hold.
//!
//! For: looking at guesses (format, encoding, delimiter, header, types) and trying options that override them. Not for:
//! writing anything. The one decision: the file is read from end to end, so what is shown is what a conversion does.

mod sample;

use std::path::Path;

use arrow_array::{Array, RecordBatch};
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::tabular::column::ColumnNote;
use crate::core::tabular::delimited::DialectReport;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::{self, FormatName};
use crate::core::tabular::input::{Input, UnpackLimits};
use crate::core::tabular::report::{ColumnReport, Guess, HtmlTableReport, SheetReport, TableNote, TableReport};
use crate::core::tabular::table::{Rejects, Table, TableOptions};
use crate::operations::context::RunContext;

/// Values of a column that are shown.
const SAMPLES: usize = 5;

/// The tables of a file.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TablePreview {
    /// One, or each sheet of a workbook or table of a web page that holds a value.
    pub tables: Vec<PreviewedTable>,
}

/// A table as a conversion would read it.
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
}

/// Reads a file that goes by `name`.
///
/// # Errors
/// When it can't be read as a table, or the run was cancelled.
pub fn preview(
    path: &Path,
    name: &str,
    options: &TableOptions,
    context: &RunContext,
) -> Result<TablePreview, TableError> {
    let Some(promise) = format::promise(name) else {
        return Err(TableError::NotRead { what: format!("of no kind that is read: {}", format::EXTENSIONS) });
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
    let mut preview = PreviewedTable::of(table.report().clone());
    let mut rejected = Counted(0);
    let mut batches = table.read()?;
    while let Some(batch) = batches.next_batch(&mut rejected)? {
        preview.see(&batch);
    }
    preview.notes = batches.notes();
    preview.rows_rejected = rejected.0;
    Ok(preview)
}

impl PreviewedTable {
    fn of(report: TableReport) -> Self {
        let TableReport { format, packing, encoding, dialect, sheet, html_table, element, columns } = report;
        let column = |ColumnReport { name, data_type, notes }| PreviewedColumn {
            name,
            data_type,
            notes,
            nulls: 0,
            samples: Vec::new(),
        };
        let columns = columns.into_iter().map(column).collect();
        let (rows_out, rows_rejected, notes) = (0, 0, Vec::new());
        Self { format, packing, encoding, dialect, sheet, html_table, element, rows_out, rows_rejected, notes, columns }
    }

    fn see(&mut self, batch: &RecordBatch) {
        self.rows_out += batch.num_rows() as u64;
        for (column, array) in self.columns.iter_mut().zip(batch.columns()) {
            column.nulls += array.null_count() as u64;
            let filled = (0..array.len()).filter(|row| array.is_valid(*row));
            for row in filled {
                if column.samples.len() >= SAMPLES {
                    break;
                }
                let value = sample::value(array, row);
                if !column.samples.contains(&value) {
                    column.samples.push(value);
                }
            }
        }
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
