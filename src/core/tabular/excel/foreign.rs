//! `.xlsb`, `.xls` and `.ods`, through calamine.
//!
//! The one decision: calamine tells dates from numbers in these, but not dates from times, so a whole column decides:
//! whole days are dates, parts of one day are times, anything else has both. Memory: calamine holds `.xls` and `.ods`
//! whole, with the box around the cells of a sheet.

use std::fmt::Display;

use calamine::{
    Data, DataRef, Ods, OdsError, Range, Reader, SheetType, SheetVisible, Xls, XlsError, Xlsb, XlsbError, Xlsx,
    XlsxError,
};

use super::cells::{Cells, Kind};
use super::serial::{self, Epoch, Iso};
use super::{Book, Sheet};
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::ReadSeek;
use crate::core::tabular::report::Visibility;

type Source = Box<dyn ReadSeek>;

/// Texts that stand for errors, where nothing else tells them from texts.
const ERRORS: [&str; 7] = ["#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!"];

/// A workbook that calamine has opened.
enum Opened {
    Xlsb(Xlsb<Source>),
    Xls(Xls<Source>),
    Ods(Ods<Source>),
}

/// A workbook of which sheet after sheet is read.
pub(super) struct Foreign {
    opened: Opened,
    /// Sheets of cells that are still to be read, the next ones last.
    sheets: Vec<calamine::Sheet>,
}

impl Foreign {
    /// Opens an `.xlsb`.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn xlsb(source: Source) -> Result<Self, TableError> {
        let book = Xlsb::new(source).map_err(of_xlsb)?;
        let sheets = sheets(&book);
        Ok(Self { opened: Opened::Xlsb(book), sheets })
    }

    /// Opens an `.ods`.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn ods(source: Source) -> Result<Self, TableError> {
        let book = Ods::new(source).map_err(of_ods)?;
        let sheets = sheets(&book);
        Ok(Self { opened: Opened::Ods(book), sheets })
    }

    /// Opens an `.xls`.
    ///
    /// # Errors
    /// When it can't be read, or is no workbook.
    pub(super) fn xls(open: impl Fn() -> Result<Source, TableError>) -> Result<Self, TableError> {
        match Xls::new(open()?) {
            Ok(book) => {
                let sheets = sheets(&book);
                Ok(Self { opened: Opened::Xls(book), sheets })
            }
            Err(XlsError::Password) => Err(TableError::Protected),
            // A newer workbook with a password lies in such a file, too; calamine tells when it looks for one.
            Err(fault) => match Xlsx::new(open()?) {
                Err(XlsxError::Password) => Err(TableError::Protected),
                _ if is_no_workbook(&fault) => {
                    Err(TableError::NotRead { what: "an OLE file without a workbook".to_owned() })
                }
                _ => Err(broken(&fault)),
            },
        }
    }
}

impl Book for Foreign {
    fn next_sheet(&mut self) -> Result<Option<Sheet>, TableError> {
        let Some(sheet) = self.sheets.pop() else { return Ok(None) };
        let mut cells = Cells::default();
        match &mut self.opened {
            Opened::Xlsb(book) => {
                let mut reader = book.worksheet_cells_reader(&sheet.name).map_err(of_xlsb)?;
                while let Some(cell) = reader.next_cell().map_err(of_xlsb)? {
                    put(&mut cells, cell.get_position(), cell.get_value())?;
                }
            }
            Opened::Xls(book) => {
                put_range(&mut cells, &book.worksheet_range(&sheet.name).map_err(|fault| broken(&fault))?, put)?;
            }
            Opened::Ods(book) => {
                put_range(&mut cells, &book.worksheet_range(&sheet.name).map_err(of_ods)?, put_ods)?;
            }
        }
        cells.settle();
        let visibility = match sheet.visible {
            SheetVisible::Visible => Visibility::Visible,
            SheetVisible::Hidden => Visibility::Hidden,
            SheetVisible::VeryHidden => Visibility::VeryHidden,
        };
        Ok(Some(Sheet { name: sheet.name, visibility, cells }))
    }

    fn epoch(&self) -> Epoch {
        let since_1904 = match &self.opened {
            Opened::Xlsb(book) => book.has_1904_epoch(),
            Opened::Xls(book) => book.has_1904_epoch(),
            Opened::Ods(_) => false,
        };
        if since_1904 { Epoch::Since1904 } else { Epoch::Since1900 }
    }
}

