use std::collections::BTreeMap;
use std::io::Read;

use super::*;
use crate::core::tabular::format::FormatName;
use crate::operations::knowledge_base::{KnowledgeBaseOptions, Manifest, Meta, Record, Summary};

fn record(row: u64, content: &str) -> Record {
    let meta = Meta {
        path: "a/b.tsv".to_owned(),
        folders: vec!["a".to_owned()],
        file: "b.tsv".to_owned(),
        format: FormatName::Delimited,
        sha256: String::new(),
        sheet: None,
        page: None,
        row: Some(row),
        heading: None,
        chunk: None,
        columns: BTreeMap::new(),
    };
    Record::new(content.to_owned(), meta)
}

fn line(record: &Record) -> Vec<u8> {
    let mut line = serde_json::to_vec(record).unwrap();
    line.push(b'\n');
    line
}

fn build(bases: &KnowledgeBases, name: &KnowledgeBaseName, contents: &[&str]) -> KnowledgeBase {
    let draft = bases.draft(name).unwrap();
    let mut records = draft.records().unwrap();
    for (row, content) in contents.iter().enumerate() {
        records.push_lines(&line(&record(row as u64 + 1, content))).unwrap();
    }
    let written = records.finish().unwrap();
    draft.write_files([]).unwrap();
    let manifest = Manifest {
        name: name.clone(),
        generation: written.sha256.chars().take(16).collect(),
        textmill: String::new(),
        options: KnowledgeBaseOptions::default(),
        settings: String::new(),
        summary: Summary { records: written.count, ..Summary::default() },
        fields: Vec::new(),
        sha256: written.sha256,
        size_bytes: written.size_bytes,
    };
    draft.publish(&manifest).unwrap()
}

fn contents(base: &KnowledgeBase) -> Vec<String> {
    base.records().map(|record| record.unwrap().content).collect()
}

fn some_bases() -> (tempfile::TempDir, KnowledgeBases, KnowledgeBaseName) {
    let folder = tempfile::tempdir().unwrap();
    let bases = KnowledgeBases::new(folder.path().join("knowledge-bases"));
    (folder, bases, "esg".parse().unwrap())
}

#[test]
fn every_record_is_found_at_its_place() {
    let (_folder, bases, name) = some_bases();
    let base = build(&bases, &name, &["one\ntwo", "zwölf", ""]);
    assert_eq!(base.record(1).unwrap().unwrap(), record(2, "zwölf"));
    assert_eq!(base.record(3).unwrap(), None);
    assert_eq!(base.records_from(1).unwrap().count(), 2);
    assert_eq!(base.records_from(9).unwrap().count(), 0);
    let mut lines = Vec::new();
    base.lines(1, 3).unwrap().read_to_end(&mut lines).unwrap();
    assert_eq!(lines, [line(&record(2, "zwölf")), line(&record(3, ""))].concat());
}

#[test]
fn who_reads_sees_the_state_that_was_opened_until_it_is_opened_again() {
    let (_folder, bases, name) = some_bases();
    let before = build(&bases, &name, &["old"]);
    let opened = bases.open(&name).unwrap();
    build(&bases, &name, &["new", "newer"]);
    assert_eq!((contents(&before), contents(&opened)), (vec!["old".to_owned()], vec!["old".to_owned()]));
    assert_eq!(contents(&bases.open(&name).unwrap()), ["new", "newer"]);
    bases.remove(&name).unwrap();
    assert_eq!(contents(&opened), ["old"]);
    assert!(matches!(bases.open(&name), Err(KnowledgeBaseError::NotFound { .. })));
    assert!(bases.names().unwrap().is_empty());
}

#[test]
fn a_draft_that_is_not_published_leaves_nothing_and_changes_nothing() {
    let (folder, bases, name) = some_bases();
    build(&bases, &name, &["kept"]);
    let draft = bases.draft(&name).unwrap();
    draft.records().unwrap().push_lines(b"{}\n").unwrap();
    assert!(matches!(bases.draft(&name), Err(KnowledgeBaseError::InUse { .. })), "one at a time");
    assert!(matches!(bases.remove(&name), Err(KnowledgeBaseError::InUse { .. })));
    assert_eq!(contents(&bases.open(&name).unwrap()), ["kept"]);
    drop(draft);
    let home = folder.path().join("knowledge-bases/esg");
    let left: Vec<_> = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left.len(), 2, "{left:?}");
}

#[test]
fn equal_states_are_one_and_what_a_killed_build_left_is_cleared() {
    let (folder, bases, name) = some_bases();
    build(&bases, &name, &["same"]);
    let home = folder.path().join("knowledge-bases/esg");
    fs::create_dir(home.join("f00ba4")).unwrap();
    fs::create_dir(home.join(DRAFT)).unwrap();
    fs::write(home.join(DRAFT).join("half"), "{").unwrap();
    assert_eq!(contents(&build(&bases, &name, &["same"])), ["same"]);
    let mut left: Vec<_> = fs::read_dir(&home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left.len(), 2, "{left:?}");
    assert_eq!(bases.names().unwrap(), [name]);
}

#[test]
fn a_damaged_generation_is_told_and_built_anew() {
    let (_folder, bases, name) = some_bases();
    let base = build(&bases, &name, &["one", "two"]);
    fs::write(base.folder().join(OFFSETS), [0; 8]).unwrap();
    fs::write(base.folder().join(RECORDS), "{\"id\":").unwrap();
    let damaged = bases.open(&name).unwrap();
    assert_eq!(contents(&build(&bases, &name, &["one", "two"])), ["one", "two"], "equal, and whole");
    let base = bases.open(&name).unwrap();
    assert!(matches!(damaged.record(1), Err(KnowledgeBaseError::Damaged { .. })));
    assert!(matches!(damaged.records().next(), Some(Err(KnowledgeBaseError::Damaged { .. }))));
    fs::write(base.folder().join(MANIFEST), "{").unwrap();
    assert!(matches!(bases.open(&name), Err(KnowledgeBaseError::Damaged { .. })));
    assert_eq!(contents(&build(&bases, &name, &["one", "two"])), ["one", "two"]);
}
