//! How many pronunciations the words of a sentence have on average.
//!
//! deepchecks calls it a length in syllables; it counts pronunciations of `CMUdict`, as `reading_ease` does.

use super::rounding::rounded;
use super::{Analysis, Measure, Property, share};
use crate::core::text::pronunciation;

pub(super) const PROPERTY: Property = Property {
    id: "average_syllable_length",
    title: "Average Syllable Length",
    meaning: "as deepchecks computes it: pronunciations that CMUdict lists for the words, divided by sentences, to two \
              decimals; none where there is no sentence",
    is_english_only: true,
    is_default: false,
    measure: Measure::Number(measure),
};

fn measure(analysis: &Analysis<'_>) -> Option<f64> {
    let sentences = analysis.sentences().len();
    let listed = analysis.tokens().iter().filter_map(|token| pronunciation::of(token));
    let variants = listed.map(|found| usize::from(found.variants)).sum();
    (sentences > 0).then(|| rounded(share(variants, sentences), 2))
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn every_occurrence_of_a_word_counts() {
        // `the` has three pronunciations, `water` and `bottle` have one.
        assert_eq!(of_english("average_syllable_length", "The water, the bottle"), Some(8.0));
        assert_eq!(of_english("average_syllable_length", ""), None);
    }
}
