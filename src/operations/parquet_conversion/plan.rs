//! Which files to convert, and to where.
//!
//! The one decision: an output's name is the whole file name with `.parquet` behind it, so that `a.csv` and `a.tsv`
//! never meet, and a new neighbour never renames an old output. A file in a zip archive lies in a folder that is named
//! like the archive. Symbolic links are not followed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::ConversionError;
use super::filter::Filter;
use super::glob;
use super::options::ConversionOptions;
use super::outcome::{FileOutcome, FileStatus};
use super::staging::{REJECTS_SUFFIX, REPORT};
use super::walk::{look_into, walk};
use crate::core::archive::Member;
use crate::core::failure::{Code, Failure};
use crate::core::tabular::format::Promise;

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

    /// The folder, if it is one.
    pub(super) fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) => Some(path),
            Self::File { .. } => None,
        }
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::File { path, .. } => path,
        }
    }
}

/// A file of the source.
#[derive(Debug, Clone)]
pub(super) struct PlannedFile {
    /// Where it lies, or the archive that it lies in.
    pub(super) path: PathBuf,
    /// Which file of the archive at `path` it is.
    pub(super) member: Option<Member>,
    /// Path inside the source, `/` between parts.
    pub(super) name: String,
    /// Size in bytes.
    pub(super) size_bytes: u64,
    /// What to do with it.
    pub(super) step: Step,
}

impl PlannedFile {
    /// Path inside the source of the archive that it lies in.
    pub(super) fn archive_name(&self) -> Option<&str> {
        self.name.strip_suffix(&self.member.as_ref()?.name)?.strip_suffix('/')
    }
}

/// What to do with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    /// Read it as what its name promises.
    Convert(Promise),
    /// Leave it out.
    Skip(String),
    /// It can't be read or have an output.
    Refuse(Failure),
}

impl Step {
    /// What a file to be converted is read as.
    pub(super) fn promise(&self) -> Option<Promise> {
        match self {
            Self::Convert(promise) => Some(*promise),
            Self::Skip(_) | Self::Refuse(_) => None,
        }
    }

    /// The file's line in the outcome, as far as the plan knows it; `name` is its path inside the source.
    pub(super) fn line(&self, name: &str, size_bytes: u64) -> FileOutcome {
        let line = |status| FileOutcome::new(name, status, size_bytes);
        match self {
            Self::Convert(_) => line(FileStatus::Converted),
            Self::Skip(reason) => FileOutcome { reason: Some(reason.clone()), ..line(FileStatus::Skipped) },
            Self::Refuse(failure) => FileOutcome { error: Some(failure.clone()), ..line(FileStatus::Failed) },
        }
    }
}

/// Lists every file of the source, by path; those to be left out with their reason. `reserved` is not entered.
pub(super) fn plan(
    source: &ConversionSource,
    destination: &Path,
    options: &ConversionOptions,
    reserved: Option<&Path>,
) -> Result<Vec<PlannedFile>, ConversionError> {
    check_first(options)?;
    check_places(source, destination)?;
    let filter = Filter::new(options)?;
    let mut files = match source {
        ConversionSource::Folder(root) => walk(root, destination, reserved, &filter),
        ConversionSource::File { path, name } => {
            let size_bytes = path.metadata().map_or(0, |metadata| metadata.len());
            let file = |step| PlannedFile { path: path.clone(), member: None, name: name.clone(), size_bytes, step };
            if filter.opens(name) { look_into(file, &filter) } else { vec![file(filter.step(name, path))] }
        }
    };
    let source_path = source.path().to_owned();
    if files.is_empty() {
        return Err(ConversionError::NothingFound { source_path });
    }
    if filter.has_globs() && !files.iter().any(|file| filter.chooses(file)) {
        return Err(ConversionError::NothingChosen { source_path, files: files.len() });
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    refuse_meeting_outputs(&mut files);
    Ok(files)
}

/// A folder named like the output of a file (`a.csv.parquet/b.csv` beside `a.csv`) would need its place.
fn refuse_meeting_outputs(files: &mut [PlannedFile]) {
    let converted = files.iter().filter(|file| matches!(file.step, Step::Convert(_)));
    let outputs =
        converted.flat_map(|file| [format!("{}.parquet", file.name), format!("{}{REJECTS_SUFFIX}", file.name)]);
    let taken: HashSet<String> = outputs.chain([REPORT.to_owned()]).collect();
    for file in files.iter_mut().filter(|file| matches!(file.step, Step::Convert(_))) {
        let folders = file.name.match_indices('/').map(|(at, _)| file.name.get(..at).unwrap_or_default());
        let mut folders = folders.filter(|folder| taken.contains(*folder));
        if let Some(folder) = folders.next().map(str::to_owned) {
            let failure =
                Failure::new(Code::AlreadyExists, format!("its folder `{folder}` would need the place of an output"));
            file.step = Step::Refuse(failure.with_hint("rename the folder"));
        }
    }
}

/// Source files are never changed: outputs in the source folder itself could take their places.
fn check_places(source: &ConversionSource, destination: &Path) -> Result<(), ConversionError> {
    let real = destination.canonicalize();
    if real.as_ref().is_ok_and(|place| !place.is_dir()) {
        return Err(ConversionError::NotAFolder { destination: destination.to_owned() });
    }
    match source {
        ConversionSource::Folder(root)
            if real.ok().is_some_and(|place| root.canonicalize().is_ok_and(|root| root == place)) =>
        {
            Err(ConversionError::SamePlace { destination: destination.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The first fault that [`check`] finds.
pub(super) fn check_first(options: &ConversionOptions) -> Result<(), ConversionError> {
    check(options).into_iter().next().map_or(Ok(()), |(_, first)| Err(first))
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
