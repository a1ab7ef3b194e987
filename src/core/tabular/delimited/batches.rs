//! Pass 2 over delimited text: records into Arrow batches, rows that don't fit into the rejects.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

use super::records::{Record, RecordReader};
use super::scan::DelimitedScan;
use crate::core::tabular::column::{ColumnBuilder, ColumnType, Misfit};
use crate::core::tabular::decoding::TextStream;
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::TableNote;
use crate::core::tabular::table::{BATCH_BYTES, BATCH_CELLS, BATCH_ROWS, Batches, Rejects};

/// Reads the rows of delimited text. Streams.
#[derive(Debug)]
pub struct DelimitedBatches {
    reader: RecordReader<TextStream>,
    schema: SchemaRef,
    columns: Columns,
    /// Records before the first row: preamble and header.
    skip: usize,
    preamble_records: usize,
    short_rows: u64,
    empty_extra: u64,
    lines: Vec<u64>,
}

impl DelimitedBatches {
    /// Reads from the beginning of `stream` as `scan` found out.
    pub fn new(scan: &DelimitedScan, stream: TextStream) -> Self {
        Self {
            reader: RecordReader::new(stream, scan.dialect),
            schema: scan.schema(),
            columns: Columns::new(scan),
            skip: scan.preamble.records + usize::from(scan.header.is_header),
            preamble_records: scan.preamble.records,
            short_rows: 0,
            empty_extra: 0,
            lines: Vec::new(),
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
        let width = self.columns.builders.len();
        let (mut rows, mut bytes) = (0, 0);
        self.lines.clear();
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
            self.lines.push(record.line);
            self.columns.push(&mut record).map_err(|Misfit| TableError::Changed { line: record.line })?;
        }
        if rows == 0 {
            return Ok(None);
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), self.columns.finish());
        batch.map(Some).map_err(|_unequal| TableError::Changed { line: 0 })
    }

    fn lines(&self) -> &[u64] {
        &self.lines
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

/// The columns of a batch in the making. Cells that short rows lack are added together, when a column gets its next cell
/// or the batch ends: a list of single words below one long line has thousands of them in every row.
#[derive(Debug)]
struct Columns {
    builders: Vec<ColumnBuilder>,
    rows: usize,
    /// How many rows each column has; empty: all of them.
    ends: Vec<usize>,
}

impl Columns {
    fn new(scan: &DelimitedScan) -> Self {
        let builder = |column: &ColumnType| ColumnBuilder::new(*column, scan.as_text, &scan.rules);
        Self { builders: scan.types.iter().map(builder).collect(), rows: 0, ends: Vec::new() }
    }

    fn push(&mut self, record: &mut Record<'_>) -> Result<(), Misfit> {
        let filled = record.len();
        if filled < self.builders.len() && self.ends.is_empty() {
            self.ends = vec![self.rows; self.builders.len()];
        }
        for (index, column) in self.builders.iter_mut().take(filled).enumerate() {
            if let Some(end) = self.ends.get_mut(index) {
                column.push_nulls(self.rows - *end);
                *end = self.rows + 1;
            }
            column.push(record.field(index))?;
        }
        self.rows += 1;
        Ok(())
    }

    fn finish(&mut self) -> Vec<ArrayRef> {
        for (column, end) in self.builders.iter_mut().zip(self.ends.drain(..)) {
            column.push_nulls(self.rows - end);
        }
        self.rows = 0;
        self.builders.iter_mut().map(ColumnBuilder::finish).collect()
    }
}

#[cfg(test)]
mod tests {
    use crate::core::tabular::delimited::Habit;
    use crate::core::tabular::format::{Content, TextWish};
    use crate::core::tabular::open::tables;
    use crate::core::tabular::showing::{input, show};
    use crate::core::tabular::table::TableOptions;

    #[test]
    fn cells_that_short_rows_lack_are_missing_and_no_other() {
        let text = "a\nb\tc\td\n\te\nf\ng\th\ti\nj\n";
        let list = Content::Text(TextWish::Delimited(Habit::Tab));
        let options = TableOptions { header: Some(false), ..TableOptions::default() };
        let read = show(tables(input(text.as_bytes()), list, &options).unwrap()).unwrap();
        let rows = read[0].rows.iter().map(|row| row.join(" ").replace("null", "-")).collect::<Vec<_>>();
        assert_eq!(rows, ["a - -", "b c d", "- e -", "f - -", "g h i", "j - -"]);
    }
}
