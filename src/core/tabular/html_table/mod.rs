//! The tables of a web page that is named like a workbook, as programs export them for Excel.
//!
//! For: every outermost `<table>`, each a table of its own. Not for: web pages as text (`document`). The one decision: a
//! cell that spans others has its value once, in its first place, and the others are empty. Memory: reads whole.

mod page;
#[cfg(test)]
mod tests;

use arrow_schema::SchemaRef;

use self::page::{Page, PageTable};
use super::declared;
use super::error::TableError;
use super::format::FormatName;
use super::grid::Grid;
use super::input::Input;
use super::report::{Guess, HtmlTableReport, TableNote, TableReport};
use super::table::{Batches, MAX_RECORD, Table, TableOptions, Tables};

/// Reads the page.
///
/// # Errors
/// When it can't be read, or a table is too large.
pub fn open(input: &Input, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    let found = declared::page(input, options)?;
    let (mut text, mut stream) = (String::new(), input.text(found.encoding)?);
    while stream.read_chunk(&mut text)? {
        if text.len() > MAX_RECORD {
            return Err(TableError::Limit { what: "the page".to_owned(), limit: format!("{MAX_RECORD} bytes") });
        }
    }
    let page = Page::read(text.as_bytes())?;
    let mut grids = Vec::new();
    for table in page.tables {
        let PageTable { rows, above } = table;
        if let Some(grid) = Grid::new(rows, options)? {
            grids.push((grid, above));
        }
    }
    if grids.is_empty() {
        return Err(TableError::Empty);
    }
    let of = u32::try_from(grids.len()).unwrap_or(u32::MAX);
    let stray_text = page.stray_text;
    let tables = grids.into_iter().zip(1..).map(|((grid, above), number)| {
        let header = grid.header();
        let header = Guess { value: header.is_header, confidence: header.confidence };
        let report = TableReport {
            packing: input.packing().name().map(str::to_owned),
            encoding: Some(Guess { value: found.encoding.name().to_owned(), confidence: found.confidence }),
            html_table: Some(HtmlTableReport { number, of, header }),
            ..TableReport::new(FormatName::HtmlTable, grid.columns())
        };
        // What stands below the last table is told with it.
        HtmlTable { grid, above, stray_text: if number == of { stray_text } else { 0 }, report }
    });
    Ok(Box::new(HtmlTables(tables.collect::<Vec<_>>().into_iter())))
}

#[derive(Debug)]
struct HtmlTables(std::vec::IntoIter<HtmlTable>);

impl Tables for HtmlTables {
    fn next_table(&mut self) -> Result<Option<Box<dyn Table>>, TableError> {
        Ok(self.0.next().map(|table| Box::new(table) as Box<dyn Table>))
    }
}

/// A table of the page.
#[derive(Debug)]
struct HtmlTable {
    grid: Grid,
    /// Text above it.
    above: String,
    /// Pieces of text that no table holds and nothing keeps.
    stray_text: u64,
    report: TableReport,
}

impl Table for HtmlTable {
    fn report(&self) -> &TableReport {
        &self.report
    }

    fn schema(&self) -> SchemaRef {
        self.grid.schema()
    }

    fn preamble(&self) -> Option<&str> {
        (!self.above.is_empty()).then_some(&self.above)
    }

    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError> {
        let lines = self.above.lines().count() as u64;
        let notes = [
            (lines, TableNote::Preamble { lines }),
            (self.stray_text, TableNote::StrayText { count: self.stray_text }),
        ];
        let notes = notes.into_iter().filter(|(count, _)| *count > 0).map(|(_, note)| note).collect();
        Ok(Box::new(self.grid.read(notes)))
    }
}
