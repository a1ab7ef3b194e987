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

/// Missing values of one record at most: keys that it or the objects in its lists don't have, but others do.
const MAX_MISSING: usize = 32 << 20;

/// Reads the records of a JSON text. Streams; holds one record whole.
#[derive(Debug)]
pub struct JsonBatches {
    reader: JsonReader,
    schema: SchemaRef,
    /// Columns, those inside objects counted.
    width: usize,
    rows: Rows,
    lines: Vec<u64>,
}

#[derive(Debug)]
enum Rows {
    Objects(ObjectBuilder),
    Values(JsonBuilder),
}

impl Rows {
    /// How many values of the record are missing.
    fn push(&mut self, value: Value<'_>, line: u64) -> Result<usize, TableError> {
        let mut room = MAX_MISSING;
        let pushed = match self {
            Self::Objects(builder) => builder.push(value, &mut room),
            Self::Values(builder) => builder.push(Some(value), &mut room),
        };
        match pushed {
            Ok(()) => Ok(MAX_MISSING - room),
            Err(Misfit) if room == 0 => {
                let what = format!("the number of values that the lists of the record on line {line} lack");
                Err(TableError::Limit { what, limit: MAX_MISSING.to_string() })
            }
            Err(Misfit) => Err(TableError::Changed { line }),
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
        Self { reader: JsonReader::new(scan.layout, stream), schema, width, rows, lines: Vec::new() }
    }
}

impl Batches for JsonBatches {
    fn next_batch(&mut self, rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        let wants_objects = matches!(self.rows, Rows::Objects(_));
        let (mut rows, mut bytes, mut missing) = (0, 0, 0);
        self.lines.clear();
        while rows < BATCH_ROWS && missing.max(rows * self.width) < BATCH_CELLS && bytes < BATCH_BYTES {
            let Some(record) = self.reader.next_record()? else { break };
            match record.outcome {
                Outcome::Bad { reason } => {
                    rejects.reject(record.line, &format!("not JSON: {reason}"), record.raw.as_bytes())?;
                }
                Outcome::Value(value) if wants_objects && value.kind() != Kind::Object => {
                    rejects.reject(record.line, "not an object, as the other records are", record.raw.as_bytes())?;
                }
                Outcome::Value(value) => {
                    rows += 1;
                    self.lines.push(record.line);
                    bytes += record.raw.len();
                    missing += self.rows.push(value, record.line)?;
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

    fn lines(&self) -> &[u64] {
        &self.lines
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

#[cfg(test)]
mod tests {
    use crate::core::tabular::error::TableError;
    use crate::core::tabular::format::{Content, TextWish};
    use crate::core::tabular::open::tables;
    use crate::core::tabular::showing::input;
    use crate::core::tabular::table::{Rejects, TableOptions};

    struct NoRejects;

    impl Rejects for NoRejects {
        fn reject(&mut self, line: u64, reason: &str, _record: &[u8]) -> Result<(), TableError> {
            panic!("line {line}: {reason}")
        }
    }

    /// Rows of each batch.
    fn batches(text: &str, as_text: bool) -> Result<Vec<usize>, TableError> {
        let options = TableOptions { as_text, ..TableOptions::default() };
        let mut tables = tables(input(text.as_bytes()), Content::Text(TextWish::JsonLines), &options)?;
        let mut batches = tables.next_table()?.unwrap().read()?;
        let mut rows = Vec::new();
        while let Some(batch) = batches.next_batch(&mut NoRejects)? {
            rows.push(batch.num_rows());
        }
        Ok(rows)
    }

    /// An object with 250 keys, and these.
    fn wide(more: &str) -> String {
        let keys: Vec<_> = (0..250).map(|key| format!("\"k{key}\":1")).collect();
        format!("{{\"list\":[{{{}}}{more}]}}\n", keys.join(","))
    }

    #[test]
    fn empty_objects_in_lists_can_not_take_more_memory_than_the_limit() {
        let bomb = wide(&",{}".repeat(150_000));
        assert!(matches!(batches(&bomb, false), Err(TableError::Limit { .. })));
        assert_eq!(batches(&bomb, true).unwrap(), [1]);
    }

    #[test]
    fn a_batch_ends_when_the_lists_of_its_rows_lack_many_values() {
        let lines = wide("") + &format!("{{\"list\":[{}{{}}]}}\n", "{},".repeat(5_000)).repeat(8);
        assert_eq!(batches(&lines, false).unwrap(), [5, 4]);
    }
}
