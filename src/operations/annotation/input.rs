//! The rows of a table, with all their columns.
//!
//! For: Parquet as it stands, and whatever else a conversion reads, typed as it types. Not for: what is found in the rows.
//! The one decision: the table keeps its columns and types, so that the output is the input and something more.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

use super::error::AnnotationError;
use crate::core::intake::LocalSource;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::{self, Promise};
use crate::core::tabular::input::{Input, UnpackLimits};
use crate::core::tabular::table::{Batches, Rejects, Table, TableOptions, Tables};
use crate::operations::context::RunContext;

/// Rows of Parquet that are read at once.
const PARQUET_ROWS: usize = 8192;
/// What a Parquet file begins with.
const MAGIC: &[u8; 4] = b"PAR1";

/// Counts what can't be read, and keeps the first reason.
#[derive(Debug, Default)]
pub(super) struct Rejected {
    /// How many.
    pub(super) count: u64,
    /// Where and why the first.
    pub(super) first: Option<String>,
}

impl Rejects for Rejected {
    fn reject(&mut self, line: u64, reason: &str, _record: &[u8]) -> Result<(), TableError> {
        self.count += 1;
        self.first.get_or_insert_with(|| format!("line {line}: {reason}"));
        Ok(())
    }
}

/// The rows of a table.
pub(super) struct Rows {
    pub(super) schema: SchemaRef,
    /// Where the texts stand.
    pub(super) text_column: usize,
    /// How many rows there are, where the file says it.
    pub(super) total: Option<u64>,
    /// Rows that can't be read.
    pub(super) rejected: Rejected,
    /// What a Parquet file says of itself beside its schema.
    pub(super) metadata: Vec<(String, String)>,
    path: PathBuf,
    batches: Source,
}

enum Source {
    Parquet(Box<ParquetRecordBatchReader>),
    Table(Box<dyn Batches>),
}

impl Rows {
    /// Opens a table, to be read from its beginning.
    ///
    /// # Errors
    /// When it can't be read, or does not have the column in just one of its tables.
    pub(super) fn open(source: &LocalSource, column: &str, context: &RunContext) -> Result<Self, AnnotationError> {
        let LocalSource::File { path, name } = source else {
            return Err(AnnotationError::Folder { path: source.path().to_owned() });
        };
        if is_parquet(path) {
            return Self::parquet(path, column);
        }
        let unknown = || AnnotationError::UnknownFormat { path: PathBuf::from(name) };
        let promise = format::promise(name).ok_or_else(unknown)?;
        let table = only_table(path, promise, column, context)?;
        let schema = table.schema();
        let text_column = place(&schema, column)?;
        let batches = Source::Table(table.read().map_err(AnnotationError::input(path))?);
        let (rejected, metadata, total) = (Rejected::default(), Vec::new(), None);
        Ok(Self { schema, text_column, total, rejected, metadata, path: path.clone(), batches })
    }

    fn parquet(path: &Path, column: &str) -> Result<Self, AnnotationError> {
        let failed = AnnotationError::parquet(path);
        let file = File::open(path).map_err(|error| failed(error.into()))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(&failed)?;
        let schema = SchemaRef::clone(builder.schema());
        let text_column = place(&schema, column)?;
        let file = builder.metadata().file_metadata();
        let total = u64::try_from(file.num_rows()).ok();
        let pairs = file.key_value_metadata().into_iter().flatten();
        // The writer says what the Arrow schema is by itself.
        let pairs = pairs.filter(|pair| pair.key != parquet::arrow::ARROW_SCHEMA_META_KEY);
        let metadata = pairs.filter_map(|pair| Some((pair.key.clone(), pair.value.clone()?))).collect();
        let batches = Source::Parquet(Box::new(builder.with_batch_size(PARQUET_ROWS).build().map_err(&failed)?));
        let rejected = Rejected::default();
        Ok(Self { schema, text_column, total, rejected, metadata, path: path.to_owned(), batches })
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub(super) fn next(&mut self) -> Result<Option<RecordBatch>, AnnotationError> {
        match &mut self.batches {
            Source::Parquet(rows) => {
                let failed = AnnotationError::parquet(&self.path);
                rows.next().transpose().map_err(|error| failed(error.into()))
            }
            Source::Table(batches) => {
                batches.next_batch(&mut self.rejected).map_err(AnnotationError::input(&self.path))
            }
        }
    }
}

/// By its content: an upload's name may say anything.
fn is_parquet(path: &Path) -> bool {
    let mut first = [0; MAGIC.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *MAGIC
}

/// The table that has the column. Text holds one table; others may hold many, of which one is taken if the others don't
/// have the column.
fn only_table(
    path: &Path,
    promise: Promise,
    column: &str,
    context: &RunContext,
) -> Result<Box<dyn Table>, AnnotationError> {
    let failed = AnnotationError::input(path);
    let mut schemas = Vec::new();
    if !matches!(promise, Promise::Text(_)) {
        let mut tables = tables(path, promise, context).map_err(&failed)?;
        while let Some(table) = tables.next_table().map_err(&failed)? {
            schemas.push(table.schema());
        }
    }
    let having: Vec<usize> = (0..schemas.len()).filter(|at| schemas[*at].column_with_name(column).is_some()).collect();
    if let (Some(schema), []) = (schemas.first(), having.as_slice()) {
        return Err(no_column(schema, column));
    }
    if having.len() > 1 {
        let (path, column) = (path.to_owned(), column.to_owned());
        return Err(AnnotationError::SeveralTables { path, column, count: having.len() });
    }
    let mut tables = tables(path, promise, context).map_err(&failed)?;
    let before = having.first().copied().unwrap_or_default();
    for _ in 0..before {
        tables.next_table().map_err(&failed)?;
    }
    tables.next_table().map_err(&failed)?.ok_or_else(|| failed(TableError::Empty))
}

fn tables(path: &Path, promise: Promise, context: &RunContext) -> Result<Box<dyn Tables>, TableError> {
    let input = Input::open(path, UnpackLimits::default(), context.cancel.clone())?;
    context.isolation.tables(input, promise, &TableOptions::default())
}

/// Where the column stands; it must hold text.
fn place(schema: &SchemaRef, column: &str) -> Result<usize, AnnotationError> {
    let Some((place, field)) = schema.column_with_name(column) else { return Err(no_column(schema, column)) };
    if is_text(field.data_type()) {
        return Ok(place);
    }
    Err(AnnotationError::NotText { column: column.to_owned(), found: field.data_type().to_string() })
}

fn is_text(found: &DataType) -> bool {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn no_column(schema: &SchemaRef, column: &str) -> AnnotationError {
    let names: Vec<_> = schema.fields().iter().take(20).map(|field| format!("`{}`", field.name())).collect();
    AnnotationError::NoColumn { wanted: column.to_owned(), found: names.join(", ") }
}

/// The texts of a column that holds text.
pub(super) fn texts_of(column: &ArrayRef) -> Vec<Option<&str>> {
    match column.data_type() {
        DataType::LargeUtf8 => column.as_string::<i64>().iter().collect(),
        DataType::Utf8View => column.as_string_view().iter().collect(),
        DataType::Dictionary(..) => {
            let dictionary = column.as_any_dictionary();
            let values = texts_of(dictionary.values());
            let keys = dictionary.normalized_keys();
            let value = |row: usize| values.get(keys[row]).copied().flatten();
            (0..column.len()).map(|row| if column.is_null(row) { None } else { value(row) }).collect()
        }
        _ => column.as_string::<i32>().iter().collect(),
    }
}
