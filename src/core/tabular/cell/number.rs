//! Numbers as people write them in tables, told apart without rounding.

/// What a cell holds, if it is a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Number {
    /// Digits only, without leading zero.
    Whole {
        /// Whether `-` stands before it.
        negative: bool,
        /// The digits.
        magnitude: u64,
    },
    /// Fits a 64-bit float to the last digit written (17 significant digits at most).
    Decimal,
    /// The same with a decimal comma.
    CommaDecimal {
        /// Three decimals after one to three digits could be thousands.
        may_be_thousands: bool,
    },
    /// `NaN`
    NotANumber,
}

/// More significant digits than this are not all kept by a 64-bit float.
const MOST_DIGITS: usize = 17;

/// Reads a trimmed, non-empty cell. `None`: not a number, or one that would lose digits, a leading zero or a `+`.
pub fn scan(cell: &[u8]) -> Option<Number> {
    if cell.len() == 3 && matches!(cell, b"NaN" | b"nan") {
        return Some(Number::NotANumber);
    }
    let (negative, digits) = match cell {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, cell),
    };
    let whole_len = count_digits(digits);
    if whole_len > 1 && digits[0] == b'0' {
        return None;
    }
    if whole_len == digits.len() {
        return whole(digits).map(|magnitude| Number::Whole { negative, magnitude });
    }
    decimal(cell, digits, whole_len)
}

fn count_digits(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn whole(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || digits.len() > 20 {
        return None;
    }
    digits.iter().try_fold(0_u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')))
}

fn decimal(cell: &[u8], digits: &[u8], whole_len: usize) -> Option<Number> {
    let mark = digits[whole_len];
    let mut rest = &digits[whole_len..];
    let mut decimals = 0;
    if matches!(mark, b'.' | b',') {
        rest = &rest[1..];
        decimals = count_digits(rest);
        rest = &rest[decimals..];
        if decimals == 0 || (mark == b',' && whole_len == 0) {
            return None;
        }
    }
    if whole_len + decimals == 0 || significant(&digits[..digits.len() - rest.len()]) > MOST_DIGITS {
        return None;
    }
    if mark == b',' {
        let may_be_thousands = decimals == 3 && (1..=3).contains(&whole_len) && digits[0] != b'0';
        return rest.is_empty().then_some(Number::CommaDecimal { may_be_thousands });
    }
    if rest.is_empty() {
        return Some(Number::Decimal);
    }
    let exponent = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E"))?;
    let unsigned = exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent);
    let plain = !unsigned.is_empty() && count_digits(unsigned) == unsigned.len();
    (plain && keeps_size(cell)).then_some(Number::Decimal)
}

/// Digits without leading zeros; the mark does not count.
fn significant(mantissa: &[u8]) -> usize {
    mantissa.iter().filter(|byte| byte.is_ascii_digit()).skip_while(|byte| **byte == b'0').count()
}

/// Whether a number with an exponent neither becomes infinite nor vanishes.
fn keeps_size(cell: &[u8]) -> bool {
    let is_zero = cell.iter().take_while(|byte| !matches!(byte, b'e' | b'E')).all(|byte| !(b'1'..=b'9').contains(byte));
    to_f64(cell).is_some_and(|value| value.is_finite() && (value != 0.0 || is_zero))
}

/// The value of a cell that [`scan`] took for any number with a decimal point.
pub fn to_f64(cell: &[u8]) -> Option<f64> {
    std::str::from_utf8(cell).ok()?.parse().ok()
}

/// The value of a cell with a decimal comma, or of a whole number.
pub fn comma_to_f64(cell: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(cell).ok()?;
    text.replacen(',', ".", 1).parse().ok()
}

/// The value of a whole number within 64 bits, signed.
pub fn to_i64(cell: &[u8]) -> Option<i64> {
    match scan(cell)? {
        Number::Whole { negative: false, magnitude } => i64::try_from(magnitude).ok(),
        Number::Whole { negative: true, magnitude } => 0_i64.checked_sub_unsigned(magnitude),
        _ => None,
    }
}

/// The value of a whole number within 64 bits, not negative.
pub fn to_u64(cell: &[u8]) -> Option<u64> {
    match scan(cell)? {
        Number::Whole { negative: false, magnitude } => Some(magnitude),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn an_exponent_must_not_overflow_or_vanish() {
        assert_eq!(scan(b"1e308"), Some(Number::Decimal));
        assert_eq!(scan(b"1e309"), None);
        assert_eq!(scan(b"1e-400"), None);
        assert_eq!(scan(b"0e-400"), Some(Number::Decimal));
        assert_eq!(scan(b"1e"), None);
        assert_eq!(scan(b"1.e5"), None);
    }

    #[test]
    fn a_comma_with_three_decimals_may_be_thousands() {
        assert_eq!(scan(b"1,234"), Some(Number::CommaDecimal { may_be_thousands: true }));
        assert_eq!(scan(b"0,234"), Some(Number::CommaDecimal { may_be_thousands: false }));
        assert_eq!(scan(b"1,23"), Some(Number::CommaDecimal { may_be_thousands: false }));
        assert_eq!(scan(b"1,234,567"), None);
    }

    proptest! {
        #[test]
        fn every_whole_number_comes_back(value: i64) {
            prop_assert_eq!(to_i64(value.to_string().as_bytes()), Some(value));
        }

        #[test]
        fn every_shortest_float_comes_back(value in proptest::num::f64::NORMAL) {
            let text = format!("{value:?}");
            prop_assert!(scan(text.as_bytes()).is_some());
            prop_assert_eq!(to_f64(text.as_bytes()), Some(value));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 1..40)) {
            let _ = scan(&bytes);
        }
    }
}
