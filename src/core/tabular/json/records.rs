//! Splits a JSON text into records, one value each.
//!
//! For: lines (a bad line is one bad record, the next line starts afresh), arrays and values one after another (where
//! a fault ends the file, because nothing tells where the next record would begin). Memory: one record, at most
//! [`MAX_RECORD`] bytes.

use memchr::memchr;

use super::tape::{Fault, Tape, Value};
use crate::core::tabular::decoding::TextStream;
use crate::core::tabular::error::TableError;
use crate::core::tabular::table::MAX_RECORD;

/// How records lie in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One a line.
    Lines,
    /// Elements of one array.
    Array,
    /// One after another.
    Stream,
}

/// A record, or why there is none.
#[derive(Debug)]
pub(super) enum Outcome<'a> {
    /// A value.
    Value(Value<'a>),
    /// A line that is not one.
    Bad {
        /// Why.
        reason: String,
    },
}

/// A record and where it stands.
#[derive(Debug)]
pub(super) struct JsonRecord<'a> {
    /// Line on which it begins, from 1.
    pub line: u64,
    /// As it stands in the file.
    pub raw: &'a str,
    /// What it is.
    pub outcome: Outcome<'a>,
}

/// Reads records one after another.
#[derive(Debug)]
pub(super) struct JsonReader {
    stream: TextStream,
    layout: Layout,
    buffer: String,
    at: usize,
    at_end: bool,
    line: u64,
    blank_lines: u64,
    /// Whether the array's `[` was read.
    inside: bool,
    /// Whether the array's `]` was read.
    closed: bool,
    tape: Tape,
}

/// Where a record was found in the buffer.
struct Found {
    start: usize,
    end: usize,
    line: u64,
    bad: Option<String>,
}

impl JsonReader {
    /// Reads from the beginning of `stream`.
    pub(super) fn new(layout: Layout, stream: TextStream) -> Self {
        let tape = Tape::default();
        let (buffer, at) = (String::new(), 0);
        Self { stream, layout, buffer, at, at_end: false, line: 1, blank_lines: 0, inside: false, closed: false, tape }
    }

    /// Lines without any character so far.
    pub(super) fn blank_lines(&self) -> u64 {
        self.blank_lines
    }

