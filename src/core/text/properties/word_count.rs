//! How many words a text has.

use super::{Analysis, Measure, Property, number};

pub(super) const PROPERTY: Property = Property {
    id: "word_count",
    title: "Word Count",
    meaning: "number of words",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    number(analysis.words().len())
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn words_are_runs_of_letters_and_numbers() {
        assert_eq!(of_english("word_count", "3 bins – it’s 2 m²!"), Some(6.0));
        assert_eq!(of_english("word_count", "..."), Some(0.0));
    }
}
