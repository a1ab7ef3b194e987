//! Finished files into their places, a group at a time: one sync for all, then the renames, then their lines in the
//! journal in one write.
//!
//! The one decision: a small file costs a disk far more to sync than a core to convert, so files wait for company. What
//! waits is lost with the process, and made anew by the next run; it is never seen half-done.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::PoisonError;
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::Staging;
use super::site::Folders;
use crate::core::intake::REJECTS_SUFFIX;
use crate::operations::parquet_conversion::error::ConversionError;
use crate::operations::parquet_conversion::naming::output_stems;
use crate::operations::parquet_conversion::outcome::{FileOutcome, TableOutcome};
use crate::operations::parquet_conversion::stop::{Stop, settle};
use crate::operations::parquet_conversion::written::{Finished, WrittenFile, WrittenTable};

/// Files of a group at most. As many again may wait for the next one.
pub(in crate::operations::parquet_conversion) const GROUP_FILES: usize = 256;
/// Bytes to sync after which a group is full.
const GROUP_BYTES: u64 = 32 << 20;
/// How long the first of a group waits at most.
const GROUP_TIME: Duration = Duration::from_millis(200);

/// A finished file, and its place among the files of the run.
type Numbered<T> = (usize, T);

impl Staging {
    /// Publishes whatever comes, until nobody is left to send; what became of each file.
    ///
    /// A file that finds something in its way fails, and the others go on.
    pub(in crate::operations::parquet_conversion) fn publish(
        &self,
        finished: &Receiver<Numbered<Finished>>,
    ) -> Result<Vec<Numbered<FileOutcome>>, ConversionError> {
        let mut outcomes = Vec::new();
        while let Some(group) = next_group(finished) {
            self.publish_group(group, &mut outcomes)?;
        }
        Ok(outcomes)
    }

    fn publish_group(
        &self,
        group: Vec<Numbered<Finished>>,
        outcomes: &mut Vec<Numbered<FileOutcome>>,
    ) -> Result<(), ConversionError> {
        let files = group.iter().flat_map(|(_, finished)| finished.files()).filter(|file| !file.is_synced);
        self.file_system.flush(&files.map(|file| &*file.path).collect::<Vec<_>>())?;
        let (mut known, before) = (Folders::new(), outcomes.len());
        let placed = group.into_iter().try_for_each(|(index, finished)| {
            outcomes.push((index, self.place(finished, &mut known)?));
            Ok(())
        });
        // What stands in its place is noted, also where the next could not be moved.
        let noted = self.note(outcomes[before..].iter().map(|(_, outcome)| outcome));
        self.touched.lock().unwrap_or_else(PoisonError::into_inner).extend(known);
        placed.and(noted)
    }

    /// Moves the outputs of a file into place.
    fn place(&self, finished: Finished, known: &mut Folders) -> Result<FileOutcome, ConversionError> {
        let Finished { mut outcome, tables } = finished;
        if tables.is_empty() {
            return Ok(outcome);
        }
        let stems = output_stems(&outcome.source, tables.iter().map(|written| &written.table.report));
        // What can't be published stays in scratch, which goes with the run.
        if let Some(obstacle) = stems.iter().find_map(|stem| self.site.obstacle(&format!("{stem}.parquet"), known)) {
            return settle(outcome, Err(Stop::Blocked(obstacle)), self.destination());
        }
        let placed = tables.into_iter().zip(stems).map(|(written, stem)| self.place_table(written, &stem));
        outcome.take(placed.collect::<Result<_, _>>()?);
        self.withdraw_rejects(&outcome)?;
        Ok(outcome)
    }

    fn place_table(&self, written: WrittenTable, stem: &str) -> Result<TableOutcome, ConversionError> {
        let WrittenTable { mut table, parquet, rejects } = written;
        let place = |file: &WrittenFile, suffix: &str| {
            let path = format!("{stem}{suffix}");
            self.move_to(&file.path, &path).map(|()| file.at(path))
        };
        table.rejects = rejects.map(|rejects| place(&rejects, REJECTS_SUFFIX)).transpose()?;
        table.output = Some(place(&parquet, ".parquet")?);
        Ok(table)
    }

    /// The folder is made where it is not there yet.
    fn move_to(&self, scratch: &Path, path: &str) -> Result<(), ConversionError> {
        let target = self.site.destination.join(path);
        let moved = fs::rename(scratch, &target).or_else(|error| match target.parent() {
            Some(parent) if error.kind() == io::ErrorKind::NotFound => {
                fs::create_dir_all(parent).and_then(|()| fs::rename(scratch, &target))
            }
            _ => Err(error),
        });
        moved.map_err(ConversionError::write("move into place", &target))
    }

    /// Notes that files are done.
    fn note<'a>(&self, files: impl IntoIterator<Item = &'a FileOutcome>) -> Result<(), ConversionError> {
        let mut lines = Vec::new();
        let written: serde_json::Result<()> = files.into_iter().try_for_each(|file| {
            serde_json::to_writer(&mut lines, file)?;
            lines.push(b'\n');
            Ok(())
        });
        let noted = written.map_err(io::Error::from).and_then(|()| (&self.journal).write_all(&lines));
        noted.map_err(ConversionError::write("note in", &self.journal_path))
    }
}

/// Files until the group is full or old, or nobody is left to send; `None`: there are none any more.
fn next_group(finished: &Receiver<Numbered<Finished>>) -> Option<Vec<Numbered<Finished>>> {
    let first = finished.recv().ok()?;
    let end = Instant::now() + GROUP_TIME;
    let mut bytes = unsynced_bytes(&first.1);
    let mut group = vec![first];
    while group.len() < GROUP_FILES && bytes < GROUP_BYTES {
        let Ok(next) = finished.recv_timeout(end.saturating_duration_since(Instant::now())) else { break };
        bytes += unsynced_bytes(&next.1);
        group.push(next);
    }
    Some(group)
}

fn unsynced_bytes(finished: &Finished) -> u64 {
    finished.files().filter(|file| !file.is_synced).map(WrittenFile::size_bytes).sum()
}
