//! Splits delimited text into records and fields.
//!
//! For: quotes, doubled or backslash-escaped, newlines inside quotes, `\n`, `\r\n` and `\r` line ends, blank lines. Not
//! for: guessing the dialect (`dialect`) or typing cells. The one decision: our own splitter instead of csv-core,
//! because nothing may be lost in silence: it tells quoted from bare fields, keeps text after a closing quote, and
//! reads a quote that never closes as an ordinary character instead of swallowing the rest of the file.
//! A property test holds it against the `csv` crate on well-formed input.
//!
//! Memory: one record, at most [`MAX_RECORD`] bytes; a quote that does not close within [`MAX_FIELD`] is none.

use memchr::{memchr, memchr2};

use super::dialect::{Dialect, Escape, LineEnd};
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::{InputError, TextStream};
use crate::core::tabular::table::{MAX_COLUMNS, MAX_RECORD};

/// A quoted field longer than this is taken for a quote that never closes.
pub(super) const MAX_FIELD: usize = 64 << 20;

/// Where a field lies in its record's bytes, quotes left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
    escaped: bool,
}

/// Where text comes from.
pub(super) trait Chunks {
    /// Appends more text; `false` at the end.
    ///
    /// # Errors
    /// When reading fails.
    fn read_chunk(&mut self, into: &mut Vec<u8>) -> Result<bool, InputError>;
}

impl Chunks for TextStream {
    fn read_chunk(&mut self, into: &mut Vec<u8>) -> Result<bool, InputError> {
        TextStream::read_chunk(self, into)
    }
}

/// Text in memory, as one chunk.
impl Chunks for Option<&[u8]> {
    fn read_chunk(&mut self, into: &mut Vec<u8>) -> Result<bool, InputError> {
        Ok(self.take().map(|text| into.extend_from_slice(text)).is_some())
    }
}

/// Reads records one after another.
#[derive(Debug)]
pub(super) struct RecordReader<S> {
    source: S,
    dialect: Dialect,
    buffer: Vec<u8>,
    at: usize,
    at_end: bool,
    line: u64,
    spans: Vec<Span>,
    scratch: Vec<u8>,
    counts: Oddities,
}

/// Things in the text that were read as well as they can be, and are told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Oddities {
    /// Lines without any character.
    pub blank_lines: u64,
    /// Quotes inside bare fields or after a closing quote, kept as characters.
    pub stray_quotes: u64,
    /// Quotes that never close, kept as characters.
    pub unclosed_quotes: u64,
    /// Line of the first quote that never closes, from 1; 0: none.
    pub unclosed_line: u64,
}

/// One record; its fields are valid until the next is read.
#[derive(Debug)]
pub(super) struct Record<'a> {
    text: &'a [u8],
    spans: &'a [Span],
    scratch: &'a mut Vec<u8>,
    escape: Escape,
    /// Line on which it begins, from 1.
    pub line: u64,
}

impl Record<'_> {
    /// How many fields it has.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The value of a field; empty when there is no such field.
    #[inline]
    pub(super) fn field(&mut self, index: usize) -> &[u8] {
        match self.spans.get(index) {
            None => &[],
            Some(span) if !span.escaped => &self.text[span.start..span.end],
            Some(span) => {
                self.scratch.clear();
                unescape(&self.text[span.start..span.end], self.escape, self.scratch);
                self.scratch
            }
        }
    }

    /// How many fields it has without empty ones at the end.
    pub(super) fn filled_len(&self) -> usize {
        self.spans.iter().rposition(|span| span.start < span.end).map_or(0, |last| last + 1)
    }

    /// The record as it stands in the file, without its line end.
    pub(super) fn raw(&self) -> &[u8] {
        self.text
    }
}

/// A doubled quote is one; a backslash goes only before a quote or another backslash (`C:\temp` keeps its own).
fn unescape(text: &[u8], escape: Escape, into: &mut Vec<u8>) {
    let mark = match escape {
        Escape::Double => b'"',
        Escape::Backslash => b'\\',
    };
    let mut rest = text;
    while let Some(at) = memchr(mark, rest) {
        into.extend_from_slice(&rest[..at]);
        let (kept, used): (&[u8], _) = match rest.get(at + 1) {
            Some(next @ (b'"' | b'\\')) => (std::slice::from_ref(next), 2),
            _ => (std::slice::from_ref(&rest[at]), 1),
        };
        into.extend_from_slice(kept);
        rest = &rest[at + used..];
    }
    into.extend_from_slice(rest);
}

