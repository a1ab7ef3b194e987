//! A table's rows into a set.
//!
//! The one decision: only what was asked for is kept. Where a sample is asked for, the file is read twice: rows are counted,
//! chosen by the seed, and only the chosen ones are kept.

use std::collections::{BTreeMap, HashMap, HashSet};

use arrow_array::builder::LargeStringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type};
use arrow_array::{Array, ArrayRef, BooleanArray, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, Schema};
use arrow_select::filter::filter_record_batch;

use super::column::Gathered;
use super::{Computed, Origin, Set, Vectors};
use crate::core::hash::sha256_file;
use crate::core::intake::LocalSource;
use crate::operations::context::RunContext;
use crate::operations::drift::error::DriftError;
use crate::operations::drift::labels::{Labels, LabelsBuilder};
use crate::operations::drift::options::DriftOptions;
use crate::operations::drift::outcome::ColumnUse;
use crate::operations::rows::{Rows, column, is_text, joined_lines, listed, texts_of, written};

/// How a set is read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadOptions<'a> {
    /// What was asked for.
    pub options: &'a DriftOptions,
    /// What the columns are, where the reference has said so.
    pub uses: Option<&'a BTreeMap<String, ColumnUse>>,
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
    let mut reading = Reading::of(&rows.schema, options)?;
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
    reading.finish(origin, how)
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
    others: HashMap<String, Gathered>,
}

impl Reading {
    fn of(schema: &Schema, options: &DriftOptions) -> Result<Self, DriftError> {
        for name in &options.columns {
            column(schema, name)?;
        }
        let named: HashSet<&str> = named_columns(options).into_iter().collect();
        let is_other = |name: &String| {
            !named.contains(name.as_str())
                && !options.ignore_columns.contains(name)
                && (options.columns.is_empty() || options.columns.contains(name))
        };
        let others = schema.fields().iter().filter(|field| is_other(field.name()));
        let builder = |name: &Option<String>| name.clone().map(|name| (name, LabelsBuilder::default()));
        let probabilities = options.probability_columns.0.iter();
        Ok(Self {
            rows: Vec::new(),
            texts: LargeStringBuilder::new(),
            labels: builder(&options.label_column),
            predictions: builder(&options.prediction_column),
            probabilities: probabilities.map(|(label, name)| (label.clone(), (name.clone(), Vec::new()))).collect(),
            vectors: options.embedding_column.clone().map(|name| (name, Vectors::default())),
            others: others.map(|field| (field.name().clone(), Gathered::of(field.data_type()))).collect(),
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
            let numbers = cast(of(name)?, &DataType::Float64).map_err(|_unsupported| not_numbers(name))?;
            values.extend(numbers.as_primitive::<Float64Type>().iter().map(|value| value.unwrap_or(f64::NAN)));
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
        for text in texts_of(&texts) {
            self.texts.append_option(text);
        }
        Ok(())
    }

    fn finish(mut self, origin: Origin, how: ReadOptions<'_>) -> Result<Set, DriftError> {
        let texts = self.texts.finish();
        let empty = |what: &str| DriftError::Empty { name: origin.name.clone(), what: what.to_owned() };
        if texts.is_empty() {
            return Err(empty("no rows"));
        }
        if texts.null_count() == texts.len() {
            return Err(empty("no text in any row"));
        }
        let mut columns = BTreeMap::new();
        let mut uses = BTreeMap::new();
        for (name, gathered) in self.others {
            let known = how.uses.and_then(|uses| uses.get(&name)).copied();
            let used = known.unwrap_or_else(|| gathered.own_use());
            if let Some(values) = gathered.into_values(used) {
                columns.insert(name.clone(), values);
            }
            uses.insert(name, used);
        }
        let built =
            |labels: Option<(String, LabelsBuilder)>| -> Option<Labels> { labels.map(|(_, labels)| labels.finish()) };
        Ok(Set {
            origin,
            rows: self.rows,
            texts,
            labels: built(self.labels),
            predictions: built(self.predictions),
            probabilities: self.probabilities.into_iter().map(|(label, (_, values))| (label, values)).collect(),
            columns,
            uses,
            vectors: self.vectors.map(|(_, vectors)| vectors),
            computed: Computed { wanted_properties: how.options.properties.clone(), ..Computed::default() },
        })
    }
}

/// Labels of some rows: texts, parted where they hold several.
fn take_labels(
    name: &str,
    values: &ArrayRef,
    options: &DriftOptions,
    builder: &mut LabelsBuilder,
) -> Result<(), DriftError> {
    let is_list = matches!(values.data_type(), DataType::List(_) | DataType::LargeList(_));
    // Lists are written with a blank between two labels.
    let separator = if is_list { Some(" ") } else { options.label_separator.as_deref() };
    let bare = |label: &str| -> String {
        let label = label.trim();
        let kind = options.iob.then(|| label.strip_prefix("B-").or_else(|| label.strip_prefix("I-"))).flatten();
        kind.unwrap_or(label).to_owned()
    };
    for text in texts_of(&written(name, values)?) {
        let labels: Vec<String> = match (text, separator) {
            (None, _) => Vec::new(),
            (Some(text), Some(separator)) => {
                text.split(separator).map(bare).filter(|label| !label.is_empty()).collect()
            }
            (Some(text), None) => [bare(text)].into_iter().filter(|label| !label.is_empty()).collect(),
        };
        builder.push(labels.iter().map(String::as_str));
    }
    Ok(())
}

fn not_numbers(name: &str) -> DriftError {
    DriftError::Vectors { column: name.to_owned(), what: "holds no numbers".to_owned() }
}

/// Vectors of some rows: lists of numbers, all of one length; a row may have none.
fn take_vectors(name: &str, values: &ArrayRef, first: usize, vectors: &mut Vectors) -> Result<(), DriftError> {
    let items = |values: &ArrayRef| -> Option<ArrayRef> { cast(values, &DataType::Float32).ok() };
    for row in 0..values.len() {
        if values.is_null(row) {
            continue;
        }
        let list = match values.data_type() {
            DataType::List(_) => values.as_list::<i32>().value(row),
            DataType::LargeList(_) => values.as_list::<i64>().value(row),
            DataType::FixedSizeList(..) => values.as_fixed_size_list().value(row),
            _ => return Err(DriftError::Vectors { column: name.to_owned(), what: "holds no lists".to_owned() }),
        };
        let list = items(&list).ok_or_else(|| not_numbers(name))?;
        let list = list.as_primitive::<Float32Type>();
        if vectors.dimension == 0 {
            vectors.dimension = list.len();
        }
        if list.len() != vectors.dimension || list.null_count() > 0 {
            let what = format!("has vectors of {} and of {} numbers", vectors.dimension, list.len());
            return Err(DriftError::Vectors { column: name.to_owned(), what });
        }
        vectors.places.push(first + row);
        vectors.numbers.extend(list.values());
    }
    Ok(())
}
