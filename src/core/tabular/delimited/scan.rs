//! Pass 1 over delimited text: dialect, preamble, header, width and types from every record.

use std::sync::Arc;

use arrow_schema::{Field, Schema, SchemaRef};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::dialect::{self, Dialect, DialectGuess, Escape, Habit, LineEnd};
use super::header::{self, Below, HeaderGuess};
use super::records::{Record, RecordReader};
use crate::core::tabular::column::{ColumnNote, ColumnProfile, ColumnType};
use crate::core::tabular::decoding::TextStream;
use crate::core::tabular::encoding::Confidence;
use crate::core::tabular::error::TableError;
use crate::core::tabular::report::{ColumnReport, Guess};
use crate::core::tabular::table::TableOptions;

/// Lines above a table at most.
const MAX_PREAMBLE: usize = 20;
/// A width that at least one in this many records has belongs to the table; rows of rarer, larger widths are rejected.
const SHARE: u64 = 3;

/// Delimiter, quotes and header as they were found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DialectReport {
    /// What parts fields; `null`: every line is one value.
    pub delimiter: Guess<Option<String>>,
    /// Whether fields may be quoted.
    pub quoting: bool,
    /// How a quote is written inside quotes.
    pub escape: Escape,
    /// What ends a line.
    pub line_end: LineEnd,
    /// Whether the first record names the columns.
    pub header: Guess<bool>,
}

/// What pass 1 found out.
#[derive(Debug)]
pub struct DelimitedScan {
    pub(super) dialect: Dialect,
    confidence: Confidence,
    pub(super) header: HeaderGuess,
    pub(super) preamble: Preamble,
    names: Vec<String>,
    pub(super) types: Vec<ColumnType>,
    notes: Vec<Vec<ColumnNote>>,
    pub(super) as_text: bool,
}

/// Records above the table.
#[derive(Debug)]
pub(super) struct Preamble {
    /// How many.
    pub(super) records: usize,
    /// As they stand there.
    text: String,
}

/// The first record of the table, before it is known whether it is a header.
struct First {
    cells: Vec<String>,
    line: u64,
}

/// Profiles and widths of the records.
struct Survey {
    /// Columns of records as wide as expected.
    usual: Vec<ColumnProfile>,
    /// Columns of wider records, which may be rejected.
    wider: Vec<ColumnProfile>,
    widths: Vec<(usize, u64)>,
    expected: usize,
    decimal_comma: bool,
}

/// Share of records of one width from which on a text is a table and not a list.
const TABLE: f64 = 0.9;

impl Survey {
    fn new(expected: usize, dialect: Dialect) -> Self {
        // A comma can't be a decimal comma where it parts fields or where lines are not parted at all.
        let decimal_comma = dialect.delimiter.is_some_and(|delimiter| delimiter != b',');
        let usual = vec![ColumnProfile::new(decimal_comma); expected];
        Self { usual, wider: Vec::new(), widths: Vec::new(), expected, decimal_comma }
    }

    fn see(&mut self, record: &mut Record<'_>) {
        // Empty fields beyond the table are no reason to widen it, and pass 2 takes such rows.
        let width = record.filled_len();
        match self.widths.iter_mut().find(|(known, _)| *known == width) {
            Some((_, count)) => *count += 1,
            None => self.widths.push((width, 1)),
        }
        let columns = if width <= self.expected { &mut self.usual } else { &mut self.wider };
        if columns.len() < width {
            columns.resize(width, ColumnProfile::new(self.decimal_comma));
        }
        let line = record.line;
        for (index, column) in columns.iter_mut().take(width).enumerate() {
            column.see(record.field(index).as_bytes(), line);
        }
    }

    fn see_first(&mut self, first: &First) {
        for (column, cell) in self.usual.iter_mut().zip(&first.cells) {
            column.see(cell.as_bytes(), first.line);
        }
    }

    /// The width of the table: the first record's, and every one that is not rare; of a list, the widest.
    fn width(&self, first: usize, is_list: bool) -> usize {
        let records: u64 = self.widths.iter().map(|(_, count)| count).sum();
        let counts = self.widths.iter().filter(|(_, count)| is_list || count * SHARE >= records);
        counts.map(|(width, _)| *width).max().unwrap_or(0).max(first)
    }

    /// One profile a column of the table.
    fn columns(mut self, width: usize) -> Vec<ColumnProfile> {
        self.usual.resize(width, ColumnProfile::new(self.decimal_comma));
        if width > self.expected {
            for (column, wider) in self.usual.iter_mut().zip(&self.wider) {
                column.merge(wider);
            }
        }
        self.usual
    }
}

