//! Pass 2 over JSON: records into Arrow batches, those that don't fit into the rejects.

use std::sync::Arc;

use arrow_array::{RecordBatch, RecordBatchOptions};
use arrow_schema::SchemaRef;

use super::builder::{JsonBuilder, ObjectBuilder};
use super::records::{JsonReader, Outcome};
use super::scan::JsonScan;
use super::tape::{Kind, Value};
use crate::core::tabular::column::Misfit;
use crate::core::tabular::decoding::TextStream;
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::TableNote;
use crate::core::tabular::table::{BATCH_BYTES, BATCH_CELLS, BATCH_ROWS, Batches, Rejects};

/// Reads the records of a JSON text. Streams; holds one record whole.
#[derive(Debug)]
pub struct JsonBatches {
    reader: JsonReader,
    schema: SchemaRef,
    /// Columns, those inside objects counted.
    width: usize,
    rows: Rows,
}

#[derive(Debug)]
enum Rows {
    Objects(ObjectBuilder),
    Values(JsonBuilder),
}

impl Rows {
    fn push(&mut self, value: Value<'_>) -> Result<(), Misfit> {
        match self {
            Self::Objects(builder) => builder.push(value),
            Self::Values(builder) => builder.push(Some(value)),
        }
    }
}

impl JsonBatches {
    /// Reads from the beginning of `stream` as `scan` found out.
    pub fn new(scan: &JsonScan, stream: TextStream) -> Self {
        let rows = if scan.objects {
            Rows::Objects(ObjectBuilder::new(&scan.columns))
        } else {
            let (_, json_type) = &scan.columns[0];
            Rows::Values(JsonBuilder::new(json_type))
        };
        let schema = scan.schema();
        let width = schema.flattened_fields().len();
        Self { reader: JsonReader::new(scan.layout, stream), schema, width, rows }
    }
}

impl Batches for JsonBatches {
    fn next_batch(&mut self, rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        let wants_objects = matches!(self.rows, Rows::Objects(_));
        let (mut rows, mut bytes) = (0, 0);
        while rows < BATCH_ROWS && rows * self.width < BATCH_CELLS && bytes < BATCH_BYTES {
            let Some(record) = self.reader.next_record()? else { break };
            match record.outcome {
                Outcome::Bad { reason } => {
                    rejects.reject(record.line, &format!("not JSON: {reason}"), record.raw.as_bytes())?
                }
                Outcome::Value(value) if wants_objects && value.kind() != Kind::Object => {
                    rejects.reject(record.line, "not an object, as the other records are", record.raw.as_bytes())?;
                }
                Outcome::Value(value) => {
                    rows += 1;
                    bytes += record.raw.len();
                    self.rows.push(value).map_err(|Misfit| TableError::Changed { line: record.line })?;
                }
            }
        }
        if rows == 0 {
            return Ok(None);
        }
        let arrays = match &mut self.rows {
            Rows::Objects(builder) => builder.finish_columns(),
            Rows::Values(builder) => vec![builder.finish()],
        };
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let batch = RecordBatch::try_new_with_options(Arc::clone(&self.schema), arrays, &options);
        batch.map(Some).map_err(|_unequal| TableError::Changed { line: 0 })
    }

    fn notes(&self) -> Vec<TableNote> {
        let duplicates = match &self.rows {
            Rows::Objects(builder) => builder.duplicates(),
            Rows::Values(_) => 0,
        };
        let blank = self.reader.blank_lines();
        let notes = [
            (blank, TableNote::BlankLines { count: blank }),
            (duplicates, TableNote::DuplicateKeys { count: duplicates }),
        ];
        notes.into_iter().filter(|(count, _)| *count > 0).map(|(_, note)| note).collect()
    }
}
