//! Checks of incoming data on the command line: verdicts, exit codes, files, and input that is not as it should be.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::support::{copy_tree, repository, run, text};

const WORDS: [&str; 12] =
    ["lamp", "meter", "sensor", "hub", "filter", "bell", "invoice", "parcel", "kitchen", "window", "garden", "door"];

/// Messages about things, `rows` of them, from the number `first` on; each label in turn.
fn messages(first: usize, rows: usize, labels: &[&str]) -> String {
    let mut table = "id,text,label,channel\n".to_owned();
    for row in first..first + rows {
        let (thing, place) = (WORDS[row % WORDS.len()], WORDS[(row / 5) % WORDS.len()]);
        let (label, channel) = (labels[row % labels.len()], ["mail", "chat"][row % 2]);
        writeln!(table, "{row},The {thing} near the {place} does not work since week {row}.,{label},{channel}")
            .unwrap();
    }
    table
}

/// A folder with a reference and an incoming set.
fn folder(reference: &str, incoming: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("reference.csv"), reference).unwrap();
    fs::write(folder.path().join("incoming.csv"), incoming).unwrap();
    folder
}

const BOTH: [&str; 8] =
    ["drift", "check", "--reference", "reference.csv", "--incoming", "incoming.csv", "--text-column", "text"];

