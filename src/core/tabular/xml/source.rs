//! Decoded text as the standard library's `BufRead`, which the parser reads from, with the line that it is at.

use std::io::{self, BufRead, Read};

use memchr::memchr_iter;

use crate::core::tabular::error::TableError;
use crate::core::tabular::input::TextStream;
use crate::core::tabular::table::MAX_RECORD;

/// A text that the parser reads from.
#[derive(Debug)]
pub(super) struct Source {
    stream: TextStream,
    buffer: Vec<u8>,
    at: usize,
    at_end: bool,
    /// Line of the next byte, from 1.
    line: u64,
    /// Bytes read since the present tag or piece of text began.
    taken: usize,
    /// Why reading failed: the parser only passes on that it did.
    fault: Option<TableError>,
}

impl Source {
    pub(super) fn new(stream: TextStream) -> Self {
        Self { stream, buffer: Vec::new(), at: 0, at_end: false, line: 1, taken: 0, fault: None }
    }

    /// The next tag or piece of text begins: its line.
    pub(super) fn begin(&mut self) -> u64 {
        self.taken = 0;
        self.line
    }

    /// Why reading failed, if it did.
    pub(super) fn take_fault(&mut self) -> Option<TableError> {
        self.fault.take()
    }

    fn refill(&mut self) -> Result<(), TableError> {
        if self.taken > MAX_RECORD {
            let what = format!("the tag or text that ends after line {}", self.line);
            return Err(TableError::Limit { what, limit: format!("{MAX_RECORD} bytes") });
        }
        self.buffer.clear();
        self.at = 0;
        // A chunk may end inside a character and bring no whole one.
        while self.buffer.is_empty() && !self.at_end {
            self.at_end = !self.stream.read_chunk(&mut self.buffer)?;
        }
        Ok(())
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at == self.buffer.len()
            && let Err(fault) = self.refill()
        {
            self.fault = Some(fault);
            return Err(io::Error::other("the text can't be read"));
        }
        Ok(&self.buffer[self.at..])
    }

    fn consume(&mut self, amount: usize) {
        let end = (self.at + amount).min(self.buffer.len());
        self.line += memchr_iter(b'\n', &self.buffer[self.at..end]).count() as u64;
        self.taken += end - self.at;
        self.at = end;
    }
}

impl Read for Source {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let filled = self.fill_buf()?.read(into)?;
        self.consume(filled);
        Ok(filled)
    }
}
