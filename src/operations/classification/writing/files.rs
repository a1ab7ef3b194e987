//! The files of a data set in its form.
//!
//! The one decision: CSV has no lists and no records, so they are JSON there; what is missing is an empty field in CSV and
//! `null` in JSON.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_json::writer::make_encoder;
use arrow_json::{EncoderOptions, LineDelimitedWriter, WriterBuilder};
use arrow_schema::{ArrowError, DataType, FieldRef, Schema, SchemaRef};
use arrow_select::filter::filter_record_batch;
use parquet::errors::ParquetError;

use super::LEFT_OUT;
use super::conll::ConllFile;
use crate::core::hash::HashingWriter;
use crate::core::storage::staged::StagedFolder;
use crate::core::tabular::parquet::{Pages, ParquetFile};
use crate::operations::classification::error::ClassificationError;
use crate::operations::classification::options::Format;
use crate::operations::classification::outcome::WrittenFile;
use crate::operations::classification::split::Split;

/// What says to `datasets` what the files are.
pub(in super::super) const README: &str = "README.md";
/// Rows of a group: what readers take at once.
const ROW_GROUP_ROWS: usize = 1 << 18;

/// The files in the making.
pub(super) struct Files {
    open: Vec<Open>,
    format: Format,
}

struct Open {
    name: String,
    path: PathBuf,
    /// The split whose rows it takes; `None`: all.
    only: Option<Split>,
    writer: Writer,
    rows: u64,
}

enum Writer {
    Parquet(Box<ParquetFile>),
    Csv(Box<arrow_csv::Writer<BufWriter<HashingWriter<File>>>>),
    Jsonl(Box<LineDelimitedWriter<BufWriter<HashingWriter<File>>>>),
    Conll(ConllFile),
}

/// Name of a file, and whose rows it takes.
fn names(format: Format) -> Vec<(String, Option<Split>)> {
    let one = |name: &str| vec![(name.to_owned(), None)];
    match format {
        Format::Parquet => one("dataset.parquet"),
        Format::Csv => one("dataset.csv"),
        Format::Jsonl => one("dataset.jsonl"),
        Format::Conll => {
            Split::ALL.into_iter().map(|split| (format!("{}.conll", split.as_str()), Some(split))).collect()
        }
        Format::HuggingFace => Split::ALL
            .into_iter()
            .map(|split| (format!("data/{}-00000-of-00001.parquet", split.as_str()), Some(split)))
            .collect(),
    }
}

/// Every name that a file of a data set may have.
pub(in super::super) fn all_names() -> Vec<String> {
    let formats = [Format::Parquet, Format::Csv, Format::Jsonl, Format::Conll, Format::HuggingFace];
    let data = formats.into_iter().flat_map(names).map(|(name, _)| name);
    data.chain([LEFT_OUT, README].map(str::to_owned)).collect()
}

impl Files {
    /// Begins the files of these splits.
    ///
    /// # Errors
    /// When they can't be made, or a column has no form there.
    pub(super) fn begin(
        schema: &SchemaRef,
        format: Format,
        splits: &[Split],
        staged: &StagedFolder,
    ) -> Result<Self, ClassificationError> {
        let wanted = names(format).into_iter().filter(|(_, only)| only.is_none_or(|split| splits.contains(&split)));
        let open = wanted.map(|(name, only)| {
            let path = staged.scratch(&name).map_err(ClassificationError::output(Path::new(&name)))?;
            let writer = Writer::create(&path, schema, format)?;
            Ok(Open { name, path, only, writer, rows: 0 })
        });
        Ok(Self { open: open.collect::<Result<_, ClassificationError>>()?, format })
    }

    /// Appends rows, each of this split.
    ///
    /// # Errors
    /// When they can't be written.
    pub(super) fn write(&mut self, batch: &RecordBatch, splits: &[Split]) -> Result<(), ClassificationError> {
        let as_csv = if self.format == Format::Csv { Some(without_nesting(batch)) } else { None };
        for open in &mut self.open {
            let failed = ClassificationError::encoding(&open.path);
            let own = match (open.only, &as_csv) {
                (Some(only), _) => {
                    let mask: BooleanArray = splits.iter().map(|split| Some(*split == only)).collect();
                    filter_record_batch(batch, &mask)
                }
                (None, Some(Ok(as_csv))) => Ok(as_csv.clone()),
                (None, Some(Err(error))) => Err(ArrowError::ExternalError(error.to_string().into())),
                (None, None) => Ok(batch.clone()),
            };
            let own = own.map_err(|error| failed(error.into()))?;
            if own.num_rows() > 0 {
                open.writer.write(&own).map_err(failed)?;
                open.rows += own.num_rows() as u64;
            }
        }
        Ok(())
    }

