//! `textmill embed` as its users meet it, with a model of forty words.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Output, Stdio};

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use arrow_array::{Array, RecordBatch};
use serde_json::Value;
use textmill::core::hash::sha256_hex;

use crate::conversion::rows;
use crate::support::tiny_model::{MAX_TOKENS, TinyModel, WIDTH};
use crate::support::{json, run, text, textmill, tree};

fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    TinyModel::default().write(&folder.path().join("model"));
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
    }
    folder
}

fn embed(folder: &Path, arguments: &[&str]) -> Output {
    run(folder, &[&["embed", "--model-dir", "model"], arguments].concat())
}

fn lines(output: &Output) -> Vec<Value> {
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "they were written as f32")]
pub(crate) fn numbers(embedding: &Value) -> Vec<f32> {
    embedding.as_array().unwrap().iter().map(|number| number.as_f64().unwrap() as f32).collect()
}

#[test]
fn every_line_of_a_text_file_has_its_vector_on_standard_output() {
    let folder = folder_with(&[("a.txt", "The cat\n\n\"old\", red house\r\nlast")]);
    let output = embed(folder.path(), &["a.txt"]);
    let found = lines(&output);
    let texts: Vec<_> = found.iter().map(|line| line["text"].as_str().unwrap()).collect();
    assert_eq!(texts, ["The cat", "", "\"old\", red house", "last"]);
    for line in &found {
        let vector = numbers(&line["embedding"]);
        let length: f32 = vector.iter().map(|number| number * number).sum();
        assert_eq!(vector.len(), WIDTH);
        assert!((length - 1.0).abs() < 1e-5, "{length}");
    }
    assert!(text(&output.stderr).contains("4 vectors of 36 numbers"), "{}", text(&output.stderr));
}

