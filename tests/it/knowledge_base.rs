//! Knowledge bases built on the command line: every row a record, what has changed alone made anew, nothing half done.

mod bad_input;
mod changes;
mod texts;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::Value;

use crate::archives::zip;
use crate::support::{copy_tree, json, repository, run, text};

/// Where the knowledge base `kb` of a folder's state directory lies.
pub(crate) const HOME: &str = ".textmill/knowledge-bases/kb";

pub(crate) fn build(folder: &Path, more: &[&str]) -> Output {
    run(folder, &[&["kb", "build", "in", "--name", "kb", "--json"], more].concat())
}

/// The outcome of a build that was done, whether or not something was rejected.
pub(crate) fn built(folder: &Path, more: &[&str]) -> Value {
    let output = build(folder, more);
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", text(&output.stderr));
    json(&output)
}

pub(crate) fn write(folder: &Path, path: &str, content: impl AsRef<[u8]>) {
    let path = folder.join("in").join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

pub(crate) fn folder_with(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, content) in files {
        write(folder.path(), path, content);
    }
    folder
}

/// The folder of the current generation.
pub(crate) fn generation(folder: &Path) -> PathBuf {
    let home = folder.join(HOME);
    home.join(fs::read_to_string(home.join("current")).unwrap())
}

pub(crate) fn lines(path: &Path) -> Vec<Value> {
    let lines = fs::read_to_string(path).unwrap_or_default();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn records(folder: &Path) -> Vec<Value> {
    lines(&generation(folder).join("records.jsonl"))
}

fn contents(folder: &Path) -> Vec<String> {
    records(folder).iter().map(|record| record["content"].as_str().unwrap().to_owned()).collect()
}

/// What became of each file, by path.
fn entries(folder: &Path) -> BTreeMap<String, Value> {
    let entries = lines(&generation(folder).join("files.jsonl")).into_iter();
    entries.map(|entry| (entry["path"].as_str().unwrap().to_owned(), entry)).collect()
}

/// All that is written and the same in every build; the index by words is laid out anew each time.
pub(crate) fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(generation(folder)).unwrap().map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files.filter(|path| path.is_file()).map(|path| (name(&path), fs::read(path).unwrap())).collect()
}

