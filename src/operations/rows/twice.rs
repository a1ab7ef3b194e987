//! The rows of a table, read twice.
//!
//! For: who has to see all rows before the first can be written. Not for: who is content with one look. The one decision: a
//! file is parsed once. Parquet is cheap to read again, and the first time only the columns that are needed are read; rows of
//! everything else, and rows to which something was added, are kept in a scratch file in the first pass.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{Field, Schema, SchemaRef};

use super::error::RowsError;
use super::{Rejected, Rows, is_parquet};
use crate::core::intake::LocalSource;
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::core::tabular::table::TableOptions;
use crate::operations::context::RunContext;

const ROW_GROUP_ROWS: usize = 1 << 18;

/// A table in its first reading.
pub struct Twice {
    rows: Rows,
    source: LocalSource,
    kept: Option<Kept>,
}

struct Kept {
    file: ParquetFile,
    path: PathBuf,
    schema: SchemaRef,
}

impl Twice {
    /// Opens the table that has all of `columns`. `first` are those that the first reading needs; each of its batches is
    /// handed to [`Twice::keep`], with columns for the fields of `added`. `scratch` is a path for what has to be kept.
    ///
    /// # Errors
    /// When it can't be read, the columns are not in just one of its tables, or the scratch file can't be made.
    pub fn open(
        source: &LocalSource,
        (columns, first): (&[&str], &[&str]),
        added: &[Field],
        scratch: &Path,
        context: &RunContext,
    ) -> Result<Self, RowsError> {
        let is_cheap = is_parquet(source.path()) && added.is_empty();
        let rows = Rows::some_columns(source, columns, (&TableOptions::default(), is_cheap.then_some(first)), context)?;
        let kept = if is_cheap { None } else { Some(Kept::begin(scratch, &rows.schema, added)?) };
        Ok(Self { rows, source: source.clone(), kept })
    }

    /// All columns of the table.
    pub fn schema(&self) -> &SchemaRef {
        &self.rows.schema
    }

    /// How many rows there are, where the file says it.
    pub fn total(&self) -> Option<u64> {
        self.rows.total
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub fn next_batch(&mut self) -> Result<Option<RecordBatch>, RowsError> {
        self.rows.next_batch()
    }

    /// Keeps rows for the second reading where that is needed, with what was added to them.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn keep(&mut self, batch: &RecordBatch, added: Vec<ArrayRef>) -> Result<(), RowsError> {
        let Some(kept) = &mut self.kept else { return Ok(()) };
        let failed = RowsError::scratch(&kept.path);
        let columns = batch.columns().iter().cloned().chain(added).collect();
        let batch = RecordBatch::try_new(Arc::clone(&kept.schema), columns).map_err(|error| failed(error.into()))?;
        kept.file.write(&batch).map_err(failed)
    }

    /// All rows once more, with all columns and what was added to them; and what could not be read the first time.
    ///
    /// # Errors
    /// When they can't be read again.
    pub fn again(self, context: &RunContext) -> Result<(Rows, Rejected), RowsError> {
        let rows = match self.kept {
            None => Rows::open(&self.source, &[], context)?,
            Some(kept) => {
                kept.file.finish().map_err(RowsError::scratch(&kept.path))?;
                Rows::parquet(&kept.path, &[], None)?
            }
        };
        Ok((rows, self.rows.rejected))
    }
}

impl Kept {
    fn begin(path: &Path, schema: &Schema, added: &[Field]) -> Result<Self, RowsError> {
        let fields = schema.fields().iter().cloned().chain(added.iter().cloned().map(Arc::new));
        let schema = Arc::new(Schema::new_with_metadata(fields.collect::<Vec<_>>(), schema.metadata().clone()));
        let file = ParquetFile::create(path, Arc::clone(&schema), Pages::Snappy, ROW_GROUP_ROWS, Vec::new());
        let file = file.map_err(RowsError::scratch(path))?;
        Ok(Self { file, path: path.to_owned(), schema })
    }
}
