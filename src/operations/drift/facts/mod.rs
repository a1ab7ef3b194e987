//! Facts of a set: what comparisons need of its rows, once those are gone.
//!
//! For: checks of two sets, and profiles. Not for: single rows. The one decision: every fact is a count, or made of counts, so
//! that facts of parts add up to those of the whole.

use std::collections::BTreeMap;

use arrow_array::{Array, LargeStringArray};
use serde::{Deserialize, Serialize};

use super::labels::Labels;
use super::set::Set;
use super::values::{Categories, Values};
pub(super) use crate::core::stats::Confusion;
use crate::core::stats::{Counts, Distribution};

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

/// Properties of texts by name.
pub(super) fn properties_of(texts: &LargeStringArray, wanted: &[String]) -> BTreeMap<String, Values> {
    // Until the properties of `core::text` are there.
    let lengths = texts
        .iter()
        .map(|text| text.map_or(f64::NAN, |text| f64::from(u32::try_from(text.chars().count()).unwrap_or(u32::MAX))));
    let _ = wanted;
    BTreeMap::from([("text_length".to_owned(), Values::Numbers(lengths.collect()))])
}

/// How often each word is there.
pub(super) fn words_of(texts: &LargeStringArray) -> Vocabulary {
    let mut words = Vocabulary::new();
    for text in texts.iter().flatten() {
        for word in text.split_whitespace() {
            *words.entry(word.to_lowercase()).or_default() += 1;
        }
    }
    words
}

/// How often each character is there.
pub(super) fn characters_of(texts: &LargeStringArray) -> Characters {
    let mut characters = Characters::new();
    for character in texts.iter().flatten().flat_map(str::chars) {
        *characters.entry(character).or_default() += 1;
    }
    characters
}

/// Which rows have which text.
pub(super) fn digests_of(set: &Set) -> Digests {
    let mut digests: Digests = Vec::with_capacity(set.len());
    for place in 0..set.texts.len() {
        if let Some(text) = set.text(place) {
            digests.push((u128::from_be_bytes(crate::core::text::normalise::normal_key(text)), set.rows[place]));
        }
    }
    digests.sort_unstable();
    digests
}
