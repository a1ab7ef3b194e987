//! Reading ease as deepchecks has it, which is not Flesch's.
//!
//! It puts the number of pronunciations that `CMUdict` lists where the formula has syllables; most words have one, so
//! that texts come out far easier than they are. For comparing with its numbers; `flesch_reading_ease` is the right one.

use super::rounding::rounded;
use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "reading_ease",
    title: "Reading Ease",
    meaning: "as deepchecks computes it: Flesch's formula with listed pronunciations in place of syllables, and so far \
              too high; flesch_reading_ease is the right one",
    is_english_only: true,
    is_default: true,
    measure: Measure::Number(measure),
};

fn measure(analysis: &Analysis<'_>) -> Option<f64> {
    let (sentences, words) = (analysis.sentences().len(), analysis.words().len());
    let variants = analysis.sounds().variants;
    if sentences == 0 || words == 0 || variants == 0 {
        return None;
    }
    Some(rounded(206.835 - 1.015 * share(words, sentences) - 84.6 * share(variants, words), 3))
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn pronunciations_stand_where_syllables_should() {
        // One sentence of two words with one pronunciation each.
        assert_eq!(of_english("reading_ease", "Sustainability matters."), Some(120.205));
        assert_eq!(of_english("reading_ease", "xqzt"), None);
        assert_eq!(of_english("reading_ease", ""), None);
    }
}
