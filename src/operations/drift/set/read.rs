//! A table's rows into a set.
//!
//! The one decision: only what was asked for is kept. Where a sample is asked for, the file is read twice: rows are counted,
//! chosen by the seed, and only the chosen ones are kept.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow_array::builder::LargeStringBuilder;
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_schema::Schema;
use arrow_select::filter::filter_record_batch;
use tokio_util::sync::CancellationToken;

use super::cells::{take_labels, take_numbers, take_vectors};
use super::gathering::Gathering;
use super::{Computed, Origin, Set, Vectors};
use crate::core::hash::sha256_file;
use crate::core::intake::LocalSource;
use crate::core::tabular::format::{Promise, TextWish, promise};
use crate::operations::context::RunContext;
use crate::operations::drift::error::DriftError;
use crate::operations::drift::labels::LabelsBuilder;
use crate::operations::drift::options::DriftOptions;
use crate::operations::drift::outcome::ColumnUse;
use crate::operations::rows::{Rows, column, is_parquet, is_text, joined_lines, listed, texts_of, written};

/// How a set is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadOptions<'a> {
    /// What was asked for.
    pub options: &'a DriftOptions,
    /// What the columns are, where the reference has said so.
    pub uses: Option<&'a BTreeMap<String, ColumnUse>>,
    /// Whether other columns are kept as the file has them, for a profile.
    pub keeps_raw_columns: bool,
}

/// Reads a set.
///
/// # Errors
/// When the table can't be read, a column is not there, or there is no text in it.
pub(crate) fn read(source: &LocalSource, how: ReadOptions<'_>, context: &RunContext) -> Result<Set, DriftError> {
    let options = how.options;
    let name = source.path().display().to_string();
    let (sha256, _) = sha256_file(source.path()).map_err(DriftError::storage(source.path()))?;
    let named = named_columns(options);
    let chosen = options.max_rows.map(|most| chosen_rows(source, most, options, context)).transpose()?.flatten();
    let mut rows = Rows::open(source, &named, context)?;
    if options.text_column.is_empty() {
        return Err(DriftError::TextColumnRequired { columns: texts_first(&rows.schema) });
    }
    let mut reading = Reading::of(&rows.schema, how)?;
    reading.empty_for_missing = is_delimited(source);
    let mut first = 0_u64;
    while let Some(batch) = rows.next_batch()? {
        if context.cancel.is_cancelled() {
            return Err(DriftError::Cancelled);
        }
        reading.take(&batch, first, chosen.as_ref(), options)?;
        first += batch.num_rows() as u64;
    }
    let origin =
        Origin { name, sha256, rows: first, rejected: rows.rejected.count, first_reject: rows.rejected.first.take() };
    reading.finish(origin, how, &context.cancel)
}

/// Whether the file can't tell an empty text from a missing one: it is an empty one then, as the field's tools read it.
fn is_delimited(source: &LocalSource) -> bool {
    let LocalSource::File { name, path } = source else { return false };
    !is_parquet(path) && matches!(promise(name), Some(Promise::Text(TextWish::Delimited(_))))
}

/// Columns that have a part to play.
fn named_columns(options: &DriftOptions) -> Vec<&str> {
    let mut named: Vec<&str> = options.text_column.iter().map(String::as_str).collect();
    named.extend(options.label_column.as_deref());
    named.extend(options.prediction_column.as_deref());
    named.extend(options.embedding_column.as_deref());
    named.extend(options.probability_columns.0.values().map(String::as_str));
    named
}

fn texts_first(schema: &Schema) -> String {
    let (texts, others): (Vec<_>, Vec<_>) =
        schema.fields().iter().cloned().partition(|field| is_text(field.data_type()));
    listed(&Schema::new(texts.into_iter().chain(others).collect::<Vec<_>>()))
}

/// Rows chosen by the seed, if the table has more than may be looked at.
fn chosen_rows(
    source: &LocalSource,
    most: u64,
    options: &DriftOptions,
    context: &RunContext,
) -> Result<Option<HashSet<u64>>, DriftError> {
    let mut rows = Rows::open(source, &named_columns(options), context)?;
    let mut count = 0_u64;
    while let Some(batch) = rows.next_batch()? {
        count += batch.num_rows() as u64;
    }
    if count <= most {
        return Ok(None);
    }
    let mut random = fastrand::Rng::with_seed(options.seed);
    let wanted = usize::try_from(most).unwrap_or(usize::MAX);
    Ok(Some(random.choose_multiple(0..count, wanted).into_iter().collect()))
}

/// A set while it is read.
struct Reading {
    rows: Vec<u64>,
    texts: LargeStringBuilder,
    labels: Option<(String, LabelsBuilder)>,
    predictions: Option<(String, LabelsBuilder)>,
    probabilities: BTreeMap<String, (String, Vec<f64>)>,
    vectors: Option<(String, Vectors)>,
    others: HashMap<String, Gathering>,
    empty_for_missing: bool,
}

