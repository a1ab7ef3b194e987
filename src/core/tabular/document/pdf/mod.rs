//! PDF: a row a page, its text in the order in which it was written. What is filled into forms or put onto the page
//! stands at its end.
//!
//! For: text that is in the file. Not for: pages that are pictures; they are rows without text, and counted. The one
//! decision: a page that can't be read costs that page. Whatever the parser does to it, error or panic, the next page is
//! read.
//!
//! Reads the whole file into memory, twice its size (the parser keeps a copy); pages are read one by one.

mod annotations;
mod objects;
mod outline;
mod page;

use std::collections::HashMap;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use pdf_oxide::PdfDocument;

use super::flow::is_kept;
use super::{Document, DocumentTable, Row, Rows, check_text};
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::input::Input;
use crate::core::tabular::report::TableNote;
use crate::core::tabular::table::{TableOptions, Tables};

/// Pages of a document at most.
const MAX_PAGES: usize = 5_000;

/// Opens a PDF and counts its pages.
///
/// # Errors
/// When it needs a password, is no PDF, has no page, or has too many.
#[expect(clippy::needless_pass_by_value, reason = "every reader takes the file for itself")]
pub(in crate::core::tabular) fn open(input: Input, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    let (mut bytes, mut stream) = (Vec::new(), input.bytes()?);
    while stream.read_chunk(&mut bytes)? > 0 {}
    let document = guarded(|| PdfDocument::from_bytes(bytes))?;
    if !guarded(|| Ok(document.is_authenticated()))? {
        return Err(TableError::Protected);
    }
    let pages = guarded(|| document.page_count())?;
    match pages {
        0 => return Err(TableError::Broken { what: "the PDF has no page".to_owned() }),
        1..=MAX_PAGES => {}
        _ => return Err(TableError::Limit { what: format!("{pages} pages"), limit: format!("{MAX_PAGES} pages") }),
    }
    let mut table = DocumentTable::new(FormatName::Pdf, options.as_text, Box::new(Pdf { document, pages }));
    table.report.packing = input.packing().name().map(str::to_owned);
    Ok(table.only())
}

/// What the parser answers, or why it does not.
fn guarded<T>(ask: impl FnOnce() -> pdf_oxide::Result<T>) -> Result<T, TableError> {
    match catch_unwind(AssertUnwindSafe(ask)) {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(pdf_oxide::Error::EncryptedPdf)) => Err(TableError::Protected),
        Ok(Err(error)) => {
            Err(TableError::Broken { what: format!("the PDF can't be read: {}", brief(&error.to_string())) })
        }
        Err(_panic) => Err(TableError::Broken { what: "the PDF can't be read: the parser gave up".to_owned() }),
    }
}

struct Pdf {
    document: PdfDocument,
    pages: usize,
}

impl fmt::Debug for Pdf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pdf").field("pages", &self.pages).finish_non_exhaustive()
    }
}

impl Document for Pdf {
    fn rows(self: Box<Self>) -> Result<Box<dyn Rows>, TableError> {
        // Bookmarks are a bonus: a broken tree of them costs no page.
        let headings = catch_unwind(AssertUnwindSafe(|| outline::headings(&self.document))).unwrap_or_default();
        Ok(Box::new(Pages {
            document: self.document,
            count: self.pages,
            headings,
            next: 0,
            bytes: 0,
            unreadable: PageCount::default(),
            without_text: PageCount::default(),
        }))
    }
}

struct Pages {
    document: PdfDocument,
    count: usize,
    /// By page, from 0.
    headings: HashMap<usize, String>,
    /// The next page, from 0.
    next: usize,
    bytes: usize,
    unreadable: PageCount,
    without_text: PageCount,
}

/// How many pages, and the number of the first.
#[derive(Debug, Default)]
struct PageCount {
    count: u64,
    first: u64,
}

impl PageCount {
    fn add(&mut self, index: usize) {
        if self.count == 0 {
            self.first = index as u64 + 1;
        }
        self.count += 1;
    }
}

impl Rows for Pages {
    fn next_row(&mut self) -> Result<Option<Row>, TableError> {
        let index = self.next;
        if index == self.count {
            return Ok(None);
        }
        self.next += 1;
        let text = match page_text(&self.document, index) {
            Some(text) if text.is_empty() => {
                self.without_text.add(index);
                None
            }
            Some(text) => Some(text),
            None => {
                self.unreadable.add(index);
                None
            }
        };
        self.bytes += text.as_ref().map_or(0, String::len);
        check_text(self.bytes)?;
        Ok(Some(Row { page: i64::try_from(index + 1).ok(), heading: self.headings.remove(&index), text }))
    }

    fn notes(&self) -> Vec<TableNote> {
        let PageCount { count, first } = self.unreadable;
        let unreadable = (count > 0).then_some(TableNote::UnreadablePages { count, first });
        let PageCount { count, first } = self.without_text;
        let without_text = (count > 0).then_some(TableNote::PagesWithoutText { count, first });
        unreadable.into_iter().chain(without_text).collect()
    }
}

/// The text of a page, empty if it has none; `None` if it can't be read.
fn page_text(document: &PdfDocument, index: usize) -> Option<String> {
    let ask = || {
        let mut text = page::text(document, index)?;
        for annotation in annotations::texts(document, index) {
            text.push('\n');
            text.push_str(&annotation);
        }
        pdf_oxide::Result::Ok(cleaned(&text))
    };
    catch_unwind(AssertUnwindSafe(ask)).ok()?.ok()
}

/// Without control characters other than line breaks and tabs; page and line feeds of other kinds are line breaks.
fn cleaned(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let lines = text.chars().map(|c| if matches!(c, '\r' | '\u{b}' | '\u{c}' | '\u{85}') { '\n' } else { c });
    let mut text: String = lines.filter(|c| is_kept(*c)).collect();
    text.truncate(text.trim_end().len());
    let begin = text.len() - text.trim_start_matches('\n').len();
    text.drain(..begin);
    text
}

/// The parser quotes all bytes that it could not read.
fn brief(message: &str) -> String {
    const LETTERS: usize = 160;
    let told = message.split_once(" Error {").map_or(message, |(told, _quoted)| told).trim_end_matches(':');
    match told.char_indices().nth(LETTERS) {
        Some((end, _)) => format!("{}…", told.get(..end).unwrap_or(told)),
        None => told.to_owned(),
    }
}

#[cfg(test)]
mod tests;