impl DelimitedScan {
    /// Guesses the dialect from the head and reads all of `stream`.
    ///
    /// # Errors
    /// When reading fails or the table is too wide.
    pub fn run(
        head: &str,
        whole: bool,
        habit: Habit,
        stream: TextStream,
        options: &TableOptions,
    ) -> Result<Self, TableError> {
        let found = dialect::guess(head, whole, habit, options.delimiter);
        let mut reader = RecordReader::new(stream, found.dialect);
        let preamble = read_preamble(&mut reader, count_preamble(head, found, habit))?;
        let Some(first) = read_first(&mut reader)? else { return Err(TableError::Empty) };
        let mut survey = Survey::new(found.width.max(first.cells.len()), found.dialect);
        while let Some(mut record) = reader.next_record()? {
            survey.see(&mut record);
        }
        Ok(Self::settle((found, habit), preamble, (&first, survey), options))
    }

    fn settle(
        (found, habit): (DialectGuess, Habit),
        preamble: Preamble,
        (first, mut survey): (&First, Survey),
        options: &TableOptions,
    ) -> Self {
        let typed_below: Vec<bool> = survey.usual.iter().map(ColumnProfile::is_typed).collect();
        let any = !survey.widths.is_empty();
        let below = Below { typed: &typed_below, any, constant: found.constant >= TABLE, habit };
        let header = match options.header {
            Some(is_header) => HeaderGuess { is_header, confidence: Confidence::Certain },
            None => header::guess(&first.cells, below),
        };
        if !header.is_header {
            survey.see_first(first);
        }
        let is_list = habit != Habit::Comma && !header.is_header;
        let width = survey.width(first.cells.len(), is_list);
        let settle = |column: &ColumnProfile| {
            if options.as_text { (ColumnType::Text, Vec::new()) } else { column.settle(options.date_order) }
        };
        let (types, notes) = survey.columns(width).iter().map(settle).unzip();
        Self {
            dialect: found.dialect,
            confidence: found.confidence,
            header,
            preamble,
            names: header::names(header.is_header.then_some(&first.cells), width),
            types,
            notes,
            as_text: options.as_text,
        }
    }

    /// Names and types.
    pub fn schema(&self) -> SchemaRef {
        let field = |(name, column): (&String, &ColumnType)| Field::new(name, column.data_type(), true);
        Arc::new(Schema::new(self.names.iter().zip(&self.types).map(field).collect::<Vec<_>>()))
    }

    /// The columns for the report.
    pub fn columns(&self) -> Vec<ColumnReport> {
        let columns = self.names.iter().zip(&self.types).zip(&self.notes);
        columns
            .map(|((name, column), notes)| ColumnReport {
                name: name.clone(),
                data_type: column.data_type().to_string(),
                notes: notes.clone(),
            })
            .collect()
    }

    /// The dialect for the report.
    pub fn dialect_report(&self) -> DialectReport {
        let delimiter = self.dialect.delimiter.map(|byte| char::from(byte).to_string());
        DialectReport {
            delimiter: Guess { value: delimiter, confidence: self.confidence },
            quoting: self.dialect.quoting,
            escape: self.dialect.escape,
            line_end: self.dialect.line_end,
            header: Guess { value: self.header.is_header, confidence: self.header.confidence },
        }
    }

    /// Lines above the table.
    pub fn preamble(&self) -> Option<&str> {
        (!self.preamble.text.is_empty()).then_some(&self.preamble.text)
    }
}

/// Records of one field above a table of several are titles; in lists they are values.
fn count_preamble(head: &str, found: DialectGuess, habit: Habit) -> usize {
    if dialect::declared(head).is_some() {
        return 1;
    }
    if found.width < 2 || habit != Habit::Comma {
        return 0;
    }
    let mut reader = RecordReader::new(Some(head), found.dialect);
    let mut widths = Vec::new();
    // Text in memory can't fail to be read.
    while let Ok(Some(record)) = reader.next_record() {
        widths.push(record.len());
    }
    let titles = widths.iter().take_while(|width| **width == 1).count();
    let table = &widths[titles..];
    let fitting = table.iter().filter(|width| **width == found.width).count();
    #[expect(clippy::cast_precision_loss, reason = "counts of a small sample")]
    let constant = fitting as f64 >= TABLE * table.len() as f64;
    if titles <= MAX_PREAMBLE && constant && !table.is_empty() { titles } else { 0 }
}

fn read_preamble(reader: &mut RecordReader<TextStream>, records: usize) -> Result<Preamble, TableError> {
    let mut lines = Vec::with_capacity(records);
    for _ in 0..records {
        if let Some(record) = reader.next_record()? {
            lines.push(record.raw().to_owned());
        }
    }
    Ok(Preamble { records, text: lines.join("\n") })
}

fn read_first(reader: &mut RecordReader<TextStream>) -> Result<Option<First>, TableError> {
    let Some(mut record) = reader.next_record()? else { return Ok(None) };
    let line = record.line;
    let cells = (0..record.len()).map(|index| record.field(index).to_owned()).collect();
    Ok(Some(First { cells, line }))
}
