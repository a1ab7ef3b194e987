//! `textmill kb search` as its users meet it, with a model of forty words.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::embeddings_api::Store;
use crate::support::{json, run, text};

const NOTES: &str = "text,language\n\
    The cat is in the old house,en\n\
    \"A dog runs, and a dog sleeps\",en\n\
    Die Katze schläft in Häusern,de\n\
    Recycled paper and recycling of glass,en\n";

fn source(folder: &Path) {
    fs::create_dir_all(folder.join("source/Animals/Pets")).unwrap();
    fs::write(folder.join("source/Animals/Pets/notes.csv"), NOTES).unwrap();
    fs::write(folder.join("source/list.tsv"), "cat\nhouse cat\n").unwrap();
}

fn built() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    source(folder.path());
    let output = run(folder.path(), &["kb", "build", "source", "--name", "pets"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    folder
}

fn search(folder: &Path, query: &str, more: &[&str]) -> Value {
    let output = run(folder, &[&["kb", "search", "pets", query, "--json"], more].concat());
    assert!(output.status.code().is_some_and(|code| code < 2), "{}", text(&output.stderr));
    json(&output)
}

fn contents(found: &Value) -> Vec<&str> {
    found["items"].as_array().unwrap().iter().map(|hit| hit["record"]["content"].as_str().unwrap()).collect()
}

#[test]
fn words_are_found_in_all_their_forms_with_the_places_to_mark() {
    let folder = built();
    let found = search(folder.path(), "recycle", &[]);
    assert_eq!(contents(&found), ["Recycled paper and recycling of glass\ten"]);
    let hit = &found["items"][0];
    assert_eq!(hit["highlights"]["spans"], serde_json::json!([{"start": 0, "end": 8}, {"start": 19, "end": 28}]));
    assert_eq!((&found["mode"], &hit["text"]["rank"], &hit["meaning"]), (&"text".into(), &1.into(), &Value::Null));
    assert!(found["note"].as_str().unwrap().contains("no index by meaning"));
    assert_eq!(contents(&search(folder.path(), "hausern", &[])), ["Die Katze schläft in Häusern\tde"]);
}

#[test]
fn phrases_folders_and_values_limit_what_is_found() {
    let folder = built();
    assert_eq!(contents(&search(folder.path(), "\"house cat\"", &[])), ["house cat"]);
    let pets = search(folder.path(), "cat", &["--folder", "Animals"]);
    assert_eq!(contents(&pets), ["The cat is in the old house\ten"]);
    let german = search(folder.path(), "cat katze", &["--filter", "language:de"]);
    assert_eq!(contents(&german), ["Die Katze schläft in Häusern\tde"]);
    assert_eq!(contents(&search(folder.path(), "dog", &["--filter", "format:delimited", "-k", "1"])).len(), 1);
}

#[test]
fn anything_may_be_typed_and_finding_nothing_is_an_answer() {
    let folder = built();
    for query in ["AND OR NOT", "text:cat~2^3 [a TO b}", "\"", "((", "*", "\\", "cat -dog", "'; DROP TABLE"] {
        search(folder.path(), query, &[]);
    }
    let output = run(folder.path(), &["kb", "search", "pets", "zebra"]);
    assert_eq!((output.status.code(), text(&output.stdout).trim()), (Some(1), "nothing found"));
    let output = run(folder.path(), &["kb", "search", "pets", "cat", "--filter", "language"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("`language` is no filter"), "{}", text(&output.stderr));
}

#[test]
fn meaning_is_found_where_it_was_indexed_and_refused_where_not() {
    let folder = built();
    let output = run(folder.path(), &["kb", "search", "pets", "cat", "--mode", "meaning"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("has no index by meaning"), "{}", text(&output.stderr));

    let store = Store::tiny();
    let folder = tempfile::tempdir().unwrap();
    source(folder.path());
    let from = folder.path().join("source");
    let ask = |arguments: &[&str]| {
        let output = store.command().args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        output
    };
    ask(&["kb", "build", from.to_str().unwrap(), "--name", "pets", "--meaning", "--model", store.model]);
    let found = json(&ask(&["kb", "search", "pets", "the cat", "--json"]));
    assert_eq!(found["mode"], "hybrid");
    assert_eq!(found["items"].as_array().unwrap().len(), 6, "every record has a meaning");
    let first = &found["items"][0];
    assert!(first["text"]["rank"].is_u64() && first["meaning"]["rank"].is_u64(), "{first:#}");
    let found = json(&ask(&["kb", "search", "pets", "cat", "--mode", "meaning", "-k", "1", "--json"]));
    assert_eq!(contents(&found), ["cat"], "a text is nearest to itself");
    let words = text(&ask(&["kb", "search", "pets", "cat", "-k", "2"]).stdout);
    assert!(words.starts_with("1. list.tsv, row 1 (0.0"), "{words}");
}