/// Exit code, stdout and stderr.
fn check(folder: &Path, further: &[&str]) -> (Option<i32>, String, String) {
    let output = run(folder, &[&BOTH[..], further].concat());
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn checked(folder: &Path, further: &[&str]) -> Value {
    let (code, stdout, stderr) = check(folder, &[further, &["--json"]].concat());
    assert!(code.is_some_and(|code| code < 2), "{stdout}{stderr}");
    serde_json::from_str(&stdout).unwrap()
}

/// Measures of a check by their names.
fn measures(result: &Value, check: &str) -> Vec<(String, Value)> {
    let found = result["checks"].as_array().unwrap().iter().filter(|found| found["check"] == check);
    let measures = found.flat_map(|found| found["measures"].as_array().unwrap());
    measures.map(|measure| (measure["name"].as_str().unwrap().to_owned(), measure["value"].clone())).collect()
}

#[test]
fn the_exit_code_is_the_verdict() {
    let folder = folder(&messages(0, 60, &["a", "b"]), &messages(60, 60, &["a", "c"]));
    let suite = "[[checks]]\ncheck = \"label_sets\"\n";
    fs::write(folder.path().join("labels.toml"), format!("name = \"labels\"\n{suite}")).unwrap();
    let labels = ["--label-column", "label", "--suite", "labels.toml"];
    let code = |further: &[&str]| check(folder.path(), &[&labels, further].concat()).0;
    assert_eq!(code(&[]), Some(1));
    assert_eq!(code(&["--exit-zero"]), Some(0));
    let (code_of_fail, words, _) = check(folder.path(), &labels);
    assert!(code_of_fail == Some(1) && words.starts_with("FAIL: 1 check, 1 failed\n"), "{words}");
    assert!(words.contains("label_sets") && words.contains("`c`"), "{words}");
    // A label that is missing alone is a warning.
    let lenient = ["--threshold", "label_sets.new_labels=1"];
    assert_eq!(code(&lenient), Some(0));
    assert_eq!(code(&[&lenient[..], &["--fail-on", "warn"]].concat()), Some(1));
    let tolerant = ["--threshold", "label_sets.new_labels=1,label_sets.missing_labels=1", "--fail-on", "warn"];
    assert_eq!(code(&tolerant), Some(0));
}

#[test]
fn what_can_not_be_checked_is_told_with_what_to_do() {
    let folder = folder(&messages(0, 20, &["a"]), &messages(20, 20, &["a"]));
    let refused = |arguments: &[&str], words: &[&str]| {
        let output = run(folder.path(), arguments);
        let told = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(words.iter().all(|word| told.contains(word)), "{told}");
    };
    refused(&["drift", "check", "--text-column", "text"], &["neither a reference nor an incoming set"]);
    refused(&["drift", "check", "--incoming", "incoming.csv"], &["no text column is named", "`text`, `label`"]);
    refused(&["drift", "check", "--incoming", "none.csv", "--text-column", "text"], &["none.csv"]);
    refused(
        &["drift", "check", "--incoming", "incoming.csv", "--text-column", "txt"],
        &["`txt`", "did you mean `text`"],
    );
    let with = |further: &[&'static str]| [&BOTH[..], further].concat();
    refused(&with(&["--threshold", "label_stes.new_labels=1"]), &["label_stes", "did you mean `label_sets`"]);
    refused(&with(&["--threshold", "label_sets.labels=1"]), &["label_sets.labels", "new_labels"]);
    refused(&with(&["--suite", "incomming"]), &["no preset", "data_integrity"]);
    refused(&with(&["--label-column", "lable"]), &["`lable`", "did you mean `label`"]);
}

#[test]
fn equal_sets_have_no_drift() {
    let table = messages(0, 240, &["a", "b", "c"]);
    let folder = folder(&table, &table);
    let result = checked(folder.path(), &["--label-column", "label", "--suite", "train_test_validation"]);
    for check in result["checks"].as_array().unwrap() {
        for measure in check["measures"].as_array().unwrap().iter().filter(|one| one["name"] == "drift_score") {
            assert!(measure["value"].is_null() || measure["value"].as_f64().unwrap().abs() < 1e-9, "{check:#}");
        }
        // Each text of an equal set is in the reference: that is what leakage is.
        let is_leakage = check["check"].as_str().unwrap().contains("leak");
        assert!(is_leakage || check["verdict"] == "pass", "{check:#}");
    }
}

#[test]
fn the_result_is_one_document_with_a_summary_in_which_every_number_has_its_name() {
    let folder = folder(&messages(0, 150, &["a", "b"]), &messages(150, 150, &["a", "c"]));
    let result =
        checked(folder.path(), &["--label-column", "label", "--dataset", "mail", "--metrics-out", "m/out.json"]);
    let summary = &result["summary"];
    assert_eq!((&summary["dataset"], &summary["suite"]), (&json!("mail"), &json!("incoming")));
    assert_eq!((&summary["verdict"], &summary["incoming_rows"]), (&result["verdict"], &json!(150)));
    assert_eq!(summary["scores"]["label_sets.new_labels"], 1.0);
    assert_eq!(summary["checks"]["label_sets"], "fail");
    let metrics: Value = serde_json::from_slice(&fs::read(folder.path().join("m/out.json")).unwrap()).unwrap();
    assert_eq!(metrics["label_sets.new_labels"], 1.0);
    assert_eq!(metrics["checks.fail"], result["verdicts"]["fail"]);
    assert!(metrics.as_object().unwrap().values().all(Value::is_number), "{metrics:#}");
    let again = checked(folder.path(), &["--label-column", "label", "--dataset", "mail"]);
    assert_eq!(result, again, "the same input gives the same bytes");
}

#[test]
fn properties_of_each_row_are_written_as_parquet() {
    let folder = folder(&messages(0, 30, &["a", "b"]), &messages(30, 20, &["a", "b"]));
    checked(folder.path(), &["--label-column", "label", "--save-properties", "properties"]);
    for (name, rows) in [("reference", 30), ("incoming", 20)] {
        let file = format!("properties/properties_{name}.parquet");
        let seen = run(folder.path(), &["classify", "columns", &file, "--json"]);
        let seen: Value = serde_json::from_slice(&seen.stdout).unwrap();
        let columns = seen["tables"][0]["columns"].as_array().unwrap();
        let names: Vec<_> = columns.iter().map(|column| column["name"].as_str().unwrap()).collect();
        assert_eq!(seen["tables"][0]["rows_out"], rows);
        assert!(["row", "label", "text_length"].iter().all(|name| names.contains(name)), "{names:?}");
    }
}

/// Values of the measures of checks that are made of counts, by check, measure and column.
fn counted_values(result: &Value) -> BTreeMap<String, f64> {
    let names = [
        "label_drift",
        "label_sets",
        "property_drift",
        "column_drift",
        "unseen_categories",
        "new_words",
        "new_characters",
        "language_mix",
        "leakage",
        "performance",
        "prediction_drift",
    ];
    let checks = result["checks"].as_array().unwrap().iter();
    let counted = checks.filter(|check| names.contains(&check["check"].as_str().unwrap()));
    let measures = counted.flat_map(|check| {
        let measures = check["measures"].as_array().unwrap().iter();
        measures.filter_map(|measure| {
            let name = format!("{} {} {}", check["check"], measure["name"], measure["column"]);
            Some((name, measure["value"].as_f64()?))
        })
    });
    measures.collect()
}

#[test]
fn a_profile_stands_for_its_table_and_those_of_parts_make_that_of_the_whole() {
    let (whole, came) = (messages(0, 240, &["a", "b", "c"]), messages(180, 120, &["a", "b", "d"]));
    let folder = folder(&whole, &came);
    let lines: Vec<&str> = whole.lines().collect();
    for (name, rows) in [("first", &lines[1..150]), ("second", &lines[150..])] {
        fs::write(folder.path().join(format!("{name}.csv")), [&[lines[0]], rows].concat().join("\n")).unwrap();
    }
    for name in ["reference", "first", "second"] {
        let (table, output) = (format!("{name}.csv"), format!("{name}.profile"));
        let made = run(
            folder.path(),
            &["drift", "profile", &table, "--text-column", "text", "--label-column", "label", "-o", &output, "--json"],
        );
        assert!(made.status.success(), "{}", text(&made.stderr));
    }
    let merged = run(folder.path(), &["drift", "merge", "first.profile", "second.profile", "-o", "merged.profile"]);
    assert!(merged.status.success(), "{}", text(&merged.stderr));
    assert!(text(&merged.stdout).contains("240 rows of 2 tables"), "{}", text(&merged.stdout));
    let by_rows = counted_values(&checked(folder.path(), &["--label-column", "label"]));
    assert!(by_rows.len() > 20, "{by_rows:?}");
    for profile in ["reference.profile", "merged.profile"] {
        let output = run(
            folder.path(),
            &[
                "drift",
                "check",
                "--reference",
                profile,
                "--incoming",
                "incoming.csv",
                "--label-column",
                "label",
                "--json",
            ],
        );
        let result: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(result["reference"]["is_profile"], true);
        let by_profile = counted_values(&result);
        assert_eq!(by_profile.keys().collect::<Vec<_>>(), by_rows.keys().collect::<Vec<_>>());
        for (name, value) in &by_profile {
            assert!((value - by_rows[name]).abs() <= 1e-9 * value.abs().max(1.0), "{profile}: {name}: {value}");
        }
    }
}

#[test]
fn a_damaged_profile_and_other_options_are_refused() {
    let folder = folder(&messages(0, 40, &["a"]), &messages(0, 40, &["a"]));
    let profile = ["drift", "profile", "reference.csv", "--text-column", "text", "-o", "p.profile"];
    assert!(run(folder.path(), &profile).status.success());
    let check = ["drift", "check", "--reference", "p.profile", "--incoming", "incoming.csv", "--text-column"];
    let other = run(folder.path(), &[&check[..], &["channel"]].concat());
    assert_eq!(other.status.code(), Some(2), "{}", text(&other.stderr));
    assert!(text(&other.stderr).contains("text_column"), "{}", text(&other.stderr));
    let mut bytes = fs::read(folder.path().join("p.profile")).unwrap();
    let last = bytes.len() - 9;
    bytes[last] ^= 1;
    fs::write(folder.path().join("p.profile"), bytes).unwrap();
    let damaged = run(folder.path(), &[&check[..], &["text"]].concat());
    assert!(damaged.status.code().is_some_and(|code| code > 1), "{}", text(&damaged.stderr));
    assert!(text(&damaged.stderr).contains("damaged"), "{}", text(&damaged.stderr));
}

#[test]
fn a_set_may_be_checked_alone() {
    let folder = folder(&messages(0, 40, &["a"]), &messages(40, 40, &["a"]));
    let alone = ["drift", "check", "--incoming", "incoming.csv", "--text-column", "text", "--json"];
    let output = run(folder.path(), &alone);
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["reference"], &result["incoming"]["rows"]), (&Value::Null, &json!(40)));
    let left = result["not_run"].as_array().unwrap().iter().find(|left| left["check"] == "label_sets").unwrap();
    assert!(left["reason"].as_str().unwrap().contains("two sets"), "{left}");
}

