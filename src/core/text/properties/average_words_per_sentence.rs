//! How many words a sentence of a text has on average.

use super::rounding::rounded;
use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "average_words_per_sentence",
    title: "Average Words Per Sentence",
    meaning: "words divided by sentences, to three decimals; none where there is no sentence",
    is_english_only: false,
    is_default: true,
    measure: Measure::Number(measure),
};

fn measure(analysis: &Analysis<'_>) -> Option<f64> {
    let sentences = analysis.sentences().len();
    (sentences > 0).then(|| rounded(share(analysis.sentence_words(), sentences), 3))
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn words_are_shared_out_among_sentences() {
        let text = "It rains. Dr. Weber stays at home. Why?";
        assert_eq!(of_english("average_words_per_sentence", text), Some(2.667));
        assert_eq!(of_english("average_words_per_sentence", "  "), None);
        assert_eq!(of_english("average_words_per_sentence", "..."), Some(0.0));
    }
}
