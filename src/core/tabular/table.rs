//! What every reader of tables offers: the tables of a file, one after another, each looked at whole before it is read.
//!
//! For: the contract between readers and those who write or show tables. Not for: choosing a reader (`open`). The one
//! decision: a table is settled (names, types, notes on columns) before its first row is handed out, so reading it
//! decides nothing any more.

use std::fmt::Debug;

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use serde::{Deserialize, Serialize};

use super::cell::NullWords;
use super::column::{CellRules, DateOrder, DecimalComma};
use super::delimited::DelimiterWish;
use super::error::TableError;
use super::report::{TableNote, TableReport};

/// Rows of a batch at most.
pub const BATCH_ROWS: usize = 16_384;
/// Cells of a batch at most, a row more or less: a wide table has short batches.
pub const BATCH_CELLS: usize = 4 << 20;
/// Bytes of text after which a batch ends.
pub const BATCH_BYTES: usize = 8 << 20;
/// Columns of a table at most, those inside nested JSON objects counted.
pub const MAX_COLUMNS: usize = 50_000;
/// Bytes of one record at most.
pub const MAX_RECORD: usize = 256 << 20;

/// How to read tables.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableOptions {
    /// Every column is text, every value as written.
    pub as_text: bool,
    /// What ambiguous dates mean.
    pub date_order: DateOrder,
    /// Whether the first record names the columns; `None`: find out.
    pub header: Option<bool>,
    /// What parts the fields of delimited text.
    pub delimiter: DelimiterWish,
    /// Words that stand for a missing value where a column is not text; `None`: the usual ones.
    pub null_words: Option<Vec<String>>,
    /// Whether a comma in numbers is a decimal comma.
    pub decimal_comma: DecimalComma,
    /// Spread records inside records over columns of their own.
    pub flatten: bool,
    /// Add columns that say where each row comes from; the path of the file that goes into them.
    pub lineage: Option<String>,
    /// Character encoding; `None`: find out.
    pub encoding: Option<&'static encoding_rs::Encoding>,
}

impl TableOptions {
    /// How cells of text are read.
    pub(super) fn cell_rules(&self) -> CellRules {
        let null_words = NullWords::new(self.null_words.as_deref());
        CellRules { null_words, decimal_comma: self.decimal_comma }
    }
}

/// The tables of a file, one after another.
pub trait Tables: Send {
    /// The next one, looked at from end to end; `None` after the last. A table that was not read is passed over.
    ///
    /// # Errors
    /// When the file can't be read as what it is. [`TableError::Empty`]: it holds no table at all.
    fn next_table(&mut self) -> Result<Option<Box<dyn Table>>, TableError>;
}

/// A table that was looked at and can be read.
pub trait Table: Debug + Send {
    /// What was found out.
    fn report(&self) -> &TableReport;

    /// Names and types.
    fn schema(&self) -> SchemaRef;

    /// Text above the table, as it stands there.
    fn preamble(&self) -> Option<&str>;

    /// The rows, from the beginning.
    ///
    /// # Errors
    /// When the file can't be opened again.
    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError>;
}

/// The only table of a file.
pub(super) struct OneTable(pub(super) Option<Box<dyn Table>>);

impl Tables for OneTable {
    fn next_table(&mut self) -> Result<Option<Box<dyn Table>>, TableError> {
        Ok(self.0.take())
    }
}

/// Takes rows that can't be part of the table.
pub trait Rejects {
    /// Takes one row as it stands in the file.
    ///
    /// # Errors
    /// When too many were rejected, or it can't be written down.
    fn reject(&mut self, line: u64, reason: &str, record: &[u8]) -> Result<(), TableError>;
}

/// Rows of a table, batch by batch.
pub trait Batches: Send {
    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// When reading fails or too many rows were rejected.
    fn next_batch(&mut self, rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError>;

    /// Where each row of the last batch begins: line of a text, row of a sheet, number of a page or section; from 1.
    fn lines(&self) -> &[u64];

    /// What was noticed while reading, complete at the end.
    fn notes(&self) -> Vec<TableNote>;
}