#[test]
fn sets_without_texts_and_sets_of_one_row_are_told() {
    let sound = messages(0, 40, &["a"]);
    for (incoming, what) in [
        ("id,text,label,channel\n", "no rows"),
        ("id,text,label,channel\n1,,a,mail\n2,,b,chat\n", "no text in any row"),
    ] {
        let folder = folder(&sound, incoming);
        let (code, _, told) = check(folder.path(), &[]);
        assert_eq!(code, Some(2), "{told}");
        assert!(told.contains("incoming.csv") && told.contains(what), "{told}");
    }
    let folder = folder(&sound, "id,text,label,channel\n1,one row alone,a,mail\n");
    let result = checked(folder.path(), &["--label-column", "label", "--suite", "full"]);
    assert_eq!(result["incoming"]["rows"], 1);
    let broken = |check: &&Value| check["error"]["message"].as_str().is_some_and(|why| why.contains("fault of ours"));
    assert!(!result["checks"].as_array().unwrap().iter().any(|check| broken(&check)), "{result:#}");
}

#[test]
fn a_label_is_the_same_whatever_its_type() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |label: &dyn Fn(usize) -> Value| -> String {
        let rows = (0..40).map(|row| json!({"text": format!("message number {row}"), "label": label(row)}));
        rows.map(|row| format!("{row}\n")).collect::<Vec<_>>().concat()
    };
    fs::write(folder.path().join("numbers.jsonl"), lines(&|row| json!(row % 2))).unwrap();
    fs::write(folder.path().join("texts.jsonl"), lines(&|row| json!((row % 2).to_string()))).unwrap();
    let sets = ["drift", "check", "--reference", "numbers.jsonl", "--incoming", "texts.jsonl"];
    let output =
        run(folder.path(), &[&sets[..], &["--text-column", "text", "--label-column", "label", "--json"]].concat());
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    let none = |name: &str| (name.to_owned(), json!(0.0));
    assert_eq!(measures(&result, "label_sets"), [none("new_labels"), none("missing_labels")]);
}

