//! `textmill classify build`: tables in, data sets out, as their users meet them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Int64Array, ListArray, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, Schema};
use parquet::arrow::ArrowWriter;
use serde_json::{Value, json};

use crate::conversion::rows;
use crate::support::process::Process;
use crate::support::{json as printed, run, text, textmill, tree};

/// A table of invented reviews: 40 joyful, 30 sad, 10 angry, by 10 authors, with a date each.
fn reviews() -> Vec<(String, &'static str, String, String)> {
    let label = |row: usize| match row % 8 {
        0..4 => "joy",
        4..7 => "sadness",
        _ => "anger",
    };
    let review = |row: usize| format!("review number {row}, and what was felt");
    let day = |row: usize| format!("2024-{:02}-{:02}", 1 + row / 28, 1 + row % 28);
    (0..80).map(|row| (review(row), label(row), format!("author {}", row % 10), day(row))).collect()
}

fn write_csv(path: &Path) {
    let mut table = String::from("review,felt,author,day,stars\n");
    for (row, (review, felt, author, day)) in reviews().into_iter().enumerate() {
        writeln!(table, "\"{review}\",{felt},{author},{day},{}", row % 5).unwrap();
    }
    fs::write(path, table).unwrap();
}

fn build(folder: &Path, arguments: &[&str]) -> Value {
    let done = run(folder, &[&["classify", "build"], arguments, &["--json"]].concat());
    assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
    printed(&done)
}

fn refused(folder: &Path, arguments: &[&str]) -> Value {
    let done = run(folder, &[&["classify", "build"], arguments, &["-o", "refused", "--json"]].concat());
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stdout));
    assert!(!folder.join("refused").exists(), "nothing is left where nothing was made");
    printed(&done)
}

fn texts(batches: &[RecordBatch], name: &str) -> Vec<Option<String>> {
    let column = |batch: &RecordBatch| -> Vec<Option<String>> {
        let column = batch.column_by_name(name).unwrap();
        column.as_string::<i32>().iter().map(|value| value.map(str::to_owned)).collect()
    };
    batches.iter().flat_map(column).collect()
}

fn dataset(folder: &Path) -> Vec<RecordBatch> {
    rows(&folder.join("dataset.parquet"))
}

#[test]
fn a_table_becomes_text_label_split_and_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("reviews.csv"));
    let arguments =
        ["reviews.csv", "--text-column", "review", "--label-column", "felt", "-o", "out", "--licence", "CC0-1.0"];
    let card = build(folder.path(), &arguments);
    assert_eq!(
        card,
        serde_json::from_slice::<Value>(&fs::read(folder.path().join("out/dataset.json")).unwrap()).unwrap()
    );
    assert_eq!((&card["name"], &card["licence"]), (&json!("reviews"), &json!("CC0-1.0")));
    assert_eq!(card["source"]["size_bytes"], fs::metadata(folder.path().join("reviews.csv")).unwrap().len());
    assert_eq!(card["options"]["seed"], 42);
    assert_eq!(card["splits"][0]["labels"], json!({"joy": 32, "sadness": 24, "anger": 8}));
    assert_eq!(card["splits"][1]["labels"], json!({"joy": 8, "sadness": 6, "anger": 2}));
    assert_eq!(card["labels"][0], json!({"label": "anger", "rows": 10, "share": 0.125, "weight": 64.0 / 24.0}));
    assert_eq!((&card["rows"]["read"], &card["rows"]["written"]), (&json!(80), &json!(80)));
    assert_eq!(card["findings"], json!([]));
    let batches = dataset(&folder.path().join("out"));
    let names: Vec<_> = batches[0].schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["text", "label", "train_test_split", "author", "day", "stars"]);
    assert_eq!(batches[0].schema().field(4).data_type(), &DataType::Date32);
    let read: Vec<_> = texts(&batches, "text").into_iter().flatten().collect();
    assert_eq!(read, reviews().into_iter().map(|review| review.0).collect::<Vec<_>>(), "the order of the rows stays");
    assert_eq!(
        fs::read_dir(folder.path().join("out")).unwrap().count(),
        2,
        "no row was left out, and no scratch is left"
    );
}

