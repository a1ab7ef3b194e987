//! The destination while a run writes to it: one run at a time, files that appear whole, and a journal to go on from.
//!
//! Files are written under [`STAGING`], brought to the disk and renamed into place in groups (`group`). A killed run
//! leaves that folder; the next one reads its journal, clears it and goes on. The parts of a divided job work there
//! side by side (`part`), each as a run of its own with files that no other has. The one decision: what an earlier run
//! did counts only if input, settings and output still have the digests that were noted, so no state can lie.

mod flush;
mod group;
mod history;
mod lock;
mod part;
mod site;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use flush::FileSystem;
pub(super) use group::GROUP_FILES;
pub(super) use history::History;
use lock::LockedFolder;
pub(super) use part::PartSeat;
use site::Folders;
pub(super) use site::Site;

use super::error::ConversionError;
use super::outcome::{ConversionOutcome, FileOutcome, OutputFile};
use crate::core::hash::sha256_file;
use crate::core::intake::REPORT;
use crate::core::tabular::input::Input;

/// The folder in the destination that a run works in.
pub(super) const STAGING: &str = ".textmill-tmp";

const JOURNAL: &str = "journal.jsonl";
/// `part-3.jsonl` is the journal of a part, `part-3-…` a folder of one of its attempts.
const PART_PREFIX: &str = "part-";

/// A destination held by this run, or by it and other parts of its job.
#[derive(Debug)]
pub(super) struct Staging {
    site: Site,
    folder: LockedFolder,
    /// Where files are written, if that is a folder of its own.
    attempt: Option<PathBuf>,
    file_system: FileSystem,
    journal: File,
    journal_path: PathBuf,
    history: History,
    /// Folders that got files, to be brought to the disk.
    touched: Mutex<BTreeSet<PathBuf>>,
    /// Folders that can take files, as seen before files are read.
    seen: Mutex<Folders>,
}

impl Staging {
    /// Takes the destination alone, clears what killed runs left, and reads what was done.
    pub(super) fn open(site: Site) -> Result<Self, ConversionError> {
        let folder = LockedFolder::take(&site.destination, site.destination.join(STAGING))?;
        let history = History::read(&site.destination, &folder.journals()?);
        folder.settle()?;
        Self::alone(site, folder, history)
    }

    /// Takes the destination for a job that is divided: clears it as a run would, has `plan` write down what is to be
    /// done, and leaves it to the job's parts.
    pub(super) fn divide(
        site: &Site,
        division: &str,
        plan: impl FnOnce(&History) -> Result<(), ConversionError>,
    ) -> Result<(), ConversionError> {
        let folder = LockedFolder::take_as_is(&site.destination, site.destination.join(STAGING))?;
        let history = History::read(&site.destination, &folder.journals()?);
        folder.settle()?;
        plan(&history)?;
        folder.give_to(division)
    }

    /// Takes the destination alone once the parts of a division are done; `None`: others worked here meanwhile, so what
    /// the parts said need not be so any more.
    pub(super) fn of_division(site: Site, division: &str) -> Result<Option<Self>, ConversionError> {
        let folder = LockedFolder::take_as_is(&site.destination, site.destination.join(STAGING))?;
        if !folder.is_undisturbed(division)? {
            return Ok(None);
        }
        let history = History::read(&site.destination, &folder.journals()?);
        Self::alone(site, folder, history).map(Some)
    }

    fn alone(site: Site, folder: LockedFolder, history: History) -> Result<Self, ConversionError> {
        let journal_path = folder.join(JOURNAL);
        let journal = open_journal(&journal_path)?;
        begin_line(&journal, &journal_path)?;
        Self::new(site, folder, (journal, journal_path), history)
    }

    fn new(
        site: Site,
        folder: LockedFolder,
        (journal, journal_path): (File, PathBuf),
        history: History,
    ) -> Result<Self, ConversionError> {
        let file_system =
            FileSystem::of(&site.destination).map_err(ConversionError::write("open", &site.destination))?;
        let (touched, seen) = (Mutex::default(), Mutex::default());
        Ok(Self { site, folder, attempt: None, file_system, journal, journal_path, history, touched, seen })
    }

