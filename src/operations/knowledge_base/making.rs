//! Rows of a table into records: what is content, what stays beside it, and where it comes from.
//!
//! The one decision: a row's content is its filled cells, one behind another, so that no cell is lost whatever the table
//! is; documents have their text as content, and their pages and headings beside it. A row without any filled cell is no
//! record.

use std::collections::BTreeMap;

use arrow_array::cast::AsArray;
use arrow_array::{Array, RecordBatch, StringArray};

use super::chunk::Chunker;
use super::clean::{Cleaner, RepeatedLines};
use super::error::KnowledgeBaseError;
use super::line::{Columns, MetaLine, RecordLine};
use super::options::KnowledgeBaseOptions;
use super::record::Place;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::FormatName;
use crate::core::tabular::report::{HtmlTableReport, TableReport};
use crate::core::text::normalise::{TextKey, normal_key};

/// How records are made.
#[derive(Debug)]
pub(super) struct Making {
    pub(super) content_columns: Vec<String>,
    pub(super) cleaner: Cleaner,
    pub(super) chunker: Chunker,
    pub(super) max_record_bytes: usize,
}

impl Making {
    pub(super) fn new(options: &KnowledgeBaseOptions, chunker: Chunker) -> Self {
        Self {
            content_columns: options.content_columns.clone(),
            cleaner: Cleaner::new(options),
            chunker,
            max_record_bytes: options.max_record_bytes as usize,
        }
    }
}

/// Takes what is made.
pub(super) trait Outlet {
    /// Takes a record; `false`: its line would be longer than `most_bytes`, and it was not taken.
    fn record(&mut self, key: TextKey, most_bytes: usize, line: &RecordLine<'_>) -> Result<bool, MakingError>;

    /// Takes the text of a row that can't be a record.
    fn reject(&mut self, reject: &Reject<'_>, text: &str) -> Result<(), MakingError>;
}

/// Why a row can't be a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Reject<'a> {
    /// Where it begins.
    pub(super) line: u64,
    pub(super) reason: &'a str,
    /// Whether it counts towards the limit beyond which the file fails.
    pub(super) counts: bool,
}

/// Why no records are made of a table any more.
#[derive(Debug)]
pub(super) enum MakingError {
    /// Something is wrong with the file.
    Table(TableError),
    /// The build can't go on.
    Build(KnowledgeBaseError),
    /// Nobody takes records any more: the build has ended.
    Gone,
}

impl From<TableError> for MakingError {
    fn from(error: TableError) -> Self {
        Self::Table(error)
    }
}

impl From<KnowledgeBaseError> for MakingError {
    fn from(error: KnowledgeBaseError) -> Self {
        Self::Build(error)
    }
}

/// What all records of a file share.
#[derive(Debug)]
pub(super) struct FileFacts<'a> {
    pub(super) path: &'a str,
    pub(super) folders: Vec<&'a str>,
    pub(super) file: &'a str,
    pub(super) sha256: String,
}

impl<'a> FileFacts<'a> {
    /// `path`: inside the source, `/` between parts.
    pub(super) fn new(path: &'a str, sha256: &str) -> Self {
        let mut folders: Vec<_> = path.split('/').collect();
        let file = folders.pop().unwrap_or(path);
        Self { path, folders, file, sha256: sha256.to_owned() }
    }
}

/// Makes records of the rows of a table.
pub(super) struct TableMaker<'a> {
    table: TableFacts<'a>,
    /// Records that have a value of each column.
    filled: Vec<u64>,
    /// Rows before the present one.
    rows: u64,
}

/// What all records of a table share.
struct TableFacts<'a> {
    making: &'a Making,
    file: &'a FileFacts<'a>,
    format: FormatName,
    sheet: Option<String>,
    names: Vec<String>,
    /// Places of the columns that make the content.
    content: Vec<usize>,
    /// Places of all columns in the order of their names.
    sorted: Vec<usize>,
    /// A list without a name for its only column.
    is_bare: bool,
}

/// A text on its way to become one record or several.
struct Text<'a> {
    whole: &'a str,
    /// Line or row, for a reject.
    line: u64,
    place: Place<'a>,
    heading: Option<&'a str>,
    cells: &'a [Cell<'a>],
}

/// A filled cell.
struct Cell<'a> {
    column: usize,
    name: &'a str,
    value: &'a str,
}

