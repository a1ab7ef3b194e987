//! Which files to convert, and to where.
//!
//! The one decision: an output's name is the whole file name with `.parquet` behind it, so that `a.csv` and `a.tsv`
//! never meet, and a new neighbour never renames an old output. A file in a zip archive lies in a folder that is named
//! like the archive. Symbolic links are not followed.

use std::collections::HashSet;
use std::path::Path;

use super::error::ConversionError;
use super::naming;
use super::options::ConversionOptions;
use super::outcome::{FileOutcome, FileStatus};
use super::staging::STAGING;
use crate::core::failure::{Code, Failure};
use crate::core::intake::{
    self, Bounds, Filter, IntakeError, LocalSource, REJECTS_SUFFIX, REPORT, SourceFile, Step, glob,
};

/// Characters of a wrong glob that are shown.
const SHOWN: usize = 200;

/// A file's line in the outcome, as far as the plan knows it; `name` is its path inside the source.
pub(super) fn line(step: &Step, name: &str, size_bytes: u64) -> FileOutcome {
    let line = |status| FileOutcome::new(name, status, size_bytes);
    match step {
        Step::Read(_) => line(FileStatus::Converted),
        Step::Skip(reason) => FileOutcome { reason: Some(reason.clone()), ..line(FileStatus::Skipped) },
        Step::Refuse(failure) => FileOutcome { error: Some(failure.clone()), ..line(FileStatus::Failed) },
    }
}

/// Lists every file of the source, by path; those to be left out with their reason. `reserved` is not entered.
pub(super) fn plan(
    source: &LocalSource,
    destination: &Path,
    options: &ConversionOptions,
    reserved: Option<&Path>,
) -> Result<Vec<SourceFile>, ConversionError> {
    check_first(options)?;
    check_places(source, destination)?;
    let filter = Filter::new(&options.include, &options.exclude)?.with_name_rule(naming::too_long);
    let real = destination.canonicalize().ok();
    let is_own = |folder: &Path| folder.ends_with(STAGING) || (real.is_some() && folder.canonicalize().ok() == real);
    let mut files = intake::list(source, &filter, Bounds { is_own: &is_own, reserved })?;
    refuse_meeting_outputs(&mut files);
    Ok(files)
}

/// A folder named like the output of a file (`a.csv.parquet/b.csv` beside `a.csv`) would need its place.
fn refuse_meeting_outputs(files: &mut [SourceFile]) {
    let converted = files.iter().filter(|file| matches!(file.step, Step::Read(_)));
    let outputs =
        converted.flat_map(|file| [format!("{}.parquet", file.name), format!("{}{REJECTS_SUFFIX}", file.name)]);
    let taken: HashSet<String> = outputs.chain([REPORT.to_owned()]).collect();
    for file in files.iter_mut().filter(|file| matches!(file.step, Step::Read(_))) {
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
fn check_places(source: &LocalSource, destination: &Path) -> Result<(), ConversionError> {
    let real = destination.canonicalize();
    if real.as_ref().is_ok_and(|place| !place.is_dir()) {
        return Err(ConversionError::NotAFolder { destination: destination.to_owned() });
    }
    match source {
        LocalSource::Folder(root)
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
            faults.push((format!("{name}/{index}"), IntakeError::Glob { glob }.into()));
        }
    }
    if !(1..=10_000_000).contains(&options.row_group_rows) {
        let value = options.row_group_rows.to_string();
        let option = "row_group_rows";
        faults.push((option.to_owned(), ConversionError::Range { option, value, range: "from 1 to 10000000" }));
    }
    faults
}
