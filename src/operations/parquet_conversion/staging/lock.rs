//! One run at a time in one destination, also after a `kill -9`.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::operations::parquet_conversion::error::ConversionError;

const LOCK: &str = "lock";

/// A working folder that this run alone may use. The lock ends with the process.
#[derive(Debug)]
pub(super) struct LockedFolder {
    folder: PathBuf,
    _lock: File,
}

impl LockedFolder {
    /// Makes the folder if need be and takes its lock; a run that ended meanwhile may have removed both, then they are
    /// made anew.
    pub(super) fn take(destination: &Path, folder: PathBuf) -> Result<Self, ConversionError> {
        let path = folder.join(LOCK);
        loop {
            make_folder(&folder)?;
            let file = match File::options().create(true).truncate(false).write(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
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
                return Ok(Self { folder, _lock: file });
            }
        }
    }

    /// A path in it.
    pub(super) fn join(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Removes the files that runs make there; `keep` stays. What others put there is left alone.
    pub(super) fn clear(&self, keep: &str) -> Result<(), ConversionError> {
        let entries = fs::read_dir(&self.folder).map_err(ConversionError::write("list", &self.folder))?;
        for entry in entries.filter_map(Result::ok) {
            let name = entry.file_name();
            let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
            if is_file && name != LOCK && name != keep {
                fs::remove_file(entry.path()).map_err(ConversionError::write("clear", &entry.path()))?;
            }
        }
        Ok(())
    }

    /// Removes the lock last and then the folder. Who waits for the lock makes both anew; whoever is quicker may have
    /// put theirs there already, and keeps it.
    pub(super) fn remove(self) {
        let _ = fs::remove_file(self.folder.join(LOCK));
        let _ = fs::remove_dir(&self.folder);
    }
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