/// What a look at the buffer found.
enum Step {
    /// A record up to `end`; the next begins at `next`.
    Record { end: usize, next: usize },
    /// The buffer ends inside a record.
    More,
    /// It has more fields than a table may have columns.
    TooWide,
}

/// Where a field ended.
enum FieldEnd {
    Delimiter { next: usize },
    Line { end: usize, next: usize },
    More,
}

impl<S: Chunks> RecordReader<S> {
    /// Reads from the beginning of `source`.
    pub(super) fn new(source: S, dialect: Dialect) -> Self {
        Self {
            source,
            dialect,
            buffer: Vec::new(),
            at: 0,
            at_end: false,
            line: 1,
            spans: Vec::new(),
            scratch: Vec::new(),
            counts: Oddities::default(),
        }
    }

    /// What was odd so far.
    pub(super) fn oddities(&self) -> Oddities {
        self.counts
    }

    /// The next record; blank lines are counted and passed over.
    ///
    /// # Errors
    /// When reading fails, or a record is too long or too wide.
    pub(super) fn next_record(&mut self) -> Result<Option<Record<'_>>, TableError> {
        loop {
            if self.at == self.buffer.len() && !self.refill()? {
                return Ok(None);
            }
            match self.split() {
                Step::TooWide => {
                    let what = format!("the number of fields of the record on line {}", self.line);
                    return Err(TableError::Limit { what, limit: MAX_COLUMNS.to_string() });
                }
                Step::More => {
                    if !self.refill()? {
                        // At the end `split` closes what is open; it never asks for more.
                        return Ok(None);
                    }
                }
                Step::Record { end, next } => {
                    let (start, line) = (self.at, self.line);
                    self.line += self.lines_within(start, next);
                    self.at = next;
                    if end == start {
                        self.counts.blank_lines += 1;
                        continue;
                    }
                    return Ok(Some(Record {
                        text: &self.buffer[start..end],
                        spans: &self.spans,
                        scratch: &mut self.scratch,
                        escape: self.dialect.escape,
                        line,
                    }));
                }
            }
        }
    }

    /// Drops what was read and appends a chunk; `false` at the end.
    fn refill(&mut self) -> Result<bool, TableError> {
        if self.at_end {
            return Ok(false);
        }
        self.buffer.drain(..self.at);
        self.at = 0;
        if self.buffer.len() > MAX_RECORD {
            let what = format!("the size of the record on line {}", self.line);
            return Err(TableError::Limit { what, limit: format!("{MAX_RECORD} bytes") });
        }
        // A long record doubles its buffer, so that looking at it again and again stays linear.
        let want = self.buffer.len();
        let mut grown = 0;
        while !self.at_end && grown <= want {
            let before = self.buffer.len();
            self.at_end = !self.source.read_chunk(&mut self.buffer)?;
            grown += self.buffer.len() - before;
        }
        Ok(!self.buffer.is_empty())
    }

    fn lines_within(&self, start: usize, next: usize) -> u64 {
        let mark = self.dialect.line_end.byte();
        let text = &self.buffer[start..next];
        match memchr(mark, text) {
            None => 0,
            Some(at) if at + 1 == text.len() => 1,
            Some(_) => memchr::memchr_iter(mark, text).count() as u64,
        }
    }

    fn split(&mut self) -> Step {
        self.spans.clear();
        // A record that needs more text is read again from its beginning: nothing may be counted twice.
        let before = self.counts;
        let mut at = self.at;
        loop {
            let ended = match self.quote_at(at) {
                Some(quote) => self.quoted_field(at, quote),
                None => self.rest_of_field(at, at),
            };
            match ended {
                FieldEnd::Delimiter { .. } if self.spans.len() >= MAX_COLUMNS => return Step::TooWide,
                FieldEnd::Delimiter { next } => at = next,
                FieldEnd::Line { end, next } => return self.relative(end, next),
                FieldEnd::More => {
                    self.counts = before;
                    return Step::More;
                }
            }
        }
    }

    /// Spans relative to the record's beginning.
    fn relative(&mut self, end: usize, next: usize) -> Step {
        let start = self.at;
        for span in &mut self.spans {
            span.start -= start;
            span.end -= start;
        }
        Step::Record { end, next }
    }

    /// Where the quote stands that opens this field; spaces may stand before it.
    fn quote_at(&self, start: usize) -> Option<usize> {
        if !self.dialect.quoting {
            return None;
        }
        let spaces = self.buffer[start..].iter().take_while(|byte| **byte == b' ').count();
        (self.buffer.get(start + spaces) == Some(&b'"')).then_some(start + spaces)
    }

    /// Reads from `from` to the field's end; the field begins at `start`.
    fn rest_of_field(&mut self, start: usize, from: usize) -> FieldEnd {
        let newline = self.dialect.line_end.byte();
        let rest = &self.buffer[from..];
        let found = match self.dialect.delimiter {
            Some(delimiter) => memchr2(delimiter, newline, rest),
            None => memchr(newline, rest),
        };
        let Some(at) = found.map(|at| from + at) else {
            return if self.at_end { self.end_of_text(start) } else { FieldEnd::More };
        };
        if self.buffer[at] == newline {
            let end = self.before_line_end(start, at);
            self.spans.push(Span { start, end, escaped: false });
            return FieldEnd::Line { end, next: at + 1 };
        }
        self.spans.push(Span { start, end: at, escaped: false });
        FieldEnd::Delimiter { next: at + 1 }
    }

    fn end_of_text(&mut self, start: usize) -> FieldEnd {
        let end = self.before_line_end(start, self.buffer.len());
        self.spans.push(Span { start, end, escaped: false });
        FieldEnd::Line { end, next: self.buffer.len() }
    }

    /// `\r\n` ends a line where `\n` does.
    fn before_line_end(&self, start: usize, at: usize) -> usize {
        let carriage = self.dialect.line_end == LineEnd::Newline && at > start && self.buffer[at - 1] == b'\r';
        if carriage { at - 1 } else { at }
    }

    /// The field begins at `field`, its opening quote stands at `quote`.
    fn quoted_field(&mut self, field: usize, quote: usize) -> FieldEnd {
        let mut from = quote + 1;
        let mut escaped = false;
        loop {
            match self.next_mark(from) {
                None if self.at_end || self.buffer.len() - quote > MAX_FIELD => return self.unclosed(field),
                None => return FieldEnd::More,
                Some(Mark::Escaped(next)) => {
                    escaped = true;
                    from = next;
                }
                Some(Mark::Close(at)) => return self.after_close(field, Span { start: quote + 1, end: at, escaped }),
            }
        }
    }

    /// The next escape or closing quote.
    fn next_mark(&self, from: usize) -> Option<Mark> {
        let rest = self.buffer.get(from..)?;
        match self.dialect.escape {
            Escape::Double => {
                let at = from + memchr(b'"', rest)?;
                match self.buffer.get(at + 1) {
                    Some(b'"') => Some(Mark::Escaped(at + 2)),
                    Some(_) => Some(Mark::Close(at)),
                    None if self.at_end => Some(Mark::Close(at)),
                    None => None,
                }
            }
            Escape::Backslash => {
                let at = from + memchr2(b'"', b'\\', rest)?;
                if self.buffer[at] == b'"' { Some(Mark::Close(at)) } else { Some(Mark::Escaped(at + 2)) }
            }
        }
    }

    fn after_close(&mut self, field: usize, span: Span) -> FieldEnd {
        let newline = self.dialect.line_end.byte();
        let after = span.end + 1;
        match (self.buffer.get(after), self.buffer.get(after + 1)) {
            (Some(byte), _) if Some(*byte) == self.dialect.delimiter => {
                self.spans.push(span);
                FieldEnd::Delimiter { next: after + 1 }
            }
            (Some(byte), _) if *byte == newline => {
                self.spans.push(span);
                FieldEnd::Line { end: after, next: after + 1 }
            }
            (Some(b'\r'), Some(b'\n')) if newline == b'\n' => {
                self.spans.push(span);
                FieldEnd::Line { end: after, next: after + 2 }
            }
            (None, _) | (Some(b'\r'), None) if self.at_end => {
                self.spans.push(span);
                FieldEnd::Line { end: after, next: self.buffer.len() }
            }
            (None, _) | (Some(b'\r'), None) => FieldEnd::More,
            _ => self.text_after_close(field, after),
        }
    }

    /// `"a"b`: the field is kept as it stands, quotes included.
    fn text_after_close(&mut self, field: usize, after: usize) -> FieldEnd {
        self.counts.stray_quotes += 1;
        self.rest_of_field(field, after)
    }

    /// The quote never closes: it is a character, and the field ends where a bare one would.
    fn unclosed(&mut self, field: usize) -> FieldEnd {
        self.counts.unclosed_quotes += 1;
        if self.counts.unclosed_line == 0 {
            self.counts.unclosed_line = self.line;
        }
        self.rest_of_field(field, field)
    }
}

