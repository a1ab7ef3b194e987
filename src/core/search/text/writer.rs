//! Making an index, in bounded memory.
//!
//! The one decision: one thread writes, and segments are put together in the order of their records, so that an index
//! numbers its documents as the knowledge base does, and equal scores keep that order without being compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tantivy::index::SegmentId;
use tantivy::indexer::NoMergePolicy;
use tantivy::{Index, IndexWriter, TantivyDocument};

use super::filter::{FOLDER, folders};
use super::schema::{FORMAT, Fields, HEAD_FILE, ORDINAL, label, schema, with_tokenizers};
use crate::core::search::error::SearchIndexError;

/// Bytes of terms that are held before they are written.
const MEMORY: usize = 128 << 20;
/// Files that tantivy locks while it writes; nobody writes an index that is whole.
const LOCKS: [&str; 2] = [".tantivy-writer.lock", ".tantivy-meta.lock"];

/// A text to be found.
#[derive(Debug, Clone, Copy)]
pub struct TextDocument<'a> {
    /// Its number, by which it is found. Documents come in ascending order.
    pub ordinal: u64,
    /// The text.
    pub content: &'a str,
    /// The folder that it lies in, `/` between parts; empty: none.
    pub folder: &'a str,
    /// Names and values that it can be filtered by.
    pub labels: &'a [(&'a str, &'a str)],
}

/// What an index consists of: written last, so that one without it is not whole.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    /// See [`FORMAT`].
    pub(super) format: u32,
    /// Documents in it.
    pub(super) documents: u64,
    /// The size of each file, in bytes.
    pub(super) files: BTreeMap<String, u64>,
}

/// Makes an index in a folder of its own.
pub struct TextIndexWriter {
    folder: PathBuf,
    index: Index,
    writer: IndexWriter,
    fields: Fields,
    documents: u64,
}

impl TextIndexWriter {
    /// Begins an index in a folder that is empty or not there.
    ///
    /// # Errors
    /// When the folder can't be made, or is not empty.
    pub fn create(folder: &Path) -> Result<Self, SearchIndexError> {
        fs::create_dir_all(folder).map_err(SearchIndexError::at("write", folder))?;
        let (schema, fields) = schema();
        let failed = failed(folder);
        let index = with_tokenizers(Index::create_in_dir(folder, schema).map_err(&failed)?);
        let writer = index.writer_with_num_threads(1, MEMORY).map_err(&failed)?;
        writer.set_merge_policy(Box::new(NoMergePolicy));
        Ok(Self { folder: folder.to_owned(), index, writer, fields, documents: 0 })
    }

    /// Adds a text.
    ///
    /// # Errors
    /// When what was added before can't be written.
    pub fn add(&mut self, document: &TextDocument<'_>) -> Result<(), SearchIndexError> {
        let fields = self.fields;
        let mut added = TantivyDocument::new();
        added.add_text(fields.words, document.content);
        added.add_text(fields.stems, document.content);
        added.add_u64(fields.ordinal, document.ordinal);
        for folder in folders(document.folder) {
            added.add_u64(fields.labels, label(FOLDER, folder));
        }
        for (name, value) in document.labels {
            added.add_u64(fields.labels, label(name, value));
        }
        self.writer.add_document(added).map_err(failed(&self.folder))?;
        self.documents += 1;
        Ok(())
    }

    /// Writes what is left, and brings everything to the disk.
    ///
    /// # Errors
    /// When that fails.
    pub fn finish(mut self) -> Result<(), SearchIndexError> {
        let failed = failed(&self.folder);
        self.writer.commit().map_err(&failed)?;
        let segments = in_order(&self.index).map_err(&failed)?;
        if segments.len() > 1 {
            self.writer.merge(&segments).wait().map_err(&failed)?;
            self.writer.garbage_collect_files().wait().map_err(&failed)?;
        }
        self.writer.wait_merging_threads().map_err(&failed)?;
        for lock in LOCKS {
            let _ = fs::remove_file(self.folder.join(lock));
        }
        let head = Head { format: FORMAT, documents: self.documents, files: sizes(&self.folder)? };
        write_head(&self.folder, &head).map_err(SearchIndexError::at("write", &self.folder))
    }
}

/// Segments in the order of the records that they hold.
fn in_order(index: &Index) -> tantivy::Result<Vec<SegmentId>> {
    let reader = index.reader_builder().reload_policy(tantivy::ReloadPolicy::Manual).try_into()?;
    let mut segments = Vec::new();
    for segment in reader.searcher().segment_readers() {
        segments.push((segment.fast_fields().u64(ORDINAL)?.first(0), segment.segment_id()));
    }
    segments.sort_unstable_by_key(|(first, _)| *first);
    Ok(segments.into_iter().map(|(_, id)| id).collect())
}

/// The sizes of all files that make an index.
pub(super) fn sizes(folder: &Path) -> Result<BTreeMap<String, u64>, SearchIndexError> {
    let at = || SearchIndexError::at("read", folder);
    let mut sizes = BTreeMap::new();
    for entry in fs::read_dir(folder).map_err(at())? {
        let entry = entry.map_err(at())?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name != HEAD_FILE {
            sizes.insert(name, entry.metadata().map_err(at())?.len());
        }
    }
    Ok(sizes)
}

fn write_head(folder: &Path, head: &Head) -> std::io::Result<()> {
    let path = folder.join(HEAD_FILE);
    fs::write(&path, serde_json::to_vec(head)?)?;
    fs::File::open(&path)?.sync_all()?;
    fs::File::open(folder)?.sync_all()
}

/// For `map_err`: tantivy's errors name no folder.
pub(super) fn failed(folder: &Path) -> impl Fn(tantivy::TantivyError) -> SearchIndexError {
    move |error| match error {
        tantivy::TantivyError::IoError(source) => SearchIndexError::Storage {
            doing: "use",
            path: folder.to_owned(),
            source: std::io::Error::new(source.kind(), source),
        },
        other => SearchIndexError::broken(folder, other.to_string()),
    }
}
