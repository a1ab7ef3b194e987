//! The cells of a sheet, out of its XML in one pass.
//!
//! For: every way in which cells are written: with and without places, shared and inline texts, stored results of
//! formulas, ISO dates. The one decision: a value that does not fit the type its cell names is kept as text.

use super::super::cells::{Cells, Kind};
use super::super::number_format::Shown;
use super::super::serial::{self, Epoch, Iso};
use super::super::xml::{self, Tag, Token, XmlFault, XmlScanner};
use super::strings::{RichText, unescape_characters};
use crate::core::tabular::error::TableError;

/// Why a sheet can't be read.
pub(super) enum Fault {
    /// Its XML is broken.
    Xml(XmlFault),
    /// Its cells are too many.
    Cells(TableError),
    /// A cell is broken.
    Cell {
        /// Which and how.
        what: String,
    },
}

impl From<XmlFault> for Fault {
    fn from(fault: XmlFault) -> Self {
        Self::Xml(fault)
    }
}

impl From<TableError> for Fault {
    fn from(error: TableError) -> Self {
        Self::Cells(error)
    }
}

/// The type that a cell names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Number,
    Shared,
    Bool,
    Error,
    Text,
    Inline,
    Iso,
}

/// Rows of a sheet at most, as in Excel.
const MAX_ROWS: u32 = 1_048_576;

/// What collects the text between tags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Collects {
    Nothing,
    Value,
    Inline,
}

/// Reads the cells of one sheet.
pub(super) struct SheetScan<'a> {
    cells: &'a mut Cells,
    formats: &'a [Shown],
    epoch: Epoch,
    /// Place of the cell, from 0; of the next one, where it does not say.
    row: u32,
    column: u32,
    named: Named,
    shown: Shown,
    collects: Collects,
    value: Vec<u8>,
    inline: RichText,
    has_inline: bool,
}

impl<'a> SheetScan<'a> {
    /// Puts what it finds into `cells`; `formats` tells what the style of each number shows.
    pub(super) fn new(cells: &'a mut Cells, formats: &'a [Shown], epoch: Epoch) -> Self {
        Self {
            cells,
            formats,
            epoch,
            row: 0,
            column: 0,
            named: Named::Number,
            shown: Shown::Number,
            collects: Collects::Nothing,
            value: Vec::new(),
            inline: RichText::default(),
            has_inline: false,
        }
    }

    /// Reads up to the end of the cells.
    pub(super) fn run(&mut self, xml: &mut XmlScanner<'_>) -> Result<(), Fault> {
        loop {
            match xml.next()? {
                Token::Start(tag) if tag.name == b"sheetData" && tag.empty => return Ok(()),
                Token::Start(tag) if tag.name == b"sheetData" => break,
                Token::Eof => return Ok(()),
                _ => {}
            }
        }
        loop {
            match xml.next()? {
                Token::Start(tag) => self.begin(tag)?,
                Token::Text(written) => match self.collects {
                    Collects::Value => xml::unescape(written, &mut self.value),
                    Collects::Inline => self.inline.written(written),
                    Collects::Nothing => {}
                },
                Token::Plain(plain) => match self.collects {
                    Collects::Value => self.value.extend_from_slice(plain),
                    Collects::Inline => self.inline.plain(plain),
                    Collects::Nothing => {}
                },
                Token::End(b"sheetData") => return Ok(()),
                Token::End(name) => self.end(name)?,
                Token::Eof => return Err(XmlFault::Truncated.into()),
            }
        }
    }

    #[inline]
    fn begin(&mut self, tag: Tag<'_>) -> Result<(), Fault> {
        match tag.name {
            b"c" => {
                self.begin_cell(tag)?;
                if tag.empty {
                    self.column += 1;
                }
            }
            b"v" if !tag.empty => self.collects = Collects::Value,
            b"is" if !tag.empty => {
                self.inline.clear();
                (self.collects, self.has_inline) = (Collects::Inline, true);
            }
            b"row" => self.begin_row(tag)?,
            _ if self.collects == Collects::Inline => self.inline.begin(tag),
            _ => {}
        }
        Ok(())
    }

