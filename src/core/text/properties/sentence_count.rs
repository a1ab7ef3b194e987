//! How many sentences a text has.

use super::{Analysis, Measure, Property, number};

pub(super) const PROPERTY: Property = Property {
    id: "sentences",
    title: "Sentences Count",
    meaning: "number of sentences",
    is_english_only: true,
    is_default: false,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    number(analysis.sentences().len())
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn abbreviations_end_no_sentence() {
        assert_eq!(of_english("sentences", "Mr. Novak left at 5 p.m. today. It was late!"), Some(2.0));
        assert_eq!(of_english("sentences", ""), Some(0.0));
    }
}
