//! Pass 1 over JSON: the keys and types of every record.
//!
//! Records are objects, whose keys are the columns. Where no record is one, there is a single column `value`; where
//! some are, the others are rejected in pass 2.

use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};

use super::records::{JsonReader, Layout, Outcome};
use super::shape::{JsonType, Keys, Shape, fields};
use super::tape::Kind;
use crate::core::tabular::column::ColumnNote;
use crate::core::tabular::decoding::TextStream;
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::ColumnReport;
use crate::core::tabular::table::MAX_COLUMNS;

/// Name of the one column of records that are not objects.
const VALUE: &str = "value";

/// What pass 1 found out.
#[derive(Debug)]
pub struct JsonScan {
    pub(super) layout: Layout,
    /// Whether records are objects.
    pub(super) objects: bool,
    pub(super) columns: Vec<(String, JsonType)>,
    notes: Vec<Vec<ColumnNote>>,
}

impl JsonScan {
    /// Reads all of `stream`; `as_text`: every column is text.
    ///
    /// # Errors
    /// When reading fails, an array or stream is not JSON, or there is no record at all.
    pub fn run(layout: Layout, stream: TextStream, as_text: bool) -> Result<Self, TableError> {
        let mut reader = JsonReader::new(layout, stream);
        let (mut keys, mut others) = (Keys::default(), Shape::default());
        let (mut objects, mut values, mut first_fault) = (0_u64, 0_u64, None);
        let mut room = MAX_COLUMNS + 1;
        while let Some(record) = reader.next_record()? {
            match record.outcome {
                Outcome::Value(value) if value.kind() == Kind::Object => {
                    objects += 1;
                    keys.see(value, &mut room);
                }
                Outcome::Value(value) => {
                    values += 1;
                    others.see(value, &mut room);
                }
                Outcome::Bad { reason } => {
                    first_fault.get_or_insert((record.line, reason));
                }
            }
            if room == 0 {
                let what = format!("the number of different keys up to line {}", record.line);
                return Err(TableError::Limit { what, limit: format!("{MAX_COLUMNS} columns") });
            }
        }
        let scan = match (objects, values, first_fault) {
            (0, 0, Some((line, reason))) => Err(TableError::Malformed { line, what: format!("not JSON: {reason}") }),
            (0, 0, None) => Err(TableError::Empty),
            (0, _, _) => Ok(Self::of_values(layout, &others)),
            // Parquet has no table without columns.
            (_, _, _) if keys.len() == 0 => Ok(Self::of_empty_objects(layout)),
            _ => Ok(Self::of_objects(layout, &keys)),
        };
        if as_text { scan.map(Self::into_text) } else { scan }
    }

    /// Strings as they are, every other value as it is written.
    fn into_text(mut self) -> Self {
        self.columns.iter_mut().for_each(|(_, json_type)| *json_type = JsonType::AsWritten);
        self.notes.iter_mut().for_each(Vec::clear);
        self
    }

    fn of_values(layout: Layout, shape: &Shape) -> Self {
        let columns = vec![(VALUE.to_owned(), shape.settle())];
        Self { layout, objects: false, columns, notes: vec![shape.notes()] }
    }

    fn of_empty_objects(layout: Layout) -> Self {
        let notes = vec![vec![ColumnNote::MixedTypes { types: "empty objects".to_owned() }]];
        Self { layout, objects: false, columns: vec![(VALUE.to_owned(), JsonType::AsWritten)], notes }
    }

    fn of_objects(layout: Layout, keys: &Keys) -> Self {
        let settled = keys.iter().map(|(name, shape)| ((name.to_owned(), shape.settle()), shape.notes()));
        let (columns, notes) = settled.unzip();
        Self { layout, objects: true, columns, notes }
    }

    /// Names and types.
    pub fn schema(&self) -> SchemaRef {
        Arc::new(Schema::new(fields(&self.columns)))
    }

    /// The columns for the report.
    pub fn columns(&self) -> Vec<ColumnReport> {
        let columns = self.columns.iter().zip(&self.notes);
        columns
            .map(|((name, json_type), notes)| ColumnReport {
                name: name.clone(),
                data_type: Field::new(name, json_type.data_type(), true).data_type().to_string(),
                notes: notes.clone(),
            })
            .collect()
    }
}
