//! `textmill lm`: models of tables of all kinds, what they say, and how they do beside others.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;
use arrow_array::types::{Float32Type, Float64Type, Int32Type, Int64Type};
use serde_json::{Value, json};

use crate::conversion::rows;
use crate::support::{copy_tree, json, repository, run, text, textmill};

const TABLE: &str = "id,review\n1,Recycled steel is used again\n2,steel is melted\n3,\n4,Glass is melted and used again\n\
                     5,paper is not melted\n";

fn with_table() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("t.csv"), TABLE).unwrap();
    folder
}

fn build(folder: &Path, options: &[&str]) -> Value {
    let arguments = ["lm", "build", "t.csv", "--text-column", "review", "-o", "t.lm", "--json"];
    let built = run(folder, &[&arguments[..], options].concat());
    assert_eq!(built.status.code(), Some(0), "{}{}", text(&built.stdout), text(&built.stderr));
    json(&built)
}

fn failure(folder: &Path, arguments: &[&str]) -> String {
    let done = run(folder, arguments);
    assert_eq!(done.status.code(), Some(2), "{}", text(&done.stdout));
    text(&done.stderr)
}

fn floats(batch: &RecordBatch, name: &str) -> Vec<Option<f64>> {
    batch.column_by_name(name).unwrap().as_primitive::<Float64Type>().iter().collect()
}

#[test]
fn a_table_becomes_a_model_that_says_how_it_was_made() {
    let folder = with_table();
    let built = build(folder.path(), &["--order", "2"]);
    let model = &built["model"];
    assert_eq!((&model["rows"], &model["rows_without_words"], &model["units"]), (&json!(5), &json!(1), &json!(4)));
    assert_eq!((&model["words"], &model["vocabulary"]), (&json!(18), &json!(10)));
    assert_eq!((&model["options"]["order"], &model["options"]["window"]), (&json!(2), &json!(5)));
    assert_eq!(built["outputs"], json!(["t.lm"]));
    let shown = json(&run(folder.path(), &["lm", "show", "t.lm", "-k", "1", "--json"]));
    assert_eq!((&shown["source"], &shown["orders"]), (&model["source"], &model["orders"]));
    assert_eq!(shown["most_frequent"], json!([{"word": "is", "count": 4}]));
    let told = text(&run(folder.path(), &["lm", "show", "t.lm"]).stdout);
    assert!(told.contains("18 words in 4 texts; 10 different words known"), "{told}");
    let first = fs::read(folder.path().join("t.lm")).unwrap();
    build(folder.path(), &["--order", "2"]);
    assert_eq!(fs::read(folder.path().join("t.lm")).unwrap(), first, "the same bytes");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".part")), "{left:?}");
}

