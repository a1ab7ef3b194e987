//! A table of cells of text that is held whole: header, width, types, and the rows that don't fit.
//!
//! For: tables of web pages, sheets of workbooks in XML. Not for: delimited text, which has the same rules and is streamed. The one decision: the
//! rules are those of delimited text, so that a table says the same in either form.

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::{Field, Schema, SchemaRef};

use super::column::{ColumnBuilder, ColumnNote, ColumnProfile, ColumnType, Misfit};
use super::delimited::{self, Below, Habit, HeaderGuess};
use super::encoding::Confidence;
use super::error::TableError;
use super::report::{ColumnReport, TableNote};
use super::table::{BATCH_BYTES, BATCH_CELLS, BATCH_ROWS, Batches, MAX_COLUMNS, Rejects, TableOptions};

/// A width that at least one in this many rows has belongs to the table; rows of rarer, larger widths are rejected.
const SHARE: usize = 3;

/// A row as it was read.
#[derive(Debug, Default)]
pub(super) struct GridRow {
    /// Line on which it begins, from 1.
    pub(super) line: u64,
    /// Its cells, values without spaces around them.
    pub(super) cells: Vec<String>,
    /// Whether it is written as a row of names.
    pub(super) is_header: bool,
}

impl GridRow {
    /// Cells up to the last that is not empty.
    fn filled_len(&self) -> usize {
        self.cells.iter().rposition(|cell| !cell.is_empty()).map_or(0, |last| last + 1)
    }
}

/// A table of text, settled.
#[derive(Debug)]
pub(super) struct Grid {
    rows: Vec<GridRow>,
    header: HeaderGuess,
    names: Vec<String>,
    types: Vec<ColumnType>,
    notes: Vec<Vec<ColumnNote>>,
    as_text: bool,
}

impl Grid {
    /// Settles header, width and types; `None`: there is no row.
    ///
    /// # Errors
    /// When it is too wide.
    pub(super) fn new(mut rows: Vec<GridRow>, options: &TableOptions) -> Result<Option<Self>, TableError> {
        if rows.iter().all(|row| row.filled_len() == 0) {
            return Ok(None);
        }
        let width = width(&rows);
        if width > MAX_COLUMNS {
            let what = format!("the width of the table on line {}", rows[0].line);
            return Err(TableError::Limit { what, limit: format!("{MAX_COLUMNS} columns") });
        }
        let header = header(&rows, width, options);
        let names = header.is_header.then(|| rows.remove(0).cells);
        let names = delimited::names(names.as_deref(), width);
        let (types, notes) = if options.as_text {
            (vec![ColumnType::Text; width], vec![Vec::new(); width])
        } else {
            profiles(&rows, width).iter().map(|column| column.settle(options.date_order)).unzip()
        };
        Ok(Some(Self { rows, header, names, types, notes, as_text: options.as_text }))
    }

    /// Whether the first row names the columns.
    pub(super) fn header(&self) -> HeaderGuess {
        self.header
    }

    /// Names and types.
    pub(super) fn schema(&self) -> SchemaRef {
        let field = |(name, column): (&String, &ColumnType)| Field::new(name, column.data_type(), true);
        Arc::new(Schema::new(self.names.iter().zip(&self.types).map(field).collect::<Vec<_>>()))
    }

    /// The columns for the report.
    pub(super) fn columns(&self) -> Vec<ColumnReport> {
        let columns = self.names.iter().zip(&self.types).zip(&self.notes);
        let report = |((name, column), notes): ((&String, &ColumnType), &Vec<ColumnNote>)| ColumnReport {
            name: name.clone(),
            data_type: column.data_type().to_string(),
            notes: notes.clone(),
        };
        columns.map(report).collect()
    }

    /// The rows; `notes`: what else was noticed.
    pub(super) fn read(self, notes: Vec<TableNote>) -> GridBatches {
        GridBatches {
            schema: self.schema(),
            columns: self.types.iter().map(|column| ColumnBuilder::new(*column, self.as_text)).collect(),
            rows: self.rows.into_iter(),
            short_rows: 0,
            empty_extra: 0,
            notes,
        }
    }
}

