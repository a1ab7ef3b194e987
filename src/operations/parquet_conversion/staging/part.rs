//! The working folder as a part of a divided job has it: a journal and scratch of its own, beside those of other parts.
//!
//! For: one attempt at a part at a time, and a clean start for the next one. The one decision: the attempt holds a lock
//! on the part's journal, and works in a folder that no other attempt has.
//!
//! What a worker can do that was paused, lost its lease, and comes back:
//!
//! - It had the part in hand: then it still holds both locks, and the next attempt, the merge and every other run found
//!   the destination busy and wait. What it moves into place before it sees that it must stop, it may.
//! - It had not begun: then it finds the part's outcome in the job's shared folder, or the plan gone with the job, and
//!   writes nothing; or it finds a part that nobody works on, which it may work on like any other attempt.
//! - Its locks were lost, as a network file system does when a machine does not answer for long: the next attempt has
//!   taken its folder away, before it looked at the first source. Everything is written in that folder and moved from
//!   there, so it can neither write nor publish any more.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::history::History;
use super::lock::{LockedFolder, or_busy};
use super::{PART_PREFIX, STAGING, Site, Staging, begin_line, open_journal};
use crate::operations::parquet_conversion::error::ConversionError;
use crate::operations::parquet_conversion::outcome::FileOutcome;

/// The right to work on a part.
#[derive(Debug)]
pub(in crate::operations::parquet_conversion) struct PartSeat {
    site: Site,
    folder: LockedFolder,
    number: u32,
    journal: File,
    journal_path: PathBuf,
}

impl PartSeat {
    /// Takes the destination together with the other parts of the `division`, and the part alone.
    pub(in crate::operations::parquet_conversion) fn take(
        site: Site,
        division: &str,
        number: u32,
    ) -> Result<Self, ConversionError> {
        let folder = LockedFolder::share(&site.destination, &site.destination.join(STAGING), division)?;
        let journal_path = folder.join(&format!("{PART_PREFIX}{number}.jsonl"));
        let journal = open_journal(&journal_path)?;
        or_busy(journal.try_lock(), &site.destination, &journal_path)?;
        begin_line(&journal, &journal_path)?;
        Ok(Self { site, folder, number, journal, journal_path })
    }

    /// Clears what earlier attempts left; `earlier` is what was known of the part's files when the job was divided, and
    /// the journal tells what has been done since.
    pub(in crate::operations::parquet_conversion) fn begin(
        self,
        earlier: Vec<FileOutcome>,
    ) -> Result<Staging, ConversionError> {
        let Self { site, folder, number, journal, journal_path } = self;
        let attempts = format!("{PART_PREFIX}{number}-");
        for left in folder.entries(&attempts)? {
            take_away(&left, &folder.join(&format!("{attempts}{}", fresh())))?;
        }
        let scratch = folder.join(&format!("{attempts}{}", fresh()));
        fs::create_dir(&scratch).map_err(ConversionError::write("make the folder", &scratch))?;
        let history = History::of_part(earlier, &journal_path);
        let staging = Staging::new(site, folder, (journal, journal_path), history)?;
        Ok(Staging { attempt: Some(scratch), ..staging })
    }
}

/// In one step, so that who still works in it is stopped there and then.
fn take_away(folder: &Path, aside: &Path) -> Result<(), ConversionError> {
    let taken = fs::rename(folder, aside).and_then(|()| fs::remove_dir_all(aside));
    taken.map_err(ConversionError::write("clear", folder))
}

fn fresh() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::intake::LocalSource;

    fn seat(folder: &Path, division: &str) -> Result<PartSeat, ConversionError> {
        let source = LocalSource::Folder(folder.join("in"));
        PartSeat::take(Site::new(&folder.join("out"), &source, None)?, division, 1)
    }

    #[test]
    fn one_attempt_at_a_part_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let held = seat(folder.path(), "one").unwrap();
        assert!(matches!(seat(folder.path(), "one").unwrap_err(), ConversionError::Busy { .. }));
        assert!(matches!(seat(folder.path(), "other").unwrap_err(), ConversionError::Busy { .. }));
        drop(held);
        assert!(seat(folder.path(), "one").is_ok());
        assert!(seat(folder.path(), "other").is_ok());
    }

    #[test]
    fn an_attempt_that_lost_its_locks_can_neither_write_nor_publish_once_the_next_has_begun() {
        let folder = tempfile::tempdir().unwrap();
        let late = seat(folder.path(), "one").unwrap().begin(Vec::new()).unwrap();
        let (done, coming) = (late.scratch("0.0.parquet"), late.scratch("1.0.parquet"));
        fs::write(&done, "whole").unwrap();
        late.journal.unlock().unwrap();
        let next = seat(folder.path(), "one").unwrap().begin(Vec::new()).unwrap();
        assert!(fs::rename(&done, folder.path().join("out/a.csv.parquet")).is_err());
        assert!(fs::write(&coming, "late").is_err());
        fs::write(next.scratch("0.0.parquet"), "whole").unwrap();
        late.leave();
        assert!(next.scratch("0.0.parquet").is_file());
    }
}
