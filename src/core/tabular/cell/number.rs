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
    /// Fits a 64-bit float to the last digit written.
    Decimal,
    /// The same with a decimal comma.
    CommaDecimal {
        /// Three decimals after one to three digits could be thousands.
        may_be_thousands: bool,
    },
    /// `NaN`
    NotANumber,
}

/// So many significant digits every 64-bit float keeps.
const SAFE_DIGITS: usize = 15;
/// More than this no 64-bit float keeps, unless by chance.
const MOST_DIGITS: usize = 17;
/// Numbers of so few characters, without exponent, neither overflow nor vanish.
const SAFE_LENGTH: usize = 300;

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
        // Only a float has a negative zero.
        let number = |magnitude| {
            if negative && magnitude == 0 { Number::Decimal } else { Number::Whole { negative, magnitude } }
        };
        return whole(digits).map(number);
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
    if whole_len + decimals == 0 {
        return None;
    }
    let mantissa = &digits[..digits.len() - rest.len()];
    if mark == b',' {
        let may_be_thousands = decimals == 3 && (1..=3).contains(&whole_len) && digits[0] != b'0';
        let fits = rest.is_empty() && is_exact(cell, mantissa, comma_to_f64);
        return fits.then_some(Number::CommaDecimal { may_be_thousands });
    }
    (is_exponent(rest) && is_exact(cell, mantissa, to_f64)).then_some(Number::Decimal)
}

/// Nothing, or `e` and a whole number.
fn is_exponent(rest: &[u8]) -> bool {
    let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) else { return rest.is_empty() };
    let unsigned = exponent.strip_prefix(b"-").or_else(|| exponent.strip_prefix(b"+")).unwrap_or(exponent);
    !unsigned.is_empty() && count_digits(unsigned) == unsigned.len()
}

/// Whether a 64-bit float holds every digit of the mantissa. Up to 15 it always does, unless the number is too large or
/// too small; of 16 or 17 the float's own digits tell; more it never does.
fn is_exact(cell: &[u8], mantissa: &[u8], read: fn(&[u8]) -> Option<f64>) -> bool {
    // Nothing but a sign stands beside so few digits.
    if mantissa.len() <= SAFE_DIGITS && cell.len() - mantissa.len() <= 1 {
        return true;
    }
    let digits = significant(mantissa);
    if digits <= SAFE_DIGITS && cell.len() <= SAFE_LENGTH && !cell.iter().any(|byte| matches!(byte, b'e' | b'E')) {
        return true;
    }
    let Some(value) = read(cell).filter(|value| value.is_finite() && digits <= MOST_DIGITS) else { return false };
    if digits == 0 || value == 0.0 {
        return digits == 0;
    }
    if digits <= SAFE_DIGITS {
        // Subnormal floats have fewer digits.
        return value.is_normal();
    }
    let written = || mantissa.iter().copied().filter(u8::is_ascii_digit).skip_while(|byte| *byte == b'0');
    let is_written =
        |held: &str| written().eq(held.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit));
    // Half-way between two last digits the shortest form may have the other one: 1696211870928903.3 for ….25.
    is_written(&format!("{:.*e}", digits - 1, value.abs())) || is_written(&format!("{:e}", value.abs()))
}

/// Digits without leading zeros; the mark does not count.
fn significant(mantissa: &[u8]) -> usize {
    mantissa.iter().filter(|byte| byte.is_ascii_digit()).skip_while(|byte| **byte == b'0').count()
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
    fn a_number_that_a_float_would_round_is_none() {
        for text in ["9007199254740993.0", "1234567890123456.7", "1e-320", &format!("0.{}1", "0".repeat(400))] {
            assert_eq!(scan(text.as_bytes()), None, "{text}");
        }
        for text in ["9007199254740992.0", "0.1", "0.30000000000000004", "1234567890123456.8", "-0", "0.000"] {
            assert_eq!(scan(text.as_bytes()), Some(Number::Decimal), "{text}");
        }
        assert_eq!(to_f64(b"-0").map(f64::is_sign_negative), Some(true));
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
