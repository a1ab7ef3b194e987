//! Workbooks that Excel 2003 and many reporting programs write as XML: a table a worksheet.
//!
//! The one decision: the cells are read as text by the rules of delimited text; the types that the file names only say
//! how booleans and dates are written. Memory: holds all cells.

use arrow_schema::SchemaRef;
use quick_xml::events::{BytesStart, Event};

use super::reader::{self, XmlReader};
use crate::core::tabular::error::TableError;
use crate::core::tabular::grid::{Grid, GridRow};
use crate::core::tabular::report::{Guess, SheetReport, TableNote, TableReport, Visibility};
use crate::core::tabular::table::{Batches, MAX_COLUMNS, Table, TableOptions, Tables};

const NAMESPACE: &str = "urn:schemas-microsoft-com:office:spreadsheet";
/// Cells of a workbook at most, empty ones before a filled one counted.
const MAX_CELLS: usize = 50_000_000;

/// Whether a document is such a workbook.
pub(super) fn is_workbook(reader: &mut XmlReader) -> Result<bool, TableError> {
    while let Some(piece) = reader.next()? {
        if let Event::Start(tag) | Event::Empty(tag) = &piece.event {
            return Ok(tag.local_name().into_inner() == "Workbook" && tag.attributes_raw().contains(NAMESPACE));
        }
    }
    Ok(false)
}

/// Reads all sheets; `report` says what is the same for all of them.
pub(super) fn open(
    reader: &mut XmlReader,
    report: &TableReport,
    options: &TableOptions,
) -> Result<Box<dyn Tables>, TableError> {
    let mut reading = Reading::default();
    while let Some(piece) = reader.next()? {
        match &piece.event {
            Event::Start(tag) => reading.start(tag, piece.line)?,
            Event::Empty(tag) => {
                reading.start(tag, piece.line)?;
                reading.end(tag.local_name().into_inner());
            }
            Event::End(tag) => reading.end(tag.local_name().into_inner()),
            _ => {
                if let Some(text) = piece.text().filter(|_| reading.takes_text) {
                    reading.text.push_str(&text.value);
                }
            }
        }
    }
    let mut tables = Vec::new();
    for sheet in reading.sheets {
        tables.extend(SheetTable::new(sheet, report, options)?);
    }
    if tables.is_empty() {
        return Err(TableError::Empty);
    }
    Ok(Box::new(SheetTables(tables.into_iter())))
}

#[derive(Debug)]
struct SheetTables(std::vec::IntoIter<SheetTable>);

impl Tables for SheetTables {
    fn next_table(&mut self) -> Result<Option<Box<dyn Table>>, TableError> {
        Ok(self.0.next().map(|table| Box::new(table) as Box<dyn Table>))
    }
}

/// A sheet as it was read.
#[derive(Debug, Default)]
struct Sheet {
    name: String,
    visibility: Option<Visibility>,
    rows: Vec<GridRow>,
    /// Numbers of the first and the last row with a cell, from 1.
    extent: Option<(usize, usize)>,
    blank_rows: u64,
}

#[derive(Debug, Default)]
struct Reading {
    sheets: Vec<Sheet>,
    /// Number of the present row, from 1.
    row: usize,
    text: String,
    takes_text: bool,
    /// Whether the text is a comment's.
    in_comment: bool,
    data_type: String,
    cells: usize,
    /// Empty cells that the present one covers to its right.
    covers: usize,
}

impl Reading {
    fn start(&mut self, tag: &BytesStart<'_>, line: u64) -> Result<(), TableError> {
        let value = |wanted: &str| -> Result<Option<String>, TableError> {
            for attribute in reader::attributes(tag, line) {
                let (name, text) = attribute?;
                if name.rsplit(':').next() == Some(wanted) {
                    return Ok(Some(text.value.into_owned()));
                }
            }
            Ok(None)
        };
        let number = |wanted: &str| Ok::<_, TableError>(value(wanted)?.and_then(|text| text.parse::<usize>().ok()));
        match tag.local_name().into_inner() {
            "Worksheet" => {
                self.row = 0;
                self.sheets.push(Sheet { name: value("Name")?.unwrap_or_default(), ..Sheet::default() });
            }
            "Row" => {
                self.row = number("Index")?.unwrap_or(0).max(self.row + 1);
                if let Some(sheet) = self.sheets.last_mut() {
                    sheet.rows.push(GridRow { line, ..GridRow::default() });
                }
            }
            "Cell" => {
                let at = number("Index")?.unwrap_or(1).saturating_sub(1);
                self.covers = number("MergeAcross")?.unwrap_or(0);
                self.cell(at, line)?;
            }
            "Comment" => self.in_comment = true,
            "Data" if !self.in_comment => {
                self.data_type = value("Type")?.unwrap_or_default();
                self.takes_text = true;
                self.text.clear();
            }
            "Visible" => {
                self.takes_text = true;
                self.text.clear();
            }
            _ => {}
        }
        Ok(())
    }

