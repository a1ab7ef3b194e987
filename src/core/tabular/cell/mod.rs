//! What a cell of text may be, and its value once its column's type is settled.
//!
//! For: the type lattice of delimited text. Not for: JSON, whose values carry their type. The one decision: a column
//! keeps the *set* of types that every one of its values fits ([`TypeSet`]); a value narrows the set, and the same
//! parsers that narrowed it read the values later, so the two passes can't disagree.

pub mod date;
pub mod number;

use std::sync::Arc;

use number::Number;

/// A set of cell types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeSet(u16);

impl TypeSet {
    /// `true`, `false`.
    pub const BOOL: Self = Self(1);
    /// Whole numbers from -2⁶³ to 2⁶³-1.
    pub const INT: Self = Self(1 << 1);
    /// Whole numbers from 0 to 2⁶⁴-1.
    pub const UINT: Self = Self(1 << 2);
    /// Numbers that a 64-bit float holds to the last digit written.
    pub const FLOAT: Self = Self(1 << 3);
    /// The same with a comma before the decimals.
    pub const FLOAT_COMMA: Self = Self(1 << 4);
    /// `2024-12-31`
    pub const DATE: Self = Self(1 << 5);
    /// `2024/12/31`
    pub const DATE_SLASH: Self = Self(1 << 6);
    /// `31/12/2024`
    pub const DAY_FIRST: Self = Self(1 << 7);
    /// `12/31/2024`
    pub const MONTH_FIRST: Self = Self(1 << 8);
    /// `31.12.2024`
    pub const DATE_DOT: Self = Self(1 << 9);
    /// `2024-12-31 23:59:59.123456`, also with `T`
    pub const TIMESTAMP: Self = Self(1 << 10);
    /// The same with `Z` or an offset.
    pub const TIMESTAMP_UTC: Self = Self(1 << 11);
    /// `23:59:59.123456`
    pub const TIME: Self = Self(1 << 12);
    /// Every type.
    pub const ALL: Self = Self((1 << 13) - 1);
    /// Text only.
    pub const NONE: Self = Self(0);

    const WHOLE: Self = Self(Self::INT.0 | Self::UINT.0 | Self::FLOAT.0 | Self::FLOAT_COMMA.0);
    const DATES: Self = Self(
        Self::DATE.0
            | Self::DATE_SLASH.0
            | Self::DAY_FIRST.0
            | Self::MONTH_FIRST.0
            | Self::DATE_DOT.0
            | Self::TIMESTAMP.0
            | Self::TIMESTAMP_UTC.0
            | Self::TIME.0,
    );

    /// Types in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Types in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without those of `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether the two share a type.
    pub const fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether nothing but text is left.
    pub const fn is_text(self) -> bool {
        self.0 == 0
    }
}

/// Words that stand for a missing value in columns whose other values are not text.
pub const NULL_TOKENS: &[&str] = &["NA", "N/A", "n/a", "NULL", "null", "None", "none", "#N/A", "-"];

/// Whether a trimmed cell is one of [`NULL_TOKENS`].
pub fn is_null_token(cell: &[u8]) -> bool {
    // Nearly every cell is told apart by its length or its first byte.
    let may_be = cell.len() <= 4 && matches!(cell, [b'N' | b'n' | b'#' | b'-', ..]);
    may_be && NULL_TOKENS.iter().any(|token| token.as_bytes() == cell)
}

/// The words that stand for a missing value. Cheap to clone.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NullWords(Option<Arc<[String]>>);

impl NullWords {
    /// These words; `None`: [`NULL_TOKENS`].
    pub fn new(words: Option<&[String]>) -> Self {
        Self(words.map(Into::into))
    }

    /// Whether a trimmed cell is one of them.
    #[inline]
    pub fn has(&self, cell: &[u8]) -> bool {
        match &self.0 {
            None => is_null_token(cell),
            Some(words) => words.iter().any(|word| word.trim_ascii().as_bytes() == cell),
        }
    }
}

