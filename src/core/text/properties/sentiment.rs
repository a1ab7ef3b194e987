//! How positive and how subjective a text is, by its words.
//!
//! deepchecks hands its words to `TextBlob`, so marks and faces made of marks have no part in it. It draws 10,000 words
//! of longer texts; here all of them count.

use super::{Analysis, Measure, Property};
use crate::core::text::sentiment::{Sentiment, sentiment};

pub(super) const SENTIMENT: Property = property(
    "sentiment",
    "Sentiment",
    "polarity of the words, -1 negative to 1 positive, by the lexicon of pattern and TextBlob",
    |analysis| Some(of(analysis).polarity),
);

pub(super) const SUBJECTIVITY: Property = property(
    "subjectivity",
    "Subjectivity",
    "subjectivity of the words, 0 objective to 1 subjective, by the lexicon of pattern and TextBlob",
    |analysis| Some(of(analysis).subjectivity),
);

const fn property(
    id: &'static str,
    title: &'static str,
    meaning: &'static str,
    measure: fn(&Analysis<'_>) -> Option<f64>,
) -> Property {
    Property { id, title, meaning, is_english_only: true, is_default: true, measure: Measure::Number(measure) }
}

fn of(analysis: &Analysis<'_>) -> Sentiment {
    sentiment(analysis.words().iter())
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn marks_and_capitals_make_no_difference() {
        assert_eq!(of_english("sentiment", "GOOD!!! :-("), of_english("sentiment", "good"));
        assert_eq!(of_english("sentiment", "This is not good."), Some(-0.35));
        assert_eq!(of_english("subjectivity", ""), Some(0.0));
    }
}
