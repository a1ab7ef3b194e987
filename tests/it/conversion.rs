//! Properties of a conversion, whatever is in the files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow_array::{Array, RecordBatch, StringArray};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use proptest::prelude::*;
use textmill::core::intake::{IntakeError, LocalSource};
use textmill::core::progress::{Progress, ProgressSink};
use textmill::operations::context::RunContext;
use textmill::operations::parquet_conversion::{
    ConversionError, ConversionOptions, ConversionOutcome, Delimiter, Encoding, FileStatus, Header, SchemaMode, convert,
};
use tokio_util::sync::CancellationToken;

use crate::support::{tree, unattended};

fn convert_with(source: &Path, target: &Path, options: &ConversionOptions) -> ConversionOutcome {
    convert(&LocalSource::at(source).unwrap(), target, options, &unattended()).unwrap()
}

pub(crate) fn rows(parquet: &Path) -> Vec<RecordBatch> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(parquet).unwrap()).unwrap();
    reader.build().unwrap().map(Result::unwrap).collect()
}

fn texts(parquet: &Path) -> Vec<Vec<String>> {
    let mut table = Vec::new();
    for batch in rows(parquet) {
        let columns: Vec<&StringArray> =
            batch.columns().iter().map(|column| column.as_any().downcast_ref().unwrap()).collect();
        for row in 0..batch.num_rows() {
            table.push(columns.iter().map(|column| column.value(row).to_owned()).collect());
        }
    }
    table
}

/// Files by name, in a folder of their own.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join("in").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    folder
}

fn convert_files(files: &[(&str, &[u8])]) -> (tempfile::TempDir, ConversionOutcome) {
    let folder = folder(files);
    let outcome = convert_with(&folder.path().join("in"), &folder.path().join("out"), &ConversionOptions::default());
    (folder, outcome)
}

