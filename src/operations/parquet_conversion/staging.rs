//! The destination while a run writes to it: one run at a time, files that appear whole, and a journal to go on from.
//!
//! Files are written under [`STAGING`] and renamed into place. A killed run leaves that folder; the next one reads its
//! journal, clears it and goes on. The one decision: what an earlier run did counts only if input, settings and output
//! still have the digests that were noted, so no state can lie.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use super::error::ConversionError;
use super::outcome::{ConversionOutcome, FileOutcome, FileStatus, OutputFile};
use crate::core::hash::sha256_file;

/// The folder in the destination that a run works in.
pub(super) const STAGING: &str = ".textmill-tmp";
/// The report in the destination.
pub const REPORT: &str = "textmill-report.json";

/// What stands behind a source's name in the name of its rejected rows.
pub(super) const REJECTS_SUFFIX: &str = ".rejects.jsonl";

/// A destination held by this run.
#[derive(Debug)]
pub(super) struct Staging {
    destination: PathBuf,
    folder: PathBuf,
    /// Held until the end; the folder goes first.
    _lock: File,
    journal: Mutex<File>,
    /// What earlier runs did, by source.
    earlier: HashMap<String, FileOutcome>,
    /// Outputs that were left over before.
    stale_before: Vec<String>,
}

impl Staging {
    /// Takes the destination, clears what a killed run left, and reads what was done.
    pub(super) fn open(destination: &Path) -> Result<Self, ConversionError> {
        let folder = destination.join(STAGING);
        let lock = lock(destination, &folder)?;
        let journal_path = folder.join("journal.jsonl");
        let report = read_report(destination);
        let entries = report.files.into_iter().chain(read_journal(&journal_path));
        let earlier = entries.map(|file| (file.source.clone(), file)).collect();
        clear_files(&folder)?;
        let journal = File::options().create(true).append(true).open(&journal_path);
        let journal = journal.map_err(ConversionError::write("open", &journal_path))?;
        let (destination, journal) = (destination.to_owned(), Mutex::new(journal));
        Ok(Self { destination, folder, _lock: lock, journal, earlier, stale_before: report.stale })
    }

    /// The folder that takes the outputs.
    pub(super) fn destination(&self) -> &Path {
        &self.destination
    }

    /// A path to write to; `publish` moves it into place.
    pub(super) fn scratch(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Moves a whole file into place.
    pub(super) fn publish(&self, scratch: &Path, path: &str) -> Result<OutputFile, ConversionError> {
        let target = self.destination.join(path);
        let (sha256, size_bytes) = sha256_file(scratch).map_err(ConversionError::write("read back", scratch))?;
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(ConversionError::write("make the folder", parent))?;
        }
        fs::rename(scratch, &target).map_err(ConversionError::write("move into place", &target))?;
        Ok(OutputFile { path: path.to_owned(), size_bytes, sha256 })
    }

    /// Whether a folder stands where a file should be.
    pub(super) fn is_blocked(&self, path: &str) -> bool {
        self.destination.join(path).is_dir()
    }

