//! Documents as tables: a row a page (PDF) or a row a section (HTML, Word), in the columns `page`, `heading`, `text`.
//!
//! For: the table that all documents share; each format's own module finds the rows. Not for: tables inside documents,
//! which become lines of text with a tab between cells. The one decision: the columns are always these three, whatever
//! the document holds, so that a folder of mixed documents gives one table.
//!
//! Text is kept as the document has it: no normalisation, ligatures stay. Of the control characters only line breaks
//! and tabs are kept.

mod docx;
mod flow;
mod html;
mod pdf;

use std::fmt::Debug;
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{ArrayRef, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema, SchemaRef};

pub(super) use docx::{is_docx, open as open_docx};
pub(super) use html::open as open_html;
pub(super) use pdf::open as open_pdf;

use super::error::TableError;
use super::format::FormatName;
use super::report::{ColumnReport, TableNote, TableReport};
use super::table::{BATCH_BYTES, BATCH_ROWS, Batches, OneTable, Rejects, Table, Tables};

/// Bytes of text of a document at most, where its rows are not streamed out of a text file.
const MAX_TEXT: usize = 200 << 20;

/// A page or a section.
#[derive(Debug, Default, PartialEq, Eq)]
struct Row {
    /// Page, from 1; `None` where the format has no pages.
    page: Option<i64>,
    /// Heading, on one line.
    heading: Option<String>,
    /// Everything else, in lines.
    text: Option<String>,
}

/// The rows of a document, one after another.
trait Rows: Send {
    /// The next row; `None` at the end.
    fn next_row(&mut self) -> Result<Option<Row>, TableError>;

    /// What was noticed so far.
    fn notes(&self) -> Vec<TableNote>;
}

/// A document that was looked at.
trait Document: Debug + Send {
    /// Its rows from the beginning.
    fn rows(self: Box<Self>) -> Result<Box<dyn Rows>, TableError>;
}

/// The table of a document.
#[derive(Debug)]
struct DocumentTable {
    report: TableReport,
    preamble: Option<String>,
    schema: SchemaRef,
    document: Box<dyn Document>,
}

impl DocumentTable {
    /// With `as_text`, `page` is text too.
    fn new(format: FormatName, as_text: bool, document: Box<dyn Document>) -> Self {
        let page = if as_text { DataType::Utf8 } else { DataType::Int64 };
        let fields = [("page", page), ("heading", DataType::Utf8), ("text", DataType::Utf8)];
        let columns = fields.iter().map(|(name, data_type)| ColumnReport {
            name: (*name).to_owned(),
            data_type: data_type.to_string(),
            notes: Vec::new(),
        });
        let report = TableReport::new(format, columns.collect());
        let fields: Vec<_> = fields.into_iter().map(|(name, data_type)| Field::new(name, data_type, true)).collect();
        Self { report, preamble: None, schema: Arc::new(Schema::new(fields)), document }
    }

    fn only(self) -> Box<dyn Tables> {
        Box::new(OneTable(Some(Box::new(self))))
    }
}

impl Table for DocumentTable {
    fn report(&self) -> &TableReport {
        &self.report
    }

    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn preamble(&self) -> Option<&str> {
        self.preamble.as_deref()
    }

    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError> {
        Ok(Box::new(DocumentBatches { rows: self.document.rows()?, schema: self.schema, before: 0, lines: Vec::new() }))
    }
}

/// Rows of a document into batches.
struct DocumentBatches {
    rows: Box<dyn Rows>,
    schema: SchemaRef,
    /// Rows read before this batch.
    before: u64,
    /// Numbers of the rows of this batch: pages and sections in their order.
    lines: Vec<u64>,
}

impl Batches for DocumentBatches {
    fn next_batch(&mut self, _rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        let (mut pages, mut headings, mut texts) = (Int64Builder::new(), StringBuilder::new(), StringBuilder::new());
        let (mut rows, mut bytes) = (0_u64, 0);
        while rows < BATCH_ROWS as u64 && bytes < BATCH_BYTES {
            let Some(row) = self.rows.next_row()? else { break };
            bytes += [&row.heading, &row.text].into_iter().flatten().map(String::len).sum::<usize>();
            rows += 1;
            pages.append_option(row.page);
            headings.append_option(row.heading);
            texts.append_option(row.text);
        }
        self.lines = (1..=rows).map(|row| self.before + row).collect();
        self.before += rows;
        if rows == 0 {
            return Ok(None);
        }
        let pages = pages_as(self.schema.field(0).data_type(), Arc::new(pages.finish()));
        let arrays: Vec<ArrayRef> = vec![pages, Arc::new(headings.finish()), Arc::new(texts.finish())];
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        batch.map(Some).map_err(|_unequal| TableError::Changed { line: 0 })
    }

    fn lines(&self) -> &[u64] {
        &self.lines
    }

    fn notes(&self) -> Vec<TableNote> {
        self.rows.notes()
    }
}

fn pages_as(data_type: &DataType, pages: ArrayRef) -> ArrayRef {
    match data_type {
        DataType::Utf8 => {
            let numbers = pages.as_primitive::<Int64Type>().iter();
            Arc::new(numbers.map(|page| page.map(|page| page.to_string())).collect::<StringArray>())
        }
        _ => pages,
    }
}

/// Fails once a document holds more text than [`MAX_TEXT`].
fn check_text(bytes: usize) -> Result<(), TableError> {
    if bytes <= MAX_TEXT {
        return Ok(());
    }
    Err(TableError::Limit { what: "the text of the document".to_owned(), limit: format!("{} MiB", MAX_TEXT >> 20) })
}

#[cfg(test)]
mod tests;
