//! The filled cells of a sheet, column by column, and nothing of the empty ones.
//!
//! For: what a reader puts in while it passes over a sheet, and what types, header and batches are made of. Not for:
//! deciding anything. The one decision: a cell is a row, a kind and eight bytes in three arrays of its column, 13 bytes
//! in all; texts lie in one piece beside them. The box around the cells, which two of them can blow up to 17 billion,
//! is never there.

use std::collections::VecDeque;
use std::sync::Arc;

use super::super::error::TableError;
use super::texts::Texts;

/// Filled cells of a sheet at most.
pub(super) const MAX_FILLED: u64 = 50_000_000;
/// Columns of a sheet at most, as in Excel.
pub(super) const MAX_COLUMNS: u32 = 16_384;
/// Cells of a chunk: long columns grow without being copied, and shrink while they are read.
const CHUNK: usize = 16_384;

/// What the eight bytes of a cell mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    /// 0 or 1.
    Bool,
    /// The bits of a float.
    Number,
    /// Days since 1970-01-01.
    Date,
    /// Microseconds since 1970-01-01.
    Timestamp,
    /// Microseconds since midnight.
    Time,
    /// Microseconds.
    Duration,
    /// The bits of a float that counts days since the epoch: date, time or both, which the whole column tells.
    Serial,
    /// Microseconds since midnight or of a span, which the whole column tells.
    Clock,
    /// Number of a text that the sheets share.
    Shared,
    /// Number of a text of this sheet.
    Own,
    /// Number of a text of this sheet that names an error.
    Error,
}

/// A filled cell of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    /// Row, from 0.
    pub(super) row: u32,
    /// What `bits` means.
    pub(super) kind: Kind,
    /// The value.
    pub(super) bits: u64,
}

impl Cell {
    /// The value of a number or serial.
    pub(super) fn float(self) -> f64 {
        f64::from_bits(self.bits)
    }

    /// The value of a date, time or span.
    pub(super) fn whole(self) -> i64 {
        self.bits.cast_signed()
    }
}

#[derive(Debug, Default)]
struct Chunk {
    rows: Vec<u32>,
    kinds: Vec<Kind>,
    bits: Vec<u64>,
}

impl Chunk {
    fn with_capacity(cells: usize) -> Self {
        Self { rows: Vec::with_capacity(cells), kinds: Vec::with_capacity(cells), bits: Vec::with_capacity(cells) }
    }

    fn push(&mut self, cell: Cell) {
        self.rows.push(cell.row);
        self.kinds.push(cell.kind);
        self.bits.push(cell.bits);
    }

    fn cell(&self, index: usize) -> Cell {
        Cell { row: self.rows[index], kind: self.kinds[index], bits: self.bits[index] }
    }
}

/// The filled cells of a column, from top to bottom.
#[derive(Debug, Default)]
pub(super) struct Column {
    chunks: VecDeque<Chunk>,
    /// Cells of the first chunk that were taken.
    taken: usize,
    /// Whether a cell came after one below it.
    disordered: bool,
    last_row: Option<u32>,
}

impl Column {
    #[inline]
    fn push(&mut self, cell: Cell) {
        self.disordered |= self.last_row.is_some_and(|last| cell.row <= last);
        self.last_row = Some(cell.row);
        match self.chunks.back_mut() {
            Some(chunk) if chunk.rows.len() < CHUNK => chunk.push(cell),
            last => {
                let mut chunk = if last.is_some() { Chunk::with_capacity(CHUNK) } else { Chunk::default() };
                chunk.push(cell);
                self.chunks.push_back(chunk);
            }
        }
    }

    /// All cells that were not taken.
    pub(super) fn iter(&self) -> impl Iterator<Item = Cell> + '_ {
        let cells = self.chunks.iter().flat_map(|chunk| (0..chunk.rows.len()).map(|index| chunk.cell(index)));
        cells.skip(self.taken)
    }

    /// The cells from `row` on.
    pub(super) fn from_row(&self, row: u32) -> impl Iterator<Item = Cell> + '_ {
        self.iter().skip_while(move |cell| cell.row < row)
    }

    /// The cell in `row`.
    pub(super) fn at(&self, row: u32) -> Option<Cell> {
        self.from_row(row).next().filter(|cell| cell.row == row)
    }

    /// Takes the cells above `end` out, and gives their memory back chunk by chunk.
    #[inline]
    pub(super) fn take_until(&mut self, end: u32, mut take: impl FnMut(Cell)) {
        while let Some(chunk) = self.chunks.front() {
            while self.taken < chunk.rows.len() {
                if chunk.rows[self.taken] >= end {
                    return;
                }
                take(chunk.cell(self.taken));
                self.taken += 1;
            }
            self.chunks.pop_front();
            self.taken = 0;
        }
    }

    /// Gives every cell a kind and value anew.
    pub(super) fn rewrite(&mut self, mut anew: impl FnMut(Cell) -> (Kind, u64)) {
        for chunk in &mut self.chunks {
            for index in 0..chunk.rows.len() {
                (chunk.kinds[index], chunk.bits[index]) = anew(chunk.cell(index));
            }
        }
    }

    /// Sorts cells that came in disorder; of several in one row the last counts.
    fn order(&mut self) {
        if !std::mem::take(&mut self.disordered) {
            return;
        }
        let mut cells: Vec<Cell> = self.iter().collect();
        cells.sort_by_key(|cell| cell.row);
        (self.chunks, self.taken, self.last_row) = (VecDeque::new(), 0, None);
        for (index, cell) in cells.iter().enumerate() {
            if cells.get(index + 1).is_none_or(|next| next.row != cell.row) {
                self.push(*cell);
            }
        }
    }
}