#[test]
fn every_kind_of_table_gives_the_same_model() {
    let folder = with_table();
    let csv = build(folder.path(), &[]);
    let lines = TABLE.lines().skip(1).map(|line| {
        let review = line.split_once(',').unwrap().1;
        format!("{}\n", if review.is_empty() { json!({ "review": null }) } else { json!({ "review": review }) })
    });
    fs::write(folder.path().join("t.jsonl"), lines.collect::<String>()).unwrap();
    let done = run(folder.path(), &["convert", "t.csv", "out"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    for table in ["t.jsonl", "out/t.csv.parquet"] {
        let built =
            json(&run(folder.path(), &["lm", "build", table, "--text-column", "review", "-o", "o.lm", "--json"]));
        for field in ["words", "orders", "cooccurrences", "rows_without_words"] {
            assert_eq!(built["model"][field], csv["model"][field], "{table}, {field}");
        }
    }
}

#[test]
fn scores_are_those_of_each_row_and_of_all_together() {
    let folder = with_table();
    build(folder.path(), &[]);
    fs::write(folder.path().join("new.csv"), "review,stars\nsteel is melted,5\n,4\nCopper is melted,1\n").unwrap();
    let done = run(folder.path(), &["lm", "score", "t.lm", "new.csv", "-o", "scored.parquet", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let total = json(&done);
    assert_eq!((&total["rows"], &total["rows_without_words"]), (&json!(3), &json!(1)));
    assert_eq!((&total["words"], &total["tokens"], &total["unknown_words"]), (&json!(6), &json!(8), &json!(1)));
    let batch = rows(&folder.path().join("scored.parquet")).remove(0);
    let names: Vec<_> = batch.schema().fields().iter().map(|field| field.name().clone()).collect();
    assert_eq!(names, ["review", "stars", "perplexity", "log_probability", "tokens", "unknown_words"]);
    let (perplexities, sums) = (floats(&batch, "perplexity"), floats(&batch, "log_probability"));
    assert_eq!(perplexities[1], None);
    assert!(perplexities[0].unwrap() < perplexities[2].unwrap(), "what is known is more likely");
    let tokens = batch.column_by_name("tokens").unwrap().as_primitive::<Int64Type>();
    assert_eq!(tokens.values(), &[4, 0, 4]);
    let sum: f64 = sums.iter().flatten().sum();
    assert!((total["perplexity"].as_f64().unwrap() - (-sum / 8.0).exp()).abs() < 1e-9);
    assert_eq!(total["items"][2]["perplexity"].as_f64(), perplexities[2]);
    let again = failure(folder.path(), &["lm", "score", "t.lm", "scored.parquet", "-o", "twice.parquet"]);
    assert!(again.contains("a column `perplexity` already"), "{again}");
}

#[test]
fn lines_of_standard_input_are_scored_and_those_that_are_no_text_are_told() {
    let folder = with_table();
    build(folder.path(), &[]);
    let mut command = textmill(folder.path());
    command.args(["lm", "score", "t.lm", "-", "-o", "s.parquet", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"steel is melted\r\n\xff\n\nsteel, is melted").unwrap();
    let done = child.wait_with_output().unwrap();
    assert_eq!(done.status.code(), Some(1), "{}", text(&done.stderr));
    let total = json(&done);
    assert_eq!((&total["rows"], &total["rows_rejected"]), (&json!(3), &json!(1)));
    assert!(total["first_reject"].as_str().unwrap().contains("line 2"));
    assert_eq!(total["items"][0], total["items"][2]);
    let batch = rows(&folder.path().join("s.parquet")).remove(0);
    assert_eq!(batch.column(0).as_string::<i32>().value(0), "steel is melted");
}

#[test]
fn words_are_completed_and_have_neighbours() {
    let folder = with_table();
    build(folder.path(), &[]);
    let next = json(&run(folder.path(), &["lm", "complete", "t.lm", "Steel", "-k", "2", "--json"]));
    assert_eq!(next[0]["word"], "is");
    assert!(next[0]["probability"].as_f64() > next[1]["probability"].as_f64());
    let end = text(&run(folder.path(), &["lm", "complete", "t.lm", "used again", "-k", "1"]).stdout);
    assert!(end.contains("</s>"), "{end}");
    let like = json(&run(folder.path(), &["lm", "neighbours", "t.lm", "steel", "--json"]));
    assert!(like.as_array().unwrap().iter().any(|word| word["word"] == "glass"), "{like}");
    let unknown = failure(folder.path(), &["lm", "neighbours", "t.lm", "glas"]);
    assert!(unknown.contains("does not know the word `glas`") && unknown.contains("did you mean `glass`"), "{unknown}");
}

#[test]
fn cooccurrences_and_vocabulary_are_tables_for_others() {
    let folder = with_table();
    let built = build(folder.path(), &["--cooccurrence", "pairs.parquet", "--window", "1", "--context-smoothing", "1"]);
    assert_eq!(built["outputs"], json!(["t.lm", "pairs.parquet", "pairs.vocabulary.parquet"]));
    let words = rows(&folder.path().join("pairs.vocabulary.parquet")).remove(0);
    let words = words.column_by_name("word").unwrap().as_string::<i32>().clone();
    let pairs = rows(&folder.path().join("pairs.parquet")).remove(0);
    let number = |name: &str, row| pairs.column_by_name(name).unwrap().as_primitive::<Int32Type>().value(row);
    let word = |name, row| words.value(usize::try_from(number(name, row)).unwrap());
    let found =
        (0..pairs.num_rows()).find(|row| word("row", *row) == "is" && word("column", *row) == "melted").unwrap();
    assert_eq!(floats(&pairs, "count")[found], Some(2.0));
    // `is` stands beside 8 words, `melted` beside 4, and there are 28 such places.
    let information = pairs.column_by_name("ppmi").unwrap().as_primitive::<Float32Type>().value(found);
    assert!((f64::from(information) - (2.0_f64 * 28.0 / (8.0 * 4.0)).ln()).abs() < 1e-6, "{information}");
}

#[test]
fn a_stored_job_builds_the_same_model() {
    let folder = with_table();
    build(folder.path(), &["--order", "4"]);
    let job = "operation = \"language_model\"\nsource = \"t.csv\"\ntext_column = \"review\"\ndestination = \"stored.lm\"\n\
               [options]\norder = 4\n";
    fs::write(folder.path().join("job.toml"), job).unwrap();
    let done = run(folder.path(), &["run", "job.toml"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("stored.lm"), bytes("t.lm"));
}

#[test]
fn the_stored_job_of_the_repository_builds_a_model_of_its_sample() {
    let folder = tempfile::tempdir().unwrap();
    let place = "jobs/language_modelling";
    copy_tree(&repository().join(place).join("source"), &folder.path().join(place).join("source"));
    fs::create_dir(folder.path().join(place).join("target")).unwrap();
    fs::copy(repository().join(place).join("corpus.toml"), folder.path().join("corpus.toml")).unwrap();
    let done = run(folder.path(), &["run", "corpus.toml", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert_eq!(json(&done)["outputs"].as_array().unwrap().len(), 3);
    let model = "jobs/language_modelling/target/corpus.lm";
    let next = json(&run(folder.path(), &["lm", "complete", model, "the life cycle", "--json"]));
    assert!(next.as_array().unwrap().iter().any(|word| word["word"] == "assessment"), "{next:#}");
    let like = run(folder.path(), &["lm", "neighbours", model, "electricity"]);
    assert_eq!(like.status.code(), Some(0), "{}", text(&like.stderr));
}

#[test]
fn what_can_not_be_done_is_said_with_its_facts() {
    let folder = with_table();
    fs::write(folder.path().join("empty.csv"), "id,review\n").unwrap();
    fs::write(folder.path().join("marks.csv"), "id,review\n1,...\n2,?!\n").unwrap();
    let build = |table: &str, options: &[&str]| {
        let arguments = ["lm", "build", table, "--text-column", "review", "-o", "x.lm"];
        failure(folder.path(), &[&arguments[..], options].concat())
    };
    let wrong = failure(folder.path(), &["lm", "build", "t.csv", "--text-column", "reviews", "-o", "x.lm"]);
    assert!(wrong.contains("no column `reviews`") && wrong.contains("did you mean `review`"), "{wrong}");
    assert!(build("empty.csv", &[]).contains("has a word (0 rows)"));
    assert!(build("marks.csv", &[]).contains("has a word (2 rows)"));
    assert!(build("t.csv", &["--min-count", "9"]).contains("the most frequent one, `is`, is there 4 times"));
    assert!(build("t.csv", &["--order", "6"]).contains("1..=5"));
    assert!(!folder.path().join("x.lm").exists());
    assert!(failure(folder.path(), &["lm", "show", "t.csv"]).contains("is no language model"));
    assert!(failure(folder.path(), &["lm", "show", "none.lm"]).contains("none.lm"));
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().contains(".part")), "{left:?}");
}

/// A Python that has nltk.
fn python() -> Option<String> {
    match Command::new(repository().join("tests/support/language_model_peer.sh")).output() {
        Ok(output) if output.status.success() => Some(text(&output.stdout).trim().to_owned()),
        Ok(output) => {
            println!("skipped: {}", text(&output.stderr));
            None
        }
        Err(error) => {
            println!("skipped: language_model_peer.sh can't be run: {error}");
            None
        }
    }
}

#[test]
fn perplexities_and_pairs_are_those_of_nltk_and_of_the_textbook() {
    let Some(python) = python() else { return };
    let folder = tempfile::tempdir().unwrap();
    copy_tree(&repository().join("knowledgebase"), &folder.path().join("in"));
    let built = run(folder.path(), &["kb", "build", "in", "--name", "sample"]);
    // The sample has a line that can't be read.
    assert!(matches!(built.status.code(), Some(0 | 1)), "{}", text(&built.stderr));
    let records = folder.path().join("records.jsonl");
    fs::write(&records, run(folder.path(), &["kb", "cat", "sample"]).stdout).unwrap();
    let script = repository().join("tests/support/language_model_peer.py");
    let mut command = Command::new(python);
    command.arg(script).arg(env!("CARGO_BIN_EXE_textmill")).arg(&records).arg(folder.path());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    print!("{}", text(&output.stdout));
}
