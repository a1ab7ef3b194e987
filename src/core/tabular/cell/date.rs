//! Dates and times as people write them in tables, checked against the calendar.
//!
//! Microseconds are the finest unit: a value with more decimals keeps its column text. Two-digit years and `24:00` are
//! text. Results are days or microseconds since 1970-01-01 (00:00 UTC for zoned times), times since midnight.

use super::TypeSet;

const DAY_US: i64 = 86_400_000_000;

/// Which date and time types a trimmed, non-empty cell fits.
pub fn types_of(cell: &[u8]) -> TypeSet {
    if cell.len() < 8 || !cell[0].is_ascii_digit() {
        return TypeSet::NONE;
    }
    match cell.get(4) {
        Some(b'-') if cell.len() == 10 => when(iso(cell).is_some(), TypeSet::DATE.or(TypeSet::TIMESTAMP)),
        Some(b'-') => match timestamp(cell) {
            Some((_, false)) => TypeSet::TIMESTAMP,
            Some((_, true)) => TypeSet::TIMESTAMP_UTC,
            None => TypeSet::NONE,
        },
        Some(b'/') if cell.len() == 10 => when(year_slash(cell).is_some(), TypeSet::DATE_SLASH),
        _ if cell[2] == b':' => when(time(cell).is_some(), TypeSet::TIME),
        _ => when(day_first(cell).is_some(), TypeSet::DAY_FIRST)
            .or(when(month_first(cell).is_some(), TypeSet::MONTH_FIRST))
            .or(when(dotted(cell).is_some(), TypeSet::DATE_DOT)),
    }
}

fn when(fits: bool, types: TypeSet) -> TypeSet {
    if fits { types } else { TypeSet::NONE }
}

/// `2024-12-31`
pub fn iso(cell: &[u8]) -> Option<i32> {
    year_first(cell, b'-')
}

/// `2024/12/31`
pub fn year_slash(cell: &[u8]) -> Option<i32> {
    year_first(cell, b'/')
}

fn year_first(cell: &[u8], mark: u8) -> Option<i32> {
    match cell {
        [year @ .., first, _, _, second, _, _] if year.len() == 4 && *first == mark && *second == mark => {
            days(digits(year)?, digits(&cell[5..7])?, digits(&cell[8..])?)
        }
        _ => None,
    }
}

/// `31/12/2024`, also `1/2/2024`
pub fn day_first(cell: &[u8]) -> Option<i32> {
    let [day, month, year] = parts(cell, b'/')?;
    days(year, month, day)
}

/// `12/31/2024`, also `2/1/2024`
pub fn month_first(cell: &[u8]) -> Option<i32> {
    let [month, day, year] = parts(cell, b'/')?;
    days(year, month, day)
}

/// `31.12.2024`, also `1.2.2024`
pub fn dotted(cell: &[u8]) -> Option<i32> {
    let [day, month, year] = parts(cell, b'.')?;
    days(year, month, day)
}

/// One or two digits, mark, one or two digits, mark, four digits.
fn parts(cell: &[u8], mark: u8) -> Option<[u32; 3]> {
    let mut split = cell.split(|byte| *byte == mark);
    let (first, second, third) = (split.next()?, split.next()?, split.next()?);
    let short = |part: &[u8]| (1..=2).contains(&part.len());
    if split.next().is_some() || !short(first) || !short(second) || third.len() != 4 {
        return None;
    }
    Some([digits(first)?, digits(second)?, digits(third)?])
}

/// `23:59:59`, with up to six decimals; microseconds since midnight.
pub fn time(cell: &[u8]) -> Option<i64> {
    let [h1, h2, b':', m1, m2, b':', s1, s2, fraction @ ..] = cell else { return None };
    let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?);
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let whole = i64::from(hour * 3600 + minute * 60 + second) * 1_000_000;
    Some(whole + fraction_us(fraction)?)
}

fn fraction_us(fraction: &[u8]) -> Option<i64> {
    match fraction {
        [] => Some(0),
        [b'.', decimals @ ..] if (1..=6).contains(&decimals.len()) => {
            let scale = 10_i64.pow(6 - u32::try_from(decimals.len()).ok()?);
            Some(i64::from(digits(decimals)?) * scale)
        }
        _ => None,
    }
}

/// A date and a time, and whether it names its zone; microseconds since 1970-01-01 (in UTC where the zone is named).
pub fn timestamp(cell: &[u8]) -> Option<(i64, bool)> {
    if cell.len() < 19 || !matches!(cell[10], b' ' | b'T') {
        return None;
    }
    let day_us = i64::from(iso(&cell[..10])?) * DAY_US;
    let rest = &cell[11..];
    let zone_at = rest.iter().position(|byte| matches!(byte, b'Z' | b'z' | b'+' | b'-' | b' ')).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(zone_at);
    let local = day_us + time(clock)?;
    if zone.is_empty() {
        return Some((local, false));
    }
    Some((local - offset_us(zone.trim_ascii_start())?, true))
}

