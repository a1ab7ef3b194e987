//! `textmill embed` as its users meet it, with a model of forty words.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use arrow_array::cast::AsArray;
use arrow_array::types::Float32Type;
use arrow_array::{Array, RecordBatch};
use serde_json::Value;
use textmill::core::hash::sha256_hex;

use crate::conversion::rows;
use crate::embeddings_api::Store;
use crate::support::tiny_model::{MAX_TOKENS, TinyModel, WIDTH};
use crate::support::{Service, json, run, text, textmill};

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
fn a_prompt_is_named_and_so_is_a_device_that_is_not_there() {
    let folder = folder_with(&[("a.txt", "sits\n"), ("b.txt", "the cat sits\n")]);
    let prompts = "{\"prompts\": {\"query\": \"the cat \"}}";
    fs::write(folder.path().join("model/config_sentence_transformers.json"), prompts).unwrap();
    let with_prompt =
        lines(&embed(folder.path(), &["a.txt", "--prompt", "query", "--device", "cpu", "--dtype", "f32"]));
    let written_out = lines(&embed(folder.path(), &["b.txt"]));
    assert_eq!(with_prompt[0]["text"], "sits");
    assert_eq!(with_prompt[0]["embedding"], written_out[0]["embedding"]);
    let unknown = embed(folder.path(), &["a.txt", "--prompt", "passage"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("no prompt `passage`; it has `query`"), "{}", text(&unknown.stderr));
    let halves = embed(folder.path(), &["a.txt", "--device", "cpu", "--dtype", "f16"]);
    assert_eq!(halves.status.code(), Some(2));
    assert!(text(&halves.stderr).contains("docs/gpu.md"), "{}", text(&halves.stderr));
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
    fs::write(folder.join("models.toml"), TinyModel::default().entry(sha256_hex)).unwrap();
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

/// With a cache in the folder `cache`.
fn cached(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = textmill(folder);
    command.env("TEXTMILL_EMBEDDINGS_CACHE_BYTES", "1000000").env("TEXTMILL_EMBEDDINGS_CACHE_DIR", "cache");
    command.args(["embed", "--model-dir", "model"]).args(arguments);
    command
}

#[test]
fn a_second_run_computes_only_what_is_new_and_gives_the_same_bytes() {
    let folder = folder_with(&[("a.txt", "the cat\na dog\nthe cat\n"), ("b.txt", "a dog\n\nthe cat\n")]);
    let run = |arguments: &[&str]| json(&cached(folder.path(), arguments).output().unwrap());
    let first = run(&["a.txt", "-o", "first.npy", "--format", "npy", "--json"]);
    assert_eq!(first["cache"], serde_json::json!({ "hits": 1, "misses": 2 }));
    let second = run(&["b.txt", "-o", "second.npy", "--format", "npy", "--json"]);
    assert_eq!(second["cache"], serde_json::json!({ "hits": 2, "misses": 1 }));
    assert_eq!((&second["tokens"], &second["texts_truncated"]), (&10.into(), &0.into()));
    let plain = run(&["b.txt", "-o", "plain.npy", "--format", "npy", "--json", "--no-cache"]);
    assert_eq!((&plain["cache"], &plain["tokens"]), (&Value::Null, &second["tokens"]));
    let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
    assert_eq!(bytes("second.npy"), bytes("plain.npy"));
    let told = cached(folder.path(), &["b.txt", "-o", "again.jsonl"]).output().unwrap();
    assert!(text(&told.stdout).contains("3 texts known already"), "{}", text(&told.stdout));

    fs::write(folder.path().join("cache/vectors-1.sqlite3"), "no database, ".repeat(100)).unwrap();
    let told = cached(folder.path(), &["b.txt", "-o", "anew.npy", "--format", "npy"]).output().unwrap();
    assert_eq!((told.status.code(), bytes("anew.npy")), (Some(0), bytes("plain.npy")));
    assert!(text(&told.stderr).contains("warning: the cache of embeddings"), "{}", text(&told.stderr));
}

#[test]
fn several_processes_fill_one_cache() {
    let texts: Vec<String> = (0..900).map(|number| format!("tree {number} {}", "old ".repeat(number % 9))).collect();
    let folder = folder_with(&[("a.txt", &texts.join("\n"))]);
    let all: Vec<_> = (0..4)
        .map(|number| {
            let mut command = cached(folder.path(), &["a.txt", "--format", "npy", "-o", &format!("{number}.npy")]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for process in all {
        let output = process.wait_with_output().unwrap();
        assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    }
    let right = embed(folder.path(), &["a.txt", "--format", "npy", "-o", "plain.npy"]);
    assert_eq!(right.status.code(), Some(0));
    let bytes = |name: &str| fs::read(folder.path().join(name)).unwrap();
    for number in 0..4 {
        assert_eq!(bytes(&format!("{number}.npy")), bytes("plain.npy"));
    }
    let again = cached(folder.path(), &["a.txt", "--format", "npy", "-o", "again.npy", "--json"]).output().unwrap();
    assert_eq!(json(&again)["cache"], serde_json::json!({ "hits": 900, "misses": 0 }));
}

const KEY: &str = "sk-a-word-that-is-hidden";

/// A server of embeddings that knows the length of a text, and nothing else.
fn length_server() -> (String, tokio::runtime::Runtime) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let base = format!("http://{}/v1", listener.local_addr().unwrap());
    let answer = |headers: axum::http::HeaderMap, axum::Json(request): axum::Json<Value>| async move {
        assert_eq!(request["model"], "lengths");
        assert_eq!(headers["authorization"], format!("Bearer {KEY}"));
        let texts = request["input"].as_array().unwrap().iter();
        let data = texts.map(|text| serde_json::json!({ "embedding": [text.as_str().unwrap().len(), 0.5] }));
        axum::Json(serde_json::json!({ "data": data.collect::<Vec<_>>(), "usage": { "prompt_tokens": 5 } }))
    };
    let router = axum::Router::new().route("/v1/embeddings", axum::routing::post(answer));
    runtime.spawn(async move { axum::serve(listener, router).await });
    (base, runtime)
}

#[test]
fn a_server_is_asked_where_it_is_asked_for_and_its_key_is_never_shown() {
    let folder = folder_with(&[("a.txt", "four\n\nfour\n")]);
    let (base, _runtime) = length_server();
    let remote = |arguments: &[&str]| {
        let mut command = textmill(folder.path());
        command.env("TEXTMILL_EMBEDDINGS_REMOTE_URL", &base).env("TEXTMILL_EMBEDDINGS_REMOTE_API_KEY", KEY);
        command.env("TEXTMILL_EMBEDDINGS_REMOTE_MODEL", "lengths").env("NO_PROXY", "127.0.0.1");
        command.env("TEXTMILL_EMBEDDINGS_CACHE_BYTES", "1000000").env("TEXTMILL_EMBEDDINGS_CACHE_DIR", "cache");
        let output = command.args(arguments).output().unwrap();
        assert!(!text(&output.stdout).contains(KEY) && !text(&output.stderr).contains(KEY));
        output
    };
    let found = lines(&remote(&["embed", "a.txt", "--remote", "-vvv"]));
    let vectors: Vec<_> = found.iter().map(|line| numbers(&line["embedding"])).collect();
    assert_eq!(vectors, [[4.0, 0.5], [1.0, 0.5], [4.0, 0.5]]);
    let again = json(&remote(&["embed", "a.txt", "--remote", "-o", "v.jsonl", "--json"]));
    assert_eq!(again["remote"], serde_json::json!({ "requests": 1, "retries": 0, "tokens": 5 }));
    assert_eq!(
        (&again["cache"]["hits"], &again["tokens"], &again["max_tokens"]),
        (&3.into(), &Value::Null, &Value::Null)
    );
    let told = remote(&["embed", "a.txt", "--remote", "-o", "v.jsonl", "--no-cache"]);
    assert!(
        text(&told.stdout).contains("2 requests to the server, 0 of them again, 10 tokens"),
        "{}",
        text(&told.stdout)
    );
    let shown = json(&remote(&["config", "show", "--json"])).to_string();
    assert!(shown.contains("embeddings.remote_api_key"), "{shown}");

    let unset = run(folder.path(), &["embed", "a.txt", "--remote"]);
    assert_eq!(unset.status.code(), Some(2));
    assert!(text(&unset.stderr).contains("TEXTMILL_EMBEDDINGS_REMOTE_URL"), "{}", text(&unset.stderr));
    let both = remote(&["embed", "a.txt", "--remote", "--model-dir", "model"]);
    assert_eq!(both.status.code(), Some(2));
}

#[test]
fn a_running_service_gives_the_vectors_that_this_process_computes() {
    let store = Store::tiny();
    let service = Service::start_with(store.command(), &[]);
    let texts = ["the old house", "", "steel, wood - wind!", &"tree ".repeat(300), "\u{e4}\u{1f600}", "the old house"];
    let folder = folder_with(&[("a.txt", &texts.join("\n"))]);
    let file = folder.path().join("a.txt");
    let embed = |arguments: &[&str]| {
        let mut command = store.command();
        command.env("TEXTMILL_EMBEDDINGS_REMOTE_URL", format!("{}/v1", service.url)).env("NO_PROXY", "127.0.0.1");
        command.env("TEXTMILL_EMBEDDINGS_REMOTE_MAX_INPUTS", "2");
        lines(&command.arg("embed").arg(&file).args(["--model", store.model]).args(arguments).output().unwrap())
    };
    let (remote, local) = (embed(&["--remote"]), embed(&[]));
    assert_eq!(remote.len(), texts.len());
    assert_eq!(remote, local);
}
