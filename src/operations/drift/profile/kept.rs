//! A profile as it is kept in its file, and what two of them come to.
//!
//! The one decision: columns are kept as the file has them, so that what they are compared as is decided by the whole, once
//! all parts are together: a part alone has too few rows to tell categories from names.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Profile;
use super::options::ProfileOptions;
use super::rows::{SampleRows, both};
use crate::core::stats::Counts;
use crate::core::telemetry::build_info::BUILD;
use crate::operations::drift::facts::{Characters, Fact, Vocabulary};
use crate::operations::drift::outcome::ColumnUse;
use crate::operations::drift::set::{ColumnFacts, Origin, RawColumn, Set};

/// What the file of a profile holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kept {
    /// The build that wrote it.
    pub(super) build: String,
    /// What was asked for.
    pub(super) options: ProfileOptions,
    /// The model of its vectors and the model's revision; `None`: they were in a column, or there are none.
    pub(super) model: Option<String>,
    /// The tables that it was made of, in their order.
    pub(super) sources: Vec<KeptSource>,
    without_text: u64,
    uses: BTreeMap<String, ColumnUse>,
    columns: BTreeMap<String, ColumnFacts>,
    properties: BTreeMap<String, Fact>,
    labels: Option<Counts>,
    predictions: Option<Counts>,
    /// Label, prediction, rows.
    confusion: Option<Vec<(String, String, u64)>>,
    words: Vocabulary,
    characters: Characters,
    /// Digest of a text in two halves, and its row; sorted.
    digests: Vec<(u64, u64, u64)>,
    pub(super) sample: SampleRows,
}

/// A table that a profile was made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeptSource {
    /// The file, as it was named.
    pub(super) name: String,
    /// SHA-256 of its bytes.
    pub(super) sha256: String,
    /// Its rows.
    pub(super) rows: u64,
    /// Rows that can't be read.
    pub(super) rejected: u64,
    /// Where and why the first of them.
    pub(super) first_reject: Option<String>,
}

impl Kept {
    /// Of a set. `model` made its vectors.
    pub(super) fn of(set: &Set, options: &ProfileOptions, model: Option<String>) -> Self {
        let compared;
        let raw = if set.raw_columns.is_empty() {
            compared = set.columns.iter().map(|(name, values)| (name.clone(), RawColumn::of(values))).collect();
            &compared
        } else {
            &set.raw_columns
        };
        let Origin { name, sha256, rows, rejected, first_reject } = set.origin.clone();
        let thinned = |(name, fact): (&String, &Fact)| (name.clone(), fact.clone().thinned());
        Self {
            build: format!("{} {}", BUILD.version, BUILD.commit),
            options: options.clone(),
            model,
            sources: vec![KeptSource { name, sha256, rows, rejected, first_reject }],
            without_text: set.without_text(),
            uses: set.uses.clone(),
            columns: raw.iter().map(|(name, column)| (name.clone(), column.facts().thinned())).collect(),
            properties: set.property_facts().iter().map(thinned).collect(),
            labels: set.label_counts(),
            predictions: set.prediction_counts(),
            confusion: set.confusion().map(|confusion| {
                confusion.into_iter().map(|((label, prediction), rows)| (label, prediction, rows)).collect()
            }),
            words: set.words().clone(),
            characters: set.characters().clone(),
            digests: set.digests().iter().map(|(digest, row)| halves(*digest, *row)).collect(),
            sample: SampleRows::of(set, raw, options.sample_rows, options.seed),
        }
    }

    /// Rows of the tables.
    pub(super) fn rows(&self) -> u64 {
        self.sources.iter().map(|source| source.rows).sum()
    }

    /// Rows that can't be read.
    pub(super) fn rejected(&self) -> u64 {
        self.sources.iter().map(|source| source.rejected).sum()
    }

    /// Where and why the first of them.
    pub(super) fn first_reject(&self) -> Option<String> {
        let mut rejects = self.sources.iter().filter_map(|source| Some((&source.name, source.first_reject.as_ref()?)));
        rejects.next().map(|(name, reject)| format!("{name}: {reject}"))
    }

