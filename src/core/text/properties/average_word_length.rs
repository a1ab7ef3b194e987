//! How long the words of a text are on average.

use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "average_word_length",
    title: "Average Word Length",
    meaning: "mean number of characters of a word; 0 where there is no word",
    is_english_only: false,
    is_default: true,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    let words = analysis.words();
    share(words.iter().map(|word| word.chars().count()).sum(), words.len())
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn punctuation_inside_a_word_is_no_part_of_it() {
        assert_eq!(of_english("average_word_length", "don't go, été"), Some((4.0 + 2.0 + 3.0) / 3.0));
        assert_eq!(of_english("average_word_length", "..."), Some(0.0));
    }
}
