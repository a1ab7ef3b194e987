//! What came of a conversion: every file of the source, and where each of its rows went.
//!
//! Plain data. The same document is the job's result and, as `textmill-report.json`, lies in the destination; there it
//! says nothing of history or clock, so that equal inputs give equal bytes.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::failure::Failure;
use crate::core::tabular::report::{TableNote, TableReport};

/// Every file and every row accounted for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ConversionOutcome {
    /// Version of textmill that made it.
    pub textmill: String,
    /// Whether nothing was written because `dry_run` was asked for.
    pub dry_run: bool,
    /// Sums over all files.
    pub summary: Summary,
    /// One entry a file, by path.
    pub files: Vec<FileOutcome>,
    /// Files of earlier runs whose source is gone, left out or can't be converted any more; they were left alone.
    pub stale: Vec<String>,
}

/// Sums over all files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    /// Files found.
    pub files: u64,
    /// Files that are Parquet now (with `dry_run`: would be).
    pub converted: u64,
    /// Of those: files that were converted by an earlier run and have not changed.
    pub unchanged: u64,
    /// Files left out, each with its reason.
    pub skipped: u64,
    /// Files that can't be read as a table, each with its reason.
    pub failed: u64,
    /// Rows read; `rows_in = rows_out + rows_rejected`.
    pub rows_in: u64,
    /// Rows in Parquet.
    pub rows_out: u64,
    /// Rows told apart as unusable, in `….rejects.jsonl` beside the Parquet file.
    pub rows_rejected: u64,
    /// Size of all converted source files.
    pub bytes_in: u64,
    /// Size of all Parquet files.
    pub bytes_out: u64,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileStatus {
    /// It is Parquet now (with `dry_run`: would be).
    Converted,
    /// It was left out; `reason` says why.
    Skipped,
    /// It can't be read as a table; `error` says why.
    Failed,
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutputFile {
    /// Path inside the destination, `/` between parts.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// One file of the source and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileOutcome {
    /// Path inside the source, `/` between parts.
    pub source: String,
    /// What became of it.
    pub status: FileStatus,
    /// Whether an earlier run had done it already.
    pub unchanged: bool,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// Why it failed.
    pub error: Option<Failure>,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256, hexadecimal; `null` when it was not read.
    pub sha256: Option<String>,
    /// Digest of the options and the version that shaped the output.
    pub settings: Option<String>,
    /// Rows read.
    pub rows_in: u64,
    /// Rows in Parquet.
    pub rows_out: u64,
    /// Rows told apart as unusable.
    pub rows_rejected: u64,
    /// Its tables: one, or each sheet of a workbook or table of a web page that holds a value.
    pub tables: Vec<TableOutcome>,
}

/// One table of a file and where its rows went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct TableOutcome {
    /// What it was taken for.
    #[serde(flatten)]
    pub report: TableReport,
    /// Rows read.
    pub rows_in: u64,
    /// Rows in Parquet.
    pub rows_out: u64,
    /// Rows told apart as unusable.
    pub rows_rejected: u64,
    /// What was noticed while reading.
    pub notes: Vec<TableNote>,
    /// The Parquet file.
    pub output: Option<OutputFile>,
    /// The rejected rows, one JSON object a line: `line`, `reason`, `record`.
    pub rejects: Option<OutputFile>,
}

impl TableOutcome {
    /// A table that was looked at and not read.
    pub(crate) fn new(report: TableReport) -> Self {
        Self { report, rows_in: 0, rows_out: 0, rows_rejected: 0, notes: Vec::new(), output: None, rejects: None }
    }

    /// What was written for it.
    pub(crate) fn written(&self) -> impl Iterator<Item = &OutputFile> {
        self.output.iter().chain(&self.rejects)
    }
}

impl FileOutcome {
    /// A file of which nothing is known yet.
    pub(crate) fn new(source: &str, status: FileStatus, size_bytes: u64) -> Self {
        Self {
            source: source.to_owned(),
            status,
            unchanged: false,
            reason: None,
            error: None,
            size_bytes,
            sha256: None,
            settings: None,
            rows_in: 0,
            rows_out: 0,
            rows_rejected: 0,
            tables: Vec::new(),
        }
    }

    /// Takes the tables, and their rows into the sums.
    pub(crate) fn take(&mut self, tables: Vec<TableOutcome>) {
        self.rows_in = tables.iter().map(|table| table.rows_in).sum();
        self.rows_out = tables.iter().map(|table| table.rows_out).sum();
        self.rows_rejected = tables.iter().map(|table| table.rows_rejected).sum();
        self.tables = tables;
    }

    /// Every file that was written for it.
    pub(crate) fn written(&self) -> impl Iterator<Item = &OutputFile> {
        self.tables.iter().flat_map(TableOutcome::written)
    }
}

impl ConversionOutcome {
    /// Sums up.
    pub(crate) fn new(dry_run: bool, files: Vec<FileOutcome>, stale: Vec<String>) -> Self {
        let summary = Summary::of(&files);
        Self { textmill: env!("CARGO_PKG_VERSION").to_owned(), dry_run, summary, files, stale }
    }

    /// Rows and files that a user should look at.
    pub fn rejected_count(&self) -> u64 {
        self.summary.rejected_count()
    }

    /// The same without what an earlier run had done.
    pub(super) fn without_history(&self) -> Self {
        let mut report = self.clone();
        report.summary.unchanged = 0;
        report.files.iter_mut().for_each(|file| file.unchanged = false);
        report
    }
}

impl Summary {
    /// Rows and files that a user should look at.
    pub(super) fn rejected_count(&self) -> u64 {
        self.rows_rejected + self.failed
    }

    /// Over these files.
    pub(super) fn of(files: &[FileOutcome]) -> Self {
        let count = |status| files.iter().filter(|file| file.status == status).count() as u64;
        let converted = || files.iter().filter(|file| file.status == FileStatus::Converted);
        Self {
            files: files.len() as u64,
            converted: count(FileStatus::Converted),
            unchanged: files.iter().filter(|file| file.unchanged).count() as u64,
            skipped: count(FileStatus::Skipped),
            failed: count(FileStatus::Failed),
            rows_in: converted().map(|file| file.rows_in).sum(),
            rows_out: converted().map(|file| file.rows_out).sum(),
            rows_rejected: converted().map(|file| file.rows_rejected).sum(),
            bytes_in: converted().map(|file| file.size_bytes).sum(),
            bytes_out: converted()
                .flat_map(|file| &file.tables)
                .filter_map(|table| table.output.as_ref())
                .map(|output| output.size_bytes)
                .sum(),
        }
    }
}
