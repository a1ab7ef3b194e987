//! Delimited text: any bytes, and what the `csv` crate makes of them, written well-formed and read as text.
#![no_main]

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray as _;
use csv::{ReaderBuilder, StringRecord, WriterBuilder};
use libfuzzer_sys::fuzz_target;
use textmill::core::tabular::delimited::{DelimiterWish, Escape, Habit, LineEnd};
use textmill::core::tabular::format::{Promise, TextWish};
use textmill::core::tabular::report::{TableNote, TableReport};
use textmill::core::tabular::table::TableOptions;
use textmill_fuzz::{Outcome, Reader, options_of, read, read_twice, watch_panics};

const CSV: Promise = Promise::Text(TextWish::Delimited(Habit::Comma));

fuzz_target!(init: watch_panics(Reader::InProcess), |bytes: &[u8]| {
    let habit = [Habit::Comma, Habit::Tab, Habit::Plain][usize::from(bytes.last().unwrap_or(&0) % 3)];
    read_twice(bytes, Promise::Text(TextWish::Delimited(habit)), options_of(bytes));
    if bytes.len() < 16 << 10
        && let Some((text, records)) = well_formed(bytes)
    {
        comes_back(&text, &records);
    }
});

/// The records that the `csv` crate finds, as it writes them.
fn well_formed(bytes: &[u8]) -> Option<(Vec<u8>, Vec<StringRecord>)> {
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let records: Vec<StringRecord> = reader.records().collect::<Result<_, _>>().ok()?;
    let mut writer = WriterBuilder::new().flexible(true).from_writer(Vec::new());
    records.iter().try_for_each(|record| writer.write_record(record)).ok()?;
    let text = writer.into_inner().ok()?;
    // A mark of byte order is no text.
    (!records.is_empty() && !text.starts_with(b"\xef\xbb\xbf")).then_some((text, records))
}

/// Every field of every record is a cell, a line of the preamble, or in a rejected row.
fn comes_back(text: &[u8], records: &[StringRecord]) {
    let options = TableOptions {
        as_text: true,
        header: Some(false),
        delimiter: DelimiterWish::Is(b','),
        encoding: Some(encoding_rs::UTF_8),
        ..TableOptions::default()
    };
    let (mut rows, mut width, mut is_ours) = (Vec::new(), 0, true);
    let mut keep = |report: &TableReport, batch: &RecordBatch| {
        is_ours &= is_usual(report);
        width = batch.num_columns();
        rows.extend((0..batch.num_rows()).map(|row| cells(batch, row)));
    };
    // Text that is taken for something else is no table of these records.
    let Ok(Outcome { rejected, notes, .. }) = read(text, CSV, &options, &mut keep) else { return };
    if !is_ours {
        return;
    }
    let titles =
        notes.iter().find_map(|note| if let TableNote::Preamble { lines } = note { Some(*lines) } else { None });
    let (fitting, wide): (Vec<_>, Vec<_>) = records
        .iter()
        .skip(usize::try_from(titles.unwrap_or(0)).unwrap_or(0))
        .partition(|record| filled(record) <= width);
    assert_eq!(wide.len(), rejected, "other rows are rejected than those that are too wide");
    assert_eq!(fitting.len(), rows.len(), "rows are missing or new");
    for (record, row) in fitting.iter().zip(&rows) {
        let wanted: Vec<_> = (0..width).map(|index| record.get(index).unwrap_or_default()).collect();
        assert_eq!(*row, wanted, "a row differs");
    }
}

/// Whether it is read as it was written: a guess may find that backslashes escape, or that it is JSON.
fn is_usual(report: &TableReport) -> bool {
    report.dialect.as_ref().is_some_and(|dialect| {
        dialect.quoting && dialect.escape == Escape::Double && dialect.line_end == LineEnd::Newline
    })
}

fn filled(record: &StringRecord) -> usize {
    record.iter().zip(1..).filter(|(field, _)| !field.is_empty()).map(|(_, width)| width).last().unwrap_or(0)
}

fn cells(batch: &RecordBatch, row: usize) -> Vec<String> {
    batch.columns().iter().map(|column| column.as_string::<i32>().value(row).to_owned()).collect()
}
