//! XML: a row for each repeated element.
//!
//! For: documents that hold records, whatever their vocabulary. Not for: prose (`document`). Two passes: the first counts
//! every path of elements, from which rows, columns and types follow; the second reads. The one decision: attributes and
//! elements become columns named by their path (`@id`, `name`, `address.city`), and what has no place in a column stays
//! XML or is counted. Memory: streams; one record is held, and the outline of the document.

mod batches;
mod columns;
mod outline;
mod preamble;
mod reader;
mod records;
mod source;
mod spreadsheet;
#[cfg(test)]
mod tests;

use arrow_schema::SchemaRef;
use encoding_rs::Encoding;

use self::batches::XmlBatches;
use self::columns::Layout;
use self::outline::Outline;
use self::preamble::Preamble;
use self::reader::XmlReader;
use super::declared;
use super::error::TableError;
use super::format::FormatName;
use super::input::Input;
use super::report::{Guess, TableReport};
use super::table::{Batches, OneTable, Table, TableOptions, Tables};

/// Looks at the whole document. The sheets of a workbook are tables each.
///
/// # Errors
/// When it is not XML, or holds no element.
pub fn open(input: Input, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    let found = declared::xml(&input, options)?;
    let report = TableReport {
        packing: input.packing().name().map(str::to_owned),
        encoding: Some(Guess { value: found.encoding.name().to_owned(), confidence: found.confidence }),
        ..TableReport::new(FormatName::Xml, Vec::new())
    };
    if spreadsheet::is_workbook(&mut XmlReader::new(input.text(found.encoding)?))? {
        return spreadsheet::open(&mut XmlReader::new(input.text(found.encoding)?), &report, options);
    }
    let table = XmlTable::inspect(input, found.encoding, report, options)?;
    Ok(Box::new(OneTable(Some(Box::new(table)))))
}

/// The table of an XML document.
#[derive(Debug)]
struct XmlTable {
    input: Input,
    encoding: &'static Encoding,
    layout: Layout,
    preamble: Preamble,
    report: TableReport,
}

impl XmlTable {
    /// `report` says what is known already.
    fn inspect(
        input: Input,
        encoding: &'static Encoding,
        report: TableReport,
        options: &TableOptions,
    ) -> Result<Self, TableError> {
        let outline = Outline::run(&mut XmlReader::new(input.text(encoding)?), &options.cell_rules())?;
        let record = records::choose(&outline);
        let element = Some(outline.path(record));
        let layout = Layout::new(outline, record, options);
        let preamble = Preamble::read(&mut XmlReader::new(input.text(encoding)?), &layout)?;
        let report = TableReport { element, columns: layout.reports(), ..report };
        Ok(Self { input, encoding, layout, preamble, report })
    }
}

impl Table for XmlTable {
    fn report(&self) -> &TableReport {
        &self.report
    }

    fn schema(&self) -> SchemaRef {
        self.layout.schema()
    }

    fn preamble(&self) -> Option<&str> {
        self.preamble.text()
    }

    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError> {
        let stream = self.input.text(self.encoding)?;
        Ok(Box::new(XmlBatches::new(self.layout, stream, self.preamble.lines())))
    }
}