/// Sheets of cells, the first one last.
fn sheets<B: Reader<Source>>(book: &B) -> Vec<calamine::Sheet> {
    let sheets = book.sheets_metadata().iter().rev();
    sheets.filter(|sheet| sheet.typ == SheetType::WorkSheet).cloned().collect()
}

type Put = fn(&mut Cells, (u32, u32), &DataRef<'_>) -> Result<(), TableError>;

fn put_range(cells: &mut Cells, range: &Range<Data>, put: Put) -> Result<(), TableError> {
    let Some((top, left)) = range.start() else { return Ok(()) };
    for (row, column, value) in range.used_cells() {
        let place = (top.saturating_add(whole(row)), left.saturating_add(whole(column)));
        put(cells, place, &borrowed(value))?;
    }
    Ok(())
}

fn whole(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

fn borrowed(value: &Data) -> DataRef<'_> {
    match value {
        Data::Int(value) => DataRef::Int(*value),
        Data::Float(value) => DataRef::Float(*value),
        Data::String(text) => DataRef::SharedString(text),
        Data::Bool(value) => DataRef::Bool(*value),
        Data::DateTime(value) => DataRef::DateTime(*value),
        Data::DateTimeIso(text) => DataRef::DateTimeIso(text.clone()),
        Data::DurationIso(text) => DataRef::DurationIso(text.clone()),
        Data::Error(error) => DataRef::Error(error.clone()),
        Data::Empty => DataRef::Empty,
    }
}

/// An error in a cell of an `.ods` is known by its text only.
fn put_ods(cells: &mut Cells, place: (u32, u32), value: &DataRef<'_>) -> Result<(), TableError> {
    match value {
        DataRef::SharedString(text) if ERRORS.contains(text) => cells.put_text(place, Kind::Error, text),
        _ => put(cells, place, value),
    }
}

fn put(cells: &mut Cells, place: (u32, u32), value: &DataRef<'_>) -> Result<(), TableError> {
    #[expect(clippy::cast_precision_loss, reason = "workbooks store whole numbers of 30 bits, the others as floats")]
    let number = |value: i64| value as f64;
    match value {
        DataRef::Empty => Ok(()),
        DataRef::Int(value) => cells.put(place, Kind::Number, number(*value).to_bits()),
        DataRef::Float(value) if value.is_finite() => cells.put(place, Kind::Number, value.to_bits()),
        DataRef::Float(value) => cells.put_text(place, Kind::Own, &value.to_string()),
        DataRef::String(text) => cells.put_text(place, Kind::Own, text),
        DataRef::SharedString(text) => cells.put_text(place, Kind::Own, text),
        DataRef::Bool(value) => cells.put(place, Kind::Bool, u64::from(*value)),
        DataRef::Error(error) => cells.put_text(place, Kind::Error, &error.to_string()),
        DataRef::DateTime(value) if value.is_duration() => match serial::duration_us(value.as_f64()) {
            Some(us) => cells.put(place, Kind::Duration, us.cast_unsigned()),
            None => cells.put(place, Kind::Number, value.as_f64().to_bits()),
        },
        DataRef::DateTime(value) => cells.put(place, Kind::Serial, value.as_f64().to_bits()),
        DataRef::DateTimeIso(text) => match serial::iso(text) {
            Some(Iso::Date(days)) => cells.put(place, Kind::Date, days.cast_unsigned()),
            Some(Iso::Timestamp(us)) => cells.put(place, Kind::Timestamp, us.cast_unsigned()),
            Some(Iso::Time(us)) => cells.put(place, Kind::Time, us.cast_unsigned()),
            None => cells.put_text(place, Kind::Own, text),
        },
        DataRef::DurationIso(text) => match serial::iso_duration(text) {
            Some(us) => cells.put(place, Kind::Clock, us.cast_unsigned()),
            None => cells.put_text(place, Kind::Own, text),
        },
    }
}

fn is_no_workbook(fault: &XlsError) -> bool {
    // calamine does not let its error for a missing stream be matched.
    fault.to_string().contains("find Workbook")
}

fn of_xlsb(fault: XlsbError) -> TableError {
    match fault {
        XlsbError::Password => TableError::Protected,
        fault => broken(&fault),
    }
}

fn of_ods(fault: OdsError) -> TableError {
    match fault {
        OdsError::Password => TableError::Protected,
        OdsError::CellLimitExceeded { requested, max } => TableError::Limit {
            what: format!("a sheet of {requested} cells, empty ones included,"),
            limit: max.to_string(),
        },
        fault => broken(&fault),
    }
}

fn broken(fault: &dyn Display) -> TableError {
    TableError::Broken { what: format!("the workbook is broken: {fault}") }
}
