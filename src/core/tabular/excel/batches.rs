//! Cells of a sheet into Arrow batches.

use std::ops::RangeInclusive;
use std::sync::Arc;

use arrow_array::builder::{
    BooleanBuilder, Date32Builder, DurationMicrosecondBuilder, Float64Builder, Int64Builder, StringBuilder,
    Time64MicrosecondBuilder, TimestampMicrosecondBuilder,
};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;

use super::cells::{Cell, Cells, Column, Kind};
use super::profile::CellType;
use super::wording;
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::TableNote;
use crate::core::tabular::table::{BATCH_BYTES, BATCH_CELLS, BATCH_ROWS, Batches, Rejects};

/// Reads the rows of a sheet out of its cells, whose memory it gives back as it goes.
pub(super) struct SheetBatches {
    pub(super) cells: Cells,
    pub(super) schema: SchemaRef,
    /// Index in `cells` and type of each column.
    pub(super) columns: Vec<(usize, CellType)>,
    /// Rows that are still to be read, the next ones last.
    pub(super) spans: Vec<RangeInclusive<u32>>,
    pub(super) notes: Vec<TableNote>,
    /// Rows of the sheet that the last batch holds, from 1.
    pub(super) lines: Vec<u64>,
}

impl Batches for SheetBatches {
    fn next_batch(&mut self, _rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        let Some(span) = self.spans.pop() else { return Ok(None) };
        let rows = (BATCH_CELLS / self.columns.len().max(1)).clamp(1, BATCH_ROWS);
        let most = span.start().saturating_add(u32::try_from(rows).unwrap_or(u32::MAX)).min(span.end() + 1);
        let end = self.cut_by_text(*span.start(), most);
        if end <= *span.end() {
            self.spans.push(end..=*span.end());
        }
        self.lines = (*span.start()..end).map(|row| u64::from(row) + 1).collect();
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (index, cell_type) in self.columns.clone() {
            // Taken out for a moment, so that its cells and the texts can be seen at once.
            let mut column = self.cells.columns.get_mut(index).map(std::mem::take).unwrap_or_default();
            arrays.push(array(&self.cells, &mut column, cell_type, *span.start()..end));
            if let Some(place) = self.cells.columns.get_mut(index) {
                *place = column;
            }
        }
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        batch.map(Some).map_err(|_unequal| TableError::Changed { line: u64::from(*span.start()) + 1 })
    }

    fn lines(&self) -> &[u64] {
        &self.lines
    }

    fn notes(&self) -> Vec<TableNote> {
        self.notes.clone()
    }
}

impl SheetBatches {
    /// The row before which the texts from `start` on fill a batch; a shared text can be long and stand everywhere.
    fn cut_by_text(&self, start: u32, end: u32) -> u32 {
        let mut sizes = vec![0_usize; (end - start) as usize];
        for (index, _) in self.columns.iter().filter(|(_, cell_type)| *cell_type == CellType::Text) {
            let Some(column) = self.cells.columns.get(*index) else { continue };
            for cell in column.iter().take_while(|cell| cell.row < end).filter(|cell| cell.row >= start) {
                sizes[(cell.row - start) as usize] += match cell.kind {
                    Kind::Shared | Kind::Own | Kind::Error => self.cells.text(cell).len(),
                    _ => wording::SHORT,
                };
            }
        }
        let mut sum = 0;
        let over = sizes.iter().position(|size| {
            sum += size;
            sum >= BATCH_BYTES
        });
        over.and_then(|rows| u32::try_from(rows).ok()).map_or(end, |rows| start + rows + 1)
    }
}

/// The cells of a column in these rows; those that do not fit its type are null, as its notes say.
fn array(cells: &Cells, column: &mut Column, cell_type: CellType, rows: std::ops::Range<u32>) -> ArrayRef {
    let count = rows.len();
    macro_rules! fill {
        ($builder:expr, $value:expr) => {{
            let mut builder = $builder;
            let mut next = rows.start;
            column.take_until(rows.end, |cell: Cell| {
                if cell.row < rows.start {
                    return;
                }
                if cell.row > next {
                    builder.append_nulls((cell.row - next) as usize);
                }
                next = cell.row + 1;
                builder.append_option($value(cell));
            });
            builder.append_nulls((rows.end - next) as usize);
            Arc::new(builder.finish())
        }};
    }
    let whole = |kind| move |cell: Cell| (cell.kind == kind).then(|| cell.whole());
    match cell_type {
        CellType::Text => text_array(cells, column, rows),
        CellType::Bool => {
            fill!(BooleanBuilder::with_capacity(count), |cell: Cell| (cell.kind == Kind::Bool)
                .then_some(cell.bits != 0))
        }
        CellType::Float64 => {
            fill!(Float64Builder::with_capacity(count), |cell: Cell| (cell.kind == Kind::Number).then(|| cell.float()))
        }
        CellType::Int64 => fill!(Int64Builder::with_capacity(count), as_int),
        CellType::Date => fill!(Date32Builder::with_capacity(count), |cell: Cell| (cell.kind == Kind::Date)
            .then(|| i32::try_from(cell.whole()).unwrap_or_default())),
        CellType::Timestamp => fill!(TimestampMicrosecondBuilder::with_capacity(count), as_timestamp),
        CellType::Time => fill!(Time64MicrosecondBuilder::with_capacity(count), whole(Kind::Time)),
        CellType::Duration => fill!(DurationMicrosecondBuilder::with_capacity(count), whole(Kind::Duration)),
    }
}

fn text_array(cells: &Cells, column: &mut Column, rows: std::ops::Range<u32>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(rows.len(), rows.len() * wording::SHORT);
    let (mut next, mut worded) = (rows.start, String::new());
    column.take_until(rows.end, |cell| {
        if cell.row < rows.start {
            return;
        }
        if cell.row > next {
            builder.append_nulls((cell.row - next) as usize);
        }
        next = cell.row + 1;
        if matches!(cell.kind, Kind::Shared | Kind::Own | Kind::Error) {
            builder.append_value(cells.text(cell));
        } else {
            worded.clear();
            wording::write(cells, cell, &mut worded);
            builder.append_value(&worded);
        }
    });
    if rows.end > next {
        builder.append_nulls((rows.end - next) as usize);
    }
    Arc::new(builder.finish())
}

#[expect(clippy::cast_possible_truncation, reason = "the column is whole numbers up to 2^53, as its profile saw")]
fn as_int(cell: Cell) -> Option<i64> {
    (cell.kind == Kind::Number).then(|| cell.float() as i64)
}

/// A bare date among dates with times is its midnight.
fn as_timestamp(cell: Cell) -> Option<i64> {
    match cell.kind {
        Kind::Timestamp => Some(cell.whole()),
        Kind::Date => Some(cell.whole() * super::serial::DAY_US),
        _ => None,
    }
}
