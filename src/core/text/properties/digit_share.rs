//! How much of a text is digits.

use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "digit_share",
    title: "Digit Share",
    meaning: "share (0 to 1) of characters that are decimal digits; 0 of nothing",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    let counts = analysis.characters();
    share(counts.digits, counts.all)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn digits_of_any_script_count() {
        assert_eq!(of_english("digit_share", "1٣ m²"), Some(2.0 / 5.0));
        assert_eq!(of_english("digit_share", ""), Some(0.0));
    }
}
