//! Who may work in a destination: one run alone, or the parts of one divided job together; also after a `kill -9`.
//!
//! The one decision: the right is a lock of the operating system, which ends with its process and not with a clock, so
//! that a worker that is paused keeps everybody out who could meet it when it comes back. What the lock can't say, to
//! whom the destination belongs while none of a job's parts runs, stands in the locked file ([`Owner`]), which is
//! written by those only who hold it alone.

use std::fs::{self, File, TryLockError};
use std::io::{ErrorKind, Read, Seek, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{JOURNAL, PART_PREFIX};
use crate::operations::parquet_conversion::error::ConversionError;

const LOCK: &str = "lock";

/// With whom the working folder is shared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// With nobody.
    Alone,
    /// With the other parts of the same job.
    Shared,
}

/// The divided job that a destination belongs to, whether or not one of its parts runs now. No owner: a run that works
/// alone, or ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    /// Name of the division, which begins with the job's id.
    division: String,
    /// Whether others may have worked here since the job was divided.
    interrupted: bool,
}

/// A working folder that this run may use. The lock ends with the process.
#[derive(Debug)]
pub(super) struct LockedFolder {
    folder: PathBuf,
    lock: File,
}

impl LockedFolder {
    /// For a run that works alone; the destination has no owner any more.
    pub(super) fn take(destination: &Path, folder: PathBuf) -> Result<Self, ConversionError> {
        let held = Self::lock(destination, folder, Hold::Alone)?;
        held.set_owner(None)?;
        Ok(held)
    }

    /// Alone, for who divides a job or puts it together; the owner stays.
    pub(super) fn take_as_is(destination: &Path, folder: PathBuf) -> Result<Self, ConversionError> {
        Self::lock(destination, folder, Hold::Alone)
    }

    /// For a part of a divided job, together with its other parts. Where the destination belongs to somebody else by
    /// now, and nobody works there, it is taken over, and noted that the job was interrupted.
    pub(super) fn share(destination: &Path, folder: &Path, division: &str) -> Result<Self, ConversionError> {
        loop {
            // A look without the lock, so that who waits for somebody else does not keep others out.
            if owner(&fs::read(folder.join(LOCK)).unwrap_or_default()).is_some_and(|owner| owner.division == division) {
                let held = Self::lock(destination, folder.to_owned(), Hold::Shared)?;
                if held.owner()?.is_some_and(|owner| owner.division == division) {
                    return Ok(held);
                }
                continue;
            }
            let held = Self::lock(destination, folder.to_owned(), Hold::Alone)?;
            if held.owner()?.is_none_or(|owner| owner.division != division) {
                held.settle()?;
                held.set_owner(Some(&Owner { division: division.to_owned(), interrupted: true }))?;
            }
            // A lock is not made a shared one without a gap: it is given back, and what was found is looked at again.
        }
    }

    /// Makes the folder if need be and takes its lock; a run that ended meanwhile may have removed both, then they are
    /// made anew.
    fn lock(destination: &Path, folder: PathBuf, hold: Hold) -> Result<Self, ConversionError> {
        let path = folder.join(LOCK);
        loop {
            make_folder(&folder)?;
            let lock = match File::options().create(true).truncate(false).read(true).write(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other.map_err(ConversionError::write("open", &path))?,
            };
            let locked = match hold {
                Hold::Alone => lock.try_lock(),
                Hold::Shared => lock.try_lock_shared(),
            };
            or_busy(locked, destination, &path)?;
            let held = lock.metadata().map_err(ConversionError::write("look at", &path))?;
            if fs::metadata(&path).is_ok_and(|there| there.ino() == held.ino() && there.dev() == held.dev()) {
                return Ok(Self { folder, lock });
            }
        }
    }

    /// Whether the destination has belonged to a divided job all the time since it was divided.
    pub(super) fn is_undisturbed(&self, division: &str) -> Result<bool, ConversionError> {
        Ok(self.owner()?.is_some_and(|owner| owner.division == division && !owner.interrupted))
    }

    /// The destination belongs to a job that was divided just now.
    pub(super) fn give_to(&self, division: &str) -> Result<(), ConversionError> {
        self.set_owner(Some(&Owner { division: division.to_owned(), interrupted: false }))
    }

    fn owner(&self) -> Result<Option<Owner>, ConversionError> {
        let (mut lock, mut text) = (&self.lock, Vec::new());
        let read = lock.rewind().and_then(|()| lock.read_to_end(&mut text));
        read.map_err(ConversionError::write("read", &self.folder.join(LOCK)))?;
        Ok(owner(&text))
    }

