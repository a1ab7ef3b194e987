//! Facts of a set: what comparisons need of its rows, once those are gone.
//!
//! For: checks of two sets, and profiles. Not for: single rows. The one decision: every fact is a count, or made of counts, so
//! that facts of parts add up to those of the whole.

mod distinct;
mod properties;
mod words;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub(super) use distinct::Distinct;
pub(super) use properties::{Wanted, properties_of};
pub(super) use words::{characters_of, digests_of, words_of};

use super::labels::Labels;
use super::values::{Categories, Values};
pub(super) use crate::core::stats::Confusion;
use crate::core::stats::{Counts, Distribution, MAX_DISTINCT};

/// How often each word is there.
pub(super) type Vocabulary = BTreeMap<String, u64>;
/// How often each character is there.
pub(super) type Characters = BTreeMap<char, u64>;
/// Digests of texts in the form in which two are the same, with the row of each, sorted.
pub(super) type Digests = Vec<(u128, u64)>;

/// How the values of a property or column are distributed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// Numbers.
    Numbers {
        /// Those that are there.
        distribution: Distribution,
        /// How many are missing.
        missing: u64,
    },
    /// Categories, with how many are missing.
    Categories {
        /// How often each is there.
        counts: Counts,
    },
}

impl Fact {
    /// Of values.
    pub fn of(values: &Values) -> Self {
        match values {
            Values::Numbers(numbers) => {
                let missing = numbers.iter().filter(|number| !number.is_finite()).count() as u64;
                let distribution = Distribution::from_values(numbers.iter().copied());
                Self::Numbers { distribution, missing }
            }
            Values::Categories(categories) => Self::Categories { counts: counts_of(categories) },
        }
    }

    /// The fact of these values and of those of another part; `None` where one are numbers and the other categories.
    pub(super) fn then(self, below: Self) -> Option<Self> {
        match (self, below) {
            (Self::Numbers { distribution, missing }, Self::Numbers { distribution: more, missing: more_missing }) => {
                let distribution = distribution.merge(&more).thinned(MAX_DISTINCT);
                Some(Self::Numbers { distribution, missing: missing + more_missing })
            }
            (Self::Categories { mut counts }, Self::Categories { counts: more }) => {
                counts.merge(&more);
                Some(Self::Categories { counts })
            }
            _ => None,
        }
    }

    /// The same, of at most as many different numbers as a profile keeps.
    pub(super) fn thinned(self) -> Self {
        match self {
            Self::Numbers { distribution, missing } => {
                Self::Numbers { distribution: distribution.thinned(MAX_DISTINCT), missing }
            }
            categories @ Self::Categories { .. } => categories,
        }
    }

    /// Values that are there.
    pub fn present(&self) -> u64 {
        match self {
            Self::Numbers { distribution, .. } => distribution.len(),
            Self::Categories { counts } => counts.total(),
        }
    }
}

/// Facts of several properties or columns.
pub(super) fn facts_of(values: &BTreeMap<String, Values>) -> BTreeMap<String, Fact> {
    values.iter().map(|(name, values)| (name.clone(), Fact::of(values))).collect()
}

/// How often each category is there.
pub(super) fn counts_of(categories: &Categories) -> Counts {
    let mut numbers = vec![0_u64; categories.names.len()];
    let mut missing = 0;
    for code in &categories.codes {
        match code {
            Some(code) => numbers[*code as usize] += 1,
            None => missing += 1,
        }
    }
    Counts::new(categories.names.iter().cloned().zip(numbers), missing)
}

/// How often each label is there; rows without one are missing.
pub(super) fn counts_of_labels(labels: &Labels) -> Counts {
    let mut numbers = vec![0_u64; labels.names.len()];
    let mut missing = 0;
    for row in 0..labels.len() {
        let codes = labels.codes(row);
        missing += u64::from(codes.is_empty());
        for code in codes {
            numbers[*code as usize] += 1;
        }
    }
    Counts::new(labels.names.iter().cloned().zip(numbers), missing)
}

/// How often each prediction goes with each label, of rows that have both.
pub(super) fn confusion_of(labels: &Labels, predictions: &Labels) -> Confusion {
    let mut confusion = Confusion::new();
    for row in 0..labels.len().min(predictions.len()) {
        if let (Some(label), Some(prediction)) = (labels.joined(row), predictions.joined(row)) {
            *confusion.entry((label, prediction)).or_default() += 1;
        }
    }
    confusion
}