/// Which types of `among` a trimmed, non-empty cell fits.
pub fn types_of(cell: &[u8], among: TypeSet) -> TypeSet {
    let digit_like = matches!(cell[0], b'0'..=b'9' | b'-' | b'.' | b'N' | b'n');
    if !digit_like {
        return if as_bool(cell).is_some() { TypeSet::BOOL.and(among) } else { TypeSet::NONE };
    }
    let mut fits = TypeSet::NONE;
    if among.meets(TypeSet::WHOLE) {
        fits = match number::scan(cell) {
            Some(number) => number_types(number),
            None => TypeSet::NONE,
        };
    }
    if fits.is_text() && among.meets(TypeSet::DATES) {
        fits = date::types_of(cell);
    }
    fits.and(among)
}

fn number_types(number: Number) -> TypeSet {
    match number {
        Number::Whole { negative, magnitude } => {
            let mut fits = TypeSet::NONE;
            if i64::try_from(magnitude).is_ok() || (negative && magnitude == 1 << 63) {
                fits = fits.or(TypeSet::INT);
            }
            if !negative {
                fits = fits.or(TypeSet::UINT);
            }
            if magnitude <= 1 << 53 {
                fits = fits.or(TypeSet::FLOAT).or(TypeSet::FLOAT_COMMA);
            }
            fits
        }
        Number::Decimal => TypeSet::FLOAT,
        Number::NotANumber => TypeSet::FLOAT.or(TypeSet::FLOAT_COMMA),
        Number::CommaDecimal { .. } => TypeSet::FLOAT_COMMA,
    }
}

/// `true` and `false` in any case.
pub fn as_bool(cell: &[u8]) -> Option<bool> {
    if cell.eq_ignore_ascii_case(b"true") {
        Some(true)
    } else if cell.eq_ignore_ascii_case(b"false") {
        Some(false)
    } else {
        None
    }
}

/// The cell without spaces around it.
pub fn trim(cell: &[u8]) -> &[u8] {
    match cell {
        [b' ' | b'\t', ..] | [.., b' ' | b'\t'] => cell.trim_ascii(),
        _ => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(cell: &str, wanted: TypeSet) -> bool {
        types_of(cell.as_bytes(), TypeSet::ALL).meets(wanted)
    }

    #[test]
    fn the_table_of_single_values_holds() {
        for whole in ["0", "1", "-1", "9223372036854775807", "-9223372036854775808"] {
            assert!(fits(whole, TypeSet::INT), "{whole}");
        }
        assert!(!fits("9223372036854775808", TypeSet::INT));
        assert!(fits("18446744073709551615", TypeSet::UINT));
        for text in ["007", "+1", "18446744073709551616", "T", "yes", "$5", "5%", "1_000", "0x1f", "--1", "1e999", "é"]
        {
            assert!(types_of(text.as_bytes(), TypeSet::ALL).is_text(), "{text}");
        }
        for float in ["1.5", "1e3", "-0.5", ".5", "NaN", "0.30000000000000004"] {
            assert!(fits(float, TypeSet::FLOAT), "{float}");
        }
        assert!(types_of(b"0.123456789012345678", TypeSet::ALL).is_text(), "18 digits don't fit a float");
        assert!(fits("1,5", TypeSet::FLOAT_COMMA) && !fits("1,5", TypeSet::FLOAT));
        assert!(fits("TRUE", TypeSet::BOOL) && fits("false", TypeSet::BOOL));
    }

    #[test]
    fn a_whole_number_beyond_the_float_is_not_a_float() {
        assert!(!fits("9007199254740993", TypeSet::FLOAT));
        assert!(fits("9007199254740992", TypeSet::FLOAT));
    }

    #[test]
    fn spaces_around_a_number_do_not_matter() {
        assert_eq!(trim(b" 1\t"), b"1");
        assert_eq!(trim(b"a b"), b"a b");
    }
}