enum Mark {
    Escaped(usize),
    Close(usize),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COMMA: Dialect =
        Dialect { delimiter: Some(b','), quoting: true, escape: Escape::Double, line_end: LineEnd::Newline };

    fn read(text: &str, dialect: Dialect) -> (Vec<Vec<String>>, Oddities) {
        let mut reader = RecordReader::new(Some(text.as_bytes()), dialect);
        let mut table = Vec::new();
        while let Some(mut record) = reader.next_record().unwrap() {
            let width = record.len();
            table.push((0..width).map(|index| String::from_utf8(record.field(index).to_vec()).unwrap()).collect());
        }
        (table, reader.oddities())
    }

    #[test]
    fn lines_are_counted_inside_quotes_and_over_blank_lines() {
        let mut reader = RecordReader::new(Some(&b"a,b\n\n\"x\ny\",1\r\n2,3"[..]), COMMA);
        let mut lines = Vec::new();
        while let Some(record) = reader.next_record().unwrap() {
            lines.push(record.line);
        }
        assert_eq!(lines, [1, 3, 5]);
        assert_eq!(reader.oddities().blank_lines, 1);
    }

    #[test]
    fn a_quote_that_never_closes_swallows_nothing() {
        let (table, odd) = read("a,b\n1,\"x\n2,y\n", COMMA);
        assert_eq!(table, [["a", "b"], ["1", "\"x"], ["2", "y"]]);
        assert_eq!((odd.unclosed_quotes, odd.unclosed_line), (1, 2));
    }

