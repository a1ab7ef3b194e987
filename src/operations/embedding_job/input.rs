//! The texts of a file, some at a time.
//!
//! For: lines, tables of every kind that is read elsewhere, Parquet. Not for: what texts are used for. The one decision:
//! a text is the value as it stands in the file: numbers and dates are not brought into another form.

use std::fs::File;
use std::path::{Path, PathBuf};

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, SchemaRef};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use parquet::file::metadata::ParquetMetaData;

use super::error::EmbeddingJobError;
use super::options::{EmbeddingOptions, InputFormat};
use super::run::TextSource;
use crate::core::tabular::delimited::Habit;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::{self, Promise, TextWish};
use crate::core::tabular::input::{Input, UnpackLimits};
use crate::core::tabular::lines::Lines;
use crate::core::tabular::table::{Batches, Rejects, TableOptions, Tables};
use crate::operations::context::RunContext;

/// Rows of Parquet that are read at once, and bytes that they may have on average.
const PARQUET_ROWS: u64 = 1024;
const PARQUET_BYTES: u64 = 16 << 20;

/// A text, or a row without one.
pub(super) type Text = Option<String>;

/// Texts of a file.
pub(super) struct Texts {
    source: Source,
    path: PathBuf,
    /// How many there will be, where the file says it.
    pub(super) total: Option<u64>,
    /// Rows that can't be read.
    pub(super) rejected: Rejected,
}

enum Source {
    Lines(Lines),
    Table(TableTexts),
    Parquet { rows: ParquetRecordBatchReader, column: String },
}

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

impl Texts {
    /// Opens a file.
    ///
    /// # Errors
    /// When it can't be read, or has no such column.
    pub(super) fn open(
        source: &TextSource,
        options: &EmbeddingOptions,
        context: &RunContext,
    ) -> Result<Self, EmbeddingJobError> {
        let path = source.path.as_path();
        let by_stream = || source.is_stream.then_some(InputFormat::Txt);
        let format = options.input_format.or_else(by_stream).or_else(|| by_name(path));
        let column = options.text_column.clone();
        let mut total = None;
        let source = match format {
            Some(InputFormat::Txt) => Source::Lines(Lines::open(path, &context.cancel).map_err(at(path))?),
            Some(InputFormat::Parquet) => {
                let (rows, count) = open_parquet(path, &column)?;
                total = Some(count);
                Source::Parquet { rows, column }
            }
            other => {
                let promise = promise(path, other)?;
                Source::Table(TableTexts::open(path, promise, column, context).map_err(at(path))?)
            }
        };
        Ok(Self { source, path: path.to_owned(), total, rejected: Rejected::default() })
    }

    /// The next ones; `None` at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub(super) fn next(&mut self) -> Result<Option<Vec<Text>>, EmbeddingJobError> {
        match &mut self.source {
            Source::Lines(lines) => {
                let lines = lines.next_lines().map_err(at(&self.path))?;
                Ok(lines.map(|lines| lines.into_iter().map(Some).collect()))
            }
            Source::Table(table) => table.next(&self.path, &mut self.rejected),
            Source::Parquet { rows, column } => {
                let Some(batch) = rows.next() else { return Ok(None) };
                let failed = |error: arrow_schema::ArrowError| EmbeddingJobError::Parquet {
                    path: self.path.clone(),
                    source: error.into(),
                };
                texts_of(&batch.map_err(failed)?, column).map(Some)
            }
        }
    }
}

fn at(path: &Path) -> impl FnOnce(TableError) -> EmbeddingJobError {
    move |source| EmbeddingJobError::Input { path: path.to_owned(), source }
}

/// Names that are read in another way than a conversion reads them.
fn by_name(path: &Path) -> Option<InputFormat> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    let bare = [".gz", ".zst"].iter().find_map(|packed| name.strip_suffix(packed)).unwrap_or(&name);
    match bare.rsplit_once('.')?.1 {
        "txt" => Some(InputFormat::Txt),
        "parquet" => Some(InputFormat::Parquet),
        _ => None,
    }
}

fn promise(path: &Path, format: Option<InputFormat>) -> Result<Promise, EmbeddingJobError> {
    let unknown = || EmbeddingJobError::UnknownFormat { path: path.to_owned() };
    match format {
        Some(InputFormat::Csv) => Ok(Promise::Text(TextWish::Delimited(Habit::Comma))),
        Some(InputFormat::Jsonl) => Ok(Promise::Text(TextWish::JsonLines)),
        _ => path.file_name().and_then(|name| format::promise(&name.to_string_lossy())).ok_or_else(unknown),
    }
}