fn as_text() -> ConversionOptions {
    ConversionOptions { schema: SchemaMode::Text, header: Header::Absent, ..ConversionOptions::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn rows_in_are_rows_out_and_rows_rejected(bytes in prop::collection::vec(any::<u8>(), 0..600), name in "[a-z]\\.(csv|tsv|txt|json|jsonl)") {
        let (_folder, outcome) = convert_files(&[(&name, &bytes)]);
        let summary = outcome.summary;
        prop_assert_eq!(summary.rows_in, summary.rows_out + summary.rows_rejected);
        prop_assert_eq!(summary.converted + summary.skipped + summary.failed, 1);
    }

    #[test]
    fn every_line_of_broken_jsonl_is_a_row_or_a_reject(lines in prop::collection::vec("[ -~]{1,12}|\\{\"a\": ?[0-9]{1,3}\\}", 1..30)) {
        let kept: Vec<_> = lines.iter().filter(|line| !line.trim().is_empty()).collect();
        let text = lines.join("\n");
        let (_folder, outcome) = convert_files(&[("a.jsonl", text.as_bytes())]);
        if outcome.files[0].status == FileStatus::Converted && outcome.files[0].tables[0].report.format == textmill::core::tabular::format::FormatName::JsonLines {
            prop_assert_eq!(outcome.summary.rows_in, kept.len() as u64);
        }
    }

    #[test]
    fn text_mode_is_lossless_there_and_back(
        table in (2_usize..5).prop_flat_map(|width| prop::collection::vec(prop::collection::vec("([^\\p{Cc}]|\n){0,8}", width), 2..12))
    ) {
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        for row in &table {
            writer.write_record(row).unwrap();
        }
        let folder = folder(&[("a.csv", &writer.into_inner().unwrap())]);
        let outcome = convert_with(&folder.path().join("in"), &folder.path().join("out"), &as_text());
        prop_assert_eq!(outcome.summary.rows_out, table.len() as u64, "{:?}", outcome.files[0]);
        prop_assert_eq!(texts(&folder.path().join("out/a.csv.parquet")), table);
    }

    #[test]
    fn equal_input_gives_equal_bytes(bytes in "([a-c0-9,;\"\n]{0,6}\n){1,20}") {
        let files: [(&str, &[u8]); 2] = [("a.csv", bytes.as_bytes()), ("b/a.txt", bytes.as_bytes())];
        let (first, _) = convert_files(&files);
        let (second, _) = convert_files(&files);
        prop_assert_eq!(tree(&first.path().join("out")), tree(&second.path().join("out")));
    }
}

/// Type of the only data column `v` of a CSV, as its Arrow name.
fn type_of(values: &[&str]) -> String {
    let text =
        format!("id,v\n{}\n", values.iter().map(|value| format!("x,\"{value}\"")).collect::<Vec<_>>().join("\n"));
    let (_folder, outcome) = convert_files(&[("a.csv", text.as_bytes())]);
    outcome.files[0].tables[0].report.columns[1].data_type.clone()
}

#[test]
fn the_types_are_those_of_the_documentation() {
    let table: [(&[&str], &str); 26] = [
        (&["1", "2"], "Int64"),
        (&["1", ""], "Int64"),
        (&["9223372036854775808"], "UInt64"),
        (&["18446744073709551616"], "Utf8"),
        (&["-1", "9223372036854775808"], "Utf8"),
        (&["007", "012"], "Utf8"),
        (&["+1", "+2"], "Utf8"),
        (&["1.5", "2"], "Float64"),
        (&["1e3", "NaN"], "Float64"),
        (&["NA", "3"], "Int64"),
        (&["NA", "NO"], "Utf8"),
        (&["true", "FALSE"], "Boolean"),
        (&["T", "F"], "Utf8"),
        (&["0", "1"], "Int64"),
        (&["2024-01-02"], "Date32"),
        (&["31/12/2024", "01/02/2024"], "Date32"),
        (&["12/31/2024"], "Date32"),
        (&["01/02/2024"], "Utf8"),
        (&["2024-01-02 03:04:05"], "Timestamp(µs)"),
        (&["2024-01-02", "2024-01-02 03:04:05"], "Timestamp(µs)"),
        (&["2024-01-02T03:04:05Z", "2024-01-02T03:04:05+02:00"], "Timestamp(µs, \"UTC\")"),
        (&["12:30:00"], "Time64(µs)"),
        (&["1,5"], "Utf8"),
        (&["$5", "5%"], "Utf8"),
        (&[" 1"], "Int64"),
        (&["5f2b8c1e-0000-4000-8000-000000000000"], "Utf8"),
    ];
    for (values, wanted) in table {
        assert_eq!(type_of(values), wanted, "{values:?}");
    }
}

#[test]
fn a_late_value_of_another_type_turns_its_column_to_text_and_nothing_is_lost() {
    let mut lines: Vec<String> = (0..60_000).map(|number| format!("{number},x")).collect();
    lines.extend(["12.75,x".to_owned(), "007,x".to_owned()]);
    let (folder, outcome) = convert_files(&[("a.csv", format!("id,v\n{}\n", lines.join("\n")).as_bytes())]);
    let table = texts(&folder.path().join("out/a.csv.parquet"));
    assert_eq!(table[60_000..], [["12.75", "x"], ["007", "x"]]);
    let note = serde_json::to_value(&outcome.files[0].tables[0].report.columns[0].notes).unwrap();
    assert_eq!(note, serde_json::json!([{"kind": "turned_to_text", "line": 60_003}]));
}

#[test]
fn rows_that_are_too_long_are_written_down_with_their_line() {
    let text = b"a,b\n1,2\n3,4\n5,6\n7,8,9\n10,11\n12\n";
    let (folder, outcome) = convert_files(&[("a.csv", text)]);
    let file = &outcome.files[0];
    assert_eq!((file.rows_in, file.rows_out, file.rows_rejected), (6, 5, 1));
    let rejects = fs::read_to_string(folder.path().join("out/a.csv.rejects.jsonl")).unwrap();
    let line: serde_json::Value = serde_json::from_str(&rejects).unwrap();
    assert_eq!(line, serde_json::json!({"line": 5, "reason": "3 fields in a table of 2 columns", "record": "7,8,9"}));
}

#[test]
fn files_of_one_stem_never_meet() {
    let files: [(&str, &[u8]); 3] = [("a.csv", b"x,y\n1,2\n"), ("a.tsv", b"x\ty\n1\t2\n"), ("a.json", b"[{\"x\":1}]")];
    let (folder, _) = convert_files(&files);
    let names: Vec<_> = tree(&folder.path().join("out")).into_keys().map(|path| path.display().to_string()).collect();
    assert_eq!(names, ["a.csv.parquet", "a.json.parquet", "a.tsv.parquet", "textmill-report.json"]);
}

#[test]
fn a_second_run_does_only_what_has_changed() {
    let files: [(&str, &[u8]); 2] = [("a.csv", b"x,y\n1,2\n"), ("b.csv", b"x,y\n1,2\n")];
    let (folder, _) = convert_files(&files);
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    fs::write(source.join("b.csv"), "x,y\n1,2\n3,4\n").unwrap();
    let again = convert_with(&source, &target, &ConversionOptions::default());
    assert_eq!((again.summary.unchanged, again.summary.converted, again.summary.rows_out), (1, 2, 3));
    let damaged = target.join("a.csv.parquet");
    fs::write(&damaged, "not what was written").unwrap();
    let again = convert_with(&source, &target, &ConversionOptions::default());
    assert_eq!((again.summary.unchanged, rows(&damaged).len()), (1, 1));
    let all = ConversionOptions { overwrite: true, ..ConversionOptions::default() };
    assert_eq!(convert_with(&source, &target, &all).summary.unchanged, 0);
    fs::remove_file(source.join("a.csv")).unwrap();
    for _ in 0..2 {
        assert_eq!(convert_with(&source, &target, &ConversionOptions::default()).stale, ["a.csv.parquet"]);
    }
    fs::write(source.join("b.csv"), b"\x89PNG").unwrap();
    let worse = convert_with(&source, &target, &ConversionOptions::default());
    assert_eq!((worse.summary.failed, worse.stale), (1, vec!["a.csv.parquet".to_owned(), "b.csv.parquet".to_owned()]));
}

#[test]
fn a_file_that_got_better_leaves_no_old_rejects() {
    let (folder, _) = convert_files(&[("a.jsonl", b"{\"x\":1}\nbad\n")]);
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    assert!(target.join("a.jsonl.rejects.jsonl").is_file());
    fs::write(source.join("a.jsonl"), "{\"x\":1}\n").unwrap();
    convert_with(&source, &target, &ConversionOptions::default());
    assert!(!target.join("a.jsonl.rejects.jsonl").exists());
}

#[test]
fn a_dry_run_looks_and_writes_nothing() {
    let folder = folder(&[("a.csv", b"x,y\n1,2\n")]);
    let options = ConversionOptions { dry_run: true, ..ConversionOptions::default() };
    let outcome = convert_with(&folder.path().join("in"), &folder.path().join("out"), &options);
    assert_eq!(outcome.files[0].tables[0].report.columns.len(), 2);
    assert!(!folder.path().join("out").exists());
}

#[test]
fn globs_choose_files_and_every_other_one_is_told() {
    let files: [(&str, &[u8]); 4] =
        [("a.csv", b"x,y\n1,2\n"), ("d/b.csv", b"x,y\n1,2\n"), ("d/c.txt", b"p\n"), ("README.md", b"# x")];
    let folder = folder(&files);
    let options = ConversionOptions {
        include: vec!["**/*.csv".to_owned()],
        exclude: vec!["a.*".to_owned()],
        ..ConversionOptions::default()
    };
    let outcome = convert_with(&folder.path().join("in"), &folder.path().join("out"), &options);
    let told: BTreeMap<_, _> =
        outcome.files.iter().map(|file| (file.source.as_str(), file.reason.as_deref())).collect();
    assert_eq!(told["a.csv"], Some("matches `exclude`"));
    assert_eq!(told["d/b.csv"], None);
    assert_eq!(told["d/c.txt"], Some("does not match `include`"));
    let wrong = ConversionOptions { include: vec!["a[".to_owned()], ..ConversionOptions::default() };
    let source = LocalSource::at(&folder.path().join("in")).unwrap();
    let error = convert(&source, &folder.path().join("out"), &wrong, &unattended()).unwrap_err();
    assert!(matches!(error, ConversionError::Intake(IntakeError::Glob { .. })), "{error}");
}

#[test]
fn hidden_folders_take_one_line_and_a_linked_source_none() {
    let files: [(&str, &[u8]); 3] = [("a.csv", b"x,y\n1,2\n"), (".git/a.csv", b"x,y\n"), (".git/b.csv", b"x,y\n")];
    let folder = folder(&files);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(folder.path().join("in"), &link).unwrap();
    let outcome = convert_with(&link, &folder.path().join("out"), &ConversionOptions::default());
    let sources: Vec<_> = outcome.files.iter().map(|file| file.source.as_str()).collect();
    assert_eq!(sources, [".git/", "a.csv"]);
}

#[test]
fn a_destination_inside_the_source_is_not_converted_again() {
    let folder = folder(&[("a.csv", b"x,y\n1,2\n")]);
    let (source, target) = (folder.path().join("in"), folder.path().join("in/out"));
    for _ in 0..2 {
        let outcome = convert_with(&source, &target, &ConversionOptions::default());
        assert_eq!(outcome.files.len(), 1, "{:?}", outcome.files);
    }
}

#[test]
fn two_runs_never_share_a_destination() {
    let folder = folder(&[("a.csv", b"x,y\n1,2\n")]);
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    fs::create_dir_all(target.join(".textmill-tmp")).unwrap();
    let held = File::create(target.join(".textmill-tmp/lock")).unwrap();
    held.lock().unwrap();
    let run = |source: &Path| {
        let source = LocalSource::at(source).unwrap();
        convert(&source, &target, &ConversionOptions::default(), &unattended())
    };
    assert!(matches!(run(&source).unwrap_err(), ConversionError::Busy { .. }));
    drop(held);
    assert_eq!(run(&source).unwrap().summary.converted, 1);
    assert!(!target.join(".textmill-tmp").exists());
}

#[test]
fn a_cancelled_run_ends_and_the_next_one_finishes() {
    let folder = folder(&[("a.csv", b"x,y\n1,2\n"), ("b.csv", b"x,y\n1,2\n")]);
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    let context = unattended();
    context.cancel.cancel();
    let found = LocalSource::at(&source).unwrap();
    let error = convert(&found, &target, &ConversionOptions::default(), &context).unwrap_err();
    assert!(matches!(error, ConversionError::Cancelled));
    assert_eq!(convert_with(&source, &target, &ConversionOptions::default()).summary.converted, 2);
}

/// Cancels once so many bytes are done.
struct CancelAfter(u64, CancellationToken);

impl ProgressSink for CancelAfter {
    fn report(&self, progress: &Progress) {
        if progress.done >= self.0 {
            self.1.cancel();
        }
    }
}

#[test]
fn a_run_cancelled_in_the_middle_leaves_whole_files_that_are_not_made_again() {
    let text = |number: usize| format!("id,text\n{}", format!("{number},\"some, words\"\n").repeat(20));
    let files: Vec<_> = (0..600).map(|number| (format!("d{}/{number}.csv", number % 7), text(number))).collect();
    let folder = folder(&files.iter().map(|(name, text)| (name.as_str(), text.as_bytes())).collect::<Vec<_>>());
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    convert_with(&source, &folder.path().join("undisturbed"), &ConversionOptions::default());
    let undisturbed = tree(&folder.path().join("undisturbed"));
    let mut context = unattended();
    context.progress = Arc::new(CancelAfter(text(100).len() as u64 * 350, context.cancel.clone()));
    let found = LocalSource::at(&source).unwrap();
    let error = convert(&found, &target, &ConversionOptions::default(), &context).unwrap_err();
    assert!(matches!(error, ConversionError::Cancelled), "{error}");
    let left = tree(&target);
    let done = left.keys().filter(|path| path.extension().is_some_and(|extension| extension == "parquet")).count();
    assert!((350..600).contains(&done), "{done}");
    let journal = Path::new(".textmill-tmp/journal.jsonl");
    assert_eq!(left[journal].split(|byte| *byte == b'\n').filter(|line| !line.is_empty()).count(), done);
    let scratch = [journal, Path::new(".textmill-tmp/lock")];
    for (path, bytes) in left.iter().filter(|(path, _)| !scratch.contains(&path.as_path())) {
        assert_eq!(Some(bytes), undisturbed.get(path), "{}", path.display());
    }
    let outcome = convert_with(&source, &target, &ConversionOptions::default());
    assert_eq!((outcome.summary.converted, outcome.summary.unchanged), (600, done as u64));
    assert_eq!(tree(&target), undisturbed);
}

#[test]
fn a_file_of_which_one_table_finds_something_in_its_way_fails_alone_and_leaves_no_other_table() {
    let page = b"<html><table><tr><td>a</td><td>b</td></tr><tr><td>1</td><td>2</td></tr></table>\
        <table><tr><td>c</td><td>d</td></tr><tr><td>3</td><td>4</td></tr></table></html>";
    let folder = folder(&[("page.xls", page), ("z.csv", b"x,y\n1,2\n")]);
    let target = folder.path().join("out");
    fs::create_dir_all(target.join("page.xls.table-2.parquet")).unwrap();
    let outcome = convert_with(&folder.path().join("in"), &target, &ConversionOptions::default());
    assert_eq!((outcome.summary.failed, outcome.summary.converted), (1, 1), "{:?}", outcome.files);
    assert!(!target.join("page.xls.table-1.parquet").exists());
    assert!(!target.join(".textmill-tmp").exists());
}

#[test]
fn the_separator_line_of_excel_names_the_delimiter() {
    let (folder, outcome) = convert_files(&[("a.csv", b"sep=;\nname;size\na,b;1\n")]);
    let table = &outcome.files[0].tables[0].report;
    let names: Vec<_> = table.columns.iter().map(|column| column.name.as_str()).collect();
    assert_eq!((names, outcome.summary.rows_out), (vec!["name", "size"], 1));
    assert_eq!(rows(&folder.path().join("out/a.csv.parquet")).len(), 1);
}

#[test]
fn source_files_are_never_changed() {
    let folder = folder(&[("x.jsonl", b"{\"a\":1}\n"), ("x.jsonl.rejects.jsonl", b"{\"mine\":1}\n")]);
    let source = folder.path().join("in");
    let found = LocalSource::at(&source).unwrap();
    let error = convert(&found, &source, &ConversionOptions::default(), &unattended()).unwrap_err();
    assert!(matches!(error, ConversionError::SamePlace { .. }), "{error}");
    let target = folder.path().join("out");
    fs::create_dir(&target).unwrap();
    fs::write(target.join("x.jsonl.rejects.jsonl"), "not ours").unwrap();
    convert_with(&source, &target, &ConversionOptions::default());
    assert_eq!(fs::read(target.join("x.jsonl.rejects.jsonl")).unwrap(), b"not ours");
}

#[test]
fn names_that_can_have_no_output_fail_alone() {
    use std::os::unix::ffi::OsStrExt;
    let folder = folder(&[("ok.csv", b"x,y\n1,2\n"), (&format!("{}.csv", "x".repeat(250)), b"x,y\n1,2\n")]);
    for byte in [0xe4, 0xe5] {
        fs::write(
            folder.path().join("in").join(std::ffi::OsStr::from_bytes(&[byte, b'.', b'c', b's', b'v'])),
            "x,y\n1,2\n",
        )
        .unwrap();
    }
    fs::create_dir_all(folder.path().join("out/ok.csv.parquet")).unwrap();
    let outcome = convert_with(&folder.path().join("in"), &folder.path().join("out"), &ConversionOptions::default());
    assert_eq!((outcome.summary.files, outcome.summary.failed), (4, 4), "{:?}", outcome.files);
}

#[test]
fn globs_that_choose_nothing_are_an_error() {
    let folder = folder(&[("Climate/a.csv", b"x,y\n1,2\n")]);
    let source = LocalSource::at(&folder.path().join("in")).unwrap();
    let with = |glob: &str| {
        let options = ConversionOptions { include: vec![glob.to_owned()], ..ConversionOptions::default() };
        convert(&source, &folder.path().join("out"), &options, &unattended())
    };
    assert!(matches!(with("Climate"), Err(ConversionError::Intake(IntakeError::NothingChosen { files: 1, .. }))));
    for glob in ["Climate/", "./Climate/**", "**/*.csv"] {
        assert_eq!(with(glob).unwrap().summary.converted, 1, "{glob}");
    }
}

fn one_file(name: &str, content: &str) -> textmill::operations::parquet_conversion::FileOutcome {
    let (_folder, outcome) = convert_files(&[(name, content.as_bytes())]);
    outcome.files.into_iter().next().unwrap()
}

#[test]
fn quotes_count_in_a_one_column_csv_with_a_bare_header() {
    let (folder, _) =
        convert_files(&[("a.csv", b"text\n\"hello, world\"\nfoo\n\"line1\nline2\"\n\"say \"\"hi\"\"\"\n")]);
    let table = texts(&folder.path().join("out/a.csv.parquet"));
    assert_eq!(table, [["hello, world"], ["foo"], ["line1\nline2"], ["say \"hi\""]]);
}

#[test]
fn json_longer_than_the_head_is_still_json() {
    let records: Vec<_> = (0..9_000).map(|id| format!("{{\"id\":{id},\"name\":\"some name, {id}\"}}")).collect();
    for (name, between) in [("a.csv", ",\n"), ("a.txt", ","), ("a.jsonl", ","), ("a.json", ",\n")] {
        let file = one_file(name, &format!("[{}]", records.join(between)));
        assert_eq!((file.rows_out, file.tables[0].report.columns.len()), (9_000, 2), "{name}");
    }
}

#[test]
fn a_row_with_a_delimiter_too_many_is_taken_and_typed() {
    let file = one_file("a.csv", "a,b\n1,2\n3,4\n5,6\n7,8\nx,y,\n");
    assert_eq!((file.rows_out, file.status), (5, FileStatus::Converted), "{:?}", file.error);
    assert_eq!(file.tables[0].report.columns[0].data_type, "Utf8");
}

#[test]
fn a_bad_first_line_of_jsonl_costs_one_row() {
    let file = one_file("a.jsonl", "{\"a\":1},\n{\"a\":2}\n{\"a\":3}\n");
    assert_eq!((file.rows_out, file.rows_rejected), (2, 1), "{:?}", file.error);
}

#[test]
fn a_backslash_that_escapes_nothing_stays() {
    let (folder, _) =
        convert_files(&[("a.csv", b"a,b\n\"say \\\"hi\\\"\",1\n\"x \\\"y\\\", z\",2\n\"C:\\temp\\new\",3\n")]);
    let batch = &rows(&folder.path().join("out/a.csv.parquet"))[0];
    let texts: &StringArray = batch.column(0).as_any().downcast_ref().unwrap();
    assert_eq!((texts.value(0), texts.value(2)), ("say \"hi\"", "C:\\temp\\new"));
}

#[test]
fn rejects_of_an_array_stand_on_their_own_line() {
    let (folder, outcome) = convert_files(&[("a.json", b"[{\"a\":1},\n\n5,\n{\"a\":2}]")]);
    assert_eq!(outcome.summary.rows_rejected, 1);
    let rejects = fs::read_to_string(folder.path().join("out/a.json.rejects.jsonl")).unwrap();
    assert!(rejects.starts_with("{\"line\":3,") && rejects.contains("\"record\":\"5\""), "{rejects}");
}

#[test]
fn limits_hold_on_wide_and_nested_tables() {
    let commas = format!("a,b\n1,{}\n", ",".repeat(60_000));
    assert_eq!(one_file("a.csv", &commas).error.unwrap().code.as_str(), "limit-exceeded");
    let inner: Vec<_> = (0..256).map(|key| format!("\"k{key}\":1")).collect();
    let outer: Vec<_> = (0..256).map(|key| format!("\"o{key}\":{{{}}}", inner.join(","))).collect();
    assert_eq!(
        one_file("a.jsonl", &format!("{{{}}}\n", outer.join(","))).error.unwrap().code.as_str(),
        "limit-exceeded"
    );
    let names = vec!["a"; 20_000].join(",");
    assert_eq!(one_file("b.csv", &format!("{names}\n{}\n", vec!["1"; 20_000].join(","))).rows_out, 1);
}

#[test]
fn a_link_in_the_destination_leads_nothing_out_of_it() {
    let folder = folder(&[("sub/a.csv", b"x,y\n1,2\n")]);
    let (target, elsewhere) = (folder.path().join("out"), folder.path().join("elsewhere"));
    fs::create_dir_all(&elsewhere).unwrap();
    fs::create_dir_all(&target).unwrap();
    fs::write(elsewhere.join("data.txt"), "precious").unwrap();
    std::os::unix::fs::symlink(&elsewhere, target.join("sub")).unwrap();
    let outcome = convert_with(&folder.path().join("in"), &target, &ConversionOptions::default());
    assert_eq!(outcome.summary.failed, 1, "{:?}", outcome.files);
    std::os::unix::fs::symlink(&elsewhere, target.join(".textmill-tmp")).unwrap();
    let source = LocalSource::at(&folder.path().join("in")).unwrap();
    let error = convert(&source, &target, &ConversionOptions::default(), &unattended()).unwrap_err();
    assert!(matches!(error, ConversionError::Write { .. }), "{error}");
    assert_eq!(tree(&elsewhere).len(), 1);
}

#[test]
fn folders_that_need_the_place_of_an_output_fail_alone() {
    let files: [(&str, &[u8]); 3] = [
        ("a.csv", b"x,y\n1,2\n"),
        ("a.csv.parquet/b.csv", b"x,y\n1,2\n"),
        ("textmill-report.json/b.csv", b"x,y\n1,2\n"),
    ];
    let (_folder, outcome) = convert_files(&files);
    assert_eq!((outcome.summary.converted, outcome.summary.failed), (1, 2), "{:?}", outcome.files);
}

#[test]
fn many_runs_at_once_leave_one_whole_result() {
    let folder = folder(&[("a.csv", b"x,y\n1,2\n")]);
    let (source, target) = (folder.path().join("in"), folder.path().join("out"));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..40 {
                    let found = LocalSource::at(&source).unwrap();
                    match convert(&found, &target, &ConversionOptions::default(), &unattended()) {
                        Ok(_) | Err(ConversionError::Busy { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            });
        }
    });
    let names: Vec<_> = tree(&target).into_keys().collect();
    assert_eq!(names, ["a.csv.parquet", "textmill-report.json"].map(std::path::PathBuf::from));
}