#[test]
fn the_sample_becomes_a_knowledge_base_by_its_stored_job() {
    let folder = tempfile::tempdir().unwrap();
    copy_tree(&repository().join("knowledgebase"), &folder.path().join("knowledgebase"));
    let job = repository().join("jobs/knowledge_base/sustainability.toml");
    let output = run(folder.path(), &["run", job.to_str().unwrap(), "--set", "name=kb", "--json"]);
    // One line of the sample's traps is no JSON.
    assert_eq!(output.status.code(), Some(1), "{} {}", text(&output.stderr), text(&output.stdout));
    assert_eq!(json(&output)["summary"]["rejected"], 1);
    let (outcome, records, entries) = (json(&output), records(folder.path()), entries(folder.path()));
    assert_eq!(outcome["summary"]["files"], entries.len());
    assert_eq!(outcome["summary"]["records"], records.len());
    let ids: std::collections::HashSet<_> = records.iter().map(|record| record["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), records.len(), "every id is one record's");
    let offsets = fs::read(generation(folder.path()).join("offsets.bin")).unwrap();
    assert_eq!(offsets.len(), (records.len() + 1) * 8);
    let mut first = 0;
    for (path, entry) in &entries {
        assert_eq!(entry["first_record"], first, "{path}");
        for _ in 0..entry["records"].as_u64().unwrap() {
            let meta = &records[usize::try_from(first).unwrap()]["meta"];
            let folders = meta["folders"].as_array().unwrap().iter().map(|folder| folder.as_str().unwrap());
            let parts: Vec<_> = folders.chain([meta["file"].as_str().unwrap()]).collect();
            assert_eq!((meta["path"].as_str(), parts.join("/")), (Some(path.as_str()), path.clone()));
            assert_eq!((&meta["sha256"], &meta["format"]), (&entry["sha256"], &entry["format"]));
            first += 1;
        }
    }
    let formats: std::collections::BTreeSet<_> =
        entries.values().filter_map(|entry| entry["format"].as_str()).collect();
    assert!(formats.len() >= 9, "{formats:?}");
}

#[test]
fn a_row_is_its_filled_cells_and_keeps_their_names() {
    let folder = folder_with(&[
        ("a/table.csv", "name,symbol,factor\nkilo,k,1000\n, ,\nmega,,1000000\n"),
        ("a/list.tsv", " first thing\nsecond\tthing\n\nthird\n"),
        ("records.json", "[{\"a\": 1.50, \"b\": [\"x\"]}, {\"a\": null, \"b\": \"y\"}]"),
    ]);
    built(folder.path(), &[]);
    assert_eq!(
        contents(folder.path()),
        [" first thing", "second\tthing", "third", "kilo\tk\t1000", "mega\t1000000", "1.50\t[\"x\"]", "y"]
    );
    let records = records(folder.path());
    assert_eq!(records[4]["meta"]["columns"], serde_json::json!({"factor": "1000000", "name": "mega"}));
    let rows: Vec<_> = records.iter().map(|record| record["meta"]["row"].as_u64().unwrap()).collect();
    assert_eq!(rows, [1, 2, 4, 2, 4, 1, 2]);
    let manifest: Value = serde_json::from_slice(&bytes(folder.path())["manifest.json"]).unwrap();
    let fields: Vec<_> =
        manifest["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert_eq!(fields, ["0", "1", "a", "b", "factor", "name", "symbol"]);
}

#[test]
fn a_first_row_that_may_be_no_header_is_a_record_too() {
    let folder = folder_with(&[
        ("sure.csv", "name,year\nann,2020\nbob,2021\n"),
        ("unsure.csv", " glass \npaper\nwood\n"),
        ("words.tsv", "text\tlabel\nown words\tnoun phrase\n"),
    ]);
    built(folder.path(), &[]);
    assert_eq!(
        contents(folder.path()),
        ["ann\t2020", "bob\t2021", " glass ", "paper", "wood", "text\tlabel", "own words\tnoun phrase"]
    );
    let records = records(folder.path());
    assert_eq!(records[3]["meta"]["columns"], serde_json::json!({"glass": "paper"}));
    built(folder.path(), &["--header", "present"]);
    assert_eq!(contents(folder.path()), ["ann\t2020", "bob\t2021", "paper", "wood", "own words\tnoun phrase"]);
}

#[test]
fn chosen_columns_make_the_content_and_a_misspelt_one_is_told() {
    let files = [("a.csv", "id,text,label\n1,we recycle,yes\n2,,no\n"), ("list.txt", "a line\n")];
    let folder = folder_with(&files);
    let outcome = built(folder.path(), &["--content-column", "text"]);
    assert_eq!(contents(folder.path()), ["we recycle", "a line"]);
    assert_eq!(outcome["summary"]["rejected"], 1);
    assert_eq!(records(folder.path())[0]["meta"]["columns"]["label"], "yes");
    let rejects = lines(&generation(folder.path()).join("rejects.jsonl"));
    assert_eq!(
        (&rejects[0]["path"], &rejects[0]["line"], &rejects[0]["record"]),
        (&"a.csv".into(), &3.into(), &"2\tno".into())
    );
    let fresh = folder_with(&files);
    let output = build(fresh.path(), &["--content-column", "txet"]);
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("no table has a column `txet`") && said.contains("id, label, text"), "{said}");
    assert!(!fresh.path().join(HOME).join("current").exists());
}

#[test]
fn what_is_in_archives_is_read_and_siblings_never_meet() {
    let folder =
        folder_with(&[("a.csv", "x,y\n1,2\n"), ("a.tsv", "one\n"), ("a/b.txt", "two\n"), ("A/b.txt", "three\n")]);
    write(folder.path(), "old.zip", zip(&[("deep/b.txt", b"four\n"), ("deep/.hidden", b"x")]));
    built(folder.path(), &[]);
    assert_eq!(contents(folder.path()), ["three", "1\t2", "one", "two", "four"]);
    let entries = entries(folder.path());
    assert_eq!(entries["old.zip/deep/b.txt"]["records"], 1);
    assert_eq!(entries["old.zip/deep/.hidden"]["status"], "skipped");
    assert_eq!(records(folder.path())[4]["meta"]["folders"], serde_json::json!(["old.zip", "deep"]));
}
