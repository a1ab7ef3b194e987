//! How long the longest word of a text is.

use super::{Analysis, Measure, Property, number};

pub(super) const PROPERTY: Property = Property {
    id: "max_word_length",
    title: "Max Word Length",
    meaning: "number of characters of the longest word; 0 where there is no word",
    is_english_only: false,
    is_default: true,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    number(analysis.words().iter().map(|word| word.chars().count()).max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn the_longest_word_counts() {
        assert_eq!(of_english("max_word_length", "a state-of-the-art bin"), Some(13.0));
        assert_eq!(of_english("max_word_length", "?!"), Some(0.0));
    }
}
