//! Brings written files to the disk: one by one where they are few, the whole file system at once where they are many.
//!
//! The one decision: a group of small files is synced by one `syncfs`, which costs about as much as one `fsync`, and only
//! on file systems where it promises as much.

use std::fs::File;
use std::io;
use std::path::Path;
use std::thread;

use crate::operations::parquet_conversion::error::ConversionError;

/// Up to this many are synced one by one: what others write on the same file system is not waited for.
const FEW: usize = 8;
/// Threads that sync side by side.
const THREADS: usize = 8;

/// The file system that the destination lies on.
#[derive(Debug)]
pub(super) struct FileSystem {
    /// Opened before anything is written: errors from then on are told to whoever syncs through it.
    #[cfg(target_os = "linux")]
    root: Option<File>,
}

impl FileSystem {
    /// That of a folder.
    #[cfg(target_os = "linux")]
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        let root = File::open(folder)?;
        let is_trusted = rustix::fs::fstatfs(&root).is_ok_and(|found| is_trusted(found.f_type));
        Ok(Self { root: is_trusted.then_some(root) })
    }

    /// That of a folder.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn of(_folder: &Path) -> io::Result<Self> {
        Ok(Self {})
    }

    /// Brings files or folders on it to the disk.
    pub(super) fn flush(&self, paths: &[&Path]) -> Result<(), ConversionError> {
        #[cfg(target_os = "linux")]
        if let Some(root) = self.root.as_ref().filter(|_| paths.len() > FEW)
            && rustix::fs::syncfs(root).is_ok()
        {
            return Ok(());
        }
        one_by_one(paths)
    }
}

/// File systems whose `syncfs` waits for data, metadata and the disk's own cache, as `fsync` does, and tells errors; of
/// network and user-space file systems that is not known.
#[cfg(target_os = "linux")]
fn is_trusted<T: TryInto<i64>>(kind: T) -> bool {
    const EXT4: i64 = 0xEF53;
    const XFS: i64 = 0x5846_5342;
    const BTRFS: i64 = 0x9123_683E;
    const OVERLAY: i64 = 0x794C_7630;
    const TMPFS: i64 = 0x0102_1994;
    matches!(kind.try_into(), Ok(EXT4 | XFS | BTRFS | OVERLAY | TMPFS))
}

/// Side by side, so that the disk can take several at once.
fn one_by_one(paths: &[&Path]) -> Result<(), ConversionError> {
    let sync = |path: &&Path| {
        let synced = File::open(path).and_then(|file| file.sync_all());
        synced.map_err(ConversionError::write("sync", path))
    };
    if paths.len() <= 1 {
        return paths.iter().try_for_each(sync);
    }
    thread::scope(|scope| {
        let share = |paths: &'_ [&Path]| paths.iter().try_for_each(sync);
        let parts = paths.chunks(paths.len().div_ceil(THREADS));
        let threads: Vec<_> = parts.map(|part| scope.spawn(move || share(part))).collect();
        threads
            .into_iter()
            .try_for_each(|thread| thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}
