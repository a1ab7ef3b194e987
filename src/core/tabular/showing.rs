//! Tables as rows of text, for tests of readers.

use std::io::Write;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int64Type};
use arrow_array::{Array, ArrayRef};
use arrow_schema::DataType;
use tokio_util::sync::CancellationToken;

use super::error::TableError;
use super::input::{Input, UnpackLimits};
use super::report::{TableNote, TableReport};
use super::table::{Rejects, Table, Tables};

/// A table that was read.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) report: TableReport,
    pub(super) preamble: Option<String>,
    /// Cells as `null`, a text, a number, or `[a, b]`.
    pub(super) rows: Vec<Vec<String>>,
    pub(super) rejected: Vec<String>,
    pub(super) notes: Vec<TableNote>,
}

impl Shown {
    pub(super) fn names(&self) -> Vec<&str> {
        self.report.columns.iter().map(|column| column.name.as_str()).collect()
    }

    pub(super) fn types(&self) -> Vec<&str> {
        self.report.columns.iter().map(|column| column.data_type.as_str()).collect()
    }
}

/// A file that holds these bytes.
pub(super) fn input(bytes: &[u8]) -> Input {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(bytes).unwrap();
    Input::open(file.path(), UnpackLimits::default(), CancellationToken::new()).unwrap()
}

/// Every table, read to its end.
pub(super) fn show(mut tables: Box<dyn Tables>) -> Result<Vec<Shown>, TableError> {
    let mut shown = Vec::new();
    while let Some(table) = tables.next_table()? {
        shown.push(show_table(table)?);
    }
    Ok(shown)
}

#[derive(Default)]
struct Kept(Vec<String>);

impl Rejects for Kept {
    fn reject(&mut self, line: u64, reason: &str, record: &[u8]) -> Result<(), TableError> {
        self.0.push(format!("{line}: {reason}: {}", String::from_utf8_lossy(record)));
        Ok(())
    }
}

fn show_table(table: Box<dyn Table>) -> Result<Shown, TableError> {
    let (report, preamble) = (table.report().clone(), table.preamble().map(str::to_owned));
    let (mut rejects, mut rows, schema) = (Kept::default(), Vec::new(), table.schema());
    let mut batches = table.read()?;
    while let Some(batch) = batches.next_batch(&mut rejects)? {
        assert_eq!(batch.schema(), schema);
        for row in 0..batch.num_rows() {
            rows.push(batch.columns().iter().map(|column| cell(column, row)).collect());
        }
    }
    Ok(Shown { report, preamble, rows, rejected: rejects.0, notes: batches.notes() })
}

fn cell(column: &ArrayRef, row: usize) -> String {
    if column.is_null(row) {
        return "null".to_owned();
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string::<i32>().value(row).to_owned(),
        DataType::Boolean => column.as_boolean().value(row).to_string(),
        DataType::Int64 => column.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Float64 => column.as_primitive::<Float64Type>().value(row).to_string(),
        DataType::Date32 => column.as_primitive::<Date32Type>().value_as_date(row).unwrap().to_string(),
        DataType::List(_) => {
            let items = column.as_list::<i32>().value(row);
            let items: Vec<_> = (0..items.len()).map(|item| cell(&items, item)).collect();
            format!("[{}]", items.join(", "))
        }
        other => panic!("a test shows no {other}"),
    }
}
