//! The school grade that a text asks for, after Flesch and Kincaid.
//!
//! Kincaid, J. P. et al. (1975): Derivation of new readability formulas for Navy enlisted personnel.

use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "flesch_kincaid_grade",
    title: "Flesch-Kincaid Grade",
    meaning: "0.39 words per sentence + 11.8 syllables per word - 15.59: years of school; none where there is no word",
    is_english_only: true,
    is_default: false,
    measure: Measure::Number(measure),
};

fn measure(analysis: &Analysis<'_>) -> Option<f64> {
    let (sentences, words) = (analysis.sentences().len(), analysis.sentence_words());
    if sentences == 0 || words == 0 {
        return None;
    }
    Some(0.39 * share(words, sentences) + 11.8 * share(analysis.sounds().syllables, words) - 15.59)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn grades_follow_the_formula() {
        let grade = of_english("flesch_kincaid_grade", "The cat sat on the mat.").unwrap();
        assert!((grade - (0.39 * 6.0 + 11.8 - 15.59)).abs() < 1e-9, "{grade}");
        assert_eq!(of_english("flesch_kincaid_grade", ""), None);
    }
}
