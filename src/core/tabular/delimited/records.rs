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
use super::marks::Marks;
use crate::core::tabular::decoding::TextStream;
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::InputError;
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
    fn read_chunk(&mut self, into: &mut String) -> Result<bool, InputError>;
}

impl Chunks for TextStream {
    fn read_chunk(&mut self, into: &mut String) -> Result<bool, InputError> {
        TextStream::read_chunk(self, into)
    }
}

/// Text in memory, as one chunk.
impl Chunks for Option<&str> {
    fn read_chunk(&mut self, into: &mut String) -> Result<bool, InputError> {
        Ok(self.take().map(|text| into.push_str(text)).is_some())
    }
}

/// Reads records one after another.
#[derive(Debug)]
pub(super) struct RecordReader<S> {
    source: S,
    dialect: Dialect,
    buffer: String,
    marks: Marks,
    at: usize,
    at_end: bool,
    line: u64,
    spans: Vec<Span>,
    /// Whether a field of the present record may hold line ends.
    has_quoted: bool,
    scratch: String,
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
    text: &'a str,
    spans: &'a [Span],
    scratch: &'a mut String,
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
    pub(super) fn field(&mut self, index: usize) -> &str {
        let Some(span) = self.spans.get(index) else { return "" };
        let text = between(self.text, span.start, span.end);
        if !span.escaped {
            return text;
        }
        self.scratch.clear();
        unescape(text, self.escape, self.scratch);
        self.scratch
    }

    /// How many fields it has without empty ones at the end.
    pub(super) fn filled_len(&self) -> usize {
        self.spans.iter().rposition(|span| span.start < span.end).map_or(0, |last| last + 1)
    }

    /// The record as it stands in the file, without its line end.
    pub(super) fn raw(&self) -> &str {
        self.text
    }
}

/// Fields and records begin and end beside ASCII characters, so they never cut one of several bytes.
#[inline]
#[expect(clippy::string_slice, reason = "see above")]
fn between(text: &str, start: usize, end: usize) -> &str {
    &text[start..end]
}

