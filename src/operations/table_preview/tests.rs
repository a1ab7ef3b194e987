use std::fs::File;
use std::sync::Arc;

use ::parquet::arrow::ArrowWriter;
use arrow_array::{ArrayRef, Int32Array, LargeStringArray, ListArray, RecordBatch, TimestampMillisecondArray};
use serde_json::json;

use super::*;
use crate::core::isolation::Isolation;

fn previewed(name: &str, content: &[u8]) -> PreviewedTable {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(name);
    std::fs::write(&path, content).unwrap();
    let context = RunContext::unattended(Isolation::default());
    let mut preview = preview(&path, name, &TableOptions::default(), &context).unwrap();
    preview.tables.remove(0)
}

/// A table with a row for each number.
fn of_rows(header: &str, rows: u32, row: impl Fn(u32) -> String) -> PreviewedTable {
    let rows: Vec<_> = (0..rows).map(row).collect();
    previewed("t.csv", format!("{header}\n{}\n", rows.join("\n")).as_bytes())
}

fn looks(table: &PreviewedTable) -> Vec<(&str, LikelyRole)> {
    table.columns.iter().map(|column| (column.name.as_str(), column.looks_like.role)).collect()
}

#[test]
fn columns_of_a_labelled_table_are_told_apart_with_reasons() {
    const TONES: [&str; 3] = ["POSITIVE", "NEGATIVE", "NEUTRAL"];
    let table = of_rows("nr,sentence,tone,report,split,published,share", 300, |row| {
        let (tone, split) = (TONES[row as usize % 3], if row % 5 == 0 { "test" } else { "train" });
        let (report, day) = (row / 10, row % 28 + 1);
        format!(
            "{row},In year {row} the company cut what it emits by a tenth.,{tone},r{report},{split},2024-01-{day:02},{row}.5"
        )
    });
    let expected = [
        ("nr", LikelyRole::Id),
        ("sentence", LikelyRole::Text),
        ("tone", LikelyRole::Label),
        ("report", LikelyRole::Group),
        ("split", LikelyRole::Split),
        ("published", LikelyRole::Time),
        ("share", LikelyRole::Number),
    ];
    assert_eq!(looks(&table), expected);
    let reasons: Vec<_> = table.columns.iter().map(|column| column.looks_like.reason.as_str()).collect();
    assert_eq!(reasons[0], "another value in each of 300 rows");
    assert_eq!(reasons[1], "mean length 53 characters, 100 % different");
    assert_eq!(reasons[2], "3 different values in 300 rows");
    assert_eq!(reasons[4], "holds `test`, `train` and nothing else");
    let tone = &table.columns[2];
    assert_eq!((tone.distinct, tone.distinct_share), (DistinctCount { values: 3, is_exact: true }, Some(0.01)));
    let values = tone.values.as_ref().unwrap();
    assert_eq!((&values[0].value, values[0].rows), (&json!("NEGATIVE"), 100));
    assert_eq!(table.columns[1].values, None);
    assert_eq!(table.columns[1].length.unwrap().max_chars, 53);
    assert_eq!(table.columns[0].length, None);
}

#[test]
fn a_document_that_repeats_is_a_group_and_no_label() {
    let table = of_rows("docId,class", 40, |row| format!("{},{}", row / 10, row % 4));
    assert_eq!(looks(&table), [("docId", LikelyRole::Group), ("class", LikelyRole::Label)]);
}

#[test]
fn tags_and_spans_of_entities_are_known() {
    let table = of_rows("tokens,iob_tags,spans", 20, |row| {
        format!(
            "Anna of place {row},B-person O O O,\"[{{\"\"start\"\": 0, \"\"end\"\": 4, \"\"label\"\": \"\"person\"\"}}]\""
        )
    });
    assert_eq!(looks(&table)[1..], [("iob_tags", LikelyRole::Tags), ("spans", LikelyRole::Tags)]);
    let none = of_rows("a,b", 20, |row| format!("O,{row} of B-side"));
    assert!(looks(&none).iter().all(|(_, role)| *role != LikelyRole::Tags), "{none:?}");
}

#[test]
fn an_empty_column_and_a_constant_one_are_nothing_to_learn_from() {
    let table = of_rows("a,b", 20, |_row| ",same".to_owned());
    assert_eq!(looks(&table), [("a", LikelyRole::Other), ("b", LikelyRole::Other)]);
    assert_eq!(table.columns[0].looks_like.reason, "no row has a value");
    assert_eq!((table.columns[0].nulls, table.columns[0].distinct_share), (20, None));
    assert_eq!(table.columns[1].looks_like.reason, "the same value in 20 rows");
}

#[test]
fn parquet_is_read_as_it_stands_whatever_its_types_are() {
    let texts = (0..30).map(|row| Some(format!("the {row}th sentence of a report that is long")));
    let lists = (0..30).map(|row| Some(vec![Some(row % 2), Some(7)]));
    let columns: [(&str, ArrayRef); 4] = [
        ("body", Arc::new(texts.collect::<LargeStringArray>())),
        ("level", Arc::new(Int32Array::from_iter_values((0..30).map(|row| row % 3)))),
        ("when", Arc::new(TimestampMillisecondArray::from_iter_values(0..30))),
        ("codes", Arc::new(ListArray::from_iter_primitive::<arrow_array::types::Int32Type, _, _>(lists))),
    ];
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let dir = tempfile::tempdir().unwrap();
    // An upload may have any name.
    let path = dir.path().join("content");
    let mut writer = ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    let context = RunContext::unattended(Isolation::default());
    let table = preview(&path, "content", &TableOptions::default(), &context).unwrap().tables.remove(0);
    assert_eq!((table.format, table.rows_out), (FormatName::Parquet, 30));
    let roles: Vec<_> = looks(&table).into_iter().map(|(_, role)| role).collect();
    assert_eq!(roles, [LikelyRole::Text, LikelyRole::Label, LikelyRole::Time, LikelyRole::Label]);
    assert_eq!(table.columns[1].samples, [json!(0), json!(1), json!(2)]);
    assert_eq!(table.columns[3].samples, [json!([0, 7]), json!([1, 7])]);
    assert_eq!(table.columns[2].samples[0], json!("1970-01-01T00:00:00"));
}

#[test]
fn broken_parquet_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("t.parquet");
    std::fs::write(&path, b"PAR1 and nothing else").unwrap();
    let context = RunContext::unattended(Isolation::default());
    let error = preview(&path, "t.parquet", &TableOptions::default(), &context).unwrap_err();
    assert!(error.to_string().starts_with("it can't be read as Parquet"), "{error}");
}