    #[inline]
    fn end(&mut self, name: &[u8]) -> Result<(), Fault> {
        match name {
            b"c" => {
                self.put()?;
                self.column += 1;
            }
            b"v" | b"is" => self.collects = Collects::Nothing,
            b"row" => (self.row, self.column) = (self.row + 1, 0),
            _ if self.collects == Collects::Inline => self.inline.end(name),
            _ => {}
        }
        Ok(())
    }

    fn begin_row(&mut self, tag: Tag<'_>) -> Result<(), Fault> {
        self.column = 0;
        if let Some(written) = tag.attribute(b"r") {
            let number = std::str::from_utf8(written).ok().and_then(|text| text.trim().parse::<u32>().ok());
            self.row =
                number.and_then(|number| number.checked_sub(1)).filter(|row| *row < MAX_ROWS).ok_or_else(|| {
                    Fault::Cell { what: format!("a row has the number `{}`", String::from_utf8_lossy(written)) }
                })?;
        }
        self.row += u32::from(tag.empty);
        Ok(())
    }

    #[inline]
    fn begin_cell(&mut self, tag: Tag<'_>) -> Result<(), Fault> {
        (self.named, self.shown, self.has_inline) = (Named::Number, Shown::Number, false);
        self.value.clear();
        for (name, value) in tag.attributes() {
            match name {
                b"r" => {
                    (self.row, self.column) = place(value).ok_or_else(|| Fault::Cell {
                        what: format!("a cell has the place `{}`", String::from_utf8_lossy(value)),
                    })?;
                }
                b"t" => self.named = named(value),
                b"s" => {
                    let style = digits(value).and_then(|style| self.formats.get(style as usize));
                    self.shown = style.copied().unwrap_or(Shown::Number);
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Puts the cell that was read into the store.
    #[inline]
    fn put(&mut self) -> Result<(), Fault> {
        let place = (self.row, self.column);
        if self.has_inline {
            self.cells.put_text(place, Kind::Own, self.inline.text()?)?;
            return Ok(());
        }
        if self.value.is_empty() || self.named == Named::Inline {
            return Ok(());
        }
        let found = match self.named {
            Named::Number => self.number(),
            Named::Shared => return self.put_shared(place),
            Named::Bool => boolean(&self.value),
            Named::Error => return Ok(self.cells.put_text(place, Kind::Error, text(&self.value)?)?),
            Named::Text | Named::Inline => None,
            Named::Iso => text(&self.value).ok().and_then(serial::iso).map(|iso| match iso {
                Iso::Date(days) => (Kind::Date, days.cast_unsigned()),
                Iso::Timestamp(us) => (Kind::Timestamp, us.cast_unsigned()),
                Iso::Time(us) => (Kind::Time, us.cast_unsigned()),
            }),
        };
        if let Some((kind, bits)) = found {
            return Ok(self.cells.put(place, kind, bits)?);
        }
        unescape_characters(&mut self.value, 0);
        Ok(self.cells.put_text(place, Kind::Own, text(&self.value)?)?)
    }

    fn put_shared(&mut self, place: (u32, u32)) -> Result<(), Fault> {
        let shared = self.cells.shared_len();
        let number = digits(self.value.trim_ascii()).filter(|number| (*number as usize) < shared);
        let Some(number) = number else {
            let which = String::from_utf8_lossy(&self.value);
            let what = format!("{} refers to text {which}, of which there are {shared}", a1(place.0, place.1));
            return Err(Fault::Cell { what });
        };
        Ok(self.cells.put(place, Kind::Shared, u64::from(number))?)
    }

    #[inline]
    fn number(&self) -> Option<(Kind, u64)> {
        let written = self.value.trim_ascii();
        let value = match digits(written) {
            Some(whole) => f64::from(whole),
            None => std::str::from_utf8(written).ok()?.parse::<f64>().ok().filter(|value| value.is_finite())?,
        };
        Some(shown_as(value, self.shown, self.epoch))
    }
}

/// A number as what its format shows; as a number where that is none.
#[inline]
fn shown_as(value: f64, shown: Shown, epoch: Epoch) -> (Kind, u64) {
    let timestamp = || serial::timestamp_us(value, epoch).map(|us| (Kind::Timestamp, us.cast_unsigned()));
    let found = match shown {
        Shown::Number => None,
        Shown::Date if value.fract() == 0.0 => {
            serial::days(value, epoch).map(|days| (Kind::Date, days.cast_unsigned()))
        }
        Shown::Date | Shown::Timestamp => timestamp(),
        Shown::Time => serial::time_us(value).map(|us| (Kind::Time, us.cast_unsigned())).or_else(timestamp),
        Shown::Duration => serial::duration_us(value).map(|us| (Kind::Duration, us.cast_unsigned())),
        Shown::Undecided => Some((Kind::Serial, value.to_bits())),
    };
    found.unwrap_or((Kind::Number, value.to_bits()))
}

fn named(value: &[u8]) -> Named {
    match value {
        b"s" => Named::Shared,
        b"n" => Named::Number,
        b"b" => Named::Bool,
        b"e" => Named::Error,
        b"inlineStr" => Named::Inline,
        b"d" => Named::Iso,
        _ => Named::Text,
    }
}

fn boolean(value: &[u8]) -> Option<(Kind, u64)> {
    match value.trim_ascii() {
        b"1" | b"true" | b"TRUE" => Some((Kind::Bool, 1)),
        b"0" | b"false" | b"FALSE" => Some((Kind::Bool, 0)),
        _ => None,
    }
}

fn text(value: &[u8]) -> Result<&str, XmlFault> {
    simdutf8::basic::from_utf8(value).map_err(|_invalid| XmlFault::NotText)
}

/// Up to nine digits and nothing else.
#[inline]
fn digits(written: &[u8]) -> Option<u32> {
    if written.is_empty() || written.len() > 9 {
        return None;
    }
    written.iter().try_fold(0, |sum, digit| digit.is_ascii_digit().then(|| sum * 10 + u32::from(digit - b'0')))
}

/// Row and column from 0 of a place like `B3`.
#[inline]
fn place(written: &[u8]) -> Option<(u32, u32)> {
    let letters = written.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if letters == 0 || letters > 4 {
        return None;
    }
    let column =
        written[..letters].iter().fold(0, |sum, byte| sum * 26 + u32::from(byte.to_ascii_uppercase() - b'A') + 1);
    let row = digits(&written[letters..])?.checked_sub(1).filter(|row| *row < MAX_ROWS)?;
    Some((row, column - 1))
}

/// `B3`
pub(in crate::core::tabular::excel) fn a1(row: u32, column: u32) -> String {
    let (mut letters, mut rest) = (Vec::new(), column + 1);
    while rest > 0 {
        letters.push(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0));
        rest = (rest - 1) / 26;
    }
    letters.reverse();
    format!("{}{}", String::from_utf8_lossy(&letters), u64::from(row) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_read_and_written() {
        for (written, at) in [("A1", (0, 0)), ("Z9", (8, 25)), ("AA10", (9, 26)), ("XFD1048576", (1_048_575, 16_383))] {
            assert_eq!(place(written.as_bytes()), Some(at));
            assert_eq!(a1(at.0, at.1), written);
        }
        for wrong in ["", "A", "1", "A0", "A1048577", "ABCDE1", "A1B"] {
            assert_eq!(place(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn a_number_is_what_its_format_shows_if_that_exists() {
        let kind = |value, shown| shown_as(value, shown, Epoch::Since1900).0;
        assert_eq!(kind(44_197.0, Shown::Date), Kind::Date);
        assert_eq!(kind(44_197.5, Shown::Date), Kind::Timestamp, "the time is not lost");
        assert_eq!(kind(0.5, Shown::Time), Kind::Time);
        assert_eq!(kind(44_197.5, Shown::Time), Kind::Timestamp);
        assert_eq!(kind(-1.0, Shown::Date), Kind::Number);
        assert_eq!(kind(60.0, Shown::Date), Kind::Number);
        assert_eq!(kind(-0.5, Shown::Duration), Kind::Duration);
    }
}
