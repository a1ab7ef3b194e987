//! Which reader takes a file: the one door to all of them.

use super::document;
use super::error::TableError;
use super::excel;
use super::flatten::FlatTables;
use super::format::{self, Content, Promise};
use super::input::Input;
use super::lineage::TracedTables;
use super::table::{OneTable, TableOptions, Tables};
use super::text::TextTable;
use super::{html_table, xml};

/// Bytes that tell the content.
const HEAD: usize = 4096;

/// What the file holds, by its first bytes and by what its name promises.
///
/// # Errors
/// When it can't be read, or holds what no table is read from.
pub fn content(input: &Input, promise: Promise) -> Result<Content, TableError> {
    let head = head(input)?;
    if head.is_empty() {
        return Err(TableError::Empty);
    }
    format::content(&head, promise).map_err(|what| TableError::NotRead { what: what.to_owned() })
}

/// The tables of a file that holds `content`.
///
/// Everything but plain text is to be read in a process of its own (`core::isolation`): other people's parsers have
/// limits that only a process keeps.
///
/// # Errors
/// When it can't be read as that.
pub fn tables(input: Input, content: Content, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    let mut tables = as_they_are(input, content, options)?;
    if options.flatten {
        tables = Box::new(FlatTables(tables));
    }
    if let Some(source) = options.lineage.clone() {
        tables = Box::new(TracedTables { tables, source, as_text: options.as_text });
    }
    Ok(tables)
}

fn as_they_are(input: Input, content: Content, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    match content {
        Content::Text(wish) => {
            let head = head(&input)?;
            let table = TextTable::inspect(input, &head, wish, options)?;
            Ok(Box::new(OneTable(Some(Box::new(table)))))
        }
        Content::Zip => in_zip(input, options),
        Content::Ole => excel::open_ole(input, options),
        Content::Pdf => document::open_pdf(input, options),
        Content::Html { tables: false } => document::open_html(input, options),
        Content::Html { tables: true } => match html_table::open(&input, options) {
            // A page without a table may hold what somebody wants to know, if only an error message.
            Err(TableError::Empty) => document::open_html(input, options),
            found => found,
        },
        Content::Xml => xml::open(input, options),
    }
}

/// The tables of an Office document, told by the names of its parts.
fn in_zip(input: Input, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    if excel::is_workbook(&input)? {
        return excel::open(input, options);
    }
    if document::is_docx(&input)? {
        return document::open_docx(input, options);
    }
    Err(TableError::NotRead { what: "a zip archive".to_owned() })
}

fn head(input: &Input) -> Result<Vec<u8>, TableError> {
    let mut head = Vec::new();
    input.bytes()?.read_head(&mut head, HEAD)?;
    Ok(head)
}
