//! A file that is not complete yet: `<name>.part` beside the place of the whole one.
//!
//! The one decision: the digest goes along with the bytes, those of an earlier process too, so that a complete file is
//! checked by the time its last byte is written.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::error::ModelError;
use crate::core::hash::to_hex;

const BUFFER_BYTES: usize = 64 * 1024;

/// Where the part of a file is.
pub(super) fn part_path(target: &Path) -> PathBuf {
    let mut name = target.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// A part that is open for writing.
pub(super) struct Part {
    path: PathBuf,
    file: File,
    hasher: Sha256,
    size_bytes: u64,
}

impl Part {
    /// Opens the part of `target`, with what an earlier process left of it.
    pub(super) fn open(target: &Path) -> Result<Self, ModelError> {
        let path = part_path(target);
        let opened = || -> io::Result<Self> {
            if let Some(folder) = path.parent() {
                fs::create_dir_all(folder)?;
            }
            let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
            let (mut hasher, mut size_bytes, mut buffer) = (Sha256::new(), 0, vec![0; BUFFER_BYTES]);
            loop {
                match file.read(&mut buffer)? {
                    0 => break,
                    count => {
                        hasher.update(&buffer[..count]);
                        size_bytes += count as u64;
                    }
                }
            }
            Ok(Self { path: path.clone(), file, hasher, size_bytes })
        };
        opened().map_err(ModelError::at("open", &path))
    }

    /// Bytes so far.
    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Digest of the bytes so far.
    pub(super) fn digest(&self) -> String {
        to_hex(&self.hasher.clone().finalize())
    }

    /// Adds bytes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), ModelError> {
        self.file.write_all(bytes).map_err(ModelError::at("write", &self.path))?;
        self.hasher.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Forgets all bytes.
    pub(super) fn restart(&mut self) -> Result<(), ModelError> {
        let emptied = self.file.set_len(0).and_then(|()| self.file.seek(SeekFrom::Start(0)));
        emptied.map_err(ModelError::at("empty", &self.path))?;
        (self.hasher, self.size_bytes) = (Sha256::new(), 0);
        Ok(())
    }

    /// Gives the file its name; it is on the disk then.
    pub(super) fn publish(self, target: &Path) -> Result<(), ModelError> {
        let published = || -> io::Result<()> {
            self.file.sync_all()?;
            fs::rename(&self.path, target)?;
            match target.parent() {
                Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
                _ => Ok(()),
            }
        };
        published().map_err(ModelError::at("write", target))
    }

    /// Removes it.
    pub(super) fn remove(self) -> Result<(), ModelError> {
        fs::remove_file(&self.path).map_err(ModelError::at("remove", &self.path))
    }
}
