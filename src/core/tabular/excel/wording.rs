//! Cells as text, where their column is text.
//!
//! The one decision: a value reads the same whatever its cell looks like on the sheet: numbers in their shortest form,
//! dates, times and spans in ISO 8601.

use std::fmt::Write as _;

use chrono::{DateTime, Timelike};

use super::cells::{Cell, Cells, Kind};

/// Longest wording of a value that is no text, more or less.
pub(super) const SHORT: usize = 24;

/// Appends the wording of a cell.
pub(super) fn write(cells: &Cells, cell: Cell, into: &mut String) {
    // Writing to a `String` can't fail.
    let _ = match cell.kind {
        Kind::Shared | Kind::Own | Kind::Error => into.write_str(cells.text(cell)),
        Kind::Bool => into.write_str(if cell.bits == 0 { "false" } else { "true" }),
        Kind::Number | Kind::Serial => number(cell.float(), into),
        Kind::Date => date(cell.whole(), into),
        Kind::Timestamp => timestamp(cell.whole(), into),
        Kind::Time => time(cell.whole(), into),
        Kind::Duration | Kind::Clock => span(cell.whole(), into),
    };
}

/// The wording of a cell.
pub(super) fn text(cells: &Cells, cell: Cell) -> String {
    let mut text = String::new();
    write(cells, cell, &mut text);
    text
}

fn number(value: f64, into: &mut String) -> std::fmt::Result {
    let start = into.len();
    // The shortest digits that give the same float, and an exponent where there would be many zeros.
    write!(into, "{value:?}")?;
    if into.ends_with(".0") {
        into.truncate(into.len() - 2);
    }
    if into.get(start..) == Some("-0") {
        into.replace_range(start.., "0");
    }
    Ok(())
}

fn date(days: i64, into: &mut String) -> std::fmt::Result {
    let date = DateTime::from_timestamp(days * 86_400, 0).map(|moment| moment.date_naive());
    write!(into, "{}", date.unwrap_or_default())
}

fn timestamp(us: i64, into: &mut String) -> std::fmt::Result {
    let moment = DateTime::from_timestamp_micros(us).unwrap_or_default().naive_utc();
    write!(into, "{}T", moment.date())?;
    time(i64::from(moment.num_seconds_from_midnight()) * 1_000_000 + i64::from(moment.nanosecond() / 1000), into)
}

fn time(us: i64, into: &mut String) -> std::fmt::Result {
    let seconds = us / 1_000_000;
    write!(into, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    fraction(us, into)
}

/// `PT30H15M`
fn span(us: i64, into: &mut String) -> std::fmt::Result {
    let (sign, us) = (if us < 0 { "-" } else { "" }, us.saturating_abs());
    let seconds = us / 1_000_000;
    write!(into, "{sign}PT{}H{}M{}", seconds / 3600, seconds / 60 % 60, seconds % 60)?;
    fraction(us, into)?;
    into.write_char('S')
}

fn fraction(us: i64, into: &mut String) -> std::fmt::Result {
    match us % 1_000_000 {
        0 => Ok(()),
        rest if rest % 1000 == 0 => write!(into, ".{:03}", rest / 1000),
        rest => write!(into, ".{rest:06}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_have_one_wording() {
        let cells = Cells::default();
        let word = |kind, bits| text(&cells, Cell { row: 0, kind, bits });
        let number = |value: f64| word(Kind::Number, value.to_bits());
        assert_eq!(number(7.0), "7");
        assert_eq!(number(-0.0), "0");
        assert_eq!(number(0.1 + 0.2), "0.30000000000000004");
        assert_eq!(number(1e300), "1e300");
        assert_eq!(word(Kind::Bool, 1), "true");
        assert_eq!(word(Kind::Date, 1), "1970-01-02");
        assert_eq!(word(Kind::Timestamp, 1_500_000), "1970-01-01T00:00:01.500");
        assert_eq!(word(Kind::Timestamp, (-1_i64).cast_unsigned()), "1969-12-31T23:59:59.999999");
        assert_eq!(word(Kind::Time, 3_661_000_000), "01:01:01");
        assert_eq!(word(Kind::Duration, (-108_900_000_000_i64).cast_unsigned()), "-PT30H15M0S");
    }
}