/// The first row's, and every width that is not rare.
fn width(rows: &[GridRow]) -> usize {
    let mut widths: Vec<usize> = rows.iter().map(GridRow::filled_len).collect();
    widths.sort_unstable();
    let usual = widths.chunk_by(|a, b| a == b).rfind(|same| same.len() * SHARE >= rows.len());
    let usual = usual.and_then(|same| same.first()).copied().unwrap_or(0);
    usual.max(rows[0].filled_len()).max(1)
}

fn header(rows: &[GridRow], width: usize, options: &TableOptions) -> HeaderGuess {
    let (first, below) = (&rows[0], &rows[1..]);
    if let Some(is_header) = options.header {
        return HeaderGuess { is_header, confidence: Confidence::Certain };
    }
    if first.is_header && !below.is_empty() && !below[0].is_header {
        return HeaderGuess { is_header: true, confidence: Confidence::High };
    }
    let typed: Vec<_> = profiles(below, width).iter().map(ColumnProfile::is_typed).collect();
    let mut names = first.cells.clone();
    names.truncate(width);
    let below = Below { typed: &typed, any: !below.is_empty(), constant: true, habit: Habit::Comma };
    delimited::guess_header(&names, below)
}

/// One profile a column, of the rows that fit.
fn profiles(rows: &[GridRow], width: usize) -> Vec<ColumnProfile> {
    let mut profiles = vec![ColumnProfile::new(true); width];
    for row in rows.iter().filter(|row| row.filled_len() <= width) {
        for (profile, cell) in profiles.iter_mut().zip(&row.cells) {
            profile.see(cell.as_bytes(), row.line);
        }
    }
    profiles
}

/// Hands out the rows of a grid.
#[derive(Debug)]
pub(super) struct GridBatches {
    schema: SchemaRef,
    columns: Vec<ColumnBuilder>,
    rows: std::vec::IntoIter<GridRow>,
    short_rows: u64,
    empty_extra: u64,
    notes: Vec<TableNote>,
}

impl Batches for GridBatches {
    fn next_batch(&mut self, rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        let width = self.columns.len();
        let (mut rows, mut bytes) = (0, 0);
        while rows < BATCH_ROWS && rows * width < BATCH_CELLS && bytes < BATCH_BYTES {
            let Some(row) = self.rows.next() else { break };
            if row.filled_len() > width {
                let reason = format!("{} cells in a table of {width} columns", row.cells.len());
                rejects.reject(row.line, &reason, row.cells.join("\t").as_bytes())?;
                continue;
            }
            self.empty_extra += u64::from(row.cells.len() > width);
            self.short_rows += u64::from(row.cells.len() < width);
            bytes += row.cells.iter().map(String::len).sum::<usize>();
            rows += 1;
            self.push(&row).map_err(|Misfit| TableError::Changed { line: row.line })?;
        }
        if rows == 0 {
            return Ok(None);
        }
        let arrays = self.columns.iter_mut().map(ColumnBuilder::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        batch.map(Some).map_err(|_unequal| TableError::Changed { line: 0 })
    }

    fn notes(&self) -> Vec<TableNote> {
        let counted = [
            (self.short_rows, TableNote::ShortRows { count: self.short_rows }),
            (self.empty_extra, TableNote::EmptyExtraFields { count: self.empty_extra }),
        ];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0).map(|(_, note)| note);
        self.notes.iter().cloned().chain(counted).collect()
    }
}

impl GridBatches {
    fn push(&mut self, row: &GridRow) -> Result<(), Misfit> {
        for (index, column) in self.columns.iter_mut().enumerate() {
            match row.cells.get(index) {
                Some(cell) => column.push(cell.as_bytes())?,
                None => column.push_null(),
            }
        }
        Ok(())
    }
}