#[test]
fn the_same_table_in_any_form_gives_the_same_data_set() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write_csv(&folder.path().join("r.csv"));
    let lines = reviews().into_iter().enumerate().map(|(row, (review, felt, author, day))| {
        json!({"review": review, "felt": felt, "author": author, "day": day, "stars": row % 5}).to_string() + "\n"
    });
    write("r.jsonl", lines.collect());
    let converted = run(folder.path(), &["convert", "r.csv", "as-parquet", "-q"]);
    assert!(converted.status.success());
    fs::copy(folder.path().join("as-parquet/r.csv.parquet"), folder.path().join("r.parquet")).unwrap();
    let made = |name: &str, keep: &str| {
        let out = format!("out-{name}");
        let columns = ["--text-column", "review", "--label-column", "felt", "--keep-column", keep];
        build(folder.path(), &[&[name], &columns[..], &["-o", &out]].concat());
        let made = folder.path().join(out).join("dataset.parquet");
        assert!(made.exists(), "{name}");
        fs::read(made).unwrap()
    };
    assert!(made("r.csv", "day") == made("r.parquet", "day"));
    // A date in JSON is a text, so another column is compared.
    assert!(made("r.csv", "stars") == made("r.jsonl", "stars"));
}

#[test]
fn equal_options_give_equal_bytes_and_another_seed_does_not() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("r.csv"));
    for format in ["parquet", "csv", "jsonl", "hugging-face"] {
        let made = |out: &str, seed: &str| {
            let arguments = ["--text-column", "review", "--label-column", "felt", "--format", format, "--seed", seed];
            build(folder.path(), &[&["r.csv"], &arguments[..], &["-o", out]].concat());
            tree(&folder.path().join(out))
        };
        let first = made(&format!("{format}-a"), "1");
        assert_eq!(first, made(&format!("{format}-b"), "1"), "{format}");
        assert_ne!(first, made(&format!("{format}-c"), "2"), "{format}");
    }
}

#[test]
fn every_row_is_accounted_for_by_its_reason() {
    let folder = tempfile::tempdir().unwrap();
    let table = "said,label,source\n\
        \"a fine day, and a long one\",good,x\n\
        \"A  fine day, and a long one\",good,x\n\
        ,good,x\n\
        no,good,x\n\
        \"a bad day, and a long one\",,x\n\
        \"a bad day, and a long one\",odd,x\n\
        \"a mixed day, and a long one\",good,x\n\
        \"a mixed day, and a long one\",bad,x\n\
        \"another bad day, and a long one\",bad,x\n\
        \"a third bad day, and a long one\",bad,x\n";
    fs::write(folder.path().join("t.csv"), table).unwrap();
    fs::write(folder.path().join("labels.txt"), "good\nbad\n").unwrap();
    let arguments =
        ["--text-column", "said", "--label-column", "label", "--label-set", "labels.txt", "--min-chars", "5"];
    let cleaning = ["--duplicates", "normalised", "--conflicts", "drop", "-o", "out"];
    let card = build(folder.path(), &[&["t.csv"], &arguments[..], &cleaning[..]].concat());
    let left_out = &card["rows"]["left_out"];
    let counts: Vec<_> = ["duplicate", "empty", "too_short", "unlabelled", "unknown_label", "conflict"]
        .iter()
        .map(|reason| left_out[*reason].as_u64().unwrap())
        .collect();
    assert_eq!(counts, [1, 1, 1, 1, 1, 2]);
    assert_eq!((&card["rows"]["read"], &card["rows"]["written"]), (&json!(10), &json!(3)));
    let lines = fs::read_to_string(folder.path().join("out/left_out.jsonl")).unwrap();
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0], json!({"row": 2, "reason": "duplicate", "repeats": 1}));
    assert_eq!(lines[1], json!({"row": 3, "reason": "empty"}));
    assert_eq!(lines.len(), 7);
    let conflict =
        card["findings"].as_array().unwrap().iter().find(|found| found["kind"] == "conflicting_labels").unwrap();
    assert_eq!(conflict["example"], "a mixed day, and a long one");
    assert_eq!(conflict["labels"], json!(["bad", "good"]));
    // A second run in another form takes the files of the first away.
    build(folder.path(), &[&["t.csv"], &arguments[..6], &["--format", "csv", "-o", "out"]].concat());
    let names: BTreeSet<_> = fs::read_dir(folder.path().join("out"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, BTreeSet::from(["dataset.csv".into(), "dataset.json".into(), "left_out.jsonl".into()]));
}