impl<'a> TableMaker<'a> {
    /// `names`: those of the columns, where it is not the table itself that knows them.
    pub(super) fn new(
        making: &'a Making,
        file: &'a FileFacts<'a>,
        report: &TableReport,
        names: Option<Vec<String>>,
    ) -> Self {
        let table = TableFacts::new(making, file, report, names);
        Self { filled: vec![0; table.names.len()], table, rows: 0 }
    }

    /// The sheet of a workbook, or the table of a web page.
    pub(super) fn sheet(&self) -> Option<&str> {
        self.table.sheet.as_deref()
    }

    /// Columns by their names, and how many records have a value of each.
    pub(super) fn add_columns(self, to: &mut BTreeMap<String, u64>) {
        for (name, count) in self.table.names.into_iter().zip(self.filled) {
            *to.entry(name).or_default() += count;
        }
    }

    /// Text above the table: a record a line in delimited text, one record elsewhere.
    pub(super) fn preamble(&mut self, text: &str, outlet: &mut dyn Outlet) -> Result<(), MakingError> {
        if self.table.format != FormatName::Delimited {
            return self.beside(text, None, outlet);
        }
        text.lines().zip(1..).try_for_each(|(line, row)| self.beside(line, Some(row), outlet))
    }

    /// A text that is in none of the table's rows.
    fn beside(&mut self, text: &str, row: Option<u64>, outlet: &mut dyn Outlet) -> Result<(), MakingError> {
        let text = self.table.making.cleaner.clean(text, None);
        if text.trim().is_empty() {
            return Ok(());
        }
        let place = Place { path: self.table.file.path, sheet: self.table.sheet.as_deref(), page: None, row };
        let text = Text { whole: &text, line: row.unwrap_or(1), place, heading: None, cells: &[] };
        self.table.records(&text, &mut self.filled, outlet)
    }

    /// The rows of a batch, which begin at these lines.
    pub(super) fn batch(
        &mut self,
        batch: &RecordBatch,
        lines: &[u64],
        repeated: Option<&RepeatedLines>,
        outlet: &mut dyn Outlet,
    ) -> Result<(), MakingError> {
        let columns = text_columns(batch)?;
        for row in 0..batch.num_rows() {
            self.rows += 1;
            let line = lines.get(row).copied().unwrap_or(self.rows);
            let cell = |place: usize| columns.get(place).filter(|column| column.is_valid(row)).map(|it| it.value(row));
            if self.table.is_document() {
                let [page, heading, text] = [0, 1, 2].map(cell);
                let page = page.and_then(|page| page.parse().ok());
                let section = Section { page, heading, text, line };
                self.table.section(&section, repeated, &mut self.filled, outlet)?;
            } else {
                let is_counted = matches!(self.table.format, FormatName::Json | FormatName::Xml);
                let number = if is_counted { self.rows } else { line };
                self.table.row(cell, (line, number), &mut self.filled, outlet)?;
            }
        }
        Ok(())
    }
}

/// A page or section of a document.
struct Section<'a> {
    page: Option<u64>,
    heading: Option<&'a str>,
    text: Option<&'a str>,
    line: u64,
}

impl<'a> TableFacts<'a> {
    fn new(making: &'a Making, file: &'a FileFacts<'a>, report: &TableReport, names: Option<Vec<String>>) -> Self {
        let names: Vec<String> =
            names.unwrap_or_else(|| report.columns.iter().map(|column| column.name.clone()).collect());
        let wanted = making.content_columns.iter().filter_map(|name| names.iter().position(|column| column == name));
        let content = match wanted.collect::<Vec<_>>() {
            none if none.is_empty() => (0..names.len()).collect(),
            some => some,
        };
        let mut sorted: Vec<usize> = (0..names.len()).collect();
        sorted.sort_by(|a, b| names[*a].cmp(&names[*b]));
        let part = |table: &HtmlTableReport| (table.of > 1).then(|| format!("table-{}", table.number));
        let sheet = report.sheet.as_ref().map(|sheet| sheet.name.clone());
        let sheet = sheet.or_else(|| report.html_table.as_ref().and_then(part));
        let is_bare = names == ["0"] && report.header().is_some_and(|header| !header.value);
        Self { making, file, format: report.format, sheet, names, content, sorted, is_bare }
    }

