//! The rows of one table, whatever kind of file it lies in.
//!
//! For: operations that take a table and its columns: annotation, data sets, language models. Not for: folders (`intake`),
//! or what is made of the rows. The one decision: a table keeps its columns and types: Parquet as it stands, everything
//! else typed as a conversion types it. A file of several tables gives the one that has the columns asked for.

mod columns;
mod error;
mod twice;
mod written;

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};

pub use columns::{column, is_text, listed, text_column, texts_of};
pub use error::RowsError;
pub use twice::Twice;
pub use written::{is_writable, joined_lines, written};

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
pub struct Rejected {
    /// How many.
    pub count: u64,
    /// Where and why the first.
    pub first: Option<String>,
}

impl Rejects for Rejected {
    fn reject(&mut self, line: u64, reason: &str, _record: &[u8]) -> Result<(), TableError> {
        self.count += 1;
        self.first.get_or_insert_with(|| format!("line {line}: {reason}"));
        Ok(())
    }
}

/// The rows of a table.
pub struct Rows {
    /// Its columns.
    pub schema: SchemaRef,
    /// How many rows there are, where the file says it.
    pub total: Option<u64>,
    /// Rows that can't be read.
    pub rejected: Rejected,
    /// What a Parquet file says of itself beside its schema.
    pub metadata: Vec<(String, String)>,
    path: PathBuf,
    batches: Source,
}

enum Source {
    Parquet(Box<ParquetRecordBatchReader>),
    Table(Box<dyn Batches>),
}

impl Rows {
    /// Opens the table that has all of `columns`, to be read from its beginning.
    ///
    /// # Errors
    /// When it can't be read, or the columns are not in just one of its tables.
    pub fn open(source: &LocalSource, columns: &[&str], context: &RunContext) -> Result<Self, RowsError> {
        Self::open_with(source, columns, &TableOptions::default(), context)
    }

    /// The same, read as `options` say; Parquet has no choice.
    ///
    /// # Errors
    /// As [`Rows::open`].
    pub fn open_with(
        source: &LocalSource,
        columns: &[&str],
        options: &TableOptions,
        context: &RunContext,
    ) -> Result<Self, RowsError> {
        Self::some_columns(source, columns, (options, None), context)
    }

    /// The same; of Parquet only the columns `read` are read, if some are named.
    fn some_columns(
        source: &LocalSource,
        columns: &[&str],
        (options, read): (&TableOptions, Option<&[&str]>),
        context: &RunContext,
    ) -> Result<Self, RowsError> {
        let LocalSource::File { path, name } = source else {
            return Err(RowsError::Folder { path: source.path().to_owned() });
        };
        if is_parquet(path) {
            return Self::parquet(path, columns, read);
        }
        let unknown = || RowsError::UnknownFormat { path: PathBuf::from(name) };
        let promise = format::promise(name).ok_or_else(unknown)?;
        let table = only_table(path, promise, columns, &|| tables(path, promise, options, context))?;
        let schema = table.schema();
        let batches = Source::Table(table.read().map_err(RowsError::input(path))?);
        let (rejected, metadata, total) = (Rejected::default(), Vec::new(), None);
        Ok(Self { schema, total, rejected, metadata, path: path.clone(), batches })
    }

    fn parquet(path: &Path, columns: &[&str], read: Option<&[&str]>) -> Result<Self, RowsError> {
        let failed = RowsError::parquet(path);
        let file = File::open(path).map_err(|error| failed(error.into()))?;
        let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(&failed)?;
        let schema = SchemaRef::clone(builder.schema());
        for wanted in columns {
            column(&schema, wanted)?;
        }
        let file = builder.metadata().file_metadata();
        let total = u64::try_from(file.num_rows()).ok();
        let pairs = file.key_value_metadata().into_iter().flatten();
        // The writer says what the Arrow schema is by itself.
        let pairs = pairs.filter(|pair| pair.key != parquet::arrow::ARROW_SCHEMA_META_KEY);
        let metadata = pairs.filter_map(|pair| Some((pair.key.clone(), pair.value.clone()?))).collect();
        let roots = read.map(|names| names.iter().map(|name| column(&schema, name)).collect::<Result<Vec<_>, _>>());
        let mask = match roots.transpose()? {
            Some(roots) => ProjectionMask::roots(builder.parquet_schema(), roots),
            None => ProjectionMask::all(),
        };
        let reader = builder.with_projection(mask).with_batch_size(PARQUET_ROWS).build().map_err(&failed)?;
        let batches = Source::Parquet(Box::new(reader));
        let rejected = Rejected::default();
        Ok(Self { schema, total, rejected, metadata, path: path.to_owned(), batches })
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, RowsError> {
        match &mut self.batches {
            Source::Parquet(rows) => {
                let failed = RowsError::parquet(&self.path);
                rows.next().transpose().map_err(|error| failed(error.into()))
            }
            Source::Table(batches) => batches.next_batch(&mut self.rejected).map_err(RowsError::input(&self.path)),
        }
    }
}

/// By its content: an upload's name may say anything.
pub fn is_parquet(path: &Path) -> bool {
    let mut first = [0; MAGIC.len()];
    File::open(path).and_then(|mut file| file.read_exact(&mut first)).is_ok() && first == *MAGIC
}

/// The table that has the columns. Text holds one table; others may hold many, of which one is taken if the others don't
/// have them.
fn only_table(
    path: &Path,
    promise: Promise,
    columns: &[&str],
    tables: &dyn Fn() -> Result<Box<dyn Tables>, TableError>,
) -> Result<Box<dyn Table>, RowsError> {
    let failed = RowsError::input(path);
    let mut schemas = Vec::new();
    if !matches!(promise, Promise::Text(_)) {
        let mut tables = tables().map_err(&failed)?;
        while let Some(table) = tables.next_table().map_err(&failed)? {
            schemas.push(table.schema());
        }
    }
    let has_all = |schema: &SchemaRef| columns.iter().all(|name| schema.column_with_name(name).is_some());
    let having: Vec<usize> = (0..schemas.len()).filter(|at| has_all(&schemas[*at])).collect();
    if having.len() > 1 {
        let columns = columns.join("`, `");
        return Err(RowsError::SeveralTables { path: path.to_owned(), columns, count: having.len() });
    }
    let mut tables = tables().map_err(&failed)?;
    // Where none has them, the first one says what there is.
    let before = having.first().copied().unwrap_or_default();
    for _ in 0..before {
        tables.next_table().map_err(&failed)?;
    }
    let table = tables.next_table().map_err(&failed)?.ok_or_else(|| failed(TableError::Empty))?;
    for wanted in columns {
        column(&table.schema(), wanted)?;
    }
    Ok(table)
}

fn tables(
    path: &Path,
    promise: Promise,
    options: &TableOptions,
    context: &RunContext,
) -> Result<Box<dyn Tables>, TableError> {
    let input = Input::open(path, UnpackLimits::default(), context.cancel.clone())?;
    context.isolation.tables(input, promise, options)
}
