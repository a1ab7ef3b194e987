//! Dates as workbooks store them: days since an epoch, as a float; and ISO texts where a workbook has those instead.
//!
//! The one decision: a serial number becomes a date only if exactly one date belongs to it. Day 60 of the 1900 system
//! is the 29th of February 1900, which never was; it stays a number, as do dates before the epoch and after 9999.

use crate::core::tabular::cell::date;

pub(super) const DAY_US: i64 = 86_400_000_000;
/// Days of a duration at most, so that its microseconds fit 64 bits.
const MOST_DAYS: f64 = 1e8;
/// Microseconds within which a value is taken for the whole millisecond: the noise of 15 digits.
const NOISE_US: i64 = 5;

/// Where a workbook's days begin.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Epoch {
    /// Day 1 is 1900-01-01, and 1900 is taken for a leap year.
    #[default]
    Since1900,
    /// Day 0 is 1904-01-01.
    Since1904,
}

/// Days since 1970-01-01 of a whole day.
#[expect(clippy::cast_possible_truncation, reason = "within the range checked before")]
pub(super) fn days(serial: f64, epoch: Epoch) -> Option<i64> {
    let most = match epoch {
        Epoch::Since1900 => 2_958_466.0,
        Epoch::Since1904 => 2_957_004.0,
    };
    if !(0.0..most).contains(&serial) {
        return None;
    }
    let day = serial.floor() as i64;
    match epoch {
        Epoch::Since1904 => Some(day - 24_107),
        Epoch::Since1900 if day > 60 => Some(day - 25_569),
        Epoch::Since1900 if day == 60 => None,
        Epoch::Since1900 => Some(day - 25_568),
    }
}

/// Microseconds since 1970-01-01.
pub(super) fn timestamp_us(serial: f64, epoch: Epoch) -> Option<i64> {
    Some(days(serial, epoch)? * DAY_US + us(serial - serial.floor()))
}

/// Microseconds since midnight; `None`: not a time of day.
pub(super) fn time_us(serial: f64) -> Option<i64> {
    let within = (0.0..1.0).contains(&serial).then(|| us(serial))?;
    (within < DAY_US).then_some(within)
}

/// Microseconds of a span of days.
pub(super) fn duration_us(days: f64) -> Option<i64> {
    (days.abs() < MOST_DAYS).then(|| us(days))
}

/// Microseconds of days: the whole millisecond where the float means one.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "fewer than 10^8 days")]
fn us(days: f64) -> i64 {
    let exact = (days * DAY_US as f64).round() as i64;
    let whole = (exact + 500).div_euclid(1000) * 1000;
    if (whole - exact).abs() <= NOISE_US { whole } else { exact }
}

/// A date or time in ISO 8601.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Iso {
    /// Days since 1970-01-01.
    Date(i64),
    /// Microseconds since 1970-01-01.
    Timestamp(i64),
    /// Microseconds since midnight.
    Time(i64),
}

/// Reads `2024-12-31`, `2024-12-31T23:59:59.5` (a zone is taken off), `23:59:59`.
pub(super) fn iso(text: &str) -> Option<Iso> {
    let bytes = text.trim().as_bytes();
    if let Some(days) = date::iso(bytes) {
        return Some(Iso::Date(i64::from(days)));
    }
    let short = without_nanoseconds(bytes);
    if let Some((us, _zoned)) = date::timestamp(&short) {
        return Some(Iso::Timestamp(us));
    }
    date::time(short.strip_prefix(b"T").unwrap_or(&short)).map(Iso::Time)
}