#[test]
fn labels_are_mapped_and_those_that_look_like_the_same_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("t,l\n");
    for row in 0..60 {
        writeln!(table, "text {row},{}", ["POSITIVE", "NEGATIVE", "NEGATIVE"][row % 3]).unwrap();
    }
    table.push_str("last text,POSTIVE\n");
    fs::write(folder.path().join("t.csv"), table).unwrap();
    let columns = ["t.csv", "--text-column", "t", "--label-column", "l", "-o", "out"];
    let card = build(folder.path(), &columns);
    let findings = card["findings"].as_array().unwrap();
    assert!(findings.contains(&json!({"kind": "similar_labels", "label": "POSTIVE", "rows": 1, "like": "POSITIVE"})));
    assert!(findings.contains(&json!({"kind": "rare_label", "label": "POSTIVE", "rows": 1})));
    assert!(findings.contains(&json!({"kind": "label_not_in_split", "label": "POSTIVE", "split": "test"})));
    let card = build(folder.path(), &[&columns[..], &["--label-map", "POSTIVE=POSITIVE"]].concat());
    assert_eq!((card["labels"].as_array().unwrap().len(), &card["findings"]), (2, &json!([])));
}

#[test]
fn groups_stay_whole_and_time_runs_forwards() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("r.csv"));
    let columns = ["r.csv", "--text-column", "review", "--label-column", "felt", "-o", "out"];
    let card = build(folder.path(), &[&columns[..], &["--group-column", "author"]].concat());
    assert_eq!((&card["splits"][0]["groups"], &card["splits"][1]["groups"]), (&json!(8), &json!(2)));
    let batches = dataset(&folder.path().join("out"));
    let pairs = texts(&batches, "author").into_iter().zip(texts(&batches, "train_test_split"));
    let mut splits: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    pairs.for_each(|(author, split)| {
        splits.entry(author).or_default().insert(split);
    });
    assert!(splits.values().all(|splits| splits.len() == 1));
    let shares = ["--time-column", "day", "--split", "train=70,validation=10,test=20"];
    let card = build(folder.path(), &[&columns[..], &shares[..]].concat());
    assert_eq!(
        card["splits"].as_array().unwrap().iter().map(|split| split["rows"].as_u64().unwrap()).collect::<Vec<_>>(),
        [56, 8, 16]
    );
    let splits = texts(&dataset(&folder.path().join("out")), "train_test_split");
    assert!(
        splits
            .iter()
            .map(|split| split.as_deref().unwrap())
            .is_sorted_by_key(|split| ["train", "validation", "test"].iter().position(|name| *name == split))
    );
}

#[test]
fn a_balanced_train_split_has_as_many_rows_of_every_label_and_weights_say_the_rest() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("r.csv"));
    let columns = ["r.csv", "--text-column", "review", "--label-column", "felt", "-o", "out", "--weights"];
    let card = build(folder.path(), &[&columns[..], &["--balance", "down-sample"]].concat());
    assert_eq!(card["splits"][0]["labels"], json!({"joy": 8, "sadness": 8, "anger": 8}));
    assert_eq!(
        card["splits"][1]["labels"],
        json!({"joy": 8, "sadness": 6, "anger": 2}),
        "the test split stays as it is"
    );
    assert_eq!(card["rows"]["left_out"]["balance"], 40);
    let card = build(folder.path(), &[&columns[..], &["--most-per-label", "20"]].concat());
    assert_eq!(card["splits"][0]["labels"], json!({"joy": 20, "sadness": 20, "anger": 8}));
    let batches = dataset(&folder.path().join("out"));
    let weights = batches[0].column_by_name("weight").unwrap().as_primitive::<arrow_array::types::Float64Type>();
    let labels = texts(&batches, "label");
    let angry = labels.iter().position(|label| label.as_deref() == Some("anger")).unwrap();
    assert_eq!(weights.value(angry), 48.0 / (3.0 * 8.0));
}

