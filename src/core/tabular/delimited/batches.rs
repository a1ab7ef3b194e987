//! Pass 2 over delimited text: records into Arrow batches, rows that don't fit into the rejects.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;

use super::records::{Record, RecordReader};
use super::scan::DelimitedScan;
use crate::core::tabular::column::{ColumnBuilder, Misfit};
use crate::core::tabular::decoding::TextStream;
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::TableNote;
use crate::core::tabular::table::{BATCH_BYTES, BATCH_CELLS, BATCH_ROWS, Batches, Rejects};

/// Reads the rows of delimited text. Streams.
#[derive(Debug)]
pub struct DelimitedBatches {
    reader: RecordReader<TextStream>,
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    /// Records before the first row: preamble and header.
    skip: usize,
    preamble_records: usize,
    short_rows: u64,
    empty_extra: u64,
}

impl DelimitedBatches {
    /// Reads from the beginning of `stream` as `scan` found out.
    pub fn new(scan: &DelimitedScan, stream: TextStream) -> Self {
        Self {
            reader: RecordReader::new(stream, scan.dialect),
            schema: scan.schema(),
            columns: scan.types.iter().map(|column| ColumnBuilder::new(*column, scan.as_text)).collect(),
            skip: scan.preamble.records + usize::from(scan.header.is_header),
            preamble_records: scan.preamble.records,
            short_rows: 0,
            empty_extra: 0,
        }
    }

    fn skip_head(&mut self) -> Result<(), TableError> {
        for _ in 0..std::mem::take(&mut self.skip) {
            self.reader.next_record()?;
        }
        Ok(())
    }
}

impl Batches for DelimitedBatches {
    fn next_batch(&mut self, rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        self.skip_head()?;
        let width = self.columns.len();
        let (mut rows, mut bytes) = (0, 0);
        while rows < BATCH_ROWS && rows * width < BATCH_CELLS && bytes < BATCH_BYTES {
            let Some(mut record) = self.reader.next_record()? else { break };
            if record.len() > width {
                if record.filled_len() > width {
                    let reason = format!("{} fields in a table of {width} columns", record.len());
                    rejects.reject(record.line, &reason, record.raw().as_bytes())?;
                    continue;
                }
                self.empty_extra += 1;
            }
            self.short_rows += u64::from(record.len() < width);
            bytes += record.raw().len();
            rows += 1;
            push(&mut self.columns, &mut record).map_err(|Misfit| TableError::Changed { line: record.line })?;
        }
        if rows == 0 {
            return Ok(None);
        }
        let arrays = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        batch.map(Some).map_err(|_unequal| TableError::Changed { line: 0 })
    }

    fn notes(&self) -> Vec<TableNote> {
        let odd = self.reader.oddities();
        let notes = [
            (self.preamble_records as u64, TableNote::Preamble { lines: self.preamble_records as u64 }),
            (odd.blank_lines, TableNote::BlankLines { count: odd.blank_lines }),
            (self.short_rows, TableNote::ShortRows { count: self.short_rows }),
            (self.empty_extra, TableNote::EmptyExtraFields { count: self.empty_extra }),
            (odd.stray_quotes, TableNote::StrayQuotes { count: odd.stray_quotes }),
            (odd.unclosed_quotes, TableNote::UnclosedQuotes { count: odd.unclosed_quotes, line: odd.unclosed_line }),
        ];
        notes.into_iter().filter(|(count, _)| *count > 0).map(|(_, note)| note).collect()
    }
}

fn push(columns: &mut [ColumnBuilder], record: &mut Record<'_>) -> Result<(), Misfit> {
    let filled = record.len();
    for (index, column) in columns.iter_mut().enumerate() {
        if index < filled {
            column.push_text(record.field(index))?;
        } else {
            column.push_null();
        }
    }
    Ok(())
}
