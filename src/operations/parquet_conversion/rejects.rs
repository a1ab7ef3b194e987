//! Rows that can't be part of their table, written down one JSON object a line: `line`, `reason`, `record`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde::Serialize;

use super::options::{ConversionOptions, OnReject};
use super::written::WrittenFile;
use crate::core::hash::HashingWriter;
use crate::core::tabular::error::TableError;
use crate::core::tabular::table::Rejects;

/// Writes rejected rows; the file is made with the first.
#[derive(Debug)]
pub(super) struct RejectsFile {
    path: PathBuf,
    limit: u64,
    is_written: bool,
    writer: Option<BufWriter<HashingWriter<File>>>,
    count: u64,
    first: Option<(u64, String)>,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(rename = "line")]
    number: u64,
    reason: &'a str,
    record: &'a str,
}

impl RejectsFile {
    /// Nothing rejected yet.
    pub(super) fn new(path: PathBuf, options: &ConversionOptions) -> Self {
        let limit = if options.on_reject == OnReject::Fail { 0 } else { options.max_rejects };
        let is_written = options.on_reject == OnReject::Write;
        Self { path, limit: u64::from(limit), is_written, writer: None, count: 0, first: None }
    }

    /// How many rows were rejected.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// The file, if a row was written to it.
    pub(super) fn finish(self) -> std::io::Result<Option<WrittenFile>> {
        let Some(writer) = self.writer else { return Ok(None) };
        let file = writer.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        WrittenFile::new(self.path, file).map(Some)
    }

    fn write(&mut self, line: &Line<'_>) -> std::io::Result<()> {
        if self.writer.is_none() {
            self.writer = Some(BufWriter::new(HashingWriter::new(File::create(&self.path)?)));
        }
        let Some(writer) = &mut self.writer else { return Ok(()) };
        serde_json::to_writer(&mut *writer, line)?;
        writer.write_all(b"\n")
    }
}

impl Rejects for RejectsFile {
    fn reject(&mut self, line: u64, reason: &str, record: &[u8]) -> Result<(), TableError> {
        self.count += 1;
        let (first_line, first_reason) = self.first.get_or_insert_with(|| (line, reason.to_owned()));
        if self.count > self.limit {
            let (line, reason) = (*first_line, first_reason.clone());
            return Err(TableError::TooManyRejects { limit: self.limit, line, reason });
        }
        if !self.is_written {
            return Ok(());
        }
        // Text was decoded strictly, so this replaces nothing.
        let record = String::from_utf8_lossy(record);
        self.write(&Line { number: line, reason, record: &record }).map_err(TableError::Rejects)
    }
}