/// `Z`, `+02`, `+0200`, `+02:00`
fn offset_us(zone: &[u8]) -> Option<i64> {
    let (sign, amount) = match zone {
        [b'Z' | b'z'] => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match amount {
        [a, b] => (digits(&[*a, *b])?, 0),
        [a, b, c, d] | [a, b, b':', c, d] => (digits(&[*a, *b])?, digits(&[*c, *d])?),
        _ => return None,
    };
    (hours <= 15 && minutes <= 59).then(|| sign * i64::from(hours * 3600 + minutes * 60) * 1_000_000)
}

/// Microseconds of a cell in a timestamp column without zone; a bare date is its midnight.
pub fn local_us(cell: &[u8]) -> Option<i64> {
    match timestamp(cell) {
        Some((us, false)) => Some(us),
        Some(_) => None,
        None => Some(i64::from(iso(cell)?) * DAY_US),
    }
}

/// Microseconds of a cell that names its zone.
pub fn utc_us(cell: &[u8]) -> Option<i64> {
    timestamp(cell).and_then(|(us, zoned)| zoned.then_some(us))
}

fn digits(bytes: &[u8]) -> Option<u32> {
    bytes.iter().try_fold(0, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + u32::from(byte - b'0')))
}

/// Days since 1970-01-01 of a date that the Gregorian calendar has.
fn days(year: u32, month: u32, day: u32) -> Option<i32> {
    /// Days before each month of a year that begins in March.
    const BEFORE: [u32; 12] = [306, 337, 0, 31, 61, 92, 122, 153, 184, 214, 245, 275];
    /// Days from 0000-03-01 to 1970-01-01.
    const EPOCH: i32 = 719_468;
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 => 28 + u32::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) || year > 9999 {
        return None;
    }
    // Counted from March, so that the leap day comes last; a year ahead, so that year 0 has a January.
    let years = year + 400 - u32::from(month < 3);
    let since = years * 365 + years / 4 - years / 100 + years / 400 + BEFORE[month as usize - 1] + day - 1;
    Some(i32::try_from(since).ok()? - 146_097 - EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, NaiveDate};

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(iso(b"1970-01-02"), Some(1));
        assert_eq!(iso(b"2024-02-29"), Some(19_782));
        assert_eq!(iso(b"2023-02-29"), None);
        assert_eq!(iso(b"2024-13-01"), None);
        assert_eq!(dotted(b"2.1.1970"), Some(1));
    }

    #[test]
    fn days_are_those_of_chrono_over_four_centuries_and_at_the_ends() {
        for year in (0..=400).chain(1800..=2200).chain(9990..=9999) {
            for (month, day) in (0..=13).flat_map(|month| (0..=32).map(move |day| (month, day))) {
                let date = NaiveDate::from_ymd_opt(i32::try_from(year).unwrap(), month, day);
                let wanted = date.map(|date| date.signed_duration_since(DateTime::UNIX_EPOCH.date_naive()).num_days());
                assert_eq!(days(year, month, day).map(i64::from), wanted, "{year}-{month}-{day}");
            }
        }
    }

    #[test]
    fn a_day_over_twelve_settles_the_order() {
        assert_eq!(types_of(b"31/12/2024"), TypeSet::DAY_FIRST);
        assert_eq!(types_of(b"12/31/2024"), TypeSet::MONTH_FIRST);
        assert_eq!(types_of(b"01/02/2024"), TypeSet::DAY_FIRST.or(TypeSet::MONTH_FIRST));
    }

    #[test]
    fn zones_are_taken_off_and_told() {
        assert_eq!(timestamp(b"1970-01-01T01:00:00+01:00"), Some((0, true)));
        assert_eq!(timestamp(b"1970-01-01 00:00:01.5"), Some((1_500_000, false)));
        assert_eq!(timestamp(b"1970-01-01 00:00:00 Z"), Some((0, true)));
        assert_eq!(timestamp(b"1970-01-01 00:00:00.1234567"), None);
        assert_eq!(timestamp(b"1970-01-01 24:00:00"), None);
        assert_eq!(timestamp("1970-01-01é00:00:00".as_bytes()), None);
    }

    #[test]
    fn a_date_in_a_timestamp_column_is_its_midnight() {
        assert_eq!(local_us(b"1970-01-02"), Some(DAY_US));
    }
}
