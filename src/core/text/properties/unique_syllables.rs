//! How many different words of a text `CMUdict` has.
//!
//! deepchecks calls it a count of syllables; it is one of words. `syllable_count` counts syllables.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::{Analysis, Measure, Property, number};
use crate::core::text::pronunciation;

pub(super) const PROPERTY: Property = Property {
    id: "unique_syllables",
    title: "Unique Syllables Count",
    meaning: "as deepchecks computes it: number of different words that are in CMUdict; syllable_count counts syllables",
    is_english_only: true,
    is_default: false,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    let known =
        analysis.tokens().iter().filter(|token| pronunciation::of(token).is_some_and(|found| found.variants > 0));
    number(known.collect::<HashSet<_, RandomState>>().len())
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn known_words_count_once() {
        assert_eq!(of_english("unique_syllables", "The water, the xqzt, the bottle"), Some(3.0));
        assert_eq!(of_english("unique_syllables", ""), Some(0.0));
    }
}
