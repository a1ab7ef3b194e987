//! Workbooks built by hand, read through the door that everybody uses.

mod builder;
mod shapes;
mod values;

use std::io::Write as _;

use arrow_array::{Array, RecordBatch, StringArray};
use tokio_util::sync::CancellationToken;

use crate::core::tabular::error::TableError;
use crate::core::tabular::format::{Content, Promise};
use crate::core::tabular::input::{Input, UnpackLimits};
use crate::core::tabular::open;
use crate::core::tabular::report::{TableNote, TableReport};
use crate::core::tabular::table::{Rejects, TableOptions};

/// A table read to its end.
#[derive(Debug)]
struct Read {
    report: TableReport,
    preamble: Option<String>,
    rows: Vec<RecordBatch>,
    notes: Vec<TableNote>,
}

impl Read {
    fn row_count(&self) -> usize {
        self.rows.iter().map(RecordBatch::num_rows).sum()
    }

    /// Names and types, `name: type`.
    fn columns(&self) -> Vec<String> {
        self.report.columns.iter().map(|column| format!("{}: {}", column.name, column.data_type)).collect()
    }

    /// The texts of a column, in one batch.
    fn texts(&self, column: usize) -> Vec<Option<&str>> {
        let array = self.rows[0].column(column).as_any().downcast_ref::<StringArray>().unwrap();
        (0..array.len()).map(|row| array.is_valid(row).then(|| array.value(row))).collect()
    }

    /// The column in one batch, as Arrow prints it.
    fn values<T: Array + Clone + 'static>(&self, column: usize) -> T {
        self.rows[0].column(column).as_any().downcast_ref::<T>().unwrap().clone()
    }
}

struct NoRejects;

impl Rejects for NoRejects {
    fn reject(&mut self, line: u64, reason: &str, _record: &[u8]) -> Result<(), TableError> {
        panic!("row {line} was rejected: {reason}")
    }
}

fn input(bytes: &[u8]) -> Input {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Input::open(file.path(), UnpackLimits::default(), CancellationToken::new()).unwrap()
}

fn read_with(bytes: &[u8], options: &TableOptions) -> Result<Vec<Read>, TableError> {
    let input = input(bytes);
    let content: Content = open::content(&input, Promise::Workbook)?;
    let mut tables = open::tables(input, content, options)?;
    let mut found = Vec::new();
    while let Some(table) = tables.next_table()? {
        let (report, preamble) = (table.report().clone(), table.preamble().map(str::to_owned));
        let mut batches = table.read()?;
        let mut rows = Vec::new();
        while let Some(batch) = batches.next_batch(&mut NoRejects)? {
            rows.push(batch);
        }
        found.push(Read { report, preamble, rows, notes: batches.notes() });
    }
    Ok(found)
}

fn read(bytes: &[u8]) -> Result<Vec<Read>, TableError> {
    read_with(bytes, &TableOptions::default())
}

/// The only table.
fn read_one(bytes: &[u8]) -> Read {
    let mut found = read(bytes).unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}
