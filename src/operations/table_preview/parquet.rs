//! A Parquet file before something is made of it. Conversions leave Parquet files out, jobs on tables read them.

use std::fs::File;
use std::path::Path;

use arrow_schema::SchemaRef;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;

use super::PreviewedTable;
use super::column::Seen;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::input::InputError;
use crate::core::tabular::report::{ColumnReport, TableReport};
use crate::operations::context::RunContext;

/// Rows that are read at once.
const ROWS: usize = 8192;

/// Reads the file from end to end.
///
/// # Errors
/// When it is broken, or the run was cancelled.
pub(super) fn preview(path: &Path, context: &RunContext) -> Result<PreviewedTable, TableError> {
    let file = File::open(path).map_err(|source| InputError::Read { path: path.to_owned(), source })?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(|error| unreadable(&error))?;
    let schema = SchemaRef::clone(builder.schema());
    let columns = schema.fields().iter().map(|field| ColumnReport {
        name: field.name().clone(),
        data_type: field.data_type().to_string(),
        notes: Vec::new(),
    });
    let report = TableReport::new(FormatName::Parquet, columns.collect());
    let mut seen = Seen::of(&schema);
    for batch in builder.with_batch_size(ROWS).build().map_err(|error| unreadable(&error))? {
        if context.cancel.is_cancelled() {
            return Err(InputError::Cancelled.into());
        }
        seen.see(&batch.map_err(|error| unreadable(&error.into()))?)?;
    }
    Ok(PreviewedTable::of(report, seen))
}

fn unreadable(error: &ParquetError) -> TableError {
    TableError::Broken { what: format!("it can't be read as Parquet: {error}") }
}