    /// On the disk before anything else is: an owner that came back with a power cut would believe itself undisturbed.
    fn set_owner(&self, owner: Option<&Owner>) -> Result<(), ConversionError> {
        let mut lock = &self.lock;
        let mut write = || {
            if owner.is_none() && lock.metadata()?.len() == 0 {
                return Ok(());
            }
            lock.set_len(0)?;
            lock.rewind()?;
            if let Some(owner) = owner {
                lock.write_all(&serde_json::to_vec(owner)?)?;
            }
            lock.sync_all()
        };
        write().map_err(ConversionError::write("write", &self.folder.join(LOCK)))
    }

    /// A path in it.
    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The journals that runs left here, older ones first: parts' journals are newer than that of a run that worked
    /// alone, since [`Self::settle`] folds them into it.
    pub(super) fn journals(&self) -> Result<Vec<PathBuf>, ConversionError> {
        let mut journals = vec![self.folder.join(JOURNAL)];
        let mut parts: Vec<_> = self.entries(PART_PREFIX)?.into_iter().filter(|path| is_file(path)).collect();
        parts.sort();
        journals.extend(parts);
        Ok(journals)
    }

    /// Keeps what earlier runs noted, in one journal, and removes what else they left; for who holds it alone.
    pub(super) fn settle(&self) -> Result<(), ConversionError> {
        let journals = self.journals()?;
        if let [journal, parts @ ..] = journals.as_slice()
            && !parts.is_empty()
        {
            fold(journal, parts).map_err(ConversionError::write("note in", journal))?;
        }
        self.clear(JOURNAL)
    }

    /// Removes what runs make there, files and folders of parts; `keep` stays. What others put there is left alone.
    pub(super) fn clear(&self, keep: &str) -> Result<(), ConversionError> {
        for path in self.entries("")? {
            let name = path.file_name().unwrap_or_default();
            let Ok(there) = path.symlink_metadata() else { continue };
            let cleared = if there.is_file() && name != LOCK && name != keep {
                fs::remove_file(&path)
            } else if there.is_dir() && name.as_encoded_bytes().starts_with(PART_PREFIX.as_bytes()) {
                fs::remove_dir_all(&path)
            } else {
                Ok(())
            };
            cleared.map_err(ConversionError::write("clear", &path))?;
        }
        Ok(())
    }

    /// Everything in it whose name begins so.
    pub(super) fn entries(&self, prefix: &str) -> Result<Vec<PathBuf>, ConversionError> {
        let entries = fs::read_dir(&self.folder).map_err(ConversionError::write("list", &self.folder))?;
        let is_meant = |entry: &fs::DirEntry| entry.file_name().as_encoded_bytes().starts_with(prefix.as_bytes());
        Ok(entries.filter_map(Result::ok).filter(is_meant).map(|entry| entry.path()).collect())
    }

    /// Removes the lock last and then the folder. Who waits for the lock makes both anew; whoever is quicker may have
    /// put theirs there already, and keeps it.
    pub(super) fn remove(self) {
        let _ = fs::remove_file(self.folder.join(LOCK));
        let _ = fs::remove_dir(&self.folder);
    }
}

/// A lock that somebody else holds makes the destination busy.
pub(super) fn or_busy(
    locked: Result<(), TryLockError>,
    destination: &Path,
    path: &Path,
) -> Result<(), ConversionError> {
    match locked {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(ConversionError::Busy { destination: destination.to_owned() }),
        Err(TryLockError::Error(error)) => Err(ConversionError::write("lock", path)(error)),
    }
}

/// Not one that a link leads to.
fn is_file(path: &Path) -> bool {
    path.symlink_metadata().is_ok_and(|there| there.is_file())
}

/// What can't be read, cut off by a crash, names nobody.
fn owner(text: &[u8]) -> Option<Owner> {
    serde_json::from_slice(text).ok()
}

/// Appends journals to another one. A line that was cut off by a crash stays a line of its own.
fn fold(journal: &Path, parts: &[PathBuf]) -> std::io::Result<()> {
    let mut journal = File::options().create(true).append(true).open(journal)?;
    for part in parts {
        journal.write_all(b"\n")?;
        journal.write_all(&fs::read(part)?)?;
    }
    journal.write_all(b"\n")?;
    journal.sync_all()
}

/// A link in its place could lead anywhere.
fn make_folder(folder: &Path) -> Result<(), ConversionError> {
    match fs::create_dir(folder) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => return other.map_err(ConversionError::write("make the folder", folder)),
    }
    match fs::symlink_metadata(folder) {
        Ok(there) if !there.is_dir() => {
            let error = std::io::Error::new(ErrorKind::NotADirectory, "a link or file is in its place");
            Err(ConversionError::write("use the folder", folder)(error))
        }
        // Removed again by a run that ended: the caller tries anew.
        _ => Ok(()),
    }
}
