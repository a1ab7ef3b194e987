//! How many syllables a text has.

use super::{Analysis, Measure, Property, number};

pub(super) const PROPERTY: Property = Property {
    id: "syllable_count",
    title: "Syllable Count",
    meaning: "number of syllables: of the first pronunciation in CMUdict, and of other words as many as groups of vowels",
    is_english_only: true,
    is_default: false,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    number(analysis.sounds().syllables)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn syllables_are_those_that_are_spoken() {
        assert_eq!(of_english("syllable_count", "Sustainability matters."), Some(6.0 + 2.0));
        assert_eq!(of_english("syllable_count", ""), Some(0.0));
    }
}
