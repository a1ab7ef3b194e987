//! Flesch's reading ease, with true syllables.
//!
//! Flesch, R. (1948): A new readability yardstick. Journal of Applied Psychology 32: 221–233.

use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "flesch_reading_ease",
    title: "Flesch Reading Ease",
    meaning: "206.835 - 1.015 words per sentence - 84.6 syllables per word: 100 is very easy, 0 very hard; none where \
              there is no word",
    is_english_only: true,
    is_default: false,
    measure: Measure::Number(measure),
};

fn measure(analysis: &Analysis<'_>) -> Option<f64> {
    let (sentences, words) = (analysis.sentences().len(), analysis.sentence_words());
    if sentences == 0 || words == 0 {
        return None;
    }
    let syllables = analysis.sounds().syllables;
    Some(206.835 - 1.015 * share(words, sentences) - 84.6 * share(syllables, words))
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn short_words_in_short_sentences_are_easy() {
        // Six words, one sentence, six syllables.
        let easy = of_english("flesch_reading_ease", "The cat sat on the mat.").unwrap();
        assert!((easy - (206.835 - 1.015 * 6.0 - 84.6)).abs() < 1e-9, "{easy}");
        let hard =
            of_english("flesch_reading_ease", "Sustainability considerations necessitate organisational change.");
        assert!(hard.unwrap() < 0.0, "{hard:?}");
        assert_eq!(of_english("flesch_reading_ease", "..."), None);
    }
}