/// A column of all tables of a file.
struct TableTexts {
    tables: Box<dyn Tables>,
    batches: Option<Box<dyn Batches>>,
    column: String,
}

impl TableTexts {
    fn open(path: &Path, promise: Promise, column: String, context: &RunContext) -> Result<Self, TableError> {
        let input = Input::open(path, UnpackLimits::default(), context.cancel.clone())?;
        let options = TableOptions { as_text: true, ..TableOptions::default() };
        let tables = context.isolation.tables(input, promise, &options)?;
        Ok(Self { tables, batches: None, column })
    }

    fn next(&mut self, path: &Path, rejected: &mut Rejected) -> Result<Option<Vec<Text>>, EmbeddingJobError> {
        loop {
            if let Some(batches) = &mut self.batches {
                if let Some(batch) = batches.next_batch(rejected).map_err(at(path))? {
                    return texts_of(&batch, &self.column).map(Some);
                }
                self.batches = None;
            }
            let Some(table) = self.tables.next_table().map_err(at(path))? else { return Ok(None) };
            place(&table.schema(), &self.column)?;
            self.batches = Some(table.read().map_err(at(path))?);
        }
    }
}

/// The rows of one column, and how many there are.
fn open_parquet(path: &Path, column: &str) -> Result<(ParquetRecordBatchReader, u64), EmbeddingJobError> {
    let unreadable = |source| EmbeddingJobError::Parquet { path: path.to_owned(), source };
    let file = File::open(path).map_err(|error| unreadable(error.into()))?;
    let builder = ParquetRecordBatchReaderBuilder::try_new(file).map_err(unreadable)?;
    let place = place(builder.schema(), column)?;
    let rows = u64::try_from(builder.metadata().file_metadata().num_rows()).unwrap_or_default();
    let only = ProjectionMask::roots(builder.parquet_schema(), [place]);
    let at_once = rows_at_once(builder.metadata(), place);
    let reader = builder.with_projection(only).with_batch_size(at_once).build().map_err(unreadable)?;
    Ok((reader, rows))
}

/// Fewer where the column's texts are long, as the file says.
fn rows_at_once(file: &ParquetMetaData, place: usize) -> usize {
    let schema = file.file_metadata().schema_descr();
    let is_of_column = |leaf: &usize| schema.get_column_root_idx(*leaf) == place;
    let longest = file.row_groups().iter().filter_map(|group| {
        let bytes: i64 =
            (0..group.num_columns()).filter(is_of_column).map(|leaf| group.column(leaf).uncompressed_size()).sum();
        u64::try_from(bytes).ok()?.checked_div(u64::try_from(group.num_rows()).ok()?)
    });
    let rows = PARQUET_BYTES.checked_div(longest.max().unwrap_or_default()).unwrap_or(PARQUET_ROWS);
    usize::try_from(rows.clamp(1, PARQUET_ROWS)).unwrap_or(1)
}

/// Where the column stands; it must hold text.
fn place(schema: &SchemaRef, column: &str) -> Result<usize, EmbeddingJobError> {
    let Some((place, field)) = schema.column_with_name(column) else {
        let names: Vec<_> = schema.fields().iter().take(20).map(|field| format!("`{}`", field.name())).collect();
        return Err(EmbeddingJobError::NoColumn { wanted: column.to_owned(), found: names.join(", ") });
    };
    match field.data_type() {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(place),
        other => Err(not_text(column, other)),
    }
}

fn not_text(column: &str, found: &DataType) -> EmbeddingJobError {
    EmbeddingJobError::NotText { column: column.to_owned(), found: found.to_string() }
}

fn texts_of(batch: &RecordBatch, column: &str) -> Result<Vec<Text>, EmbeddingJobError> {
    let array: &ArrayRef = batch.column(place(batch.schema_ref(), column)?);
    let owned = |text: Option<&str>| text.map(str::to_owned);
    Ok(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().map(owned).collect(),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().map(owned).collect(),
        DataType::Utf8View => array.as_string_view().iter().map(owned).collect(),
        other => return Err(not_text(column, other)),
    })
}