/// A doubled quote is one; a backslash goes only before a quote or another backslash (`C:\temp` keeps its own).
fn unescape(text: &str, escape: Escape, into: &mut String) {
    let mark = match escape {
        Escape::Double => '"',
        Escape::Backslash => '\\',
    };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(mark) {
        into.push_str(before);
        let next = after.chars().next().filter(|next| matches!(next, '"' | '\\'));
        into.push(next.unwrap_or(mark));
        rest = after.strip_prefix(['"', '\\']).unwrap_or(after);
    }
    into.push_str(rest);
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
            buffer: String::new(),
            marks: Marks::new(dialect.delimiter, dialect.line_end.byte()),
            at: 0,
            at_end: false,
            line: 1,
            spans: Vec::new(),
            has_quoted: false,
            scratch: String::new(),
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
                        text: between(&self.buffer, start, end),
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
        self.marks.forget();
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
        let text = &self.buffer.as_bytes()[start..next];
        if self.has_quoted {
            memchr::memchr_iter(mark, text).count() as u64
        } else {
            u64::from(text.ends_with(&[mark]))
        }
    }

    fn split(&mut self) -> Step {
        self.spans.clear();
        self.has_quoted = false;
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
                FieldEnd::Line { end, next } => return Step::Record { end, next },
                FieldEnd::More => {
                    self.counts = before;
                    return Step::More;
                }
            }
        }
    }

    /// Takes a field; spans are relative to the record's beginning.
    #[inline]
    fn push(&mut self, start: usize, end: usize, escaped: bool) {
        self.spans.push(Span { start: start - self.at, end: end - self.at, escaped });
    }

    /// Where the quote stands that opens this field; spaces may stand before it.
    #[inline]
    fn quote_at(&self, start: usize) -> Option<usize> {
        let text = self.buffer.as_bytes();
        if !self.dialect.quoting || !matches!(text.get(start), Some(b'"' | b' ')) {
            return None;
        }
        let spaces = text[start..].iter().take_while(|byte| **byte == b' ').count();
        (text.get(start + spaces) == Some(&b'"')).then_some(start + spaces)
    }

    /// Reads from `from` to the field's end; the field begins at `start`.
    #[inline]
    fn rest_of_field(&mut self, start: usize, from: usize) -> FieldEnd {
        let text = self.buffer.as_bytes();
        let Some(at) = self.marks.next(text, from) else {
            return if self.at_end { self.end_of_text(start) } else { FieldEnd::More };
        };
        if text[at] == self.dialect.line_end.byte() {
            let end = self.before_line_end(start, at);
            self.push(start, end, false);
            return FieldEnd::Line { end, next: at + 1 };
        }
        self.push(start, at, false);
        FieldEnd::Delimiter { next: at + 1 }
    }

    fn end_of_text(&mut self, start: usize) -> FieldEnd {
        let end = self.before_line_end(start, self.buffer.len());
        self.push(start, end, false);
        FieldEnd::Line { end, next: self.buffer.len() }
    }

    /// `\r\n` ends a line where `\n` does.
    fn before_line_end(&self, start: usize, at: usize) -> usize {
        let carriage =
            self.dialect.line_end == LineEnd::Newline && at > start && self.buffer.as_bytes()[at - 1] == b'\r';
        if carriage { at - 1 } else { at }
    }

    /// The field begins at `field`, its opening quote stands at `quote`.
    fn quoted_field(&mut self, field: usize, quote: usize) -> FieldEnd {
        self.has_quoted = true;
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
        let text = self.buffer.as_bytes();
        let rest = text.get(from..)?;
        match self.dialect.escape {
            Escape::Double => {
                let at = from + memchr(b'"', rest)?;
                match text.get(at + 1) {
                    Some(b'"') => Some(Mark::Escaped(at + 2)),
                    Some(_) => Some(Mark::Close(at)),
                    None if self.at_end => Some(Mark::Close(at)),
                    None => None,
                }
            }
            Escape::Backslash => {
                let at = from + memchr2(b'"', b'\\', rest)?;
                if text[at] == b'"' { Some(Mark::Close(at)) } else { Some(Mark::Escaped(at + 2)) }
            }
        }
    }

    fn after_close(&mut self, field: usize, span: Span) -> FieldEnd {
        let newline = self.dialect.line_end.byte();
        let after = span.end + 1;
        let text = self.buffer.as_bytes();
        match (text.get(after), text.get(after + 1)) {
            (Some(byte), _) if Some(*byte) == self.dialect.delimiter => {
                self.push(span.start, span.end, span.escaped);
                FieldEnd::Delimiter { next: after + 1 }
            }
            (Some(byte), _) if *byte == newline => {
                self.push(span.start, span.end, span.escaped);
                FieldEnd::Line { end: after, next: after + 1 }
            }
            (Some(b'\r'), Some(b'\n')) if newline == b'\n' => {
                self.push(span.start, span.end, span.escaped);
                FieldEnd::Line { end: after, next: after + 2 }
            }
            (None, _) | (Some(b'\r'), None) if self.at_end => {
                self.push(span.start, span.end, span.escaped);
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
        let mut reader = RecordReader::new(Some(text), dialect);
        let mut table = Vec::new();
        while let Some(mut record) = reader.next_record().unwrap() {
            let width = record.len();
            table.push((0..width).map(|index| record.field(index).to_owned()).collect());
        }
        (table, reader.oddities())
    }

    #[test]
    fn lines_are_counted_inside_quotes_and_over_blank_lines() {
        let mut reader = RecordReader::new(Some("a,b\n\n\"x\ny\",1\r\n2,3"), COMMA);
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
            let mut reader = RecordReader::new(Some(text.as_str()), COMMA);
            let mut raw = String::new();
            while let Some(record) = reader.next_record().unwrap() {
                raw.push_str(record.raw());
            }
            let wanted = text.bytes().filter(|byte| *byte != b'\n').count();
            prop_assert_eq!(raw.bytes().filter(|byte| *byte != b'\n').count(), wanted);
        }
    }
}
