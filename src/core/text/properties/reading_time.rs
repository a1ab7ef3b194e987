//! How long it takes to read a text.

use super::rounding::rounded;
use super::{Analysis, Measure, Property, number};

/// Of one character, after Demberg and Keller (2008).
const MILLISECONDS: f64 = 14.69;

pub(super) const PROPERTY: Property = Property {
    id: "reading_time",
    title: "Reading Time",
    meaning: "seconds, at 14.69 ms for each character that is not white space, to two decimals",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    rounded(number(analysis.characters().visible) * MILLISECONDS / 1000.0, 2)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn spaces_take_no_time() {
        assert_eq!(of_english("reading_time", &"ab ".repeat(50)), Some(1.47));
        assert_eq!(of_english("reading_time", " \n"), Some(0.0));
    }
}