#[test]
fn splits_that_the_table_has_are_kept_and_names_that_are_taken_give_way() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("body,text,kind,fold\n");
    for row in 0..40 {
        writeln!(table, "body {row},other {row},{},{}", row % 2, ["test", "", "", ""][row % 4]).unwrap();
    }
    fs::write(folder.path().join("t.csv"), table).unwrap();
    let arguments = ["t.csv", "--text-column", "body", "--label-column", "kind", "--split-column", "fold", "-o", "out"];
    let card = build(folder.path(), &arguments);
    assert_eq!((&card["splits"][0]["rows"], &card["splits"][1]["rows"]), (&json!(24), &json!(16)));
    assert_eq!(card["findings"], json!([{"kind": "column_renamed", "from": "text", "to": "source_text"}]));
    let batches = dataset(&folder.path().join("out"));
    assert_eq!(texts(&batches, "label")[1].as_deref(), Some("1"), "numbers are labels");
    assert_eq!(texts(&batches, "source_text")[0].as_deref(), Some("other 0"));
    assert_eq!(texts(&batches, "train_test_split")[4].as_deref(), Some("test"));
    let card = build(folder.path(), &[&arguments[..], &["--keep-column", "fold"]].concat());
    let names: Vec<_> =
        card["columns"].as_array().unwrap().iter().map(|column| column["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["text", "label", "train_test_split", "fold"]);
}

/// Texts with lists of labels and of numbers, as only Parquet has them.
fn write_lists(path: &Path) {
    let lists = |of: &dyn Fn(i64) -> Vec<i64>| -> Arc<ListArray> {
        Arc::new(ListArray::from_iter_primitive::<arrow_array::types::Int64Type, _, _>(
            (0..50).map(|row| Some(of(row).into_iter().map(Some).collect::<Vec<_>>())),
        ))
    };
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("body", Arc::new((0..50).map(|row| Some(format!("text, \"{row}\""))).collect::<StringArray>())),
        ("topics", lists(&|row| (0..3).filter(|topic| row % (topic + 2) == 0).collect())),
        ("numbers", lists(&|row| vec![row, row + 1])),
        ("id", Arc::new((0..50).collect::<Int64Array>())),
    ];
    let fields: Vec<Field> =
        columns.iter().map(|(name, values)| Field::new(*name, values.data_type().clone(), true)).collect();
    let schema = Arc::new(Schema::new(fields));
    let batch =
        RecordBatch::try_new(Arc::clone(&schema), columns.into_iter().map(|(_, values)| values).collect()).unwrap();
    let mut writer = ArrowWriter::try_new(fs::File::create(path).unwrap(), schema, None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn several_labels_a_text_and_lists_survive_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    write_lists(&folder.path().join("t.parquet"));
    let columns = [
        "t.parquet",
        "--text-column",
        "body",
        "--label-column",
        "topics",
        "--task",
        "multi-label",
        "--unlabelled",
        "keep",
    ];
    let made = |format: &str| build(folder.path(), &[&columns[..], &["--format", format, "-o", format]].concat());
    let card = made("parquet");
    assert_eq!(card["rows"]["written"], 50);
    let lists = dataset(&folder.path().join("parquet"))[0].column_by_name("label").unwrap().as_list::<i32>().clone();
    let first = lists.value(0);
    assert_eq!(first.as_string::<i32>().iter().flatten().collect::<Vec<_>>(), ["0", "1", "2"]);
    made("csv");
    let table = fs::read_to_string(folder.path().join("csv/dataset.csv")).unwrap();
    let mut records = csv::Reader::from_reader(table.as_bytes());
    let first = records.records().next().unwrap().unwrap();
    assert_eq!((&first[0], &first[1], &first[3]), ("text, \"0\"", "[\"0\",\"1\",\"2\"]", "[0,1]"));
    made("jsonl");
    let lines = fs::read_to_string(folder.path().join("jsonl/dataset.jsonl")).unwrap();
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["label"], &first["numbers"]), (&json!(["0", "1", "2"]), &json!([0, 1])));
    made("hugging-face");
    let train = rows(&folder.path().join("hugging-face/data/train-00000-of-00001.parquet"));
    let labels = train[0].column_by_name("label").unwrap().as_list::<i32>();
    assert!(matches!(labels.value_type(), DataType::Int64));
    let readme = fs::read_to_string(folder.path().join("hugging-face/README.md")).unwrap();
    let names = "  - name: \"label\"\n    sequence:\n      class_label:\n        names:\n          '0': \"0\"\n";
    assert!(readme.contains(names), "{readme}");
    assert!(readme.contains("  - name: \"numbers\"\n    sequence: int64\n"), "{readme}");
    assert!(!folder.path().join("hugging-face/data/validation-00000-of-00001.parquet").exists());
}

#[test]
fn without_any_source_of_labels_they_are_left_to_whoever_annotates() {
    let folder = tempfile::tempdir().unwrap();
    write_csv(&folder.path().join("r.csv"));
    let card = build(folder.path(), &["r.csv", "--text-column", "review", "-o", "out"]);
    assert_eq!((&card["rows"]["written"], &card["labels"]), (&json!(80), &json!([])));
    let labels = texts(&dataset(&folder.path().join("out")), "label");
    assert!(labels.iter().all(Option::is_none));
}