    /// The profile of these rows and those of another part below them; what does not fit together is told.
    pub(super) fn then(mut self, below: Self) -> Result<Self, String> {
        if self.options != below.options {
            return Err("they were made with different options".to_owned());
        }
        if self.model != below.model {
            let model = |model: &Option<String>| model.as_deref().unwrap_or("no model").to_owned();
            return Err(format!(
                "vectors of one are by {}, of the other by {}",
                model(&self.model),
                model(&below.model)
            ));
        }
        let first = self.rows();
        self.columns = both(self.columns, below.columns, |facts, below| Some(facts.then(below)))?;
        self.uses = self.columns.iter().map(|(name, facts)| (name.clone(), facts.own_use())).collect();
        self.properties = both(self.properties, below.properties, Fact::then)?;
        self.without_text += below.without_text;
        for (counts, more) in [(&mut self.labels, &below.labels), (&mut self.predictions, &below.predictions)] {
            if let (Some(counts), Some(more)) = (counts.as_mut(), more) {
                counts.merge(more);
            }
        }
        self.confusion = added(self.confusion, below.confusion);
        for (word, rows) in below.words {
            *self.words.entry(word).or_default() += rows;
        }
        for (character, rows) in below.characters {
            *self.characters.entry(character).or_default() += rows;
        }
        self.digests.extend(below.digests.into_iter().map(|(high, low, row)| (high, low, first + row)));
        self.digests.sort_unstable();
        let choice = (self.options.sample_rows, self.options.seed);
        self.sample = self.sample.then(below.sample, first, choice)?;
        self.sources.extend(below.sources);
        Ok(self)
    }

    /// Whether its parts fit together; a file may hold anything.
    pub(super) fn is_sound(&self) -> bool {
        self.sample.is_sound()
            && self.digests.is_sorted()
            && !self.sources.is_empty()
            && self.uses.keys().eq(self.columns.keys())
            && self.sources.iter().try_fold(0_u64, |rows, source| rows.checked_add(source.rows)).is_some()
    }

    /// To be compared with. `name` and `sha256` are those of the file.
    pub(super) fn into_profile(self, name: String, sha256: String) -> Profile {
        let (rows, rejected, first_reject) = (self.rows(), self.rejected(), self.first_reject());
        let fact = |(name, facts): (&String, &ColumnFacts)| Some((name.clone(), facts.fact(*self.uses.get(name)?)?));
        let columns = self.columns.iter().filter_map(fact).collect();
        let confusion = self.confusion.map(|confusion| {
            confusion.into_iter().map(|(label, prediction, rows)| ((label, prediction), rows)).collect()
        });
        let origin = Origin { name: name.clone(), sha256: sha256.clone(), rows, ..Origin::default() };
        Profile {
            name,
            sha256,
            rows,
            rejected,
            first_reject,
            without_text: self.without_text,
            columns,
            properties: self.properties,
            labels: self.labels,
            predictions: self.predictions,
            confusion,
            words: self.words,
            characters: self.characters,
            digests: self.digests.into_iter().map(|(high, low, row)| (whole(high, low), row)).collect(),
            sample: self.sample.into_set(origin, &self.uses),
            uses: self.uses,
            options: self.options,
            model: self.model,
        }
    }
}

fn halves(digest: u128, row: u64) -> (u64, u64, u64) {
    let bytes = digest.to_be_bytes();
    let half = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte));
    let (high, low) = bytes.split_at(8);
    (half(high), half(low), row)
}

fn whole(high: u64, low: u64) -> u128 {
    (u128::from(high) << 64) | u128::from(low)
}

type Confused = Vec<(String, String, u64)>;

fn added(above: Option<Confused>, below: Option<Confused>) -> Option<Confused> {
    let mut sums: BTreeMap<(String, String), u64> = BTreeMap::new();
    for (label, prediction, rows) in above?.into_iter().chain(below?) {
        *sums.entry((label, prediction)).or_default() += rows;
    }
    Some(sums.into_iter().map(|((label, prediction), rows)| (label, prediction, rows)).collect())
}
