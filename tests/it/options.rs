//! What options of a conversion change in its outputs.

use std::fs;
use std::path::Path;

use arrow_array::Array;
use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, Int64Type};
use textmill::core::failure::Code;
use textmill::core::intake::LocalSource;
use textmill::operations::parquet_conversion::{
    ConversionOptions, ConversionOutcome, DecimalComma, FileStatus, OnReject, convert,
};

use crate::conversion::rows;
use crate::support::unattended;

/// One file converted with these options.
fn converted(name: &str, text: &str, options: &ConversionOptions) -> (tempfile::TempDir, ConversionOutcome) {
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("in").join(name);
    fs::create_dir_all(source.parent().unwrap()).unwrap();
    fs::write(&source, text).unwrap();
    let source = LocalSource::at(&folder.path().join("in")).unwrap();
    let outcome = convert(&source, &folder.path().join("out"), options, &unattended()).unwrap();
    (folder, outcome)
}

fn table(folder: &Path, name: &str) -> RecordBatch {
    rows(&folder.join("out").join(name)).remove(0)
}

fn names(table: &RecordBatch) -> Vec<String> {
    table.schema().fields().iter().map(|field| field.name().clone()).collect()
}

#[test]
fn lineage_says_where_each_row_comes_from() {
    let options = ConversionOptions { lineage: true, ..ConversionOptions::default() };
    let text = "id,_line,note\n1,x,\"two\nlines\"\n\n2,y,z\n1,2,3,4\n3,z,z\n";
    let (folder, outcome) = converted("sub/a.csv", text, &options);
    assert_eq!(outcome.files[0].rows_rejected, 1);
    let found = table(folder.path(), "sub/a.csv.parquet");
    assert_eq!(names(&found), ["id", "_line", "note", "_source", "_line_2"]);
    assert_eq!(found.column(4).as_primitive::<Int64Type>().values(), &[2, 5, 7]);
    assert!(found.column(3).as_string::<i32>().iter().all(|source| source == Some("sub/a.csv")));
    let columns: Vec<_> = outcome.files[0].tables[0].report.columns.iter().map(|column| &*column.name).collect();
    assert_eq!(columns, ["id", "_line", "note", "_source", "_line_2"]);

    let (folder, _) = converted("a.xml", "<r>\n<i><n>1</n></i>\n<i><n>2</n></i>\n</r>", &options);
    let found = table(folder.path(), "a.xml.parquet");
    assert_eq!(found.column_by_name("_line").unwrap().as_primitive::<Int64Type>().values(), &[2, 3]);
}

#[test]
fn flatten_spreads_records_and_keeps_what_is_missing_missing() {
    let options = ConversionOptions { flatten: true, ..ConversionOptions::default() };
    let text = r#"{"id":1,"at":{"city":"Ulm","geo":{"lat":1.5}},"tags":["x"]}
{"id":2,"at":{"city":null},"tags":[]}
{"id":3,"at.city":"Bonn"}
"#;
    let (folder, outcome) = converted("a.jsonl", text, &options);
    let found = table(folder.path(), "a.jsonl.parquet");
    assert_eq!(names(&found), ["id", "at.city", "at.geo.lat", "tags", "at.city_2"]);
    let city = found.column(1).as_string::<i32>();
    assert_eq!(city.iter().collect::<Vec<_>>(), [Some("Ulm"), None, None]);
    assert_eq!(found.column(2).as_primitive::<Float64Type>().iter().collect::<Vec<_>>(), [Some(1.5), None, None]);
    assert_eq!(found.column(4).as_string::<i32>().value(2), "Bonn");
    assert_eq!(outcome.files[0].tables[0].report.columns.len(), 5);
}

#[test]
fn null_words_replace_the_usual_ones() {
    let text = "n;m\n1;1\nmissing;NA\n3;3\n";
    let options = ConversionOptions { null_words: Some(vec!["missing".to_owned()]), ..ConversionOptions::default() };
    let (folder, _) = converted("a.csv", text, &options);
    let found = table(folder.path(), "a.csv.parquet");
    assert_eq!(found.column(0).as_primitive::<Int64Type>().iter().collect::<Vec<_>>(), [Some(1), None, Some(3)]);
    assert_eq!(found.column(1).as_string::<i32>().value(1), "NA");
    let (folder, _) = converted("a.csv", text, &ConversionOptions::default());
    assert_eq!(table(folder.path(), "a.csv.parquet").column(1).null_count(), 1);
}

#[test]
fn a_decimal_comma_is_what_is_said_of_it() {
    let numbers = |options: &ConversionOptions| {
        let (folder, _) = converted("a.csv", "n;m\n1,234;1\n2,345;2\n", options);
        let found = table(folder.path(), "a.csv.parquet");
        found.column(0).as_primitive_opt::<Float64Type>().map(|column| column.values().to_vec())
    };
    assert_eq!(numbers(&ConversionOptions::default()), None);
    let always = ConversionOptions { decimal_comma: DecimalComma::Always, ..ConversionOptions::default() };
    assert_eq!(numbers(&always), Some(vec![1.234, 2.345]));
    let (folder, _) = converted(
        "a.csv",
        "n;m\n1,5;1\n",
        &ConversionOptions { decimal_comma: DecimalComma::Never, ..ConversionOptions::default() },
    );
    assert_eq!(table(folder.path(), "a.csv.parquet").column(0).as_string::<i32>().value(0), "1,5");
}

#[test]
fn rejected_rows_are_written_or_counted_or_fail_the_file() {
    let text = "{\"a\":1}\nbad\n{\"a\":2}\n";
    let with = |on_reject| converted("a.jsonl", text, &ConversionOptions { on_reject, ..ConversionOptions::default() });
    let (folder, outcome) = with(OnReject::Count);
    assert_eq!((outcome.summary.rows_out, outcome.summary.rows_rejected), (2, 1));
    assert!(!folder.path().join("out/a.jsonl.rejects.jsonl").exists());
    let (folder, outcome) = with(OnReject::Write);
    assert_eq!(outcome.summary.rows_rejected, 1);
    assert!(folder.path().join("out/a.jsonl.rejects.jsonl").is_file());
    let (folder, outcome) = with(OnReject::Fail);
    assert_eq!(outcome.files[0].status, FileStatus::Failed);
    assert_eq!(outcome.files[0].error.as_ref().unwrap().code, Code::MalformedInput);
    assert!(!folder.path().join("out/a.jsonl.parquet").exists());
}
