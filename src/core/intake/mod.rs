//! Which files of a source are read: everything below a folder, those in zip archives too, and why the others are not.
//!
//! For: every operation that takes a folder in. Not for: reading files (`tabular`), or what an operation makes of them.
//! The one decision: nothing is passed over in silence. A file or folder that is not read is a line of its own, with its
//! reason. Symbolic links are not followed; a file in an archive lies in a folder that is named like the archive.

mod error;
mod filter;
pub mod glob;
mod source;
mod walk;

use std::path::Path;

pub use error::IntakeError;
pub use filter::{Filter, NameRule, globs};
pub use source::{LocalSource, SourceFile, Step};

/// The report that a conversion leaves beside its outputs; it is no source of anything.
pub const REPORT: &str = "textmill-report.json";
/// What stands behind a source's name in the name of the file of its rejected rows, which is no source either.
pub const REJECTS_SUFFIX: &str = ".rejects.jsonl";

/// Where a walk does not go.
#[derive(Clone, Copy)]
pub struct Bounds<'a> {
    /// Whether a folder is what the operation itself writes to: passed over without a word.
    pub is_own: &'a dyn Fn(&Path) -> bool,
    /// A folder that is not entered, and gets a line that says so; canonical.
    pub reserved: Option<&'a Path>,
}

/// Lists every file of the source, by path; those to be left out with their reason.
///
/// # Errors
/// When there is no file, or none that the filter's globs choose.
pub fn list(source: &LocalSource, filter: &Filter, bounds: Bounds<'_>) -> Result<Vec<SourceFile>, IntakeError> {
    let mut files = match source {
        LocalSource::Folder(root) => walk::walk(root, filter, bounds),
        LocalSource::File { path, name } => walk::one(path, name, filter),
    };
    let source_path = source.path().to_owned();
    if files.is_empty() {
        return Err(IntakeError::NothingFound { source_path });
    }
    if filter.has_globs() && !files.iter().any(|file| filter.chooses(file)) {
        return Err(IntakeError::NothingChosen { source_path, files: files.len() });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}
