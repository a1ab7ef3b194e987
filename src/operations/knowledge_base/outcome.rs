//! What came of a build. Plain data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::manifest::{Manifest, Summary};
use super::name::KnowledgeBaseName;

/// A knowledge base was built, or was up to date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BuildOutcome {
    /// Its name.
    pub name: KnowledgeBaseName,
    /// Says which state of it this is.
    pub generation: String,
    /// Whether nothing has changed since the last build, which stays.
    pub unchanged: bool,
    /// Files that have not changed since the last build: their records were taken from it.
    pub files_reused: u64,
    /// Sums over all files.
    pub summary: Summary,
    /// SHA-256 of its `records.jsonl`, hexadecimal.
    pub sha256: String,
    /// Size of its `records.jsonl` in bytes.
    pub size_bytes: u64,
}

impl BuildOutcome {
    pub(super) fn new(manifest: &Manifest, unchanged: bool, files_reused: u64) -> Self {
        Self {
            name: manifest.name.clone(),
            generation: manifest.generation.clone(),
            unchanged,
            files_reused,
            summary: manifest.summary,
            sha256: manifest.sha256.clone(),
            size_bytes: manifest.size_bytes,
        }
    }

    /// Rows and files that a user should look at.
    pub fn rejected_count(&self) -> u64 {
        self.summary.rejected_count()
    }
}
