//! A table in a file: looked at once from end to end, then read in batches.
//!
//! For: the one door to all readers. [`Table::inspect`] is pass 1 (format, encoding, dialect, header, types from every
//! value), [`Table::read`] starts pass 2. Not for: writing Parquet. The one decision: a reader never guesses from a
//! sample what pass 2 could contradict, so pass 2 has nothing to decide.
//!
//! Memory: streams, except that a file up to 16 MiB is kept between the passes and a JSON record is held whole.

use arrow_array::RecordBatch;
use arrow_schema::SchemaRef;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::column::{ColumnNote, DateOrder};
use super::delimited::{DelimitedBatches, DelimitedScan, DelimiterWish, DialectReport};
use super::encoding::{self, Confidence, EncodingGuess};
use super::format::{self, Format, FormatName, Promise};
use super::input::{Input, InputError};
use super::json::{JsonBatches, JsonScan};
use crate::core::failure::{Code, Fails};

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
/// Bytes of the head that guesses are made from.
const HEAD: usize = 256 << 10;

/// How to read tables.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TableOptions {
    /// Every column is text, every value as written.
    pub as_text: bool,
    /// What ambiguous dates mean.
    pub date_order: DateOrder,
    /// Whether the first record names the columns; `None`: find out.
    pub header: Option<bool>,
    /// What parts the fields of delimited text.
    pub delimiter: DelimiterWish,
    /// Character encoding; `None`: find out.
    pub encoding: Option<&'static encoding_rs::Encoding>,
}

/// A file is not a table, or can't be read as one.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// No text can be had from it.
    #[error(transparent)]
    Input(#[from] InputError),
    /// It is something else.
    #[error("the content is {what}, not text")]
    NotText {
        /// What it is.
        what: String,
    },
    /// It breaks its format's rules where nothing can be saved.
    #[error("line {line}: {what}")]
    Malformed {
        /// Line, from 1.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// It holds no value at all.
    #[error("the file holds no data")]
    Empty,
    /// A limit was reached.
    #[error("{what} is more than the limit of {limit}")]
    Limit {
        /// What is too much.
        what: String,
        /// The limit.
        limit: String,
    },
    /// More rows were rejected than may be.
    #[error("more than {limit} rows can't be read; the first: line {line}: {reason}")]
    TooManyRejects {
        /// How many may be.
        limit: u64,
        /// Line of the first.
        line: u64,
        /// Why the first.
        reason: String,
    },
    /// A rejected row can't be written down.
    #[error("can't write the rejected rows: {0}")]
    Rejects(#[source] std::io::Error),
    /// The two passes disagree: the file changed meanwhile, or the reader is wrong.
    #[error("line {line} differs from what the first pass saw; did the file change?")]
    Changed {
        /// Line, from 1.
        line: u64,
    },
}

impl Fails for TableError {
    fn code(&self) -> Code {
        match self {
            Self::Input(InputError::Read { .. }) | Self::Rejects(_) => Code::StorageFailure,
            Self::Input(InputError::Unpack { .. }) | Self::Malformed { .. } | Self::TooManyRejects { .. } => {
                Code::MalformedInput
            }
            Self::Input(InputError::Bomb { .. }) | Self::Limit { .. } => Code::LimitExceeded,
            Self::Input(InputError::Undecodable { .. }) => Code::UndecodableText,
            Self::Input(InputError::Cancelled) => Code::Cancelled,
            Self::NotText { .. } => Code::UnsupportedFormat,
            Self::Empty => Code::EmptyTable,
            Self::Changed { .. } => Code::ResourceInUse,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Input(InputError::Read { .. }) => "check the file's permissions",
            Self::Input(InputError::Unpack { .. }) => "pack the file again, or fetch it again",
            Self::Input(InputError::Bomb { .. }) => "unpack it first, if you trust it",
            Self::Input(InputError::Undecodable { .. }) => "save it as UTF-8",
            Self::NotText { .. } => "export its tables as CSV and convert again, or leave it out with `exclude`",
            Self::Malformed { .. } => "mend the file there and convert again; unchanged files are not done twice",
            Self::TooManyRejects { .. } => "mend the file, or allow more with `max_rejects`",
            Self::Limit { .. } => "split the file",
            Self::Rejects(_) => "check free space and permissions of the destination",
            Self::Changed { .. } => "convert again when nothing writes to it",
            Self::Input(InputError::Cancelled) | Self::Empty => return None,
        };
        Some(hint.to_owned())
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

    /// What was noticed while reading, complete at the end.
    fn notes(&self) -> Vec<TableNote>;
}

/// A guess and how sure it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Guess<T> {
    /// What was found.
    pub value: T,
    /// How sure.
    pub confidence: Confidence,
}

/// A column as it was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ColumnReport {
    /// Its name in Parquet.
    pub name: String,
    /// Its Arrow type, e.g. `Int64`.
    #[serde(rename = "type")]
    pub data_type: String,
    /// What a reader should know.
    pub notes: Vec<ColumnNote>,
}

/// Something about a table that its reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum TableNote {
    /// Lines above the table, kept in the Parquet file's metadata as `textmill.preamble`.
    Preamble {
        /// How many.
        lines: u64,
    },
    /// Lines without any character, passed over.
    BlankLines {
        /// How many.
        count: u64,
    },
    /// Rows with fewer fields than the table, filled up with missing values.
    ShortRows {
        /// How many.
        count: u64,
    },
    /// Rows with more fields than the table, all of them empty beyond it.
    EmptyExtraFields {
        /// How many.
        count: u64,
    },
    /// Quotes in the middle of a field, kept as characters.
    StrayQuotes {
        /// How many.
        count: u64,
    },
    /// Quotes that never close, kept as characters.
    UnclosedQuotes {
        /// How many.
        count: u64,
        /// Line of the first, from 1.
        line: u64,
    },
    /// Keys that stand twice in one object; the last value counts.
    DuplicateKeys {
        /// How many values were replaced.
        count: u64,
    },
}