#[test]
fn standard_input_is_read_like_a_file() {
    let folder = folder_with(&[("a.txt", "the dog runs\nis green\n")]);
    let mut command = textmill(folder.path());
    command.args(["embed", "--model-dir", "model", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"the dog runs\nis green\n").unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(lines(&output), lines(&embed(folder.path(), &["a.txt"])));
}

#[test]
fn all_formats_hold_the_same_vectors_and_rows_without_a_text_keep_their_place() {
    let records = "{\"id\":1,\"text\":\"the cat\"}\n{\"id\":2}\n{\"id\":3,\"text\":\"steel\"}\n";
    let folder = folder_with(&[("a.jsonl", records)]);
    let found = lines(&embed(folder.path(), &["a.jsonl"]));
    assert_eq!((&found[1]["text"], &found[1]["embedding"]), (&Value::Null, &Value::Null));
    for (format, name) in [("jsonl", "v.jsonl"), ("npy", "v.npy"), ("parquet", "v.parquet")] {
        let output = embed(folder.path(), &["a.jsonl", "--format", format, "-o", name, "--json"]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        let outcome = json(&output);
        assert_eq!((&outcome["rows"], &outcome["rows_without_text"]), (&3.into(), &1.into()));
    }
    let in_file = fs::read_to_string(folder.path().join("v.jsonl")).unwrap();
    assert_eq!(in_file.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>(), found);

    let array = fs::read(folder.path().join("v.npy")).unwrap();
    assert_eq!((&array[..8], array.len()), (&b"\x93NUMPY\x01\x00"[..], 128 + 3 * WIDTH * 4));
    assert!(text(&array[..128]).contains("'descr': '<f4', 'fortran_order': False, 'shape': (3, 36), }"));
    assert_eq!((usize::from(array[8]) + 10, array[9], array[127]), (128, 0, b'\n'));
    let (whole, _) = array[128..].as_chunks::<4>();
    let whole: Vec<f32> = whole.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();

    let table: RecordBatch = rows(&folder.path().join("v.parquet")).remove(0);
    let lists = table.column(1).as_fixed_size_list();
    assert_eq!((table.column(0).as_string::<i32>().value(2), lists.is_null(1)), ("steel", true));
    for row in [0, 2] {
        let right = numbers(&found[row]["embedding"]);
        assert_eq!(whole[row * WIDTH..][..WIDTH], right);
        assert_eq!(lists.value(row).as_primitive::<Float32Type>().values(), right.as_slice());
    }
    assert!(whole[WIDTH..2 * WIDTH].iter().all(|number| number.is_nan()));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 5, "nothing else is left behind");
}

#[test]
fn tables_and_parquet_give_the_column_that_is_named() {
    let folder = folder_with(&[("a.csv", "id,note\n1,\"the cat, old\"\n2,007\n")]);
    let from_csv = lines(&embed(folder.path(), &["a.csv", "--text-column", "note"]));
    assert_eq!((&from_csv[0]["text"], &from_csv[1]["text"]), (&"the cat, old".into(), &"007".into()));
    assert_eq!(run(folder.path(), &["convert", "a.csv", "out"]).status.code(), Some(0));
    let from_parquet = lines(&embed(folder.path(), &["out/a.csv.parquet", "--text-column", "note"]));
    assert_eq!(from_parquet, from_csv);
    let output = embed(folder.path(), &["a.csv"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(
        text(&output.stderr).contains("no column `text`; the columns are `id`, `note`"),
        "{}",
        text(&output.stderr)
    );
    let output = embed(folder.path(), &["out/a.csv.parquet", "--text-column", "id"]);
    assert!(text(&output.stderr).contains("`id` holds Int64, not text"), "{}", text(&output.stderr));
}

#[test]
fn rows_that_cannot_be_read_and_texts_that_are_too_long_are_told() {
    let long = "tree ".repeat(MAX_TOKENS + 1);
    let folder = folder_with(&[("a.jsonl", &format!("{{\"text\":\"{long}\"}}\nbad\n{{\"text\":\"a\"}}\n"))]);
    let output = embed(folder.path(), &["a.jsonl", "-o", "v.jsonl"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(
        text(&output.stderr).contains("1 row can't be read and have no vector; line 2"),
        "{}",
        text(&output.stderr)
    );
    assert!(text(&output.stdout).contains("1 text longer than 120 tokens"), "{}", text(&output.stdout));
}

#[test]
fn what_cannot_be_done_is_said_before_anything_is_written() {
    let folder = folder_with(&[("a.txt", "a cat\n"), ("odd.xyz", "a cat\n"), ("broken.parquet", "PAR1 not really")]);
    let refused = |arguments: &[&str], words: &str| {
        let output = embed(folder.path(), arguments);
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(2), &b""[..]), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains(words), "{}", text(&output.stderr));
    };
    refused(&["a.txt", "--format", "npy"], "npy can't be written to standard output");
    refused(&["odd.xyz"], "does not say what it holds");
    refused(&["missing.txt"], "missing.txt");
    refused(&["broken.parquet"], "broken.parquet");
    refused(&["a.txt", "-o", "no/such/folder/v.jsonl"], "can't write");
    refused(&["a.txt", "--model-dir", "nowhere"], "cannot be used multiple times");
    let output = run(folder.path(), &["embed", "a.txt", "--model-dir", "nowhere"]);
    assert!(text(&output.stderr).contains("can't read `nowhere/config.json`"), "{}", text(&output.stderr));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[test]
fn many_texts_keep_their_order() {
    let texts: Vec<String> =
        (0..3_000).map(|n| format!("{} {}", ["cat", "dog", "house"][n % 3], "old ".repeat(n % 17))).collect();
    let folder = folder_with(&[("a.txt", &texts.join("\n"))]);
    let found = lines(&embed(folder.path(), &["a.txt", "--threads", "2"]));
    assert_eq!(found.iter().map(|line| line["text"].as_str().unwrap()).collect::<Vec<_>>(), texts);
    assert_eq!(found[0]["embedding"], found[51]["embedding"]);
    assert_ne!(found[0]["embedding"], found[1]["embedding"]);
}

/// A store without models, and a catalogue that knows the tiny one as `tiny`.
fn in_store(folder: &Path, arguments: &[&str]) -> Output {
    let model = folder.join("model");
    let files = tree(&model).into_iter().map(|(path, bytes)| {
        let (path, size, sha256) = (path.display().to_string(), bytes.len(), sha256_hex(&bytes));
        format!("[[model.file]]\npath = \"{path}\"\nsize_bytes = {size}\nsha256 = \"{sha256}\"\n")
    });
    let head = "[[model]]\nid = \"tiny\"\ndescription = \"for tests\"\npublisher = \"me\"\nlicence = \"MIT\"\ndimension = 36\n\
                max_tokens = 120\npooling = \"mean\"\n";
    fs::write(folder.join("models.toml"), format!("{head}{}", files.collect::<String>())).unwrap();
    let mut command = textmill(folder);
    command.env("TEXTMILL_MODELS_CATALOGUE", "models.toml").env("TEXTMILL_MODELS_DIR", "models");
    command.args(arguments).output().unwrap()
}

#[test]
fn a_model_of_the_store_is_named_by_its_id_and_is_never_fetched_along_the_way() {
    let folder = folder_with(&[("a.txt", "the old house\n")]);
    let missing = in_store(folder.path(), &["embed", "a.txt", "--model", "tiny"]);
    assert_eq!((missing.status.code(), missing.stdout.as_slice()), (Some(2), &b""[..]));
    assert!(text(&missing.stderr).contains("textmill model pull tiny"), "{}", text(&missing.stderr));
    let default = in_store(folder.path(), &["embed", "a.txt"]);
    assert!(text(&default.stderr).contains("textmill model pull all-MiniLM-L6-v2"), "{}", text(&default.stderr));
    let unknown = in_store(folder.path(), &["embed", "a.txt", "--model", "nobody"]);
    assert!(text(&unknown.stderr).contains("no model `nobody`"), "{}", text(&unknown.stderr));
    let pulled = in_store(folder.path(), &["model", "pull", "tiny", "--from", "model"]);
    assert_eq!(pulled.status.code(), Some(0), "{}", text(&pulled.stderr));
    let found = lines(&in_store(folder.path(), &["embed", "a.txt", "--model", "TINY"]));
    assert_eq!(found, lines(&embed(folder.path(), &["a.txt"])));
}
