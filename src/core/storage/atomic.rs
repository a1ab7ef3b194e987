//! A file that appears when it is whole.
//!
//! For: one output of a command or job. Not for: folders of outputs, which a conversion stages itself. The one decision: it
//! is written beside its place under a hidden name, so that the last step is a rename, and a run that fails leaves nothing.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempPath;

/// Where a file is written and where it goes. Dropped before that, it is gone.
#[derive(Debug)]
pub struct Place {
    scratch: TempPath,
    path: PathBuf,
}

impl Place {
    /// Begins a file that is to be `path`.
    ///
    /// # Errors
    /// When it can't be made there.
    pub fn beside(path: &Path) -> io::Result<(Self, File)> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?.to_string_lossy();
        let scratch = path.with_file_name(format!(".{name}.{}.part", uuid::Uuid::now_v7().simple()));
        let file = File::create_new(&scratch)?;
        Ok((Self { scratch: TempPath::try_from_path(scratch)?, path: path.to_owned() }, file))
    }

    /// Where it is written.
    pub fn scratch(&self) -> &Path {
        &self.scratch
    }

    /// Where it goes.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Brings it to the disk, and gives it its name.
    ///
    /// # Errors
    /// When that fails; then it is gone.
    pub fn publish(self, file: &File) -> io::Result<()> {
        file.sync_all()?;
        Ok(self.scratch.persist(self.path)?)
    }
}
