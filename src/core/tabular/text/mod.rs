//! The table in a text file: delimited text or JSON.
//!
//! Two passes: [`TextTable::inspect`] finds out encoding, dialect, header and types from every value,
//! [`Table::read`] only reads. In each pass over a large file one thread reads, hashes, unpacks and decodes chunks of
//! whole lines, and hands them through a bounded queue to the reader's own thread. That splits them into records and
//! looks at every value, or fills batches with them. A third thread, of whoever takes the batches, encodes them. Memory: streams, except that a file up to 16 MiB is kept between the passes and a JSON
//! record is held whole.

mod sniff;

use arrow_schema::SchemaRef;
use encoding_rs::UTF_8;
use sniff::TextFormat;

use super::delimited::{DelimitedBatches, DelimitedScan};
use super::encoding::{self, Confidence, EncodingGuess};
use super::error::TableError;
use super::format::TextWish;
use super::input::{Input, InputError};
use super::json::{JsonBatches, JsonScan};
use super::report::{Guess, TableReport};
use super::table::{Batches, Table, TableOptions};

/// Bytes of the head that guesses are made from.
const HEAD: usize = 256 << 10;

/// The table of a text file, looked at from end to end.
#[derive(Debug)]
pub struct TextTable {
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

impl TextTable {
    /// Looks at the whole file, which `head` begins.
    ///
    /// # Errors
    /// When it is not a table.
    pub fn inspect(input: Input, head: &[u8], wish: TextWish, options: &TableOptions) -> Result<Self, TableError> {
        let certain = |encoding| EncodingGuess { encoding, confidence: Confidence::Certain };
        if let Some(found) = options.encoding.map(certain).or_else(|| encoding::by_head(head)) {
            return Self::look(input, found, wish, options);
        }
        match Self::look(input.clone(), certain(UTF_8), wish, options) {
            Err(TableError::Input(InputError::Undecodable { .. })) => {
                let found = encoding::by_statistics(&input)?;
                Self::look(input, found, wish, options)
            }
            looked => looked,
        }
    }

    fn look(input: Input, found: EncodingGuess, wish: TextWish, options: &TableOptions) -> Result<Self, TableError> {
        let mut text = String::new();
        let mut stream = input.text(found.encoding)?;
        while text.len() < HEAD && stream.read_chunk(&mut text)? {}
        let whole = !stream.read_chunk(&mut String::new())?;
        if text.trim_ascii().is_empty() && whole {
            return Err(TableError::Empty);
        }
        if sniff::is_binary(text.as_bytes()) {
            return Err(TableError::NotRead { what: "binary data".to_owned() });
        }
        let format = sniff::sniff(text.as_bytes(), whole, wish);
        let stream = input.text_ahead(found.encoding)?;
        let (scan, dialect, columns) = match format {
            TextFormat::Delimited(habit) => {
                let scan = DelimitedScan::run(&text, whole, habit, stream, options)?;
                let (dialect, columns) = (Some(scan.dialect_report()), scan.columns());
                (Scan::Delimited(scan), dialect, columns)
            }
            TextFormat::Json(layout) => {
                let scan = JsonScan::run(layout, stream, options.as_text)?;
                let columns = scan.columns();
                (Scan::Json(scan), None, columns)
            }
        };
        let report = TableReport {
            packing: input.packing().name().map(str::to_owned),
            encoding: Some(Guess { value: found.encoding.name().to_owned(), confidence: found.confidence }),
            dialect,
            ..TableReport::new(format.name(), columns)
        };
        Ok(Self { input, encoding: found.encoding, scan, report })
    }
}

impl Table for TextTable {
    fn report(&self) -> &TableReport {
        &self.report
    }

    fn schema(&self) -> SchemaRef {
        match &self.scan {
            Scan::Delimited(scan) => scan.schema(),
            Scan::Json(scan) => scan.schema(),
        }
    }

    fn preamble(&self) -> Option<&str> {
        match &self.scan {
            Scan::Delimited(scan) => scan.preamble(),
            Scan::Json(_) => None,
        }
    }

    fn read(self: Box<Self>) -> Result<Box<dyn Batches>, TableError> {
        let stream = self.input.text_ahead(self.encoding)?;
        Ok(match &self.scan {
            Scan::Delimited(scan) => Box::new(DelimitedBatches::new(scan, stream)),
            Scan::Json(scan) => Box::new(JsonBatches::new(scan, stream)),
        })
    }
}
