//! The rows that a profile keeps.
//!
//! The one decision: those with the smallest keys ([`sampling_key`]) are kept, so that the rows of the whole are found among
//! those of its parts. Copies of a text have one key: they are kept together, as far as there is room.

use std::collections::BTreeMap;

use arrow_array::LargeStringArray;
use serde::{Deserialize, Serialize};

use crate::operations::drift::labels::{Labels, LabelsBuilder};
use crate::operations::drift::outcome::ColumnUse;
use crate::operations::drift::set::{Origin, RawColumn, Set, Vectors, sampled, sampling_key};
use crate::operations::drift::values::Values;

/// Some rows of a set, with all that belongs to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SampleRows {
    /// Their numbers, rising.
    pub(super) rows: Vec<u64>,
    texts: Vec<String>,
    labels: Option<Vec<Vec<String>>>,
    predictions: Option<Vec<Vec<String>>>,
    probabilities: BTreeMap<String, Vec<f64>>,
    columns: BTreeMap<String, RawColumn>,
    properties: BTreeMap<String, Values>,
    vectors: Option<SampleVectors>,
}

/// Vectors of rows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SampleVectors {
    /// Places of the rows that have one, rising.
    places: Vec<usize>,
    /// Numbers of a vector.
    dimension: usize,
    /// One vector after another.
    numbers: Vec<f32>,
}

impl SampleRows {
    /// At most `most` rows of a set; those of its columns that are kept as they are, are in `raw`.
    pub(super) fn of(set: &Set, raw: &BTreeMap<String, RawColumn>, most: u64, seed: u64) -> Self {
        let places = sampled(set, usize::try_from(most).unwrap_or(usize::MAX), seed);
        let labels = |labels: &Labels| -> Vec<Vec<String>> {
            places.iter().map(|place| labels.of(*place).map(str::to_owned).collect()).collect()
        };
        let taken = |numbers: &Vec<f64>| places.iter().map(|place| numbers[*place]).collect();
        Self {
            rows: places.iter().map(|place| set.rows[*place]).collect(),
            texts: places.iter().map(|place| set.text(*place).unwrap_or_default().to_owned()).collect(),
            labels: set.labels.as_ref().map(labels),
            predictions: set.predictions.as_ref().map(labels),
            probabilities: mapped(&set.probabilities, taken),
            columns: mapped(raw, |column| column.take_rows(&places)),
            properties: mapped(set.properties(), |values| values.take(&places)),
            vectors: set.vectors.as_ref().map(|vectors| {
                let all = SampleVectors {
                    places: vectors.places.clone(),
                    dimension: vectors.dimension,
                    numbers: vectors.numbers.clone(),
                };
                all.take(&places)
            }),
        }
    }

    /// The rows as a set. `uses` says what its columns are compared as.
    pub(super) fn into_set(self, origin: Origin, uses: &BTreeMap<String, ColumnUse>) -> Set {
        let texts: LargeStringArray = self.texts.iter().map(Some).collect();
        let mut set = Set::new(origin, self.rows, texts).with_properties(self.properties);
        set.labels = self.labels.map(|labels| built(&labels));
        set.predictions = self.predictions.map(|labels| built(&labels));
        set.probabilities = self.probabilities;
        let columns = self.columns.into_iter().filter_map(|(name, column)| {
            let used = uses.get(&name).copied()?;
            Some((name, column.into_values(used)?))
        });
        set.columns = columns.collect();
        set.uses.clone_from(uses);
        set.vectors = self.vectors.map(|vectors| Vectors {
            places: vectors.places,
            dimension: vectors.dimension,
            numbers: vectors.numbers,
        });
        set
    }

    /// Of these rows and those of another part below them, at most `most`; the numbers of the part's rows begin at `first`.
    /// What does not fit together is told.
    pub(super) fn then(mut self, below: Self, first: u64, (most, seed): (u64, u64)) -> Result<Self, String> {
        let above = self.rows.len();
        self.rows.extend(below.rows.iter().map(|row| first + row));
        self.texts.extend(below.texts);
        self.labels = joined(self.labels, below.labels);
        self.predictions = joined(self.predictions, below.predictions);
        self.probabilities = both(self.probabilities, below.probabilities, |mut numbers, below| {
            numbers.extend(below);
            Some(numbers)
        })?;
        self.columns = both(self.columns, below.columns, |column, below| Some(column.then(below)))?;
        self.properties = both(self.properties, below.properties, |values, below| values.then(&below))?;
        self.vectors = match (self.vectors, below.vectors) {
            (Some(vectors), Some(below)) => Some(vectors.then(below, above)?),
            (None, None) => None,
            _ => return Err("one has vectors and the other has none".to_owned()),
        };
        Ok(self.smallest(usize::try_from(most).unwrap_or(usize::MAX), seed))
    }