#[test]
fn every_guess_can_be_overridden() {
    let folder = folder(&[("a.csv", b"x;y,z\nm\xfcde;\x80,1\n")]);
    let options = ConversionOptions {
        delimiter: Delimiter::Semicolon,
        encoding: Encoding::Windows1252,
        header: Header::Absent,
        ..ConversionOptions::default()
    };
    convert_with(&folder.path().join("in"), &folder.path().join("out"), &options);
    let table = texts(&folder.path().join("out/a.csv.parquet"));
    assert_eq!(table, [["x", "y,z"], ["müde", "€,1"]]);
}

#[test]
fn a_forged_report_removes_nothing_outside_the_destination() {
    let (folder, _) = convert_files(&[("a.jsonl", b"{\"x\":1}\nbad\n")]);
    let (source, target, victim) = (folder.path().join("in"), folder.path().join("out"), folder.path().join("victim"));
    fs::write(&victim, "precious").unwrap();
    let report = fs::read_to_string(target.join("textmill-report.json")).unwrap();
    for path in ["../victim", victim.to_str().unwrap()] {
        fs::write(target.join("textmill-report.json"), report.replace("a.jsonl.rejects.jsonl", path)).unwrap();
        fs::write(source.join("a.jsonl"), "{\"x\":1}\n").unwrap();
        convert_with(&source, &target, &ConversionOptions::default());
        assert!(victim.exists(), "{path}");
    }
}