    #[test]
    fn text_after_a_closing_quote_is_kept_as_it_stands() {
        let (table, odd) = read("\"a\"b,c\n", COMMA);
        assert_eq!(table, [["\"a\"b", "c"]]);
        assert_eq!(odd.stray_quotes, 1);
    }

    #[test]
    fn spaces_may_stand_before_a_quote() {
        assert_eq!(read("1, \"a, b\",2\n", COMMA).0, [["1", "a, b", "2"]]);
    }

    #[test]
    fn backslashes_escape_where_the_dialect_says_so() {
        let dialect = Dialect { escape: Escape::Backslash, ..COMMA };
        assert_eq!(read("\"x \\\"y\\\" \\\\\",1\n", dialect).0, [["x \"y\" \\", "1"]]);
    }

    proptest! {
        #[test]
        fn reads_what_the_csv_crate_writes(
            table in prop::collection::vec(prop::collection::vec("[a-c,;\"\n é]{0,5}", 1..5), 1..8)
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for row in &table {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let (found, odd) = read(&text, COMMA);
            prop_assert_eq!(found, table);
            prop_assert_eq!(odd, Oddities::default());
        }

        #[test]
        fn every_character_is_in_some_record(text in "[ab,\"\n]{0,40}") {
            let mut reader = RecordReader::new(Some(text.as_bytes()), COMMA);
            let mut raw = Vec::new();
            while let Some(record) = reader.next_record().unwrap() {
                raw.extend_from_slice(record.raw());
            }
            let wanted = text.bytes().filter(|byte| *byte != b'\n').count();
            prop_assert_eq!(raw.iter().filter(|byte| **byte != b'\n').count(), wanted);
        }
    }
}
