//! What is said of a knowledge base, as a whole and file by file. Plain data, no clock in it.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::name::KnowledgeBaseName;
use super::options::KnowledgeBaseOptions;
use crate::core::failure::Failure;
use crate::core::tabular::format::FormatName;

/// A knowledge base as a whole.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Manifest {
    /// Its name.
    pub name: KnowledgeBaseName,
    /// Says which state of it this is: equal sources, options and version make the same.
    pub generation: String,
    /// The version of textmill that built it.
    pub textmill: String,
    /// How it was built.
    pub options: KnowledgeBaseOptions,
    /// Digest of everything besides the source that shapes a record: where it is the same, records of files that have not
    /// changed stay as they are.
    pub settings: String,
    /// Sums over all files.
    pub summary: Summary,
    /// Names of columns that records have in `meta.columns`, sorted.
    pub fields: Vec<Field>,
    /// SHA-256 of `records.jsonl`, hexadecimal.
    pub sha256: String,
    /// Size of `records.jsonl` in bytes.
    pub size_bytes: u64,
}

/// Sums over all files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    /// Files of the source.
    pub files: u64,
    /// Files that were read.
    pub files_read: u64,
    /// Files that were left out, each with its reason.
    pub files_skipped: u64,
    /// Files that can't be read, each with its error.
    pub files_failed: u64,
    /// Records.
    pub records: u64,
    /// Rows that can't be records.
    pub rejected: u64,
    /// Records whose content, normalised, an earlier one has, too.
    pub duplicates: u64,
}

impl Summary {
    /// Over these files.
    pub(super) fn of(files: &[FileEntry]) -> Self {
        let count = |status| files.iter().filter(|file| file.status == status).count() as u64;
        let sum = |of: fn(&FileEntry) -> u64| files.iter().map(of).sum();
        Self {
            files: files.len() as u64,
            files_read: count(FileStatus::Read),
            files_skipped: count(FileStatus::Skipped),
            files_failed: count(FileStatus::Failed),
            records: sum(|file| file.records),
            rejected: sum(|file| file.rejected),
            duplicates: sum(|file| file.duplicates),
        }
    }

    /// Rows and files that a user should look at.
    pub fn rejected_count(&self) -> u64 {
        self.rejected + self.files_failed
    }
}

/// A column that records have values of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// How many records have a value of it.
    pub records: u64,
}

/// What became of a file of the source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileEntry {
    /// Path inside the source, `/` between parts.
    pub path: String,
    /// What became of it.
    pub status: FileStatus,
    /// Why it was left out.
    pub reason: Option<String>,
    /// Why it can't be read.
    pub error: Option<Failure>,
    /// What it is; `null` if it was not read.
    pub format: Option<FormatName>,
    /// SHA-256 of the file, hexadecimal; `null` if it was not read.
    pub sha256: Option<String>,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Records that were made of it.
    pub records: u64,
    /// Rows of it that can't be records.
    pub rejected: u64,
    /// Its records whose content, normalised, an earlier one has, too.
    pub duplicates: u64,
    /// The place of its first record among all, from 0.
    pub first_record: u64,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It was read.
    Read,
    /// It was left out.
    Skipped,
    /// It can't be read.
    Failed,
}
