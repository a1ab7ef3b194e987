//! What earlier runs did in a destination: their report, and the journals of those that were killed.
//!
//! A journal is appended to file by file; its last line may be cut off. A report that can't be read (none, or of
//! another version) only costs converting again.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use crate::core::intake::{REJECTS_SUFFIX, REPORT};
use crate::operations::parquet_conversion::naming::output_stems;
use crate::operations::parquet_conversion::outcome::{ConversionOutcome, FileOutcome, FileStatus, TableOutcome};

/// What earlier runs did.
#[derive(Debug)]
pub(in crate::operations::parquet_conversion) struct History {
    /// The latest entry of each source.
    latest: HashMap<String, FileOutcome>,
    /// Every output that any of them wrote.
    outputs: Vec<String>,
    /// What was left over before.
    stale: Vec<String>,
}

impl History {
    /// Reads the report, and journals, older ones first.
    pub(super) fn read(destination: &Path, journals: &[PathBuf]) -> Self {
        let report = read_report(destination);
        let is_inside = |path: &String| Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        let stale = report.stale.into_iter().filter(is_inside).collect();
        let noted = journals.iter().flat_map(|journal| read_journal(journal));
        Self::of(stale, report.files.into_iter().chain(noted))
    }

    /// What was known of some files, and what one journal says of them since.
    pub(super) fn of_part(earlier: Vec<FileOutcome>, journal: &Path) -> Self {
        Self::of(Vec::new(), earlier.into_iter().chain(read_journal(journal)))
    }

    fn of(stale: Vec<String>, entries: impl Iterator<Item = FileOutcome>) -> Self {
        let mut history = Self { latest: HashMap::new(), outputs: Vec::new(), stale };
        for file in entries.filter(is_plausible) {
            history.outputs.extend(file.written().map(|output| output.path.clone()));
            history.latest.insert(file.source.clone(), file);
        }
        history
    }

    /// The latest entry of a source.
    pub(in crate::operations::parquet_conversion) fn latest(&self, source: &str) -> Option<&FileOutcome> {
        self.latest.get(source)
    }

    /// Outputs that are still there, while no source stands for them any more.
    pub(super) fn stale(&self, destination: &Path, present: &[FileOutcome]) -> Vec<String> {
        let converted = present.iter().filter(|file| file.status == FileStatus::Converted);
        let fresh: HashSet<_> = converted.flat_map(FileOutcome::written).map(|output| &output.path).collect();
        let known = self.outputs.iter().chain(&self.stale).filter(|path| !fresh.contains(path));
        let there = known.filter(|path| destination.join(path).is_file());
        there.cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// A report lies where others may write: outputs count only under the names that a run would give them.
fn is_plausible(file: &FileOutcome) -> bool {
    let is_plain = Path::new(&file.source).components().all(|part| matches!(part, Component::Normal(_)));
    let stems = output_stems(&file.source, file.tables.iter().map(|table| &table.report));
    let is_named = |(table, stem): (&TableOutcome, &String)| {
        let output = table.output.as_ref().is_none_or(|output| output.path == format!("{stem}.parquet"));
        let rejects = table.rejects.as_ref().is_none_or(|rejects| rejects.path == format!("{stem}{REJECTS_SUFFIX}"));
        output && rejects
    };
    is_plain && file.tables.iter().zip(&stems).all(is_named)
}

fn read_report(destination: &Path) -> ConversionOutcome {
    let text = fs::read(destination.join(REPORT)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_else(|_| ConversionOutcome::new(false, Vec::new(), Vec::new()))
}

fn read_journal(path: &Path) -> Vec<FileOutcome> {
    let text = fs::read(path).unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}
