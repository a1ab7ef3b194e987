//! Files of one folder that appear together.
//!
//! For: an output of several files that only make sense together. Not for: one file (`atomic`), or folders of thousands, which
//! a conversion stages itself. The one decision: files are written in a hidden folder beside their places; the last to appear
//! is the one that says what the others are. Where it is, they are whole. What a killed run left is cleared by the next one.

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

/// The hidden folder.
const STAGING: &str = ".textmill-staging";
const LOCK: &str = "lock";

/// A folder that takes files, held by this run alone; dropped, nothing of what was not published is left.
#[derive(Debug)]
pub struct StagedFolder {
    folder: PathBuf,
    /// Whether it was made for this run: then it goes if nothing is published.
    is_new: bool,
    /// Locked as long as this lives.
    _lock: File,
}

impl StagedFolder {
    /// Takes a folder, making it if need be, and clears what a killed run left there.
    ///
    /// # Errors
    /// [`ErrorKind::ResourceBusy`] when another run holds it; else when it can't be made.
    pub fn open(folder: &Path) -> io::Result<Self> {
        let is_new = !folder.exists();
        fs::create_dir_all(folder)?;
        let staging = folder.join(STAGING);
        let lock = loop {
            make_folder(&staging)?;
            let path = staging.join(LOCK);
            let lock = match File::options().create(true).truncate(false).write(true).open(&path) {
                Err(error) if error.kind() == ErrorKind::NotFound => continue,
                other => other?,
            };
            match lock.try_lock() {
                Err(TryLockError::WouldBlock) => return Err(ErrorKind::ResourceBusy.into()),
                Err(TryLockError::Error(error)) => return Err(error),
                Ok(()) => {}
            }
            // Who held it before may have removed it in between.
            let held = lock.metadata()?;
            if fs::metadata(&path).is_ok_and(|there| there.ino() == held.ino() && there.dev() == held.dev()) {
                break lock;
            }
        };
        let staged = Self { folder: folder.to_owned(), is_new, _lock: lock };
        staged.clear()?;
        Ok(staged)
    }

    /// The folder that takes the files.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where to write what is to be `name`, a path below the folder.
    ///
    /// # Errors
    /// When its folder can't be made.
    pub fn scratch(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.folder.join(STAGING).join(name);
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        Ok(path)
    }

    /// Gives files their names, the last of them last; removes those of `stale` first, files of an earlier run that this one
    /// does not have.
    ///
    /// # Errors
    /// When that fails; then the last file is not there.
    pub fn publish(&self, names: &[&str], stale: &[&str]) -> io::Result<()> {
        for name in names {
            File::open(self.scratch(name)?)?.sync_all()?;
        }
        let old = stale.iter().filter(|name| !names.contains(name) && is_below(name));
        for name in old.chain(names.last()) {
            match fs::remove_file(self.folder.join(name)) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let Some((last, others)) = names.split_last() else { return Ok(()) };
        for name in others {
            self.move_into_place(name)?;
        }
        // Nothing the last one speaks of may be missing after a power cut.
        File::open(&self.folder)?.sync_all()?;
        self.move_into_place(last)?;
        File::open(&self.folder)?.sync_all()
    }

    fn move_into_place(&self, name: &str) -> io::Result<()> {
        let target = self.folder.join(name);
        let parent = target.parent().unwrap_or(&self.folder);
        if parent != self.folder {
            make_folder(parent)?;
        }
        fs::rename(self.scratch(name)?, &target)?;
        if parent == self.folder { Ok(()) } else { File::open(parent)?.sync_all() }
    }

    /// Removes everything but the lock.
    fn clear(&self) -> io::Result<()> {
        for entry in fs::read_dir(self.folder.join(STAGING))? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            } else if entry.file_name() != LOCK {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }
}

impl Drop for StagedFolder {
    fn drop(&mut self) {
        // What can't be removed now is cleared by the next run.
        let _ = fs::remove_dir_all(self.folder.join(STAGING));
        if self.is_new {
            // Only if nothing is in it.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// Makes a folder; a link to one is no place of ours.
fn make_folder(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
        other => return other,
    }
    if fs::symlink_metadata(path)?.is_dir() { Ok(()) } else { Err(ErrorKind::NotADirectory.into()) }
}

/// Whether a name is a path below the folder that it is read in.
fn is_below(name: &str) -> bool {
    Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort_unstable();
        names
    }

    #[test]
    fn files_appear_together_and_those_of_an_earlier_run_go() {
        let folder = tempfile::tempdir().unwrap();
        for stale in ["old", "kept"] {
            fs::write(folder.path().join(stale), stale).unwrap();
        }
        let staged = StagedFolder::open(folder.path()).unwrap();
        for name in ["data/a", "b", "card"] {
            fs::write(staged.scratch(name).unwrap(), name).unwrap();
        }
        staged.publish(&["data/a", "b", "card"], &["old", "../out", "b"]).unwrap();
        drop(staged);
        assert_eq!(names(folder.path()), ["b", "card", "data", "kept"]);
    }

    #[test]
    fn what_was_not_published_is_gone_and_so_is_what_a_killed_run_left() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(STAGING).join("data")).unwrap();
        fs::write(folder.path().join(STAGING).join("data/half"), "").unwrap();
        let staged = StagedFolder::open(folder.path()).unwrap();
        assert_eq!(names(&folder.path().join(STAGING)), [LOCK]);
        assert_eq!(StagedFolder::open(folder.path()).unwrap_err().kind(), ErrorKind::ResourceBusy);
        fs::write(staged.scratch("a").unwrap(), "").unwrap();
        drop(staged);
        assert!(names(folder.path()).is_empty(), "it was there before, and stays");
        drop(StagedFolder::open(&folder.path().join("new")).unwrap());
        assert!(names(folder.path()).is_empty());
    }
}
