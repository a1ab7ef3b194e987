//! Where knowledge bases lie, and who may change one.
//!
//! `<root>/<name>/current` names the generation that is read, a folder beside it; `.draft` is one that is being written.
//! `<root>/.locks/<name>` is locked by whoever changes the base. The one decision: what is read never changes; a change is
//! another generation, and `current` is replaced by a rename.

mod draft;
mod reading;
#[cfg(test)]
mod tests;
mod writing;

use std::fs::{self, File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

pub use draft::Draft;
pub use reading::{KnowledgeBase, Lines};
pub(super) use writing::RecordsMark;
pub use writing::{RecordsWriter, WrittenRecords};

use super::error::KnowledgeBaseError;
use super::name::KnowledgeBaseName;

const LOCKS: &str = ".locks";
const CURRENT: &str = "current";
const DRAFT: &str = ".draft";
const MANIFEST: &str = "manifest.json";
const FILES: &str = "files.jsonl";
pub(super) const RECORDS: &str = "records.jsonl";
const OFFSETS: &str = "offsets.bin";
/// Bytes of a number in the file of offsets.
const OFFSET_BYTES: u64 = 8;

/// The knowledge bases of a folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KnowledgeBases {
    root: PathBuf,
}

/// The right to change a knowledge base, as long as it lives.
#[derive(Debug)]
struct Lock {
    /// The lock ends when it is closed.
    _file: File,
}

impl KnowledgeBases {
    /// Those of a folder, which need not be there; touches nothing.
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Their names, sorted.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub fn names(&self) -> Result<Vec<KnowledgeBaseName>, KnowledgeBaseError> {
        let entries = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(KnowledgeBaseError::at("list", &self.root))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(KnowledgeBaseError::at("list", &self.root))?;
            let name = entry.file_name().to_str().and_then(|name| name.parse().ok());
            names.extend(name.filter(|_| entry.path().join(CURRENT).is_file()));
        }
        names.sort();
        Ok(names)
    }

    /// A knowledge base as it is now; what is built later does not show in it.
    ///
    /// # Errors
    /// When there is none of this name, or it can't be read.
    pub fn open(&self, name: &KnowledgeBaseName) -> Result<KnowledgeBase, KnowledgeBaseError> {
        loop {
            let generation = self.generation(name)?.ok_or_else(|| self.not_found(name))?;
            match KnowledgeBase::open(name.clone(), &self.folder(name).join(&generation)) {
                // A build may have replaced it between the two looks.
                Err(KnowledgeBaseError::Storage { source, .. })
                    if source.kind() == ErrorKind::NotFound && self.generation(name)?.as_ref() != Some(&generation) => {
                }
                other => return other,
            }
        }
    }

    /// Removes a knowledge base. Whoever reads it can go on doing so.
    ///
    /// # Errors
    /// When there is none of this name, it is being built, or it can't be removed.
    pub fn remove(&self, name: &KnowledgeBaseName) -> Result<(), KnowledgeBaseError> {
        self.generation(name)?.ok_or_else(|| self.not_found(name))?;
        let _lock = self.lock(name)?;
        let folder = self.folder(name);
        // It is gone as soon as nothing names a generation; the rest may take a while.
        remove_file(&folder.join(CURRENT))?;
        fs::remove_dir_all(&folder).map_err(KnowledgeBaseError::at("remove", &folder))
    }

    /// Begins another generation; what an interrupted build left is removed. Until the draft is published or dropped,
    /// nobody else can change this knowledge base.
    ///
    /// # Errors
    /// When somebody else changes it, or its folder can't be written.
    pub fn draft(&self, name: &KnowledgeBaseName) -> Result<Draft, KnowledgeBaseError> {
        let lock = self.lock(name)?;
        let earlier = match self.open(name) {
            Ok(earlier) => Some(earlier),
            // What can't be read is built anew.
            Err(KnowledgeBaseError::NotFound { .. } | KnowledgeBaseError::Damaged { .. }) => None,
            Err(KnowledgeBaseError::Storage { source, .. }) if source.kind() == ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        Draft::begin(lock, &self.folder(name), name.clone(), earlier)
    }

    fn folder(&self, name: &KnowledgeBaseName) -> PathBuf {
        self.root.join(name.as_str())
    }

    /// The name of the current generation's folder.
    fn generation(&self, name: &KnowledgeBaseName) -> Result<Option<String>, KnowledgeBaseError> {
        let path = self.folder(name).join(CURRENT);
        match fs::read_to_string(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            other => other.map(Some).map_err(KnowledgeBaseError::at("read", &path)),
        }
    }

    fn not_found(&self, name: &KnowledgeBaseName) -> KnowledgeBaseError {
        let known = self.names().unwrap_or_default().into_iter().map(String::from).collect();
        KnowledgeBaseError::NotFound { name: name.to_string(), known }
    }

    fn lock(&self, name: &KnowledgeBaseName) -> Result<Lock, KnowledgeBaseError> {
        let locks = self.root.join(LOCKS);
        fs::create_dir_all(&locks).map_err(KnowledgeBaseError::at("make the folder", &locks))?;
        let path = locks.join(name.as_str());
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(KnowledgeBaseError::at("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => Err(KnowledgeBaseError::InUse { name: name.to_string() }),
            Err(TryLockError::Error(error)) => Err(KnowledgeBaseError::at("lock", &path)(error)),
        }
    }
}

/// Brings a file or folder to the disk.
fn sync(path: &Path) -> Result<(), KnowledgeBaseError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(KnowledgeBaseError::at("bring to the disk", path))
}

/// Removes what may not be there.
fn remove_file(path: &Path) -> Result<(), KnowledgeBaseError> {
    or_gone(fs::remove_file(path)).map_err(KnowledgeBaseError::at("remove", path))
}

/// Removes what may not be there.
fn remove_folder(path: &Path) -> Result<(), KnowledgeBaseError> {
    or_gone(fs::remove_dir_all(path)).map_err(KnowledgeBaseError::at("remove", path))
}

fn or_gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
