//! Word documents: a row a section, which begins at each heading; text before the first heading is a row without one.
//!
//! For: the text of `.docx`, as it stands when every change is accepted. Left out are deleted and moved-away text, field
//! codes, comments, and headers and footers, which repeat on every page. Foot and end notes are the last row, a line
//! each. Not for: pages, which only a layout engine knows, and the old `.doc`. The one decision: the parts of the
//! package are read as XML events; a tree of a long document would take many times its size.
//!
//! Holds the text of the whole document, up to 200 MiB.

mod body;
mod math;
mod parts;
mod styles;
mod xml;

use self::body::Body;
use self::parts::Parts;
use self::styles::Styles;
use super::{Document, DocumentTable, Row, Rows};
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::input::Input;
use crate::core::tabular::package::Package;
use crate::core::tabular::report::TableNote;
use crate::core::tabular::table::{TableOptions, Tables};

/// Whether a zip archive is a Word document: it has `word/document.xml`, or `word/document2.xml` as some services write.
///
/// # Errors
/// When it is no zip archive, or can't be read.
pub(in crate::core::tabular) fn is_docx(input: &Input) -> Result<bool, TableError> {
    let is_body =
        |name: &str| name.strip_prefix("word/document").is_some_and(|rest| rest.strip_suffix(".xml").is_some());
    Ok(Package::open(input.seekable()?)?.has_any(is_body))
}

/// Reads a Word document.
///
/// # Errors
/// When it is damaged, protected, beyond the limits, or holds no text.
#[expect(clippy::needless_pass_by_value, reason = "every reader takes the file for itself")]
pub(in crate::core::tabular) fn open(input: Input, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    let mut parts = Parts::open(&input)?;
    let styles = match parts.part_of_type("/styles")? {
        Some(part) => Styles::read(part)?,
        None => Styles::default(),
    };
    let mut body = Body::new(&styles);
    body.read(parts.document()?)?;
    for notes in ["/footnotes", "/endnotes"] {
        if let Some(part) = parts.part_of_type(notes)? {
            body.read_notes(part)?;
        }
    }
    let rows = body.finish();
    if rows.is_empty() {
        return Err(TableError::Empty);
    }
    let mut table = DocumentTable::new(FormatName::Docx, options.as_text, Box::new(Sections { rows }));
    table.report.packing = input.packing().name().map(str::to_owned);
    Ok(table.only())
}

/// Sections that were read.
#[derive(Debug)]
struct Sections {
    rows: Vec<Row>,
}

impl Document for Sections {
    fn rows(self: Box<Self>) -> Result<Box<dyn Rows>, TableError> {
        Ok(Box::new(SectionRows { rows: self.rows.into_iter() }))
    }
}

struct SectionRows {
    rows: std::vec::IntoIter<Row>,
}

impl Rows for SectionRows {
    fn next_row(&mut self) -> Result<Option<Row>, TableError> {
        Ok(self.rows.next())
    }

    fn notes(&self) -> Vec<TableNote> {
        Vec::new()
    }
}

#[cfg(test)]
mod tests;