#[test]
fn a_reserved_folder_is_neither_read_nor_written() {
    let folder = folder(&[("a.csv", b"x,y\n1,2\n"), ("state/b.csv", b"x,y\n1,2\n")]);
    let source = folder.path().join("in");
    let run = |source: &Path, target: &Path| {
        let reserved = Some(folder.path().join("in/state").canonicalize().unwrap().into());
        let context = RunContext { reserved, ..unattended() };
        convert(&LocalSource::at(source).unwrap(), target, &ConversionOptions::default(), &context).unwrap()
    };
    let read = run(&source, &folder.path().join("out"));
    assert_eq!((read.summary.converted, read.summary.skipped), (1, 1), "{:?}", read.files);
    fs::create_dir_all(folder.path().join("other/state")).unwrap();
    fs::write(folder.path().join("other/state/c.csv"), "x,y\n1,2\n").unwrap();
    let written = run(&folder.path().join("other"), &source);
    assert_eq!(written.summary.failed, 1, "{:?}", written.files);
}

#[test]
fn outputs_never_take_the_places_of_sources_below_the_destination() {
    let folder = folder(&[("sub/x.csv.parquet", b"mine"), ("sub/sub/x.csv", b"a,b\n1,2\n"), ("sub/y.csv", b"a\n1\n")]);
    let destination = folder.path().join("in");
    let outcome = convert_with(&destination.join("sub"), &destination, &ConversionOptions::default());
    let file = outcome.files.iter().find(|file| file.source == "sub/x.csv").unwrap();
    assert_eq!(file.error.as_ref().unwrap().code, textmill::core::failure::Code::AlreadyExists);
    assert_eq!(fs::read(destination.join("sub/x.csv.parquet")).unwrap(), b"mine");
    assert!(destination.join("y.csv.parquet").is_file());
}

#[test]
fn a_path_that_is_too_long_costs_its_file_and_not_the_run() {
    let folder = folder(&[("a.csv", b"a,b\n1,2\n")]);
    // Reached step by step, so that the source itself can be made.
    let deep = vec!["d".repeat(250); 15].join("/");
    let source = folder.path().join("in");
    fs::create_dir_all(source.join(&deep)).unwrap();
    fs::write(source.join(&deep).join("b.csv"), b"a,b\n1,2\n").unwrap();
    let target = folder.path().join("o".repeat(200)).join("o".repeat(200));
    let outcome = convert_with(&source, &target, &ConversionOptions::default());
    assert_eq!((outcome.summary.converted, outcome.summary.failed), (1, 1), "{:?}", outcome.files[1].error);
}
