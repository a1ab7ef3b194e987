//! Web pages: a row a section, which begins at each heading; text before the first heading is a row without one.
//!
//! For: what a reader would see as text. Scripts, styles and drawings are passed over; elements that are hidden by
//! attributes or styles are not, because only a browser can tell. The title becomes the table's preamble. Not for:
//! tables under a workbook's name, or tables as tables. The one decision: the tokenizer's events are enough. No tree is
//! built, so broken nesting costs nothing, and memory is that of one section.
//!
//! Streams; the file is read twice.

mod element;
mod sections;

use std::io::{self, Read};

use encoding_rs::UTF_8;
use html5gum::emitters::callback::CallbackEmitter;
use html5gum::{IoReader, Tokenizer};

use self::element::{Markup, markup};
use self::sections::Sections;
use super::{Document, DocumentTable, Row, Rows};
use crate::core::tabular::declared;
use crate::core::tabular::encoding::{self, Confidence, EncodingGuess};
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::input::{Input, InputError, TextStream};
use crate::core::tabular::report::{Guess, TableNote};
use crate::core::tabular::table::{MAX_RECORD, TableOptions, Tables};

/// Bytes in which the encoding may be declared.
const HEAD: usize = 1024;

/// Looks at a web page from end to end.
///
/// # Errors
/// When its text can't be decoded, or it has none.
pub(in crate::core::tabular) fn open(input: Input, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    let (found, title) = look(&input, options)?;
    let packing = input.packing().name().map(str::to_owned);
    let page = Box::new(Page { input, encoding: found.encoding });
    let mut table = DocumentTable::new(FormatName::Html, options.as_text, page);
    table.report.packing = packing;
    table.report.encoding = Some(Guess { value: found.encoding.name().to_owned(), confidence: found.confidence });
    table.preamble = title;
    Ok(table.only())
}

/// The encoding that decodes the whole page, and the title.
fn look(input: &Input, options: &TableOptions) -> Result<(EncodingGuess, Option<String>), TableError> {
    let mut head = Vec::new();
    input.bytes()?.read_head(&mut head, HEAD)?;
    head.truncate(HEAD);
    let told = match options.encoding {
        Some(encoding) => Some(EncodingGuess { encoding, confidence: Confidence::Certain }),
        None if encoding_rs::Encoding::for_bom(&head).is_some() => None,
        None => declared::of_page(&head).map(|encoding| EncodingGuess { encoding, confidence: Confidence::High }),
    };
    if let Some(mut told) = told {
        match pass_over(input.text(told.encoding)?) {
            // Pages lie about their encoding; then their bytes are asked.
            Err(TableError::Input(InputError::Undecodable { .. })) if options.encoding.is_none() => {}
            Err(error) => return Err(error),
            Ok(title) => {
                if told.encoding == UTF_8 {
                    told.confidence = Confidence::Certain;
                }
                return Ok((told, title));
            }
        }
    }
    let found = encoding::detect(input, &head)?;
    Ok((found, pass_over(input.text(found.encoding)?)?))
}

/// Reads everything for nothing but the title and the errors.
fn pass_over(stream: TextStream) -> Result<Option<String>, TableError> {
    let mut rows = PageRows::new(stream);
    let mut empty = true;
    while rows.next_row()?.is_some() {
        empty = false;
    }
    if empty {
        return Err(TableError::Empty);
    }
    Ok(rows.sections.title())
}

#[derive(Debug)]
struct Page {
    input: Input,
    encoding: &'static encoding_rs::Encoding,
}

impl Document for Page {
    fn rows(self: Box<Self>) -> Result<Box<dyn Rows>, TableError> {
        Ok(Box::new(PageRows::new(self.input.text(self.encoding)?)))
    }
}

type Callback = fn(html5gum::emitters::callback::CallbackEvent<'_>, html5gum::Span<()>) -> Option<Markup>;

struct PageRows {
    tokens: Tokenizer<IoReader<TextReader>, CallbackEmitter<Callback, Markup>>,
    sections: Sections,
    at_end: bool,
}

impl PageRows {
    fn new(stream: TextStream) -> Self {
        let mut emitter = CallbackEmitter::new(markup as Callback);
        // What scripts and styles hold is not markup.
        emitter.naively_switch_states(true);
        let reader = IoReader::new(TextReader { stream, buffer: String::new(), at: 0 });
        let tokens = Tokenizer::new_with_emitter(reader, emitter);
        Self { tokens, sections: Sections::default(), at_end: false }
    }
}

impl Rows for PageRows {
    fn next_row(&mut self) -> Result<Option<Row>, TableError> {
        while !self.at_end {
            let row = match self.tokens.next() {
                Some(Ok(markup)) => self.sections.take(markup),
                Some(Err(error)) => return Err(read_error(error)),
                None => {
                    let row = self.sections.finish();
                    self.at_end = row.is_none();
                    row
                }
            };
            if row.is_some() {
                return Ok(row);
            }
            if self.sections.len() > MAX_RECORD {
                let limit = format!("{} MiB", MAX_RECORD >> 20);
                return Err(TableError::Limit { what: "the text of a section".to_owned(), limit });
            }
        }
        Ok(None)
    }

    fn notes(&self) -> Vec<TableNote> {
        Vec::new()
    }
}

fn read_error(error: io::Error) -> TableError {
    match error.downcast::<InputError>() {
        Ok(error) => TableError::Input(error),
        Err(error) => TableError::Broken { what: error.to_string() },
    }
}

/// Decoded text for the tokenizer.
struct TextReader {
    stream: TextStream,
    buffer: String,
    at: usize,
}

impl Read for TextReader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.at == self.buffer.len() {
            self.buffer.clear();
            self.at = 0;
            if !self.stream.read_chunk(&mut self.buffer).map_err(io::Error::other)? {
                return Ok(0);
            }
        }
        let filled = (&self.buffer.as_bytes()[self.at..]).read(into)?;
        self.at += filled;
        Ok(filled)
    }
}

#[cfg(test)]
mod tests;