    /// A new cell, empty ones before it.
    fn cell(&mut self, at: usize, line: u64) -> Result<(), TableError> {
        let Some(row) = self.sheets.last_mut().and_then(|sheet| sheet.rows.last_mut()) else { return Ok(()) };
        let width = at.max(row.cells.len()) + 1;
        self.cells = self.cells.saturating_add(width - row.cells.len());
        if width.saturating_add(self.covers) > MAX_COLUMNS || self.cells > MAX_CELLS {
            let what = format!("the number of cells up to line {line}");
            return Err(TableError::Limit { what, limit: format!("{MAX_CELLS}, or {MAX_COLUMNS} in a row") });
        }
        row.cells.resize(width, String::new());
        Ok(())
    }

    fn end(&mut self, name: &str) {
        let Some(sheet) = self.sheets.last_mut() else { return };
        match name {
            "Comment" => self.in_comment = false,
            "Data" if !self.in_comment => {
                self.takes_text = false;
                if let Some(cell) = sheet.rows.last_mut().and_then(|row| row.cells.last_mut()) {
                    *cell = as_written(&self.data_type, &self.text);
                }
            }
            "Cell" if self.covers > 0 => {
                if let Some(row) = sheet.rows.last_mut() {
                    row.cells.resize(row.cells.len() + std::mem::take(&mut self.covers), String::new());
                }
            }
            "Row" => sheet.end_row(self.row),
            "Visible" => {
                self.takes_text = false;
                sheet.visibility = match self.text.trim() {
                    "SheetHidden" => Some(Visibility::Hidden),
                    "SheetVeryHidden" => Some(Visibility::VeryHidden),
                    _ => None,
                };
            }
            _ => {}
        }
    }
}

impl Sheet {
    /// Rows without a value are no rows; between others they are counted.
    fn end_row(&mut self, number: usize) {
        if self.rows.last().is_some_and(|row| row.cells.iter().all(String::is_empty)) {
            self.rows.pop();
            return;
        }
        let first = self.extent.map_or(number, |(first, _)| first);
        if let Some((_, last)) = self.extent {
            self.blank_rows += number.saturating_sub(last + 1) as u64;
        }
        self.extent = Some((first, number));
    }
}

/// Booleans and midnights as delimited text writes them.
fn as_written(data_type: &str, text: &str) -> String {
    match (data_type, text) {
        ("Boolean", "1") => "true".to_owned(),
        ("Boolean", "0") => "false".to_owned(),
        ("DateTime", time) => time.strip_suffix("T00:00:00.000").unwrap_or(time).to_owned(),
        (_, other) => other.to_owned(),
    }
}

/// A sheet of the workbook.
#[derive(Debug)]
struct SheetTable {
    grid: Grid,
    blank_rows: u64,
    report: TableReport,
}

impl SheetTable {
    fn new(sheet: Sheet, report: &TableReport, options: &TableOptions) -> Result<Option<Self>, TableError> {
        let Some(grid) = Grid::new(sheet.rows, options)? else { return Ok(None) };
        let (header, columns) = (grid.header(), grid.columns());
        let (first, last) = sheet.extent.unwrap_or((1, 1));
        let sheet_report = SheetReport {
            name: sheet.name,
            visibility: sheet.visibility.unwrap_or(Visibility::Visible),
            range: format!("A{first}:{}{last}", column_letters(columns.len())),
            header: Guess { value: header.is_header, confidence: header.confidence },
        };
        let report = TableReport { sheet: Some(sheet_report), columns, ..report.clone() };
        Ok(Some(Self { grid, blank_rows: sheet.blank_rows, report }))
    }
}

impl Table for SheetTable {
    fn report(&self) -> &TableReport {
        &self.report
    }

    fn schema(&self) -> SchemaRef {
        self.grid.schema()
    }

    fn preamble(&self) -> Option<&str> {
        None
    }

    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError> {
        let blank = (self.blank_rows > 0).then_some(TableNote::BlankRows { count: self.blank_rows });
        Ok(Box::new(self.grid.read(blank.into_iter().collect())))
    }
}

/// The letters of a column by its number from 1: `A`, `Z`, `AA`.
fn column_letters(number: usize) -> String {
    let (mut rest, mut letters) = (number, Vec::new());
    while rest > 0 {
        let digit = u8::try_from((rest - 1) % 26).unwrap_or(0);
        letters.push(char::from(b'A' + digit));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().collect()
}
