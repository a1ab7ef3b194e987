//! JSON, by lines or whole: any bytes, and arrays of objects beside what `serde_json` reads.
#![no_main]

use std::collections::BTreeMap;

use arrow_array::cast::AsArray as _;
use arrow_array::{Array as _, RecordBatch};
use libfuzzer_sys::fuzz_target;
use serde_json::value::RawValue;
use textmill::core::tabular::format::{FormatName, Promise, TextWish};
use textmill::core::tabular::report::TableReport;
use textmill::core::tabular::table::TableOptions;
use textmill_fuzz::{Reader, options_of, read, read_twice, watch_panics};

/// An object; of keys that stand twice the last value counts.
type Record = BTreeMap<String, Box<RawValue>>;

fuzz_target!(init: watch_panics(Reader::InProcess), |bytes: &[u8]| {
    let wish = if bytes.last().is_some_and(|last| last % 2 == 1) { TextWish::JsonLines } else { TextWish::Json };
    read_twice(bytes, Promise::Text(wish), options_of(bytes));
    if let Ok(records) = serde_json::from_slice::<Vec<Record>>(bytes) {
        comes_back(bytes, &records);
    }
});

/// Every value of every record is a cell.
fn comes_back(bytes: &[u8], records: &[Record]) {
    let options = TableOptions { as_text: true, encoding: Some(encoding_rs::UTF_8), ..TableOptions::default() };
    let mut next = 0;
    let mut compare = |report: &TableReport, batch: &RecordBatch| {
        // An array of arrays on lines of their own is taken for lines; objects without any key have no columns.
        if report.format != FormatName::Json || records.iter().all(Record::is_empty) {
            return;
        }
        for row in 0..batch.num_rows() {
            compare_row(batch, row, &records[next]);
            next += 1;
        }
    };
    let read = read(bytes, Promise::Text(TextWish::Json), &options, &mut compare);
    // Halves of surrogate pairs are no text, and objects may be nested too deep: then there is an error.
    if let Ok(outcome) = read {
        assert_eq!(outcome.rows + outcome.rejected, records.len(), "rows are missing or new");
    }
}

fn compare_row(batch: &RecordBatch, row: usize, record: &Record) {
    let schema = batch.schema();
    for (key, value) in record {
        let column = schema.index_of(key).unwrap_or_else(|_| panic!("no column {key:?}"));
        let column = batch.column(column).as_string::<i32>();
        let cell = column.is_valid(row).then(|| column.value(row));
        let wanted = match value.get() {
            "null" => None,
            raw if raw.starts_with('"') => Some(serde_json::from_str::<String>(raw).expect("text")),
            raw => Some(raw.to_owned()),
        };
        assert_eq!(cell, wanted.as_deref(), "a value of {key:?} differs");
    }
    let filled = batch.columns().iter().filter(|column| column.is_valid(row)).count();
    assert!(filled <= record.len(), "values from nowhere");
}