/// Everything found out about a table before it is read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableReport {
    /// What the content is.
    pub format: FormatName,
    /// `gzip` or `zstd`; `null` when the file is not packed.
    pub packing: Option<String>,
    /// Character encoding.
    pub encoding: Guess<String>,
    /// Delimiter, quotes, header; `null` for JSON.
    pub dialect: Option<DialectReport>,
    /// The columns in order.
    pub columns: Vec<ColumnReport>,
}

/// A table that was looked at and can be read.
#[derive(Debug)]
pub struct Table {
    input: Input,
    encoding: &'static encoding_rs::Encoding,
    scan: Scan,
    report: TableReport,
}

#[derive(Debug)]
enum Scan {
    Delimited(DelimitedScan),
    Json(JsonScan),
}

impl Table {
    /// Looks at the whole file.
    ///
    /// # Errors
    /// When it is not a table.
    pub fn inspect(input: Input, promise: Promise, options: TableOptions) -> Result<Self, TableError> {
        let head = binary_head(&input)?;
        let found = match options.encoding {
            Some(encoding) => EncodingGuess { encoding, confidence: Confidence::Certain },
            None => encoding::detect(&input, &head)?,
        };
        let mut text = Vec::new();
        let mut stream = input.text(found.encoding)?;
        while text.len() < HEAD && stream.read_chunk(&mut text)? {}
        let whole = !stream.read_chunk(&mut Vec::new())?;
        if text.trim_ascii().is_empty() && whole {
            return Err(TableError::Empty);
        }
        if format::is_binary(&text) {
            return Err(TableError::NotText { what: "binary data".to_owned() });
        }
        let format = format::sniff(&text, whole, promise);
        let stream = input.text(found.encoding)?;
        let (scan, dialect, columns) = match format {
            Format::Delimited(habit) => {
                let scan = DelimitedScan::run(&text, whole, habit, stream, options)?;
                let (dialect, columns) = (Some(scan.dialect_report()), scan.columns());
                (Scan::Delimited(scan), dialect, columns)
            }
            Format::Json(layout) => {
                let scan = JsonScan::run(layout, stream, options.as_text)?;
                let columns = scan.columns();
                (Scan::Json(scan), None, columns)
            }
        };
        let report = TableReport {
            format: format.name(),
            packing: input.packing().name().map(str::to_owned),
            encoding: Guess { value: found.encoding.name().to_owned(), confidence: found.confidence },
            dialect,
            columns,
        };
        Ok(Self { input, encoding: found.encoding, scan, report })
    }

    /// What was found out.
    pub fn report(&self) -> &TableReport {
        &self.report
    }

    /// Names and types.
    pub fn schema(&self) -> SchemaRef {
        match &self.scan {
            Scan::Delimited(scan) => scan.schema(),
            Scan::Json(scan) => scan.schema(),
        }
    }

    /// Lines above the table, as they stand there.
    pub fn preamble(&self) -> Option<&str> {
        match &self.scan {
            Scan::Delimited(scan) => scan.preamble(),
            Scan::Json(_) => None,
        }
    }

    /// The rows, from the beginning.
    ///
    /// # Errors
    /// When the file can't be opened again.
    pub fn read(&self) -> Result<Box<dyn Batches>, TableError> {
        let stream = self.input.text(self.encoding)?;
        Ok(match &self.scan {
            Scan::Delimited(scan) => Box::new(DelimitedBatches::new(scan, stream)),
            Scan::Json(scan) => Box::new(JsonBatches::new(scan, stream)),
        })
    }
}

/// The first bytes; an error when they are those of a binary format.
fn binary_head(input: &Input) -> Result<Vec<u8>, TableError> {
    let mut head = Vec::new();
    input.bytes()?.read_head(&mut head, 4096)?;
    match format::binary_format(&head) {
        Some(what) => Err(TableError::NotText { what: what.to_owned() }),
        None => Ok(head),
    }
}
