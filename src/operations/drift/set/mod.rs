//! The rows of one side in memory, and what is computed of them once.
//!
//! For: checks. Not for: reading files (`read`). The one decision: what checks share (properties, words, digests, counts) is
//! computed when the first of them asks, and kept; so a suite pays for what it uses, and nothing twice.

mod cells;
mod column;
mod embed;
mod gathering;
mod read;
mod sample;
#[cfg(test)]
pub(super) mod samples;
mod save;
mod tokens;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use arrow_array::{Array, LargeStringArray};
use tokio_util::sync::CancellationToken;

pub(super) use column::{ColumnFacts, RawColumn};
pub(super) use read::{ReadOptions, read};
pub(super) use sample::{sampled, sampling_key};
pub(super) use save::save_properties;
pub(super) use tokens::Tokens;

use super::error::DriftError;
use super::facts::{self, Characters, Confusion, Digests, Distinct, Fact, Vocabulary, Wanted};
use super::labels::Labels;
use super::outcome::{ColumnUse, SideOutcome};
use super::values::Values;
use crate::core::stats::Counts;

/// Where the rows come from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// The file, as it was named.
    pub name: String,
    /// SHA-256 of its bytes, as hexadecimal digits.
    pub sha256: String,
    /// Its rows; more than those of the set where a sample was asked for.
    pub rows: u64,
    /// Rows that can't be read.
    pub rejected: u64,
    /// Where and why the first of them.
    pub first_reject: Option<String>,
}

/// Vectors of some rows.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Vectors {
    /// Places of the rows in the set that have one, rising.
    pub places: Vec<usize>,
    /// Numbers of a vector.
    pub dimension: usize,
    /// One vector after another.
    pub numbers: Vec<f32>,
}

impl Vectors {
    /// The vectors, one after another.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &[f32]> {
        self.numbers.chunks_exact(self.dimension.max(1))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }
}

/// The rows of one side.
#[derive(Debug)]
pub struct Set {
    /// Where they come from.
    pub origin: Origin,
    /// Which rows of the file they are, from 0, rising.
    pub rows: Vec<u64>,
    /// Their texts; `None` where it is missing.
    pub texts: LargeStringArray,
    /// Their labels, if there is a column of them.
    pub labels: Option<Labels>,
    /// What a model says their labels are, if there is a column of that.
    pub predictions: Option<Labels>,
    /// How probable a model holds each label, by label; a column each.
    pub probabilities: BTreeMap<String, Vec<f64>>,
    /// Other columns by name, those that are compared.
    pub columns: BTreeMap<String, Values>,
    /// What is done with each of the other columns.
    pub uses: BTreeMap<String, ColumnUse>,
    /// Vectors of the texts, if an embedder or a column gave them.
    pub vectors: Option<Vectors>,
    /// Other columns as the file has them, where a profile is made of the set.
    pub(super) raw_columns: BTreeMap<String, RawColumn>,
    pub(super) computed: Computed,
}

/// What is computed when it is first asked for.
#[derive(Debug, Default)]
pub(super) struct Computed {
    wanted: Wanted,
    cancel: CancellationToken,
    distinct: OnceLock<Distinct>,
    properties: OnceLock<BTreeMap<String, Values>>,
    property_facts: OnceLock<BTreeMap<String, Fact>>,
    column_facts: OnceLock<BTreeMap<String, Fact>>,
    words: OnceLock<Vocabulary>,
    characters: OnceLock<Characters>,
    digests: OnceLock<Digests>,
    tokens: OnceLock<Tokens>,
}

impl Computed {
    /// Nothing yet; these properties will be computed, until somebody says stop.
    ///
    /// # Errors
    /// When there is no such property.
    pub(super) fn of(properties: &[String], cancel: &CancellationToken) -> Result<Self, DriftError> {
        Ok(Self { wanted: Wanted::of(properties)?, cancel: cancel.clone(), ..Self::default() })
    }
}

impl Set {
    /// Rows with their texts, and nothing else.
    pub(super) fn new(origin: Origin, rows: Vec<u64>, texts: LargeStringArray) -> Self {
        Self {
            origin,
            rows,
            texts,
            labels: None,
            predictions: None,
            probabilities: BTreeMap::new(),
            columns: BTreeMap::new(),
            uses: BTreeMap::new(),
            vectors: None,
            raw_columns: BTreeMap::new(),
            computed: Computed::default(),
        }
    }

    /// The same, with properties that are known already.
    pub(super) fn with_properties(mut self, properties: BTreeMap<String, Values>) -> Self {
        self.computed.properties = properties.into();
        self
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The text of the row at a place; `None` where it is missing.
    pub fn text(&self, place: usize) -> Option<&str> {
        self.texts.is_valid(place).then(|| self.texts.value(place))
    }

    /// The label of the row at a place as one word, `None` where it is missing.
    pub fn label(&self, place: usize) -> Option<String> {
        self.labels.as_ref().and_then(|labels| labels.joined(place))
    }

    /// Its different texts.
    fn distinct(&self) -> &Distinct {
        self.computed.distinct.get_or_init(|| Distinct::of(&self.texts))
    }

    /// Properties of the texts by name, a value a row.
    pub fn properties(&self) -> &BTreeMap<String, Values> {
        let Computed { wanted, cancel, properties, .. } = &self.computed;
        properties.get_or_init(|| facts::properties_of(&self.texts, self.distinct(), wanted, cancel))
    }

    /// How the properties are distributed.
    pub fn property_facts(&self) -> &BTreeMap<String, Fact> {
        self.computed.property_facts.get_or_init(|| facts::facts_of(self.properties()))
    }

    /// How other columns are distributed.
    pub fn column_facts(&self) -> &BTreeMap<String, Fact> {
        self.computed.column_facts.get_or_init(|| facts::facts_of(&self.columns))
    }

    /// How often each label is there.
    pub fn label_counts(&self) -> Option<Counts> {
        self.labels.as_ref().map(facts::counts_of_labels)
    }

    /// How often each prediction is there.
    pub fn prediction_counts(&self) -> Option<Counts> {
        self.predictions.as_ref().map(facts::counts_of_labels)
    }

    /// How often each prediction goes with each label.
    pub fn confusion(&self) -> Option<Confusion> {
        Some(facts::confusion_of(self.labels.as_ref()?, self.predictions.as_ref()?))
    }

    /// How often each word is there.
    pub fn words(&self) -> &Vocabulary {
        self.computed.words.get_or_init(|| facts::words_of(&self.texts, self.distinct()))
    }

    /// How often each character is there.
    pub fn characters(&self) -> &Characters {
        self.computed.characters.get_or_init(|| facts::characters_of(&self.texts, self.distinct()))
    }

    /// Which rows have which text, in the form in which two texts are the same.
    pub fn digests(&self) -> &Digests {
        self.computed.digests.get_or_init(|| facts::digests_of(&self.texts, self.distinct(), &self.rows))
    }

    /// Rows whose text is missing or empty.
    pub(super) fn without_text(&self) -> u64 {
        self.texts.iter().filter(|text| text.is_none_or(str::is_empty)).count() as u64
    }

    pub(super) fn outcome(&self) -> SideOutcome {
        SideOutcome {
            source: self.origin.name.clone(),
            sha256: self.origin.sha256.clone(),
            is_profile: false,
            rows: self.len() as u64,
            rows_in_file: self.origin.rows,
            rejected: self.origin.rejected,
            first_reject: self.origin.first_reject.clone(),
            without_text: self.without_text(),
            columns: self.uses.clone(),
        }
    }
}