/// More than six decimals of seconds are cut if nothing but zeros is lost.
fn without_nanoseconds(bytes: &[u8]) -> Vec<u8> {
    let Some(point) = bytes.iter().position(|byte| *byte == b'.') else { return bytes.to_vec() };
    let decimals = bytes[point + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (keep, end) = (point + 1 + decimals.min(6), point + 1 + decimals);
    if bytes[keep..end].iter().any(|byte| *byte != b'0') {
        return bytes.to_vec();
    }
    [&bytes[..keep], &bytes[end..]].concat()
}

/// Microseconds of `PT12H30M15.5S`, `P1DT2H`, `-PT1M`.
pub(super) fn iso_duration(text: &str) -> Option<i64> {
    let trimmed = text.trim();
    let (sign, rest) = trimmed.strip_prefix('-').map_or((1.0, trimmed), |rest| (-1.0, rest));
    let (mut in_time, mut days, mut number) = (false, 0.0, String::new());
    for letter in rest.strip_prefix('P')?.chars() {
        let unit = match (letter, in_time) {
            ('0'..='9' | '.', _) => {
                number.push(letter);
                continue;
            }
            ('T', false) if number.is_empty() => {
                in_time = true;
                continue;
            }
            ('D', false) => 1.0,
            ('H', true) => 24.0,
            ('M', true) => 1_440.0,
            ('S', true) => 86_400.0,
            _ => return None,
        };
        days += number.parse::<f64>().ok()? / unit;
        number.clear();
    }
    if number.is_empty() { duration_us(sign * days) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(year: i32, month: u32, day: u32) -> i64 {
        let date = chrono::NaiveDate::from_ymd_opt(year, month, day).unwrap();
        date.signed_duration_since(chrono::DateTime::UNIX_EPOCH.date_naive()).num_days()
    }

    #[test]
    fn each_epoch_has_its_first_and_last_day() {
        assert_eq!(days(1.0, Epoch::Since1900), Some(day(1900, 1, 1)));
        assert_eq!(days(59.0, Epoch::Since1900), Some(day(1900, 2, 28)));
        assert_eq!(days(60.0, Epoch::Since1900), None, "1900 was no leap year");
        assert_eq!(days(61.0, Epoch::Since1900), Some(day(1900, 3, 1)));
        assert_eq!(days(2_958_465.0, Epoch::Since1900), Some(day(9999, 12, 31)));
        assert_eq!(days(2_958_466.0, Epoch::Since1900), None);
        assert_eq!(days(0.0, Epoch::Since1904), Some(day(1904, 1, 1)));
        assert_eq!(days(2_957_003.0, Epoch::Since1904), Some(day(9999, 12, 31)));
        assert_eq!(days(-1.0, Epoch::Since1904), None);
    }

    #[test]
    fn times_lose_the_noise_of_floats_and_nothing_else() {
        let noon = day(2021, 1, 1) * DAY_US + DAY_US / 2;
        assert_eq!(timestamp_us(44_197.5, Epoch::Since1900), Some(noon));
        assert_eq!(timestamp_us(44_197.416_666_666_7, Epoch::Since1900), Some(noon - 2 * 3_600_000_000));
        assert_eq!(time_us(0.5), Some(DAY_US / 2));
        assert_eq!(time_us(0.000_000_123_456), Some(10_667), "not near a whole millisecond");
        assert_eq!(time_us(1.0), None);
        assert_eq!(duration_us(1.25), Some(30 * 3_600_000_000));
        assert_eq!(duration_us(f64::INFINITY), None);
    }

    #[test]
    fn iso_texts_are_read_or_left() {
        assert_eq!(iso("1970-01-02"), Some(Iso::Date(1)));
        assert_eq!(iso("1970-01-01T00:00:01.500000000"), Some(Iso::Timestamp(1_500_000)));
        assert_eq!(iso("1970-01-01T00:00:01Z"), Some(Iso::Timestamp(1_000_000)));
        assert_eq!(iso("00:00:01"), Some(Iso::Time(1_000_000)));
        assert_eq!(iso("soon"), None);
        assert_eq!(iso_duration("PT30H15M0S"), Some((30 * 60 + 15) * 60_000_000));
        assert_eq!(iso_duration("-P1DT1.5S"), Some(-(DAY_US + 1_500_000)));
        assert_eq!(iso_duration("P1"), None);
        assert_eq!(iso_duration("1D"), None);
    }
}
