//! Which files to convert, and to where.
//!
//! The one decision: an output's name is the whole file name with `.parquet` behind it, so that `a.csv` and `a.tsv`
//! never meet, and a new neighbour never renames an old output. Symbolic links are not followed.

use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
use walkdir::{DirEntry, WalkDir};

use super::error::ConversionError;
use super::glob;
use super::options::ConversionOptions;
use super::staging::{REPORT, STAGING};
use crate::core::tabular::format::{self, Promise};

/// Characters of a wrong glob that are shown.
const SHOWN: usize = 200;

/// What is to be converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConversionSource {
    /// Everything below a folder.
    Folder(PathBuf),
    /// One file, and the name it goes by.
    File {
        /// Where it lies.
        path: PathBuf,
        /// Its name, which tells the format it promises.
        name: String,
    },
}

impl ConversionSource {
    /// A file or folder on this machine.
    ///
    /// # Errors
    /// When it is not there.
    pub fn at(path: &Path) -> Result<Self, ConversionError> {
        let missing = || ConversionError::NoSource { source_path: path.to_owned() };
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let name = path.file_name().filter(|_| path.is_file()).ok_or_else(missing)?;
        Ok(Self::File { path: path.to_owned(), name: name.to_string_lossy().into_owned() })
    }

    fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::File { path, .. } => path,
        }
    }
}

/// A file of the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PlannedFile {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// Path inside the source, `/` between parts.
    pub(super) name: String,
    /// Size in bytes.
    pub(super) size_bytes: u64,
    /// What to do with it.
    pub(super) step: Step,
}

/// What to do with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// Read it as what its name promises.
    Convert(Promise),
    /// Leave it out.
    Skip(String),
}

/// Lists every file of the source, by path; those to be left out with their reason.
pub(super) fn plan(
    source: &ConversionSource,
    destination: &Path,
    options: &ConversionOptions,
) -> Result<Vec<PlannedFile>, ConversionError> {
    let filter = Filter::new(options)?;
    let mut files = match source {
        ConversionSource::Folder(root) => walk(root, destination, &filter),
        ConversionSource::File { path, name } => {
            let size_bytes = path.metadata().map_or(0, |metadata| metadata.len());
            vec![PlannedFile { path: path.clone(), name: name.clone(), size_bytes, step: filter.step(name) }]
        }
    };
    if files.is_empty() {
        return Err(ConversionError::NothingFound { source_path: source.path().to_owned() });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(files)
}

fn walk(root: &Path, destination: &Path, filter: &Filter) -> Vec<PlannedFile> {
    let destination = destination.canonicalize().ok();
    let mut files = Vec::new();
    // The root itself is no file of the source, even where it is a link to a folder.
    let mut walk = WalkDir::new(root).min_depth(1).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        if let Ok(entry) = &entry
            && entry.file_type().is_dir()
        {
            let is_ours = entry.file_name() == STAGING || entry.path().canonicalize().ok() == destination;
            let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
            if is_ours || is_hidden {
                walk.skip_current_dir();
            }
            if is_hidden && !is_ours {
                files.push(hidden_folder(root, entry));
            }
        }
        files.extend(planned(root, entry, filter));
    }
    files
}

/// One line for all that it holds.
fn hidden_folder(root: &Path, entry: &DirEntry) -> PlannedFile {
    let step = Step::Skip("a hidden folder (its name begins with a dot)".to_owned());
    PlannedFile {
        path: entry.path().to_owned(),
        name: format!("{}/", relative(root, entry.path())),
        size_bytes: 0,
        step,
    }
}

/// Path inside the source, `/` between parts.
fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// `None` for folders.
fn planned(root: &Path, entry: walkdir::Result<DirEntry>, filter: &Filter) -> Option<PlannedFile> {
    match entry {
        Ok(entry) if entry.file_type().is_dir() => None,
        Ok(entry) => {
            let name = relative(root, entry.path());
            let step = if entry.file_type().is_file() {
                filter.step(&name)
            } else {
                Step::Skip("a link or special file".to_owned())
            };
            let size_bytes = entry.metadata().map_or(0, |metadata| metadata.len());
            Some(PlannedFile { path: entry.path().to_owned(), name, size_bytes, step })
        }
        Err(error) => {
            let path = error.path().unwrap_or(root).to_owned();
            let name = relative(root, &path);
            Some(PlannedFile { path, name, size_bytes: 0, step: Step::Skip(format!("can't be listed: {error}")) })
        }
    }
}

/// `include`, `exclude` and the names that are read.
struct Filter {
    include: Option<GlobSet>,
    exclude: GlobSet,
}

impl Filter {
    fn new(options: &ConversionOptions) -> Result<Self, ConversionError> {
        let include = (!options.include.is_empty()).then(|| globs(&options.include)).transpose()?;
        Ok(Self { include, exclude: globs(&options.exclude)? })
    }

    fn step(&self, name: &str) -> Step {
        let skip = |reason: &str| Step::Skip(reason.to_owned());
        if self.exclude.is_match(name) {
            return skip("matches `exclude`");
        }
        if self.include.as_ref().is_some_and(|include| !include.is_match(name)) {
            return skip("does not match `include`");
        }
        if name.rsplit('/').next().is_some_and(|part| part.starts_with('.')) {
            return skip("hidden (its name begins with a dot)");
        }
        if name == REPORT {
            return skip("a report of textmill");
        }
        match format::promise(name) {
            Some(promise) => Step::Convert(promise),
            None => {
                skip("its extension is not one of csv, tsv, tab, psv, ssv, txt, json, jsonl, ndjson (also .gz, .zst)")
            }
        }
    }
}

fn globs(patterns: &[String]) -> Result<GlobSet, ConversionError> {
    let wrong = |glob: &str| ConversionError::Glob { glob: glob.to_owned() };
    let mut set = GlobSetBuilder::new();
    for pattern in patterns {
        let glob = GlobBuilder::new(pattern).literal_separator(true).build();
        set.add(glob.map_err(|_unlike_our_grammar| wrong(pattern))?);
    }
    set.build().map_err(|_too_many| wrong(&patterns.join(", ")))
}

/// Checks what can be checked of the options without looking at files; all faults at once, each with its place.
pub(super) fn check(options: &ConversionOptions) -> Vec<(String, ConversionError)> {
    let mut faults = Vec::new();
    for (name, patterns) in [("include", &options.include), ("exclude", &options.exclude)] {
        for (index, pattern) in patterns.iter().enumerate().filter(|(_, pattern)| !glob::is_valid(pattern)) {
            let glob = pattern.chars().take(SHOWN).collect();
            faults.push((format!("{name}/{index}"), ConversionError::Glob { glob }));
        }
    }
    if !(1..=10_000_000).contains(&options.row_group_rows) {
        let value = options.row_group_rows.to_string();
        let option = "row_group_rows";
        faults.push((option.to_owned(), ConversionError::Range { option, value, range: "from 1 to 10000000" }));
    }
    faults
}
