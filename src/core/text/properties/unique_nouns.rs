//! How many different nouns a text has: known, and not to be had.
//!
//! deepchecks counts what NLTK's averaged perceptron takes for a noun. The tables of that tagger come from NLTK's own
//! server alone, and no package registry has them. The older tables of the same author (textblob-aptagger, MIT) tag
//! otherwise: 50 of 113 texts get another count by them, so that nothing could be compared with anybody's numbers.

use super::{Measure, Property};

pub(super) const PROPERTY: Property = Property {
    id: "unique_noun_count",
    title: "Unique Noun Count",
    meaning: "number of different nouns",
    is_english_only: true,
    is_default: false,
    measure: Measure::Unavailable("needs the tables of NLTK's part-of-speech tagger, which no package registry has"),
};