    /// At most `most` rows: those with the smallest keys, earlier ones first.
    fn smallest(self, most: usize, seed: u64) -> Self {
        if self.rows.len() <= most {
            return self;
        }
        let mut keyed: Vec<(u64, usize)> = self.texts.iter().map(|text| sampling_key(text, seed)).zip(0..).collect();
        keyed.select_nth_unstable(most);
        keyed.truncate(most);
        let mut places: Vec<usize> = keyed.into_iter().map(|(_, place)| place).collect();
        places.sort_unstable();
        self.take(&places)
    }

    fn take(self, places: &[usize]) -> Self {
        let labels = |labels: Vec<Vec<String>>| places.iter().map(|place| labels[*place].clone()).collect();
        Self {
            rows: places.iter().map(|place| self.rows[*place]).collect(),
            texts: places.iter().map(|place| self.texts[*place].clone()).collect(),
            labels: self.labels.map(labels),
            predictions: self.predictions.map(labels),
            probabilities: mapped(&self.probabilities, |numbers| places.iter().map(|place| numbers[*place]).collect()),
            columns: mapped(&self.columns, |column| column.take_rows(places)),
            properties: mapped(&self.properties, |values| values.take(places)),
            vectors: self.vectors.map(|vectors| vectors.take(places)),
        }
    }

    /// Whether everything has a value for each row, and nothing points to what is not there.
    pub(super) fn is_sound(&self) -> bool {
        let rows = self.rows.len();
        let labels = [&self.labels, &self.predictions].into_iter().flatten();
        self.rows.is_sorted_by(|a, b| a < b)
            && self.texts.len() == rows
            && labels.into_iter().all(|labels| labels.len() == rows)
            && self.probabilities.values().all(|numbers| numbers.len() == rows)
            && self.columns.values().all(|column| column.is_sound(rows))
            && self.properties.values().all(|values| values.len() == rows && values.is_sound())
            && self.vectors.as_ref().is_none_or(|vectors| vectors.is_sound(rows))
    }
}

impl SampleVectors {
    /// Vectors of some rows, as far as they have one.
    fn take(&self, places: &[usize]) -> Self {
        let mut taken = Self { places: Vec::new(), dimension: self.dimension, numbers: Vec::new() };
        for (at, place) in places.iter().enumerate() {
            if let Ok(found) = self.places.binary_search(place) {
                taken.places.push(at);
                taken.numbers.extend(&self.numbers[found * self.dimension..(found + 1) * self.dimension]);
            }
        }
        taken
    }

    /// These, and those of rows that begin at the place `first`.
    fn then(mut self, below: Self, first: usize) -> Result<Self, String> {
        let is_empty = |vectors: &Self| vectors.places.is_empty();
        if self.dimension != below.dimension && !is_empty(&self) && !is_empty(&below) {
            return Err(format!("one has vectors of {} numbers, the other of {}", self.dimension, below.dimension));
        }
        self.dimension = self.dimension.max(below.dimension);
        self.places.extend(below.places.iter().map(|place| first + place));
        self.numbers.extend(below.numbers);
        Ok(self)
    }

    fn is_sound(&self, rows: usize) -> bool {
        self.places.is_sorted_by(|a, b| a < b)
            && self.places.last().is_none_or(|last| *last < rows)
            && self.places.len().checked_mul(self.dimension) == Some(self.numbers.len())
            && (self.dimension > 0 || self.places.is_empty())
    }
}

fn built(rows: &[Vec<String>]) -> Labels {
    let mut labels = LabelsBuilder::default();
    for row in rows {
        labels.push(row.iter().map(String::as_str));
    }
    labels.finish()
}

fn mapped<V, W>(values: &BTreeMap<String, V>, of: impl Fn(&V) -> W) -> BTreeMap<String, W> {
    values.iter().map(|(name, values)| (name.clone(), of(values))).collect()
}

fn joined<T>(above: Option<Vec<T>>, below: Option<Vec<T>>) -> Option<Vec<T>> {
    let (mut above, below) = (above?, below?);
    above.extend(below);
    Some(above)
}

/// Two maps of the same names, value by value; told is what does not fit together.
pub(super) fn both<V>(
    above: BTreeMap<String, V>,
    mut below: BTreeMap<String, V>,
    join: impl Fn(V, V) -> Option<V>,
) -> Result<BTreeMap<String, V>, String> {
    let mut joined = BTreeMap::new();
    for (name, values) in above {
        let more = below.remove(&name).ok_or_else(|| format!("only the first one has `{name}`"))?;
        let values = join(values, more).ok_or_else(|| format!("`{name}` holds numbers in one of them only"))?;
        joined.insert(name, values);
    }
    match below.into_keys().next() {
        Some(name) => Err(format!("only the second one has `{name}`")),
        None => Ok(joined),
    }
}
