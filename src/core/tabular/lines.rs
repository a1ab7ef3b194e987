//! The lines of a text file, some at a time.
//!
//! For: files whose rows are lines by themselves. Not for: tables, whose fields may hold line ends. The one decision: a line
//! end is a line feed, with or without a carriage return in front of it; an empty line is a line, so that lines can be
//! counted.
//!
//! Memory: a chunk, and the longest line, which is bounded.

use std::path::Path;

use tokio_util::sync::CancellationToken;

use super::encoding;
use super::error::TableError;
use super::input::{Input, TextStream, UnpackLimits};
use super::table::MAX_RECORD;

/// Bytes that tell the encoding.
const HEAD: usize = 4096;

/// The lines of a file.
#[derive(Debug)]
pub struct Lines {
    stream: TextStream,
    /// What has been read and holds no line end.
    rest: String,
    at_end: bool,
}

impl Lines {
    /// Opens a file of text in whatever encoding, packed or not.
    ///
    /// # Errors
    /// When it can't be read, or no encoding fits.
    pub fn open(path: &Path, cancel: &CancellationToken) -> Result<Self, TableError> {
        let input = Input::open(path, UnpackLimits::default(), cancel.clone())?;
        let mut head = Vec::new();
        input.bytes()?.read_head(&mut head, HEAD)?;
        let found = encoding::detect(&input, &head)?;
        let stream = input.text_ahead(found.encoding)?;
        Ok(Self { stream, rest: String::new(), at_end: false })
    }

    /// The next ones, at least one; `None` at the end.
    ///
    /// # Errors
    /// When reading fails, or a line is longer than a record may be.
    pub fn next_lines(&mut self) -> Result<Option<Vec<String>>, TableError> {
        let mut lines = Vec::new();
        while lines.is_empty() && !self.at_end {
            let start = self.rest.len();
            self.at_end = !self.stream.read_chunk(&mut self.rest)?;
            self.take_lines(start, &mut lines);
            if self.rest.len() > MAX_RECORD {
                let limit = format!("{MAX_RECORD} bytes");
                return Err(TableError::Limit { what: "a line".to_owned(), limit });
            }
        }
        Ok((!lines.is_empty()).then_some(lines))
    }

    /// Before `start` there is no line end.
    fn take_lines(&mut self, start: usize, lines: &mut Vec<String>) {
        if let Some(end) = memchr::memrchr(b'\n', &self.rest.as_bytes()[start..]).map(|end| start + end + 1) {
            let rest = self.rest.split_off(end);
            lines.extend(self.rest.lines().map(str::to_owned));
            self.rest = rest;
        }
        if self.at_end && !self.rest.is_empty() {
            let last = std::mem::take(&mut self.rest);
            lines.push(last.strip_suffix('\r').map(str::to_owned).unwrap_or(last));
        }
    }
}