#[test]
fn what_can_not_be_made_is_refused_with_the_facts() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("text,label,one,none,document\n");
    for row in 0..40 {
        writeln!(table, "text {row},{},same,,{}", ["a", "b"][row % 2], if row < 37 { "big" } else { "small" }).unwrap();
    }
    fs::write(folder.path().join("t.csv"), table).unwrap();
    let said = |arguments: &[&str]| refused(folder.path(), &[&["t.csv"], arguments].concat());
    let text = ["--text-column", "text"];
    let missing = said(&[]);
    assert_eq!(missing["code"], "text-column-required");
    assert!(missing["detail"].as_str().unwrap().contains("`text`, `label`"), "{missing}");
    let unknown = said(&["--text-column", "txt"]);
    assert_eq!((&unknown["code"], &unknown["hint"]), (&json!("unknown-column"), &json!("did you mean `text`?")));
    let empty = said(&[&text[..], &["--label-column", "none"]].concat());
    assert_eq!(empty["detail"], "the label column `none` is empty in all 40 rows");
    let one = said(&[&text[..], &["--label-column", "one"]].concat());
    assert_eq!(one["detail"], "all 40 rows have the label `same`; nothing can be learnt from one label");
    let shares = said(&[&text[..], &["--label-column", "label", "--split", "train=80,test=30"]].concat());
    assert!(shares["detail"].as_str().unwrap().contains("add up to 110"), "{shares}");
    let group = said(&[&text[..], &["--label-column", "label", "--group-column", "document"]].concat());
    let facts = "the group `big` of `document` has 37 rows, more than the largest split may have (32 of 40)";
    assert_eq!(group["detail"], facts);
    let few = said(&[&text[..], &["--label-column", "label", "--group-column", "one"]].concat());
    assert!(few["detail"].as_str().unwrap().contains("`same` of `one` has 40 rows"), "{few}");
    let time = said(&[&text[..], &["--label-column", "label", "--time-column", "document"]].concat());
    assert!(time["detail"].as_str().unwrap().contains("`big`"), "{time}");
    let language = said(&[&text[..], &["--language", "english"]].concat());
    assert!(language["detail"].as_str().unwrap().contains("`english`"), "{language}");
    let nothing = said(&[&text[..], &["--label-column", "label", "--min-chars", "1000"]].concat());
    assert_eq!(nothing["detail"], "no row is left of 40: 40 too short");
}

#[test]
fn rows_that_can_not_be_read_are_told_and_the_exit_status_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let lines: String = (0..20).map(|row| format!("{{\"t\": \"text {row}\", \"l\": \"{}\"}}\n", row % 2)).collect();
    fs::write(folder.path().join("t.jsonl"), lines + "broken\n").unwrap();
    let arguments = ["classify", "build", "t.jsonl", "--text-column", "t", "--label-column", "l", "-o", "out"];
    let done = run(folder.path(), &arguments);
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    assert!(text(&done.stderr).contains("1 row can't be read"), "{}", text(&done.stderr));
    let card: Value = serde_json::from_slice(&fs::read(folder.path().join("out/dataset.json")).unwrap()).unwrap();
    assert_eq!((&card["rows"]["read"], &card["rows"]["rejected"]), (&json!(20), &json!(1)));
}

/// `kill -9` in the middle leaves no data set, and the next run clears what is left.
#[test]
fn a_killed_run_leaves_nothing_that_the_next_one_does_not_clear() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("t,l\n");
    (0..200_000).for_each(|row| writeln!(table, "text number {row} of many,{}", row % 3).unwrap());
    fs::write(folder.path().join("t.csv"), table).unwrap();
    let arguments = ["classify", "build", "t.csv", "--text-column", "t", "--label-column", "l", "-o"];
    assert!(run(folder.path(), &[&arguments[..], &["whole"]].concat()).status.success());
    let whole = tree(&folder.path().join("whole"));
    let staging = folder.path().join("out/.textmill-staging");
    let mut command = textmill(folder.path());
    command.args(arguments).arg("out");
    let mut process = Process::start(command);
    crate::support::wait_until("it writes", || staging.join("rows.parquet").exists() || process.exited().is_some());
    process.kill();
    assert!(!folder.path().join("out/dataset.json").exists(), "it was killed in the middle");
    assert!(run(folder.path(), &[&arguments[..], &["out"]].concat()).status.success());
    assert_eq!(tree(&folder.path().join("out")), whole);
}
