//! What is gathered of the columns of a table while its rows stream by.
//!
//! The one decision: memory depends on the number of columns and not on the rows. Of a column there stay digests of its
//! values up to a bound, each value with its rows while they are few and short, and some samples.

use std::collections::HashMap;
use std::hash::BuildHasher as _;

use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::display::{ArrayFormatter, FormatOptions};
use arrow_schema::{DataType, Schema};
use foldhash::quality::FixedState;
use serde_json::Value;

use super::distinct::Distinct;
use super::looks::{self, LooksLike, Tagged};
use super::{DistinctCount, PreviewedColumn, TextLength, ValueCount, sample};
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::ColumnReport;
use crate::operations::rows::{is_text, texts_of};

/// Values of a column that are shown.
const SAMPLES: usize = 5;
/// Different values of a column that are listed with their rows, at most.
const LISTED: usize = 50;
/// Bytes of a value that is listed, at most.
const LISTED_BYTES: usize = 200;

/// The columns of a table, as far as they were read.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) rows: u64,
    columns: Vec<SeenColumn>,
}

impl Seen {
    pub(super) fn of(schema: &Schema) -> Self {
        let count = schema.fields().len();
        let columns = schema.fields().iter().map(|field| SeenColumn::new(field.data_type().clone(), count)).collect();
        Self { rows: 0, columns }
    }

    /// Takes the next rows.
    ///
    /// # Errors
    /// When values can't be written in words.
    pub(super) fn see(&mut self, batch: &RecordBatch) -> Result<(), TableError> {
        self.rows += batch.num_rows() as u64;
        for (column, values) in self.columns.iter_mut().zip(batch.columns()) {
            column.see(values)?;
        }
        Ok(())
    }

    /// What became of each column, in their order.
    pub(super) fn finish(self, reports: Vec<ColumnReport>) -> Vec<PreviewedColumn> {
        reports.into_iter().zip(self.columns).map(|(report, seen)| seen.finish(report)).collect()
    }
}

#[derive(Debug)]
struct SeenColumn {
    data_type: DataType,
    nulls: u64,
    filled: u64,
    samples: Vec<Value>,
    distinct: Distinct,
    /// `None`: there are too many, or one is too long.
    listed: Option<HashMap<String, (Value, u64), FixedState>>,
    chars: u64,
    max_chars: u64,
    spoken: u64,
    tagged: Tagged,
}

impl SeenColumn {
    fn new(data_type: DataType, columns: usize) -> Self {
        Self {
            data_type,
            nulls: 0,
            filled: 0,
            samples: Vec::new(),
            distinct: Distinct::among(columns),
            listed: Some(HashMap::with_hasher(FixedState::default())),
            chars: 0,
            max_chars: 0,
            spoken: 0,
            tagged: Tagged::default(),
        }
    }

    fn see(&mut self, values: &ArrayRef) -> Result<(), TableError> {
        if is_text(values.data_type()) {
            for (row, text) in texts_of(values).into_iter().enumerate() {
                let Some(text) = text else {
                    self.nulls += 1;
                    continue;
                };
                self.measure(text);
                self.take(text, values, row);
            }
            return Ok(());
        }
        let wording = |error: arrow_schema::ArrowError| TableError::Broken { what: error.to_string() };
        let options = FormatOptions::default();
        let words = ArrayFormatter::try_new(values.as_ref(), &options).map_err(wording)?;
        for row in 0..values.len() {
            if values.is_null(row) {
                self.nulls += 1;
                continue;
            }
            let text = words.value(row).try_to_string().map_err(wording)?;
            self.take(&text, values, row);
        }
        Ok(())
    }

    fn measure(&mut self, text: &str) {
        let chars = text.chars().count() as u64;
        self.chars += chars;
        self.max_chars = self.max_chars.max(chars);
        self.spoken += u64::from(looks::is_spoken(text));
    }

    fn take(&mut self, text: &str, values: &ArrayRef, row: usize) {
        self.filled += 1;
        self.tagged.see(text);
        self.distinct.see(FixedState::default().hash_one(text));
        if self.samples.len() < SAMPLES {
            let value = sample::value(values, row);
            if !self.samples.contains(&value) {
                self.samples.push(value);
            }
        }
        let Some(listed) = &mut self.listed else { return };
        if let Some((_, rows)) = listed.get_mut(text) {
            *rows += 1;
        } else if listed.len() < LISTED && text.len() <= LISTED_BYTES {
            listed.insert(text.to_owned(), (sample::value(values, row), 1));
        } else {
            self.listed = None;
        }
    }

    fn finish(self, report: ColumnReport) -> PreviewedColumn {
        let ColumnReport { name, data_type, notes } = report;
        let looks_like = self.look(&name);
        let count = self.distinct.count();
        let distinct = DistinctCount { values: count.min(self.filled), is_exact: self.distinct.is_exact() };
        let length = (is_text(&self.data_type) && self.filled > 0)
            .then(|| TextLength { mean_chars: share(self.chars, self.filled), max_chars: self.max_chars });
        let distinct_share = (self.filled > 0).then(|| share(distinct.values, self.filled));
        let listed = self.listed.map(|listed| {
            let mut listed: Vec<_> = listed.into_iter().collect();
            listed.sort_by(|(a, (_, more)), (b, (_, fewer))| fewer.cmp(more).then_with(|| a.cmp(b)));
            listed.into_iter().map(|(_, (value, rows))| ValueCount { value, rows }).collect()
        });
        let (nulls, samples) = (self.nulls, self.samples);
        PreviewedColumn {
            name,
            data_type,
            notes,
            nulls,
            samples,
            distinct,
            distinct_share,
            values: listed,
            length,
            looks_like,
        }
    }

    fn look(&self, name: &str) -> LooksLike {
        let values: Option<Vec<&str>> = self.listed.as_ref().map(|listed| listed.keys().map(String::as_str).collect());
        let different = self.distinct.count().min(self.filled);
        looks::look(&looks::Facts {
            name,
            data_type: &self.data_type,
            rows: self.filled,
            different,
            is_exact: self.distinct.is_exact(),
            different_share: share(different, self.filled),
            mean_chars: share(self.chars, self.filled),
            spoken_share: share(self.spoken, self.filled),
            values: values.as_deref(),
            tagged: &self.tagged,
        })
    }
}

/// Of rows there are fewer than what a float counts exactly.
#[expect(clippy::cast_precision_loss, reason = "rows of a file are far fewer than 2^53")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}
