//! The matrix and the vocabulary as tables: a row a cell, a row a word.

use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, Float32Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};
use tokio_util::sync::CancellationToken;

use super::PairMatrix;
use crate::core::storage::atomic::Place;
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::operations::language_model::error::LanguageModelError;
use crate::operations::language_model::words::WordList;

/// Rows that are written at once.
const ROWS: usize = 1 << 16;
const ROW_GROUP_ROWS: usize = 1_000_000;

/// Writes the cells of the matrix: `row` and `column`, numbers of words, `count`, `ppmi`.
///
/// # Errors
/// When the file can't be written, or somebody said stop.
pub(in crate::operations::language_model) fn write_matrix(
    matrix: &PairMatrix<'_>,
    path: &Path,
    cancel: &CancellationToken,
) -> Result<(), LanguageModelError> {
    let fields = [
        ("row", DataType::Int32),
        ("column", DataType::Int32),
        ("count", DataType::Float64),
        ("ppmi", DataType::Float32),
    ];
    let mut table = Table::begin(path, &fields)?;
    let mut row = 0;
    for begin in (0..matrix.columns.len()).step_by(ROWS) {
        if cancel.is_cancelled() {
            return Err(LanguageModelError::Cancelled);
        }
        let cells = begin..(begin + ROWS).min(matrix.columns.len());
        let rows = cells.clone().map(|cell| {
            row += matrix.row_ends.get(row..).unwrap_or_default().iter().take_while(|end| **end <= cell as u64).count();
            i32::try_from(row).unwrap_or(i32::MAX)
        });
        let rows: Int32Array = rows.collect::<Vec<_>>().into();
        let columns = matrix.columns.get(cells.clone()).unwrap_or_default().iter();
        let columns: Int32Array =
            columns.map(|column| i32::try_from(*column).unwrap_or(i32::MAX)).collect::<Vec<_>>().into();
        let counts = Float64Array::from(matrix.counts.get(cells.clone()).unwrap_or_default().to_vec());
        let ppmi = Float32Array::from(matrix.ppmi.get(cells).unwrap_or_default().to_vec());
        table.write(vec![Arc::new(rows), Arc::new(columns), Arc::new(counts), Arc::new(ppmi)])?;
    }
    table.finish()
}

/// Writes the vocabulary: `id`, `word`, `count`.
///
/// # Errors
/// When the file can't be written.
pub(in crate::operations::language_model) fn write_vocabulary(
    words: WordList<'_>,
    path: &Path,
) -> Result<(), LanguageModelError> {
    let fields = [("id", DataType::Int32), ("word", DataType::Utf8), ("count", DataType::Int64)];
    let mut table = Table::begin(path, &fields)?;
    for begin in (0..words.len()).step_by(ROWS) {
        let numbers = begin..begin.saturating_add(u32::try_from(ROWS).unwrap_or(u32::MAX)).min(words.len());
        let ids = numbers.clone().map(|number| i32::try_from(number).unwrap_or(i32::MAX)).collect::<Vec<_>>();
        let texts = StringArray::from_iter_values(numbers.clone().map(|number| words.word(number)));
        let counts = numbers.map(|number| i64::try_from(words.count(number)).unwrap_or(i64::MAX)).collect::<Vec<_>>();
        table.write(vec![Arc::new(Int32Array::from(ids)), Arc::new(texts), Arc::new(Int64Array::from(counts))])?;
    }
    table.finish()
}

/// A Parquet file that appears when it is whole.
struct Table {
    file: ParquetFile,
    place: Place,
    schema: SchemaRef,
}

impl Table {
    fn begin(path: &Path, fields: &[(&str, DataType)]) -> Result<Self, LanguageModelError> {
        let fields: Vec<Field> = fields.iter().map(|(name, kind)| Field::new(*name, kind.clone(), false)).collect();
        let schema = Arc::new(Schema::new(fields));
        let (place, _made) = Place::beside(path).map_err(LanguageModelError::at("write", path))?;
        let made = ParquetFile::create(place.scratch(), Arc::clone(&schema), Pages::Zstd, ROW_GROUP_ROWS, Vec::new());
        Ok(Self { file: made.map_err(LanguageModelError::parquet(path))?, place, schema })
    }

    fn write(&mut self, columns: Vec<ArrayRef>) -> Result<(), LanguageModelError> {
        let failed = LanguageModelError::parquet(self.place.path());
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns).map_err(|error| failed(error.into()))?;
        self.file.write(&batch).map_err(failed)
    }

    fn finish(self) -> Result<(), LanguageModelError> {
        let path = self.place.path().to_owned();
        let (_, written) = self.file.finish().map_err(LanguageModelError::parquet(&path))?;
        self.place.publish(&written.finish().0).map_err(LanguageModelError::at("write", &path))
    }
}