impl Reading {
    fn of(schema: &Schema, how: ReadOptions<'_>) -> Result<Self, DriftError> {
        let options = how.options;
        for name in &options.columns {
            column(schema, name)?;
        }
        let named: HashSet<&str> = named_columns(options).into_iter().collect();
        let is_other = |name: &String| {
            !named.contains(name.as_str())
                && !options.ignore_columns.contains(name)
                && (options.columns.is_empty() || options.columns.contains(name))
        };
        let mut others = HashMap::new();
        for field in schema.fields().iter().filter(|field| is_other(field.name())) {
            let known = how.uses.and_then(|uses| uses.get(field.name())).copied();
            if others.insert(field.name().clone(), Gathering::of(field.data_type(), known)).is_some() {
                return Err(DriftError::SameName { column: field.name().clone() });
            }
        }
        if let Some(name) = named.into_iter().find(|name| is_several(schema, name)) {
            return Err(DriftError::SameName { column: name.to_owned() });
        }
        let builder = |name: &Option<String>| name.clone().map(|name| (name, LabelsBuilder::default()));
        let probabilities = options.probability_columns.0.iter();
        Ok(Self {
            rows: Vec::new(),
            texts: LargeStringBuilder::new(),
            labels: builder(&options.label_column),
            predictions: builder(&options.prediction_column),
            probabilities: probabilities.map(|(label, name)| (label.clone(), (name.clone(), Vec::new()))).collect(),
            vectors: options.embedding_column.clone().map(|name| (name, Vectors::default())),
            others,
            empty_for_missing: false,
        })
    }

    fn take(
        &mut self,
        batch: &RecordBatch,
        first: u64,
        chosen: Option<&HashSet<u64>>,
        options: &DriftOptions,
    ) -> Result<(), DriftError> {
        let numbers: Vec<u64> = (first..first + batch.num_rows() as u64).collect();
        match chosen {
            None => self.take_all(batch, &numbers, options),
            Some(chosen) => {
                let mask: BooleanArray = numbers.iter().map(|row| Some(chosen.contains(row))).collect();
                let kept: Vec<u64> = numbers.into_iter().filter(|row| chosen.contains(row)).collect();
                match filter_record_batch(batch, &mask) {
                    Ok(batch) => self.take_all(&batch, &kept, options),
                    Err(error) => Err(DriftError::Empty { name: error.to_string(), what: "no rows".to_owned() }),
                }
            }
        }
    }

    fn take_all(&mut self, batch: &RecordBatch, numbers: &[u64], options: &DriftOptions) -> Result<(), DriftError> {
        let schema = batch.schema();
        let of = |name: &str| Ok::<_, DriftError>(batch.column(column(&schema, name)?));
        self.take_texts(batch, options)?;
        for (name, builder) in self.labels.iter_mut().chain(&mut self.predictions) {
            take_labels(name, of(name)?, options, builder)?;
        }
        for (name, values) in self.probabilities.values_mut() {
            take_numbers(name, of(name)?, values)?;
        }
        if let Some((name, vectors)) = &mut self.vectors {
            take_vectors(name, of(name)?, self.rows.len(), vectors)?;
        }
        for (name, gathered) in &mut self.others {
            gathered.take(of(name)?);
        }
        self.rows.extend(numbers);
        Ok(())
    }

    fn take_texts(&mut self, batch: &RecordBatch, options: &DriftOptions) -> Result<(), DriftError> {
        let schema = batch.schema();
        let columns = options.text_column.iter().map(|name| {
            let place = column(&schema, name)?;
            Ok(written(name, batch.column(place))?)
        });
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, DriftError>>()?;
        let texts = match columns.as_slice() {
            [only] => ArrayRef::clone(only),
            several => joined_lines(several, batch.num_rows()),
        };
        let for_missing = self.empty_for_missing.then_some("");
        for text in texts_of(&texts) {
            self.texts.append_option(text.or(for_missing));
        }
        Ok(())
    }

    fn finish(self, origin: Origin, how: ReadOptions<'_>, cancel: &CancellationToken) -> Result<Set, DriftError> {
        let Self { rows, mut texts, labels, predictions, probabilities, vectors, others, .. } = self;
        let mut texts = texts.finish();
        texts.shrink_to_fit();
        let empty = |what: &str| DriftError::Empty { name: origin.name.clone(), what: what.to_owned() };
        if texts.is_empty() {
            return Err(empty("no rows"));
        }
        if texts.iter().all(|text| text.is_none_or(str::is_empty)) {
            return Err(empty("no text in any row"));
        }
        let mut set = Set::new(origin, rows, texts);
        set.computed = Computed::of(&how.options.properties, cancel)?;
        for (name, gathered) in others {
            let raw = gathered.finish();
            let known = how.uses.and_then(|uses| uses.get(&name)).copied();
            let used = known.unwrap_or_else(|| raw.facts().own_use());
            set.uses.insert(name.clone(), used);
            if how.keeps_raw_columns {
                set.raw_columns.insert(name.clone(), raw.clone());
            }
            if let Some(values) = raw.into_values(used) {
                set.columns.insert(name, values);
            }
        }
        set.labels = labels.map(|(_, labels)| labels.finish());
        set.predictions = predictions.map(|(_, predictions)| predictions.finish());
        set.probabilities = probabilities.into_iter().map(|(label, (_, values))| (label, values)).collect();
        set.vectors = vectors.map(|(_, vectors)| vectors);
        Ok(set)
    }
}

fn is_several(schema: &Schema, name: &str) -> bool {
    schema.fields().iter().filter(|field| field.name() == name).count() > 1
}
