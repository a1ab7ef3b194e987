//! The destination while a run writes to it: one run at a time, files that appear whole, and a journal to go on from.
//!
//! Files are written under [`STAGING`], brought to the disk and renamed into place in groups (`group`). A killed run
//! leaves that folder; the next one reads its journal, clears it and goes on. The one decision: what an earlier run did
//! counts only if input, settings and output still have the digests that were noted, so no state can lie.

mod flush;
mod group;
mod history;
mod lock;

use std::collections::{BTreeSet, HashSet};
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use flush::FileSystem;
pub(super) use group::GROUP_FILES;
use history::History;
use lock::LockedFolder;

use super::error::ConversionError;
use super::outcome::{ConversionOutcome, FileOutcome, OutputFile};
use super::plan::ConversionSource;
use crate::core::hash::sha256_file;
use crate::core::tabular::input::Input;

/// The folder in the destination that a run works in.
pub(super) const STAGING: &str = ".textmill-tmp";
/// The report in the destination.
pub const REPORT: &str = "textmill-report.json";
/// What stands behind a source's name in the name of its rejected rows.
pub(super) const REJECTS_SUFFIX: &str = ".rejects.jsonl";

const JOURNAL: &str = "journal.jsonl";

/// A destination held by this run.
#[derive(Debug)]
pub(super) struct Staging {
    /// Links followed: outputs must lie inside.
    destination: PathBuf,
    /// Outputs must not lie in it.
    reserved: Option<Arc<Path>>,
    /// The source folder, where the destination lies around it: outputs must not lie among the sources.
    source: Option<PathBuf>,
    folder: LockedFolder,
    file_system: FileSystem,
    journal: File,
    history: History,
    /// Folders that got files, to be brought to the disk.
    touched: Mutex<BTreeSet<PathBuf>>,
    /// Folders that can take files, as seen before files are read.
    seen: Mutex<Folders>,
}

/// Folders of which is known that files can stand in them.
type Folders = HashSet<PathBuf>;

impl Staging {
    /// Takes the destination, clears what a killed run left, and reads what was done.
    pub(super) fn open(
        destination: &Path,
        source: &ConversionSource,
        reserved: Option<Arc<Path>>,
    ) -> Result<Self, ConversionError> {
        let real = destination.canonicalize().map_err(ConversionError::write("find", destination))?;
        // The service itself may write there: a job's artifacts.
        let reserved = reserved.filter(|folder| !real.starts_with(folder));
        let source = source.folder().and_then(|folder| folder.canonicalize().ok());
        let source = source.filter(|folder| !real.starts_with(folder));
        let folder = LockedFolder::take(destination, real.join(STAGING))?;
        let journal_path = folder.join(JOURNAL);
        let history = History::read(&real, &journal_path);
        folder.clear(JOURNAL)?;
        let journal = File::options().create(true).append(true).open(&journal_path);
        let journal = journal.map_err(ConversionError::write("open", &journal_path))?;
        let file_system = FileSystem::of(&real).map_err(ConversionError::write("open", &real))?;
        let (touched, seen) = (Mutex::default(), Mutex::default());
        Ok(Self { destination: real, reserved, source, folder, file_system, journal, history, touched, seen })
    }

    /// The folder that takes the outputs.
    pub(super) fn destination(&self) -> &Path {
        &self.destination
    }

    /// A path to write to.
    pub(super) fn scratch(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Why no file can stand at a path, if so; a look before a file is read for nothing. What counts is the look before
    /// it is moved there.
    pub(super) fn early_obstacle(&self, path: &str) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.obstacle(path, &mut seen)
    }

