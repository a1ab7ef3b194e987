//! What was written for a file, and does not stand in its place yet.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::outcome::{FileOutcome, OutputFile, TableOutcome};
use crate::core::hash::HashingWriter;

/// Files from this size on are brought to the disk by who wrote them, smaller ones together with others.
const OWN_SYNC_BYTES: u64 = 4 << 20;

/// A file that is done but for its outputs, which are to be published.
#[derive(Debug)]
pub(super) struct Finished {
    /// What became of it, without its new tables.
    pub(super) outcome: FileOutcome,
    /// Its new tables; none where nothing was written.
    pub(super) tables: Vec<WrittenTable>,
}

/// A table that is written.
#[derive(Debug)]
pub(super) struct WrittenTable {
    /// What there is to say, without its files.
    pub(super) table: TableOutcome,
    /// The rows.
    pub(super) parquet: WrittenFile,
    /// The rejected ones.
    pub(super) rejects: Option<WrittenFile>,
}

/// A whole file in the scratch folder.
#[derive(Debug)]
pub(super) struct WrittenFile {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Whether a power cut can't harm it any more.
    pub(super) is_synced: bool,
    size_bytes: u64,
    sha256: String,
}

impl From<FileOutcome> for Finished {
    /// Nothing was written.
    fn from(outcome: FileOutcome) -> Self {
        Self { outcome, tables: Vec::new() }
    }
}

impl Finished {
    /// Everything that was written for it.
    pub(super) fn files(&self) -> impl Iterator<Item = &WrittenFile> {
        self.tables.iter().flat_map(|table| table.rejects.iter().chain([&table.parquet]))
    }
}

impl WrittenFile {
    /// `file` was written at `path` to its end.
    pub(super) fn new(path: PathBuf, file: HashingWriter<File>) -> io::Result<Self> {
        let (file, sha256, size_bytes) = file.finish();
        let is_synced = size_bytes >= OWN_SYNC_BYTES;
        if is_synced {
            file.sync_all()?;
        }
        Ok(Self { path, is_synced, size_bytes, sha256 })
    }

    /// Size in bytes.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// As an output at `path` inside the destination.
    pub(super) fn at(&self, path: String) -> OutputFile {
        OutputFile { path, size_bytes: self.size_bytes, sha256: self.sha256.clone() }
    }
}
