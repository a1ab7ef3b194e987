//! Where named language models lie, and who may change one.
//!
//! `<root>/<name>.lm` is a model; `<root>/.locks/<name>` is locked by whoever changes it. The one decision: a model that is
//! read never changes; another one takes its name by a rename. Models that were asked stay open.

use std::collections::HashMap;
use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use super::error::LanguageModelError;
use super::file::ModelFile;
use super::info::LanguageModelInfo;
use super::model::LanguageModel;
use super::name::LanguageModelName;

const LOCKS: &str = ".locks";
const EXTENSION: &str = "lm";
/// Models that stay open.
const MOST_OPEN: usize = 16;

/// The language models of a folder. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LanguageModels {
    root: PathBuf,
    open: Arc<Mutex<HashMap<LanguageModelName, Open>>>,
}

/// A model that stays open.
#[derive(Debug)]
struct Open {
    stamp: Stamp,
    model: Arc<LanguageModel>,
}

/// What tells a file from another one that took its name.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    changed: Option<SystemTime>,
    number: u64,
}

impl Stamp {
    fn of(meta: &fs::Metadata) -> Self {
        #[cfg(unix)]
        let number = std::os::unix::fs::MetadataExt::ino(meta);
        #[cfg(not(unix))]
        let number = 0;
        Self { bytes: meta.len(), changed: meta.modified().ok(), number }
    }
}

/// The right to change a model, as long as it lives.
#[derive(Debug)]
pub struct Claim {
    path: PathBuf,
    /// The lock ends when it is closed.
    _lock: File,
}

impl Claim {
    /// Where the model is to be.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl LanguageModels {
    /// Those of a folder, which need not be there; touches nothing.
    pub fn new(root: PathBuf) -> Self {
        Self { root, open: Arc::default() }
    }

    /// Their names, sorted.
    ///
    /// # Errors
    /// When the folder can't be listed.
    pub fn names(&self) -> Result<Vec<LanguageModelName>, LanguageModelError> {
        let entries = match fs::read_dir(&self.root) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            other => other.map_err(LanguageModelError::at("list", &self.root))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(LanguageModelError::at("list", &self.root))?.path();
            let is_model = path.extension().is_some_and(|extension| extension == EXTENSION) && path.is_file();
            let name = path.file_stem().and_then(|stem| stem.to_str()).filter(|_| is_model);
            names.extend(name.and_then(|name| name.parse().ok()));
        }
        names.sort();
        Ok(names)
    }

    /// A model as it is now. It stays open for the next one who asks.
    ///
    /// # Errors
    /// When there is none of this name, or it can't be read.
    pub fn open(&self, name: &LanguageModelName) -> Result<Arc<LanguageModel>, LanguageModelError> {
        let path = self.path(name);
        let stamp = match fs::metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(self.not_found(name)),
            other => Stamp::of(&other.map_err(LanguageModelError::at("read", &path))?),
        };
        let held = |model: &Open| (model.stamp == stamp).then(|| Arc::clone(&model.model));
        if let Some(model) = self.kept().get(name).and_then(held) {
            return Ok(model);
        }
        // Reading it takes a while, in which others may be asked. Two at once read it twice.
        let model = Arc::new(LanguageModel::open(&path)?);
        let mut kept = self.kept();
        if kept.len() >= MOST_OPEN && !kept.contains_key(name) {
            let other = kept.keys().next().cloned();
            other.and_then(|other| kept.remove(&other));
        }
        kept.insert(name.clone(), Open { stamp, model: Arc::clone(&model) });
        Ok(model)
    }

    /// How a model was built; its numbers are not looked at.
    ///
    /// # Errors
    /// When there is none of this name, or it can't be read.
    pub fn info(&self, name: &LanguageModelName) -> Result<LanguageModelInfo, LanguageModelError> {
        match ModelFile::describe(&self.path(name)) {
            Err(LanguageModelError::Storage { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Err(self.not_found(name))
            }
            other => other,
        }
    }

    /// Takes the right to make or replace a model; what an interrupted build left is removed.
    ///
    /// # Errors
    /// When somebody else has it, or the folder can't be used.
    pub fn claim(&self, name: &LanguageModelName) -> Result<Claim, LanguageModelError> {
        let locks = self.root.join(LOCKS);
        fs::create_dir_all(&locks).map_err(LanguageModelError::at("make the folder", &locks))?;
        let path = locks.join(name.as_str());
        let file = File::options().create(true).truncate(false).write(true).open(&path);
        let lock = file.map_err(LanguageModelError::at("open", &path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(LanguageModelError::InUse { name: name.to_string() }),
            Err(TryLockError::Error(error)) => return Err(LanguageModelError::at("lock", &path)(error)),
        }
        self.sweep(name)?;
        Ok(Claim { path: self.path(name), _lock: lock })
    }

    /// Removes a model. Whoever has it open can go on using it.
    ///
    /// # Errors
    /// When there is none of this name, it is being built, or it can't be removed.
    pub fn remove(&self, name: &LanguageModelName) -> Result<(), LanguageModelError> {
        if !self.path(name).is_file() {
            return Err(self.not_found(name));
        }
        let claim = self.claim(name)?;
        self.kept().remove(name);
        match fs::remove_file(&claim.path) {
            Err(error) if error.kind() == ErrorKind::NotFound => Err(self.not_found(name)),
            other => other.map_err(LanguageModelError::at("remove", &claim.path)),
        }
    }

    fn path(&self, name: &LanguageModelName) -> PathBuf {
        self.root.join(format!("{name}.{EXTENSION}"))
    }

    fn kept(&self) -> std::sync::MutexGuard<'_, HashMap<LanguageModelName, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn not_found(&self, name: &LanguageModelName) -> LanguageModelError {
        let known = self.names().unwrap_or_default().into_iter().map(String::from).collect();
        LanguageModelError::NotFound { name: name.to_string(), known }
    }

    /// Scratch files of builds of this name that died: its lock is held, so nobody writes them.
    fn sweep(&self, name: &LanguageModelName) -> Result<(), LanguageModelError> {
        let begin = format!(".{name}.{EXTENSION}.");
        for entry in fs::read_dir(&self.root).map_err(LanguageModelError::at("list", &self.root))? {
            let entry = entry.map_err(LanguageModelError::at("list", &self.root))?;
            if entry.file_name().to_string_lossy().starts_with(&begin) {
                let path = entry.path();
                fs::remove_file(&path).map_err(LanguageModelError::at("remove", &path))?;
            }
        }
        Ok(())
    }
}