    /// Ends the files.
    ///
    /// # Errors
    /// When that fails.
    pub(super) fn finish(self) -> Result<Vec<WrittenFile>, ClassificationError> {
        let ended = self.open.into_iter().map(|open| {
            let written = open.writer.finish().map_err(ClassificationError::encoding(&open.path))?;
            let (_, sha256, size_bytes) = written.finish();
            Ok(WrittenFile { name: open.name, sha256, size_bytes, rows: open.rows })
        });
        ended.collect()
    }
}

impl Writer {
    fn create(path: &Path, schema: &SchemaRef, format: Format) -> Result<Self, ClassificationError> {
        let failed = ClassificationError::encoding(path);
        let file = || -> Result<_, ClassificationError> {
            let file = File::create(path).map_err(ClassificationError::output(path))?;
            Ok(BufWriter::new(HashingWriter::new(file)))
        };
        Ok(match format {
            Format::Parquet | Format::HuggingFace => {
                let schema = Arc::clone(schema);
                let file = ParquetFile::create(path, schema, Pages::Zstd, ROW_GROUP_ROWS, Vec::new());
                Self::Parquet(Box::new(file.map_err(failed)?))
            }
            Format::Csv => Self::Csv(Box::new(arrow_csv::WriterBuilder::new().with_header(true).build(file()?))),
            Format::Conll => Self::Conll(ConllFile::create(path).map_err(ClassificationError::output(path))?),
            Format::Jsonl => Self::Jsonl(Box::new(WriterBuilder::new().with_explicit_nulls(true).build(file()?))),
        })
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        match self {
            Self::Parquet(file) => file.write(batch),
            Self::Csv(file) => Ok(file.write(batch)?),
            Self::Jsonl(file) => Ok(file.write(batch)?),
            Self::Conll(file) => file.write(batch),
        }
    }

    fn finish(self) -> Result<HashingWriter<File>, ParquetError> {
        let file = match self {
            Self::Parquet(file) => return Ok(file.finish()?.1),
            Self::Conll(file) => return file.finish(),
            Self::Csv(file) => file.into_inner(),
            Self::Jsonl(mut file) => {
                file.finish()?;
                file.into_inner()
            }
        };
        Ok(file.into_inner().map_err(std::io::IntoInnerError::into_error)?)
    }
}

/// Lists and records as JSON; bytes, which JSON does not have, in hexadecimal as JSON has them here.
fn without_nesting(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = batch.schema();
    let is_flat = |field: &FieldRef| !field.data_type().is_nested();
    if schema.fields().iter().all(is_flat) {
        return Ok(batch.clone());
    }
    let columns = schema.fields().iter().zip(batch.columns()).map(|(field, values)| {
        if is_flat(field) {
            return Ok((FieldRef::clone(field), ArrayRef::clone(values)));
        }
        Ok((Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8)), as_json(field, values)?))
    });
    let columns: Vec<(FieldRef, ArrayRef)> = columns.collect::<Result<_, ArrowError>>()?;
    let (fields, columns): (Vec<FieldRef>, Vec<ArrayRef>) = columns.into_iter().unzip();
    RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)
}

fn as_json(field: &FieldRef, values: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let options = EncoderOptions::default().with_explicit_nulls(true);
    let mut encoder = make_encoder(field, values, &options)?;
    let mut texts = StringBuilder::new();
    let mut text = Vec::new();
    for row in 0..values.len() {
        if values.is_null(row) {
            texts.append_null();
            continue;
        }
        text.clear();
        encoder.encode(row, &mut text);
        texts.append_value(String::from_utf8_lossy(&text));
    }
    Ok(Arc::new(texts.finish()))
}