    /// The next record.
    ///
    /// # Errors
    /// When reading fails; in arrays and streams also when the text is not JSON.
    pub(super) fn next_record(&mut self) -> Result<Option<JsonRecord<'_>>, TableError> {
        let found = match self.layout {
            Layout::Lines => self.next_line()?,
            Layout::Array => self.next_element()?,
            Layout::Stream => self.next_value()?,
        };
        Ok(found.map(|Found { start, end, line, bad }| {
            let raw = between(&self.buffer, start, end);
            let outcome = match bad {
                Some(reason) => Outcome::Bad { reason },
                None => Outcome::Value(self.tape.root(raw)),
            };
            JsonRecord { line, raw, outcome }
        }))
    }

    fn next_line(&mut self) -> Result<Option<Found>, TableError> {
        let mut searched = self.at;
        loop {
            let Some(at) = memchr(b'\n', &self.buffer.as_bytes()[searched..]) else {
                searched = self.buffer.len() - self.at;
                if self.refill()? {
                    continue;
                }
                break;
            };
            let (start, end, line) = (self.at, searched + at, self.line);
            self.at = end + 1;
            searched = self.at;
            self.line += 1;
            match self.parse_line(start, end, line) {
                Some(found) => return Ok(Some(found)),
                None => self.blank_lines += 1,
            }
        }
        let (start, end) = (self.at, self.buffer.len());
        self.at = end;
        Ok(self.parse_line(start, end, self.line))
    }

    /// `None`: a blank line.
    fn parse_line(&mut self, start: usize, end: usize, line: u64) -> Option<Found> {
        let text = self.buffer.as_bytes()[start..end].trim_ascii_end();
        let end = start + text.len();
        if text.trim_ascii_start().is_empty() {
            return None;
        }
        let bad = match self.tape.parse(text) {
            Ok(after) if after == text.len() => None,
            Ok(after) => Some(format!("column {}: more text after the value", after + 1)),
            Err(fault) => Some(in_words(fault)),
        };
        Some(Found { start, end, line, bad })
    }

    fn next_element(&mut self) -> Result<Option<Found>, TableError> {
        let first = !self.inside;
        if self.closed {
            return Ok(None);
        }
        if first {
            self.skip_space()?;
            self.at += 1;
            self.inside = true;
        }
        self.skip_space()?;
        match self.buffer.as_bytes().get(self.at) {
            Some(b']') => {
                self.at += 1;
                self.closed = true;
                self.skip_space()?;
                let at_end = self.at == self.buffer.len();
                if at_end { Ok(None) } else { Err(self.malformed("more text after the array")) }
            }
            Some(b',') if !first => {
                self.at += 1;
                self.skip_space()?;
                self.value().map(Some)
            }
            Some(_) if first => self.value().map(Some),
            Some(_) => Err(self.malformed("a comma or ] is expected")),
            None => Err(self.malformed("the text ends inside the array")),
        }
    }

    fn next_value(&mut self) -> Result<Option<Found>, TableError> {
        self.skip_space()?;
        if self.at == self.buffer.len() {
            return Ok(None);
        }
        let value = self.value()?;
        self.inside = true;
        Ok(Some(value))
    }

    /// The value at hand, wherever its end is.
    fn value(&mut self) -> Result<Found, TableError> {
        loop {
            match self.tape.parse(&self.buffer.as_bytes()[self.at..]) {
                // A number at the end of the buffer may go on in the next chunk.
                Ok(length) if self.at + length < self.buffer.len() || self.at_end => {
                    let (start, end, line) = (self.at, self.at + length, self.line);
                    self.line += newlines(&self.buffer.as_bytes()[start..end]);
                    self.at = end;
                    return Ok(Found { start, end, line, bad: None });
                }
                Ok(_) | Err(Fault::Incomplete) => {
                    if !self.refill()? {
                        if self.at_end && self.tape.parse(&self.buffer.as_bytes()[self.at..]).is_ok() {
                            continue;
                        }
                        return Err(self.malformed("the text ends inside a value"));
                    }
                }
                Err(Fault::At { offset, what }) => {
                    self.line += newlines(&self.buffer.as_bytes()[self.at..self.at + offset]);
                    return Err(self.malformed(what));
                }
            }
        }
    }

    fn skip_space(&mut self) -> Result<(), TableError> {
        loop {
            let rest = &self.buffer.as_bytes()[self.at..];
            let space = rest.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            self.line += newlines(&rest[..space]);
            self.at += space;
            if self.at < self.buffer.len() || !self.refill()? {
                return Ok(());
            }
        }
    }

    /// Drops what was read and appends text, doubling what is held; `false`: the end.
    fn refill(&mut self) -> Result<bool, TableError> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let before = self.buffer.len();
        while !self.at_end && self.buffer.len() <= before * 2 {
            self.at_end = !self.stream.read_chunk(&mut self.buffer)?;
        }
        if before > MAX_RECORD {
            let what = format!("the record that begins on line {}", self.line);
            return Err(TableError::Limit { what, limit: format!("{MAX_RECORD} bytes") });
        }
        Ok(self.buffer.len() > before)
    }

    fn malformed(&self, what: &str) -> TableError {
        TableError::Malformed { line: self.line, what: format!("not JSON: {what}") }
    }
}

/// Records begin and end beside ASCII characters, so they never cut one of several bytes.
#[expect(clippy::string_slice, reason = "see above")]
fn between(text: &str, start: usize, end: usize) -> &str {
    &text[start..end]
}

fn newlines(text: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', text).count() as u64
}

fn in_words(fault: Fault) -> String {
    match fault {
        Fault::Incomplete => "the line ends inside a value".to_owned(),
        Fault::At { offset, what } => format!("column {}: {what}", offset + 1),
    }
}
