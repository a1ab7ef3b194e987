//! Vectors into a file or a stream.
//!
//! The one decision: a file appears whole or not at all: it is written beside its place, and moved there at the end.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{ArrayRef, FixedSizeListArray, Float32Array, RecordBatch, StringArray};
use arrow_buffer::NullBuffer;
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use parquet::errors::ParquetError;
use serde::Serialize;

use super::error::EmbeddingJobError;
use super::input::Text;
use super::options::VectorFormat;
use crate::core::storage::atomic::Place;
use crate::core::tabular::parquet::{Pages, ParquetFile};

/// Bytes in front of the numbers in NumPy's format, of which so many are a multiple of 64 and room for any count.
const NPY_HEADER: usize = 128;
/// Rows of a row group: 384 numbers in each make 100 MB.
const ROW_GROUP_ROWS: usize = 65_536;

/// Takes rows in order.
pub(super) trait VectorSink: Send {
    /// Takes some: a text and its vector, or neither.
    ///
    /// # Errors
    /// When they can't be written.
    fn write(&mut self, texts: &[Text], vectors: &[Option<&[f32]>]) -> Result<(), EmbeddingJobError>;

    /// Everything was taken: makes it whole.
    ///
    /// # Errors
    /// When it can't be written.
    fn finish(self: Box<Self>) -> Result<(), EmbeddingJobError>;
}

/// Lines of JSON to a stream that is not ours to close.
pub(super) fn to_stream(
    stream: Box<dyn Write + Send>,
    format: VectorFormat,
) -> Result<Box<dyn VectorSink>, EmbeddingJobError> {
    match format {
        VectorFormat::Jsonl => Ok(Box::new(JsonLines { out: BufWriter::new(stream), place: None })),
        VectorFormat::Npy => Err(EmbeddingJobError::NeedsFile { format: "npy" }),
        VectorFormat::Parquet => Err(EmbeddingJobError::NeedsFile { format: "parquet" }),
    }
}

/// A file at `path`, in the end.
pub(super) fn to_file(
    path: &Path,
    format: VectorFormat,
    dimension: usize,
) -> Result<Box<dyn VectorSink>, EmbeddingJobError> {
    let (place, file) = Place::beside(path).map_err(output(path))?;
    Ok(match format {
        VectorFormat::Jsonl => {
            let out: Box<dyn Write + Send> = Box::new(file);
            Box::new(JsonLines { out: BufWriter::with_capacity(1 << 20, out), place: Some(place) })
        }
        VectorFormat::Npy => Box::new(Npy::begin(place, file, dimension)?),
        VectorFormat::Parquet => Box::new(Parquet::begin(place, dimension)?),
    })
}

fn output(path: &Path) -> impl Fn(io::Error) -> EmbeddingJobError + use<> {
    let to = format!("`{}`", path.display());
    move |source| EmbeddingJobError::Output { to: to.clone(), source }
}

fn parquet_output(path: &Path) -> impl Fn(ParquetError) -> EmbeddingJobError + use<> {
    let path = path.to_owned();
    move |source| EmbeddingJobError::ParquetOutput { path: path.clone(), source }
}

struct JsonLines {
    out: BufWriter<Box<dyn Write + Send>>,
    place: Option<Place>,
}

#[derive(Serialize)]
struct Line<'a> {
    text: Option<&'a str>,
    embedding: Option<&'a [f32]>,
}

impl JsonLines {
    fn failed(&self) -> impl Fn(io::Error) -> EmbeddingJobError + use<> {
        match &self.place {
            Some(place) => output(place.path()),
            None => output(Path::new("-")),
        }
    }
}

impl VectorSink for JsonLines {
    fn write(&mut self, texts: &[Text], vectors: &[Option<&[f32]>]) -> Result<(), EmbeddingJobError> {
        let failed = self.failed();
        for (text, embedding) in texts.iter().zip(vectors) {
            let line = Line { text: text.as_deref(), embedding: *embedding };
            serde_json::to_writer(&mut self.out, &line).map_err(|error| failed(error.into()))?;
            self.out.write_all(b"\n").map_err(&failed)?;
        }
        // Whoever reads the stream sees what is done.
        if self.place.is_none() { self.out.flush().map_err(failed) } else { Ok(()) }
    }

    fn finish(mut self: Box<Self>) -> Result<(), EmbeddingJobError> {
        let failed = self.failed();
        self.out.flush().map_err(&failed)?;
        let Some(place) = self.place else { return Ok(()) };
        let file = File::open(place.scratch()).map_err(&failed)?;
        place.publish(&file).map_err(failed)
    }
}