    /// Whether rows are pages or sections of a document.
    fn is_document(&self) -> bool {
        matches!(self.format, FormatName::Pdf | FormatName::Docx | FormatName::Html)
    }

    /// `line` is where the row begins, `number` what it is called.
    fn row<'b>(
        &'b self,
        cell: impl Fn(usize) -> Option<&'b str>,
        (line, number): (u64, u64),
        filled: &mut [u64],
        outlet: &mut dyn Outlet,
    ) -> Result<(), MakingError> {
        let cell = |place: &usize| cell(*place).filter(|cell| !cell.trim().is_empty());
        let filled_cell =
            |place: &usize| Some(Cell { column: *place, name: self.names.get(*place)?, value: cell(place)? });
        let cells: Vec<Cell<'_>> = self.sorted.iter().filter_map(filled_cell).collect();
        if cells.is_empty() {
            return Ok(());
        }
        let mut content = String::new();
        for cell in self.content.iter().filter_map(cell) {
            if !content.is_empty() {
                content.push('\t');
            }
            content.push_str(&self.making.cleaner.clean(cell, None));
        }
        if content.trim().is_empty() {
            let values: Vec<&str> = cells.iter().map(|cell| cell.value).collect();
            let reject = Reject { line, reason: "it has no value in the content columns", counts: false };
            return outlet.reject(&reject, &values.join("\t"));
        }
        let place = Place { path: self.file.path, sheet: self.sheet.as_deref(), page: None, row: Some(number) };
        let cells = if self.is_bare { &[] } else { cells.as_slice() };
        self.records(&Text { whole: &content, line, place, heading: None, cells }, filled, outlet)
    }

    fn section(
        &self,
        section: &Section<'_>,
        repeated: Option<&RepeatedLines>,
        filled: &mut [u64],
        outlet: &mut dyn Outlet,
    ) -> Result<(), MakingError> {
        let Section { page, heading, text, line } = *section;
        let text = text.map(|text| self.making.cleaner.clean(text, repeated));
        // A heading without a text is one: it says what nothing else says.
        let Some(text) = text.as_deref().filter(|text| !text.trim().is_empty()).or(heading) else { return Ok(()) };
        let place = Place { path: self.file.path, sheet: None, page, row: page.is_none().then_some(line) };
        self.records(&Text { whole: text, line, place, heading, cells: &[] }, filled, outlet)
    }

    fn records(&self, text: &Text<'_>, filled: &mut [u64], outlet: &mut dyn Outlet) -> Result<(), MakingError> {
        let most_bytes = self.making.max_record_bytes;
        let pieces = self.making.chunker.pieces(text.whole, self.is_document())?;
        let is_parted = pieces.len() > 1;
        let is_kept = |cell: &&Cell<'_>| !is_parted || !self.content.contains(&cell.column);
        let columns: Vec<_> = text.cells.iter().filter(is_kept).map(|cell| (cell.name, cell.value)).collect();
        for (piece, chunk) in pieces.into_iter().zip(1..) {
            let chunk = is_parted.then_some(chunk);
            let id = text.place.id(chunk, piece);
            let line = RecordLine { id: &id, content: piece, meta: self.meta(text, chunk, &columns) };
            if outlet.record(normal_key(piece), most_bytes, &line)? {
                text.cells.iter().filter(is_kept).for_each(|cell| filled[cell.column] += 1);
            } else {
                let reason = format!("a record of more than {most_bytes} bytes");
                outlet.reject(&Reject { line: text.line, reason: &reason, counts: true }, piece)?;
            }
        }
        Ok(())
    }

    fn meta<'b>(&'b self, text: &Text<'b>, chunk: Option<u32>, columns: &'b [(&'b str, &'b str)]) -> MetaLine<'b> {
        let FileFacts { path, folders, file, sha256 } = self.file;
        let Place { sheet, page, row, .. } = text.place;
        let (format, heading) = (self.format, text.heading);
        MetaLine { path, folders, file, format, sha256, sheet, page, row, heading, chunk, columns: Columns(columns) }
    }
}

/// Every value as text, as the tables were asked for.
fn text_columns(batch: &RecordBatch) -> Result<Vec<&StringArray>, TableError> {
    let text = |column| AsArray::as_string_opt::<i32>(column);
    let columns = batch.columns().iter().map(text);
    columns.collect::<Option<_>>().ok_or_else(|| TableError::Broken { what: "a column is no text".to_owned() })
}
