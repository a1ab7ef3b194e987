//! A small knowledge base for tests.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};

use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::index::{Meaning, index};
use super::*;
use crate::core::embeddings::{Embedder, EmbeddingError, Embeddings};
use crate::core::isolation::{Isolation, Limits};
use crate::core::tabular::format::FormatName;
use crate::operations::context::RunContext;

/// Knows what a text is about by single words, so that tests know what is near what.
#[derive(Default)]
pub(super) struct Topics {
    texts: AtomicUsize,
}

const TOPICS: [&[&str]; 3] = [&["recyc", "reuse", "second life"], &["water", "river"], &["wage", "pay", "salary"]];

impl Embedder for Topics {
    fn dimension(&self) -> usize {
        4
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn texts_at_once(&self) -> usize {
        3
    }

    fn variant(&self) -> String {
        "topics".to_owned()
    }

    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError> {
        if cancel.is_cancelled() {
            return Err(EmbeddingError::Cancelled);
        }
        self.texts.fetch_add(texts.len(), Ordering::Relaxed);
        let about = |text: &str, topic: &[&str]| if topic.iter().any(|word| text.contains(word)) { 1.0 } else { 0.0 };
        let numbers = texts.iter().flat_map(|text| {
            let text = text.to_lowercase();
            [0.1, about(&text, TOPICS[0]), about(&text, TOPICS[1]), about(&text, TOPICS[2])]
        });
        Ok(Embeddings { dimension: 4, numbers: numbers.collect(), lengths: None })
    }
}

const RECORDS: [(&str, &str, &str); 6] = [
    ("Materials/Recycling", "Recycling of steel", "en"),
    ("Materials/Recycling", "Recyceltes Papier", "de"),
    ("Materials", "Reuse gives things a second life", "en"),
    ("Water", "River water is not recycling", "en"),
    ("Social", "Fair wages", ""),
    ("", "A salary that one can live on", "en"),
];

pub(super) fn record(row: u64, folder: &str, content: &str, language: &str) -> Record {
    let folders: Vec<String> = folder.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let path = folders.iter().map(String::as_str).chain(["list.tsv"]).collect::<Vec<_>>().join("/");
    // Without names of columns it is a list of phrases.
    let columns = match language {
        "" => BTreeMap::new(),
        language => BTreeMap::from([("language".to_owned(), language.to_owned())]),
    };
    let meta = Meta {
        path,
        folders,
        file: "list.tsv".to_owned(),
        format: FormatName::Delimited,
        sha256: String::new(),
        sheet: None,
        page: None,
        row: Some(row),
        heading: None,
        chunk: None,
        columns,
    };
    Record::new(content.to_owned(), meta)
}

pub(super) fn context() -> RunContext {
    RunContext::unattended(Isolation::new(Limits::default()))
}

/// What became of the files of records that lie together.
fn files(records: &[Record]) -> Vec<FileEntry> {
    let mut files: BTreeMap<&str, FileEntry> = BTreeMap::new();
    for (record, place) in records.iter().zip(0..) {
        let entry = files.entry(&record.meta.path).or_insert_with(|| FileEntry {
            path: record.meta.path.clone(),
            status: FileStatus::Read,
            reason: None,
            error: None,
            format: Some(record.meta.format),
            sha256: None,
            size_bytes: 0,
            records: 0,
            rejected: 0,
            duplicates: 0,
            first_record: place,
        });
        entry.records += 1;
    }
    files.into_values().collect()
}

/// Builds one as a build does: records, indexes, then the generation.
pub(super) fn built(meaning: Option<Meaning<'_>>) -> (TempDir, KnowledgeBases, KnowledgeBaseName) {
    let folder = tempfile::tempdir().unwrap();
    let bases = KnowledgeBases::new(folder.path().to_owned());
    let name: KnowledgeBaseName = "esg".parse().unwrap();
    build(&bases, &name, meaning);
    (folder, bases, name)
}

/// Builds it anew.
pub(super) fn build(bases: &KnowledgeBases, name: &KnowledgeBaseName, meaning: Option<Meaning<'_>>) {
    let draft = bases.draft(name).unwrap();
    let all: Vec<Record> = RECORDS
        .iter()
        .zip(1..)
        .map(|((folder, content, language), row)| record(row, folder, content, language))
        .collect();
    let mut records = draft.records().unwrap();
    for record in &all {
        let mut line = serde_json::to_vec(record).unwrap();
        line.push(b'\n');
        records.push_lines(&line).unwrap();
    }
    let written = records.finish().unwrap();
    draft.write_files(&files(&all)).unwrap();
    let outcome = index(all.into_iter().map(Ok), Some(written.count), draft.folder(), meaning, &context()).unwrap();
    assert_eq!((outcome.records, outcome.vectors), (6, meaning.map(|_| 6)));
    let manifest = Manifest {
        name: name.clone(),
        generation: "g1".to_owned(),
        textmill: String::new(),
        options: KnowledgeBaseOptions::default(),
        settings: String::new(),
        summary: Summary { records: written.count, ..Summary::default() },
        fields: Vec::new(),
        sha256: written.sha256,
        size_bytes: written.size_bytes,
    };
    draft.publish(&manifest).unwrap();
}