/// NumPy's format: what the numbers are, then the numbers. How many rows there are is filled in at the end.
struct Npy {
    out: BufWriter<File>,
    place: Place,
    dimension: usize,
    rows: u64,
}

impl Npy {
    fn begin(place: Place, file: File, dimension: usize) -> Result<Self, EmbeddingJobError> {
        let mut npy = Self { out: BufWriter::with_capacity(1 << 20, file), place, dimension, rows: 0 };
        npy.header().map_err(output(npy.place.path()))?;
        Ok(npy)
    }

    fn header(&mut self) -> io::Result<()> {
        let shape = format!("({}, {})", self.rows, self.dimension);
        let words = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}");
        let padded = format!("{words:<width$}\n", width = NPY_HEADER - 11);
        self.out.write_all(b"\x93NUMPY\x01\x00")?;
        let length = u16::try_from(padded.len()).map_err(io::Error::other)?;
        self.out.write_all(&length.to_le_bytes())?;
        self.out.write_all(padded.as_bytes())
    }
}

impl VectorSink for Npy {
    fn write(&mut self, _texts: &[Text], vectors: &[Option<&[f32]>]) -> Result<(), EmbeddingJobError> {
        let nothing = vec![f32::NAN; self.dimension];
        for vector in vectors {
            let numbers = vector.unwrap_or(&nothing);
            let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
            self.out.write_all(&bytes).map_err(output(self.place.path()))?;
        }
        self.rows += vectors.len() as u64;
        Ok(())
    }

    fn finish(mut self: Box<Self>) -> Result<(), EmbeddingJobError> {
        let failed = output(self.place.path());
        self.out.seek(SeekFrom::Start(0)).map_err(&failed)?;
        self.header().map_err(&failed)?;
        let Self { out, place, .. } = *self;
        let file = out.into_inner().map_err(|error| failed(error.into_error()))?;
        place.publish(&file).map_err(failed)
    }
}

struct Parquet {
    file: ParquetFile,
    schema: SchemaRef,
    place: Place,
    dimension: i32,
}

impl Parquet {
    fn begin(place: Place, dimension: usize) -> Result<Self, EmbeddingJobError> {
        let failed = parquet_output(place.path());
        let dimension = i32::try_from(dimension).map_err(|error| failed(ParquetError::External(Box::new(error))))?;
        let list = DataType::FixedSizeList(item(), dimension);
        let fields = vec![Field::new("text", DataType::Utf8, true), Field::new("embedding", list, true)];
        let schema = Arc::new(Schema::new(fields));
        // Zstandard gains next to nothing on numbers like these, and costs time.
        let file = ParquetFile::create(place.scratch(), Arc::clone(&schema), Pages::Snappy, ROW_GROUP_ROWS, Vec::new());
        let file = file.map_err(failed)?;
        Ok(Self { file, schema, place, dimension })
    }

    fn batch(&self, texts: &[Text], vectors: &[Option<&[f32]>]) -> Result<RecordBatch, ArrowError> {
        let width = usize::try_from(self.dimension).unwrap_or_default();
        let nothing = vec![0.0; width];
        let numbers = vectors.iter().flat_map(|vector| vector.unwrap_or(&nothing).iter().copied());
        let numbers: ArrayRef = Arc::new(Float32Array::from_iter_values(numbers));
        let nulls: NullBuffer = vectors.iter().map(Option::is_some).collect();
        let lists = FixedSizeListArray::try_new(item(), self.dimension, numbers, Some(nulls))?;
        let texts: StringArray = texts.iter().map(Option::as_deref).collect();
        RecordBatch::try_new(Arc::clone(&self.schema), vec![Arc::new(texts), Arc::new(lists)])
    }
}

fn item() -> arrow_schema::FieldRef {
    Arc::new(Field::new("item", DataType::Float32, false))
}

impl VectorSink for Parquet {
    fn write(&mut self, texts: &[Text], vectors: &[Option<&[f32]>]) -> Result<(), EmbeddingJobError> {
        let failed = parquet_output(self.place.path());
        let batch = self.batch(texts, vectors).map_err(|error| failed(error.into()))?;
        self.file.write(&batch).map_err(failed)
    }

    fn finish(self: Box<Self>) -> Result<(), EmbeddingJobError> {
        let Self { file, place, .. } = *self;
        let (_, written) = file.finish().map_err(parquet_output(place.path()))?;
        let failed = output(place.path());
        place.publish(&written.finish().0).map_err(failed)
    }
}
