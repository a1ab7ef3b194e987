//! Workbooks: `.xlsx`, `.xlsm`, `.xlsb`, `.xls`, `.ods`. Each sheet with a value is a table.
//!
//! For: cells with their types, dates by number format, titles above a table, hidden sheets. Not for: formulas (their
//! stored results are read), charts, pictures; of merged cells, the first has the value. The one decision: a sheet is
//! passed over once, into the filled cells of each column (`cells`); types, header and batches are made of those, so
//! nothing is as large as the box around the cells.
//!
//! Memory: reads a sheet whole, about 13 bytes a filled cell beside its texts, one sheet at a time. `.xls` and `.ods`
//! are held whole by calamine.
//!
//! | limit | value |
//! | --- | --- |
//! | filled cells of a sheet | 50 million |
//! | cells of a table, empty ones included | 1,000 million |
//! | columns of a sheet | 16,384 |
//! | unpacked size of a zip archive | 1 GiB, and 200 times its size above 50 MiB |

mod batches;
mod cells;
mod foreign;
mod header;
mod layout;
mod number_format;
mod part;
mod profile;
mod serial;
mod table;
#[cfg(test)]
mod tests;
mod texts;
mod wording;
mod xlsx;
mod xml;

use std::io::Read;

use super::error::TableError;
use super::format::FormatName;
use super::input::{Input, InputError};
use super::package::Package;
use super::report::Visibility;
use super::table::{Table, TableOptions, Tables};
use cells::Cells;
use foreign::Foreign;
use serial::Epoch;
use table::SheetTable;
use xlsx::{Xlsx, root_document};

/// What an `.ods` says of itself.
const ODS: &[u8] = b"application/vnd.oasis.opendocument.spreadsheet";

/// A sheet and its filled cells.
struct Sheet {
    name: String,
    visibility: Visibility,
    cells: Cells,
}

/// Sheets of a workbook, one after another.
trait Book: Send {
    /// The next sheet of cells; `None` after the last.
    fn next_sheet(&mut self) -> Result<Option<Sheet>, TableError>;

    /// Where its days begin.
    fn epoch(&self) -> Epoch;
}

/// Whether a zip archive holds a workbook.
///
/// # Errors
/// When it can't be read as a zip archive, or unpacks to too much.
pub fn is_workbook(input: &Input) -> Result<bool, TableError> {
    let mut package = Package::open(input.seekable()?)?;
    let holds = |package: &mut Package| Ok(is_ods(package)? || workbook_part(package)?.is_some());
    holds(&mut package).map_err(|error| told(input, error))
}

/// The sheets of a workbook in a zip archive: `.xlsx`, `.xlsm`, `.xlsb`, `.ods`.
///
/// # Errors
/// When it can't be read, or is protected by a password.
pub fn open(input: Input, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    let book = open_zip(&input).map_err(|error| told(&input, error))?;
    Ok(Workbook::tables(input, book, options))
}

/// The sheets of a workbook in an OLE file: `.xls`.
///
/// # Errors
/// When it can't be read, is no workbook, or is protected by a password.
pub fn open_ole(input: Input, options: &TableOptions) -> Result<Box<dyn Tables>, TableError> {
    let source = || input.seekable().map_err(TableError::from);
    let book = Foreign::xls(source).map_err(|error| told(&input, error))?;
    Ok(Workbook::tables(input, (FormatName::Xls, Box::new(book)), options))
}

fn open_zip(input: &Input) -> Result<(FormatName, Box<dyn Book>), TableError> {
    let mut package = Package::open(input.seekable()?)?;
    if is_ods(&mut package)? {
        return Ok((FormatName::Ods, Box::new(Foreign::ods(input.seekable()?)?)));
    }
    match workbook_part(&mut package)? {
        Some(path) if path.to_lowercase().ends_with(".bin") => {
            Ok((FormatName::Xlsb, Box::new(Foreign::xlsb(input.seekable()?)?)))
        }
        Some(path) => Ok((FormatName::Xlsx, Box::new(Xlsx::open(package, &path)?))),
        None => Err(TableError::NotRead { what: "a zip archive without a workbook".to_owned() }),
    }
}

fn is_ods(package: &mut Package) -> Result<bool, TableError> {
    let Some(part) = package.part("mimetype")? else { return Ok(false) };
    let mut kind = Vec::new();
    // What can't be unpacked does not say that it is one.
    Ok(part.take(ODS.len() as u64).read_to_end(&mut kind).is_ok() && kind == ODS)
}

/// Path of the workbook's part; `None`: the archive is something else.
fn workbook_part(package: &mut Package) -> Result<Option<String>, TableError> {
    let document = root_document(package)?;
    let is_workbook = |path: &String| {
        let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
        path.to_lowercase().starts_with("xl/") || name.starts_with("workbook")
    };
    Ok(document.filter(is_workbook))
}

/// What went wrong, unless somebody asked for the reading to stop.
fn told(input: &Input, error: TableError) -> TableError {
    if input.is_cancelled() { TableError::Input(InputError::Cancelled) } else { error }
}

/// A workbook whose sheets are tables.
struct Workbook {
    input: Input,
    format: FormatName,
    book: Box<dyn Book>,
    options: TableOptions,
    /// Whether a sheet had a value.
    any: bool,
}

impl Workbook {
    fn tables(input: Input, book: (FormatName, Box<dyn Book>), options: &TableOptions) -> Box<dyn Tables> {
        let (format, book) = book;
        Box::new(Self { input, format, book, options: options.clone(), any: false })
    }
}

impl Tables for Workbook {
    fn next_table(&mut self) -> Result<Option<Box<dyn Table>>, TableError> {
        while let Some(sheet) = self.book.next_sheet().map_err(|error| told(&self.input, error))? {
            if let Some(table) = SheetTable::inspect(sheet, self.format, self.book.epoch(), &self.options)? {
                self.any = true;
                return Ok(Some(Box::new(table.packed(self.input.packing().name()))));
            }
        }
        if self.any { Ok(None) } else { Err(TableError::Empty) }
    }
}
