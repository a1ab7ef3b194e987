//! Writes batches to a Parquet file, the same bytes for the same batches.
//!
//! Row groups end by rows or at 128 MiB of encoded pages, whichever comes first, so wide rows don't pile up in memory.

use std::fs::File;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression as Codec, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use crate::core::hash::HashingWriter;

/// Encoded bytes after which a row group ends.
const ROW_GROUP_BYTES: usize = 128 << 20;

/// How pages are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pages {
    /// Zstandard, level 3.
    Zstd,
    /// Snappy.
    Snappy,
    /// As they are.
    Plain,
}

/// A Parquet file in the making.
#[derive(Debug)]
pub struct ParquetFile {
    writer: ArrowWriter<HashingWriter<File>>,
    rows: u64,
}

impl ParquetFile {
    /// Makes the file; `metadata` goes into its footer.
    ///
    /// # Errors
    /// When it can't be made, or the schema has no Parquet form.
    pub fn create(
        path: &Path,
        schema: SchemaRef,
        pages: Pages,
        row_group_rows: usize,
        metadata: Vec<(String, String)>,
    ) -> Result<Self, ParquetError> {
        let codec = match pages {
            Pages::Zstd => Codec::ZSTD(ZstdLevel::try_new(3)?),
            Pages::Snappy => Codec::SNAPPY,
            Pages::Plain => Codec::UNCOMPRESSED,
        };
        let pairs: Vec<_> = metadata.into_iter().map(|(key, value)| KeyValue::new(key, value)).collect();
        let properties = WriterProperties::builder()
            .set_compression(codec)
            .set_created_by(concat!("textmill ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_max_row_group_row_count(Some(row_group_rows))
            .set_statistics_enabled(EnabledStatistics::Chunk)
            .set_key_value_metadata((!pairs.is_empty()).then_some(pairs))
            .build();
        // The Parquet writer has a buffer of its own.
        let writer = ArrowWriter::try_new(HashingWriter::new(File::create(path)?), schema, Some(properties))?;
        Ok(Self { writer, rows: 0 })
    }

    /// Appends rows.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), ParquetError> {
        self.writer.write(batch)?;
        self.rows += batch.num_rows() as u64;
        if self.writer.in_progress_size() >= ROW_GROUP_BYTES {
            self.writer.flush()?;
        }
        Ok(())
    }

    /// Writes the footer; how many rows there are, and the file with the digest of all that went into it. Nothing is
    /// synced.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn finish(self) -> Result<(u64, HashingWriter<File>), ParquetError> {
        Ok((self.rows, self.writer.into_inner()?))
    }
}