/// Rows with a filled cell that follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    /// The first.
    pub(super) first: u32,
    /// The last.
    pub(super) last: u32,
}

/// The filled cells of a sheet.
#[derive(Debug, Default)]
pub(super) struct Cells {
    /// From column A on.
    pub(super) columns: Vec<Column>,
    texts: Texts,
    shared: Arc<Texts>,
    runs: Vec<Run>,
    filled: u64,
}

impl Cells {
    /// A sheet without cells, beside texts that it shares with others.
    pub(super) fn new(shared: Arc<Texts>) -> Self {
        Self { shared, ..Self::default() }
    }

    /// How many texts are shared.
    pub(super) fn shared_len(&self) -> usize {
        self.shared.len()
    }

    /// Puts a value into a cell, both from 0. Empty shared texts are no values.
    ///
    /// # Errors
    /// When there are too many.
    #[inline]
    pub(super) fn put(&mut self, (row, column): (u32, u32), kind: Kind, bits: u64) -> Result<(), TableError> {
        if kind == Kind::Shared && self.shared.get(bits).is_empty() {
            return Ok(());
        }
        self.filled += 1;
        if self.filled > MAX_FILLED || column >= MAX_COLUMNS {
            return Err(self.too_much(column));
        }
        let index = column as usize;
        if self.columns.len() <= index {
            self.columns.resize_with(index + 1, Column::default);
        }
        self.columns[index].push(Cell { row, kind, bits });
        match self.runs.last_mut() {
            Some(run) if run.last == row => {}
            Some(run) if run.last + 1 == row => run.last = row,
            _ => self.runs.push(Run { first: row, last: row }),
        }
        Ok(())
    }

    #[cold]
    fn too_much(&self, column: u32) -> TableError {
        let limit = |what: String, limit: &str| TableError::Limit { what, limit: limit.to_owned() };
        if column >= MAX_COLUMNS {
            return limit(format!("a cell in column {}", u64::from(column) + 1), "16,384 columns");
        }
        limit(format!("a sheet of {} filled cells and more", self.filled), "50,000,000")
    }

    /// Puts a text into a cell; an empty one is no value.
    ///
    /// # Errors
    /// When there is too much.
    pub(super) fn put_text(&mut self, place: (u32, u32), kind: Kind, text: &str) -> Result<(), TableError> {
        if text.is_empty() {
            return Ok(());
        }
        let number = self.texts.push(text)?;
        self.put(place, kind, number)
    }

    /// Brings cells that came in disorder into order, once all are there.
    pub(super) fn settle(&mut self) {
        self.texts.shrink();
        let ordered = self.runs.windows(2).all(|pair| pair[0].last < pair[1].first);
        self.columns.iter_mut().for_each(Column::order);
        if ordered {
            return;
        }
        let mut rows: Vec<u32> = self.columns.iter().flat_map(Column::iter).map(|cell| cell.row).collect();
        rows.sort_unstable();
        self.runs.clear();
        for row in rows {
            match self.runs.last_mut() {
                Some(run) if row <= run.last + 1 => run.last = row,
                _ => self.runs.push(Run { first: row, last: row }),
            }
        }
    }

    /// The rows with a filled cell, from top to bottom.
    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The text of a cell that holds one.
    pub(super) fn text(&self, cell: Cell) -> &str {
        if cell.kind == Kind::Shared { self.shared.get(cell.bits) } else { self.texts.get(cell.bits) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_in_disorder_are_sorted_and_the_last_of_a_place_counts() {
        let mut cells = Cells::default();
        for (row, bits) in [(5, 1), (2, 2), (3, 3), (5, 4)] {
            cells.put((row, 1), Kind::Bool, bits).unwrap();
        }
        cells.settle();
        let found: Vec<_> = cells.columns[1].iter().map(|cell| (cell.row, cell.bits)).collect();
        assert_eq!(found, [(2, 2), (3, 3), (5, 4)]);
        assert_eq!(cells.runs(), [Run { first: 2, last: 3 }, Run { first: 5, last: 5 }]);
        assert_eq!(cells.columns[0].iter().count(), 0);
    }

    #[test]
    fn taking_gives_each_cell_once() {
        let mut column = Column::default();
        let rows = u32::try_from(CHUNK).unwrap() * 2 + 5;
        (0..rows).for_each(|row| column.push(Cell { row, kind: Kind::Bool, bits: 0 }));
        let mut seen = Vec::new();
        for end in [10, 10, 40, rows] {
            column.take_until(end, |cell| seen.push(cell.row));
            assert_eq!(column.iter().next().map(|cell| cell.row), (end < rows).then_some(end));
        }
        assert!(seen.iter().copied().eq(0..rows));
    }

    #[test]
    fn a_column_beyond_the_last_is_a_limit() {
        let error = Cells::default().put((0, MAX_COLUMNS), Kind::Bool, 0).unwrap_err();
        assert!(matches!(error, TableError::Limit { .. }), "{error}");
    }
}