#[test]
fn ten_megabytes_in_a_cell_are_a_long_text() {
    let long = "a word after another, and no end of it. ".repeat(262_144);
    let folder = folder(&messages(0, 40, &["a"]), &format!("{}41,\"{long}\",a,mail\n", messages(0, 40, &["a"])));
    let result = checked(folder.path(), &["--label-column", "label"]);
    assert_eq!(result["incoming"]["rows"], 41);
    let report = result.to_string();
    assert!(report.len() < 3_000_000, "no text is told whole: {} bytes", report.len());
}

#[test]
#[ignore = "takes minutes: make test-full"]
fn a_million_equal_rows_are_checked() {
    let mut table = "text,label\n".to_owned();
    for _ in 0..1_000_000 {
        table.push_str("The same message as always.,a\n");
    }
    let folder = folder(&table, &table);
    let result = checked(folder.path(), &["--label-column", "label"]);
    assert_eq!(result["incoming"]["rows"], 1_000_000);
    let broken = result["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "error");
    assert_eq!(broken.count(), 0, "{result:#}");
}

#[test]
fn the_stored_job_of_the_sample_finds_what_is_planted() {
    let folder = tempfile::tempdir().unwrap();
    copy_tree(&repository().join("jobs"), &folder.path().join("jobs"));
    let output = run(folder.path(), &["run", "jobs/drift/support.toml", "--json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&result["dataset"], &result["verdict"]), (&json!("support"), &json!("fail")));
    assert_eq!(result["summary"]["scores"]["label_sets.new_labels"], 1.0);
    let metrics = fs::read_to_string(folder.path().join("jobs/drift/target/support.json")).unwrap();
    assert!(metrics.contains("label_sets.new_labels"), "{metrics}");
    let own =
        ["run", "jobs/drift/support.toml", "--set", "options.suite=train_test_validation", "--exit-zero", "--json"];
    assert_eq!(run(folder.path(), &own).status.code(), Some(0));
    let (reference, incoming) = ("jobs/drift/source/reference.csv", "jobs/drift/source/incoming.csv");
    let suite = ["--suite", "jobs/drift/own_suite.toml", "--text-column", "text", "--label-column", "label"];
    let sets = ["drift", "check", "--reference", reference, "--incoming", incoming];
    let output = run(folder.path(), &[&sets[..], &suite].concat());
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[test]
fn suites_are_listed_with_checks_and_thresholds() {
    let folder = tempfile::tempdir().unwrap();
    let listed = text(&run(folder.path(), &["drift", "suites"]).stdout);
    assert!(listed.contains("incoming (default)") && listed.contains("new_labels ≤ 0, or fail"), "{listed}");
    let listed: Value = serde_json::from_slice(&run(folder.path(), &["drift", "suites", "--json"]).stdout).unwrap();
    assert_eq!(listed["suites"].as_array().unwrap().len(), 5);
    let label_sets = listed["checks"].as_array().unwrap().iter().find(|check| check["check"] == "label_sets").unwrap();
    assert_eq!((&label_sets["looks_at"], &label_sets["parameters"]["show"]), (&json!("both_sets"), &json!(20)));
}