    /// Why no file can stand at a path, if so: a folder in its place, a file in the place of its folder, or a link that
    /// leads out of the destination. Folders that are `known` are not looked at again.
    fn obstacle(&self, path: &str, known: &mut Folders) -> Option<String> {
        let target = self.destination.join(path);
        match target.symlink_metadata() {
            Ok(there) if there.is_dir() || target.is_dir() => {
                return Some(format!("a folder named `{path}` is in the way in the destination"));
            }
            Err(error) if error.kind() == ErrorKind::InvalidFilename => {
                return Some("its path in the destination would be longer than the system takes".to_owned());
            }
            _ => {}
        }
        let folder = target.parent().filter(|folder| !known.contains(*folder))?;
        let existing = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok())?;
        match existing.canonicalize() {
            Ok(real) if self.reserved.as_ref().is_some_and(|folder| real.starts_with(folder)) => {
                Some(format!("`{path}` would lie in a folder of the service itself"))
            }
            Ok(real) if self.source.as_ref().is_some_and(|folder| real.starts_with(folder)) => {
                Some(format!("`{path}` would lie among the source files"))
            }
            Ok(real) if !real.starts_with(&self.destination) => {
                Some(format!("a link in the destination leads out of it, on the way to `{path}`"))
            }
            Ok(real) if real.is_dir() => {
                known.insert(folder.to_owned());
                None
            }
            _ => Some(format!("a file is in the way of a folder in the destination, on the way to `{path}`")),
        }
    }

    /// Removes the rejects that an earlier run wrote for this file and this one did not, and nothing that others put
    /// there.
    fn withdraw_rejects(&self, file: &FileOutcome) -> Result<(), ConversionError> {
        let fresh = |old: &&OutputFile| file.written().any(|new| new.path == old.path);
        let earlier = self.history.of(&file.source).into_iter().flat_map(|earlier| &earlier.tables);
        for old in earlier.filter_map(|table| table.rejects.as_ref()).filter(|old| !fresh(old)) {
            if self.obstacle(&old.path, &mut Folders::new()).is_some() {
                continue;
            }
            let target = self.destination.join(&old.path);
            match fs::remove_file(&target) {
                Err(error) if error.kind() != ErrorKind::NotFound => {
                    return Err(ConversionError::write("remove the old", &target)(error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The entry of an earlier run, if nothing has changed since.
    pub(super) fn unchanged(&self, source: &str, input: &Input, settings: &str) -> Option<FileOutcome> {
        let entry = self.history.of(source)?;
        let complete = !entry.tables.is_empty() && entry.tables.iter().all(|table| table.output.is_some());
        // Asked last: it may have to read the file.
        let same = complete
            && entry.settings.as_deref() == Some(settings)
            && input.sha256().is_ok_and(|sha256| entry.sha256.as_deref() == Some(sha256));
        let intact = |output: &OutputFile| {
            let found = sha256_file(&self.destination.join(&output.path));
            found.is_ok_and(|(digest, size_bytes)| digest == output.sha256 && size_bytes == output.size_bytes)
        };
        (same && entry.written().all(intact)).then(|| FileOutcome { unchanged: true, ..entry.clone() })
    }

    /// Outputs of earlier runs that no source of this one stands for.
    pub(super) fn stale(&self, present: &[FileOutcome]) -> Vec<String> {
        self.history.stale(&self.destination, present)
    }

    /// Writes the report, brings everything to the disk, and gives the destination free.
    pub(super) fn close(self, outcome: &ConversionOutcome) -> Result<(), ConversionError> {
        let scratch = self.scratch(REPORT);
        write_report(&scratch, outcome).map_err(ConversionError::write("write", &scratch))?;
        let report = self.destination.join(REPORT);
        fs::rename(&scratch, &report).map_err(ConversionError::write("move into place", &report))?;
        let mut touched = self.touched.into_inner().unwrap_or_else(PoisonError::into_inner);
        touched.insert(self.destination);
        self.file_system.flush(&touched.iter().map(PathBuf::as_path).collect::<Vec<_>>())?;
        // The journal goes only now: a power cut before this point costs a look, never a report.
        self.folder.clear("")?;
        self.folder.remove();
        Ok(())
    }

    /// Leaves the journal for the next run and removes the rest.
    pub(super) fn abandon(self) {
        // Best effort: the next run clears whatever stays.
        let _ = self.folder.clear(JOURNAL);
    }
}

fn write_report(path: &Path, outcome: &ConversionOutcome) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer_pretty(&mut file, &outcome.without_history())?;
    file.write_all(b"\n")?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}