    /// Removes the rejects that an earlier run wrote for this source, and nothing that others put there.
    pub(super) fn withdraw_rejects(&self, source: &str) -> Result<(), ConversionError> {
        let Some(rejects) = self.earlier.get(source).and_then(|earlier| earlier.rejects.as_ref()) else {
            return Ok(());
        };
        let path = &rejects.path;
        let target = self.destination.join(path);
        match fs::remove_file(&target) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(ConversionError::write("remove the old", &target)(error))
            }
            _ => Ok(()),
        }
    }

    /// The entry of an earlier run, if nothing has changed since.
    pub(super) fn unchanged(&self, source: &str, sha256: &str, settings: &str) -> Option<FileOutcome> {
        let entry = self.earlier.get(source)?;
        let same = entry.sha256.as_deref() == Some(sha256) && entry.settings.as_deref() == Some(settings);
        let outputs = [entry.output.as_ref()?].into_iter().chain(entry.rejects.as_ref());
        let intact = |output: &OutputFile| {
            let found = sha256_file(&self.destination.join(&output.path));
            found.is_ok_and(|(digest, size_bytes)| digest == output.sha256 && size_bytes == output.size_bytes)
        };
        (same && outputs.into_iter().all(intact)).then(|| FileOutcome { unchanged: true, ..entry.clone() })
    }

    /// Notes that a file is done.
    pub(super) fn note(&self, file: &FileOutcome) -> Result<(), ConversionError> {
        let path = self.folder.join("journal.jsonl");
        let mut line =
            serde_json::to_vec(file).map_err(|error| ConversionError::write("note in", &path)(error.into()))?;
        line.push(b'\n');
        let mut journal = self.journal.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        journal.write_all(&line).map_err(ConversionError::write("note in", &path))
    }

    /// Outputs of earlier runs that are still there, while their sources are gone or can't be converted any more.
    pub(super) fn stale(&self, present: &[FileOutcome]) -> Vec<String> {
        let converted = present.iter().filter(|file| file.status == FileStatus::Converted);
        let sources: HashSet<_> = converted.map(|file| file.source.as_str()).collect();
        let left = self.earlier.values().filter(|file| !sources.contains(file.source.as_str()));
        let outputs = left.flat_map(|file| file.output.iter().chain(&file.rejects)).map(|output| output.path.clone());
        let known = outputs.chain(self.stale_before.iter().cloned());
        let there = known.filter(|path| self.destination.join(path).is_file());
        there.collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Writes the report and gives the destination free.
    pub(super) fn close(self, outcome: &ConversionOutcome) -> Result<(), ConversionError> {
        let scratch = self.scratch(REPORT);
        let fail = |error: serde_json::Error| ConversionError::write("write", &scratch)(error.into());
        let mut text = serde_json::to_vec_pretty(&outcome.without_history()).map_err(fail)?;
        text.push(b'\n');
        fs::write(&scratch, text).map_err(ConversionError::write("write", &scratch))?;
        self.publish(&scratch, REPORT)?;
        fs::remove_dir_all(&self.folder).map_err(ConversionError::write("clear", &self.folder))
    }

    /// Leaves the journal for the next run and removes the rest.
    pub(super) fn abandon(self) {
        // Best effort: the next run clears whatever stays.
        let _ = clear_files(&self.folder);
    }
}

/// Takes the lock; a run that ended meanwhile may have removed the folder, then it is made anew.
fn lock(destination: &Path, folder: &Path) -> Result<File, ConversionError> {
    let path = folder.join("lock");
    loop {
        fs::create_dir_all(folder).map_err(ConversionError::write("make the folder", folder))?;
        let file = match File::options().create(true).truncate(false).write(true).open(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            other => other.map_err(ConversionError::write("open", &path))?,
        };
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ConversionError::Busy { destination: destination.to_owned() });
            }
            Err(TryLockError::Error(error)) => return Err(ConversionError::write("lock", &path)(error)),
        }
        let held = file.metadata().map_err(ConversionError::write("look at", &path))?;
        if fs::metadata(&path).is_ok_and(|there| there.ino() == held.ino() && there.dev() == held.dev()) {
            return Ok(file);
        }
    }
}

/// Everything but lock and journal.
fn clear_files(folder: &Path) -> Result<(), ConversionError> {
    let entries = fs::read_dir(folder).map_err(ConversionError::write("list", folder))?;
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        if name != "lock" && name != "journal.jsonl" {
            fs::remove_file(entry.path()).map_err(ConversionError::write("clear", &entry.path()))?;
        }
    }
    Ok(())
}

/// A report that can't be read (none, or of another version) only costs converting again.
fn read_report(destination: &Path) -> ConversionOutcome {
    let text = fs::read(destination.join(REPORT)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_else(|_| ConversionOutcome::new(false, Vec::new(), Vec::new()))
}

/// The last line may be cut off.
fn read_journal(path: &Path) -> Vec<FileOutcome> {
    let text = fs::read(path).unwrap_or_default();
    text.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}