    /// The folder that takes the outputs.
    pub(super) fn destination(&self) -> &Path {
        &self.site.destination
    }

    /// A path to write to.
    pub(super) fn scratch(&self, name: &str) -> PathBuf {
        self.attempt.as_ref().map_or_else(|| self.folder.join(name), |attempt| attempt.join(name))
    }

    /// Why no file can stand at a path, if so; a look before a file is read for nothing. What counts is the look before
    /// it is moved there.
    pub(super) fn early_obstacle(&self, path: &str) -> Option<String> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        self.site.obstacle(path, &mut seen)
    }

    /// Removes the rejects that an earlier run wrote for this file and this one did not, and nothing that others put
    /// there.
    fn withdraw_rejects(&self, file: &FileOutcome) -> Result<(), ConversionError> {
        let fresh = |old: &&OutputFile| file.written().any(|new| new.path == old.path);
        let earlier = self.history.latest(&file.source).into_iter().flat_map(|earlier| &earlier.tables);
        for old in earlier.filter_map(|table| table.rejects.as_ref()).filter(|old| !fresh(old)) {
            if self.site.obstacle(&old.path, &mut Folders::new()).is_some() {
                continue;
            }
            let target = self.site.destination.join(&old.path);
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
        let entry = self.history.latest(source)?;
        let complete = !entry.tables.is_empty() && entry.tables.iter().all(|table| table.output.is_some());
        // Asked last: it may have to read the file.
        let same = complete
            && entry.settings.as_deref() == Some(settings)
            && input.sha256().is_ok_and(|sha256| entry.sha256.as_deref() == Some(sha256));
        let intact = |output: &OutputFile| {
            let found = sha256_file(&self.site.destination.join(&output.path));
            found.is_ok_and(|(digest, size_bytes)| digest == output.sha256 && size_bytes == output.size_bytes)
        };
        (same && entry.written().all(intact)).then(|| FileOutcome { unchanged: true, ..entry.clone() })
    }

    /// Sums up a run that worked alone, or all parts of a job: writes the report, brings everything to the disk, and
    /// gives the destination free.
    pub(super) fn close(self, files: Vec<FileOutcome>) -> Result<ConversionOutcome, ConversionError> {
        let stale = self.history.stale(&self.site.destination, &files);
        let outcome = ConversionOutcome::new(false, files, stale);
        let scratch = self.scratch(REPORT);
        write_report(&scratch, &outcome).map_err(ConversionError::write("write", &scratch))?;
        let report = self.site.destination.join(REPORT);
        fs::rename(&scratch, &report).map_err(ConversionError::write("move into place", &report))?;
        self.flush()?;
        // The journal goes only now: a power cut before this point costs a look, never a report.
        self.folder.clear("")?;
        self.folder.remove();
        Ok(outcome)
    }

    /// Brings the folders to the disk that outputs were moved to.
    pub(super) fn flush(&self) -> Result<(), ConversionError> {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.insert(self.site.destination.clone());
        self.file_system.flush(&touched.iter().map(PathBuf::as_path).collect::<Vec<_>>())
    }

    /// Leaves journal and lock for the next run, or for the other parts and the merge, and removes this run's scratch.
    pub(super) fn leave(self) {
        // Best effort: the next run clears whatever stays.
        let _ = match &self.attempt {
            Some(attempt) => fs::remove_dir_all(attempt).map_err(ConversionError::write("clear", attempt)),
            None => self.folder.clear(JOURNAL),
        };
    }
}

/// Lines are added to what is there.
fn open_journal(path: &Path) -> Result<File, ConversionError> {
    File::options().create(true).append(true).open(path).map_err(ConversionError::write("open", path))
}

/// A line that was cut off by a crash stays a line of its own.
fn begin_line(mut journal: &File, path: &Path) -> Result<(), ConversionError> {
    let begun = journal.metadata().and_then(|there| if there.len() > 0 { journal.write_all(b"\n") } else { Ok(()) });
    begun.map_err(ConversionError::write("note in", path))
}

fn write_report(path: &Path, outcome: &ConversionOutcome) -> io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    serde_json::to_writer_pretty(&mut file, &outcome.without_history())?;
    file.write_all(b"\n")?;
    file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()
}
