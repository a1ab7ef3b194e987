//! The folder of models.
//!
//! For: what is here, whether it is right, fetching and removing it. Not for: loading it. The one decision: a file under its
//! own name was right when it was written, so that looking at names and sizes tells whether a model is here; only
//! [`ModelStore::verify`] and [`ModelStore::pull`] read everything.

use std::fs::{self, File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::catalogue::{Catalogue, ModelEntry, ModelFile, SourceKind, SourcePlace};
use super::download::{Download, Pulled, Watch};
use super::error::ModelError;
use super::part::part_path;
use super::sources::{FetchError, Folder, Source};
use super::web::{Web, WebSettings};
use crate::core::hash::sha256_file;
use crate::core::progress::Progress;

const LOCKS: &str = ".locks";
/// How often a lock that another process holds is asked for.
const LOCK_PAUSE: Duration = Duration::from_millis(200);

/// What a store works with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreSettings {
    /// The folder; made when it is first needed.
    pub dir: PathBuf,
    /// How the web is reached.
    pub web: WebSettings,
    /// Time before the second try of a broken download; doubled before each further one.
    pub retry_pause: Duration,
}

/// How much of a model is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ModelState {
    /// Nothing.
    Absent,
    /// Some of it; a download goes on from there.
    Partial,
    /// All of it.
    Installed,
}

/// How much of a file is here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileState {
    /// Path in the model's folder, `/` between parts.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes, lower-case hexadecimal.
    pub sha256: String,
    /// Bytes of it that are here.
    pub local_bytes: u64,
}

/// How a file of a model was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileCheck {
    /// As it must be.
    Right,
    /// With other bytes.
    Different,
    /// Not at all.
    Missing,
}

/// What reading all files of a model showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Verified {
    /// Which model.
    pub id: String,
    /// Whether every file is right.
    pub is_right: bool,
    /// Each file.
    pub files: Vec<FileReport>,
}

/// How one file was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileReport {
    /// Path in the model's folder.
    pub path: String,
    /// How it was found.
    pub check: FileCheck,
}

/// The models of this user. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ModelStore {
    catalogue: std::sync::Arc<Catalogue>,
    settings: StoreSettings,
}

/// The right to change a model, as long as it lives.
#[derive(Debug)]
struct Lock {
    /// The lock ends when it is closed.
    _file: File,
}

impl ModelStore {
    /// The store of a folder; touches nothing.
    pub fn new(catalogue: Catalogue, settings: StoreSettings) -> Self {
        Self { catalogue: catalogue.into(), settings }
    }

    /// Which models there are.
    pub fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Where a model's files are, or will be.
    pub fn folder(&self, entry: &ModelEntry) -> PathBuf {
        self.settings.dir.join(&entry.id).join(entry.digest())
    }

    /// Each file of a model with what is here of it.
    pub fn files(&self, entry: &ModelEntry) -> Vec<FileState> {
        let folder = self.folder(entry);
        let size = |path: &Path| fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|meta| meta.len());
        let state = |file: &ModelFile| {
            let path = folder.join(&file.path);
            // A whole file of another size is a damaged one.
            let local = match size(&path) {
                Some(whole) => Some(whole).filter(|whole| *whole == file.size_bytes),
                None => size(&part_path(&path)).map(|part| part.min(file.size_bytes.saturating_sub(1))),
            };
            let ModelFile { path, size_bytes, sha256 } = file.clone();
            FileState { path, size_bytes, sha256, local_bytes: local.unwrap_or(0) }
        };
        entry.files.iter().map(state).collect()
    }

    /// How much of a model is here, by names and sizes.
    pub fn state(&self, entry: &ModelEntry) -> ModelState {
        let folder = self.folder(entry);
        let is_whole = |file: &ModelFile| {
            fs::metadata(folder.join(&file.path)).is_ok_and(|meta| meta.is_file() && meta.len() == file.size_bytes)
        };
        if entry.files.iter().all(is_whole) {
            ModelState::Installed
        } else if self.files(entry).iter().any(|file| file.local_bytes > 0) {
            ModelState::Partial
        } else {
            ModelState::Absent
        }
    }

    /// When the model's folder was last changed; `None` if the model is not here.
    pub fn installed_at(&self, entry: &ModelEntry) -> Option<SystemTime> {
        let is_here = self.state(entry) == ModelState::Installed;
        fs::metadata(self.folder(entry)).and_then(|meta| meta.modified()).ok().filter(|_| is_here)
    }

    /// The folder of a model that is here.
    ///
    /// # Errors
    /// When nobody knows it, or it is not here.
    pub fn path(&self, name: &str) -> Result<PathBuf, ModelError> {
        let entry = self.catalogue.get(name)?;
        match self.state(entry) {
            ModelState::Installed => Ok(self.folder(entry)),
            ModelState::Absent | ModelState::Partial => Err(ModelError::NotInstalled { id: entry.id.clone() }),
        }
    }

    /// Reads every file of a model and compares it with the catalogue.
    ///
    /// # Errors
    /// When nobody knows the model, nothing of it is here, or a file can't be read.
    pub fn verify(&self, name: &str) -> Result<Verified, ModelError> {
        let entry = self.catalogue.get(name)?;
        let folder = self.folder(entry);
        if !folder.exists() {
            return Err(ModelError::NotInstalled { id: entry.id.clone() });
        }
        let mut files = Vec::new();
        for file in &entry.files {
            let path = folder.join(&file.path);
            let check = match sha256_file(&path) {
                Ok((digest, _)) if digest == file.sha256 => FileCheck::Right,
                Ok(_other) => FileCheck::Different,
                Err(error) if error.kind() == ErrorKind::NotFound => FileCheck::Missing,
                Err(error) => return Err(ModelError::at("read", &path)(error)),
            };
            files.push(FileReport { path: file.path.clone(), check });
        }
        let is_right = files.iter().all(|file| file.check == FileCheck::Right);
        Ok(Verified { id: entry.id.clone(), is_right, files })
    }

    /// Removes what is here of a model, files of earlier catalogues too.
    ///
    /// # Errors
    /// When nobody knows it, nothing of it is here, another process downloads it, or the system refuses.
    pub fn remove(&self, name: &str) -> Result<(), ModelError> {
        let entry = self.catalogue.get(name)?;
        let folder = self.settings.dir.join(&entry.id);
        if !folder.exists() {
            return Err(ModelError::NotInstalled { id: entry.id.clone() });
        }
        let (file, path) = self.lock_file(entry)?;
        match file.try_lock() {
            Ok(()) => fs::remove_dir_all(&folder).map_err(ModelError::at("remove", &folder)),
            Err(TryLockError::WouldBlock) => Err(ModelError::InUse { id: entry.id.clone() }),
            Err(TryLockError::Error(error)) => Err(ModelError::at("lock", &path)(error)),
        }
    }

    /// Brings a model here, from its sources or those of one kind. Call it on a thread of a tokio runtime that may block.
    /// Where another process is at it, waits and looks at what that one left.
    ///
    /// # Errors
    /// When nobody knows it, no source has its files, the folder does not work, or somebody says stop.
    pub fn pull(&self, name: &str, only: Option<SourceKind>, watch: &Watch) -> Result<Pulled, ModelError> {
        let entry = self.catalogue.get(name)?;
        let (sources, left_out) = self.sources(entry, only, watch)?;
        self.download(entry, &sources, &left_out, watch)
    }

    /// Takes a model's files from a folder; else as [`ModelStore::pull`].
    ///
    /// # Errors
    /// As [`ModelStore::pull`].
    pub fn pull_from(&self, name: &str, folder: &Path, watch: &Watch) -> Result<Pulled, ModelError> {
        let entry = self.catalogue.get(name)?;
        self.download(entry, &[Box::new(Folder(folder.to_owned()))], &[], watch)
    }

    fn download(
        &self,
        entry: &ModelEntry,
        sources: &[Box<dyn Source>],
        left_out: &[(String, FetchError)],
        watch: &Watch,
    ) -> Result<Pulled, ModelError> {
        let _lock = self.lock(entry, watch)?;
        let folder = self.folder(entry);
        Download { entry, folder: &folder, sources, left_out, watch, pause: self.settings.retry_pause }.run()
    }

    /// The sources that can be asked, and those that can't, each with the reason.
    #[expect(clippy::type_complexity, reason = "two lists, named by their places")]
    fn sources(
        &self,
        entry: &ModelEntry,
        only: Option<SourceKind>,
        watch: &Watch,
    ) -> Result<(Vec<Box<dyn Source>>, Vec<(String, FetchError)>), ModelError> {
        let mut sources: Vec<Box<dyn Source>> = Vec::new();
        let mut left_out = Vec::new();
        let mut web = None;
        for place in entry.sources.iter().filter(|place| only.is_none_or(|kind| place.kind() == kind)) {
            let asked = match place {
                SourcePlace::Folder { path } => {
                    sources.push(Box::new(Folder(path.clone())));
                    continue;
                }
                SourcePlace::Hub { .. } | SourcePlace::Url { .. } if self.settings.web.offline => Err(offline()),
                SourcePlace::Hub { repository } => {
                    let revision = entry.revision.as_deref().unwrap_or_default();
                    self.web(&mut web, watch)?.repository(repository, revision)
                }
                SourcePlace::Url { base } => self.web(&mut web, watch)?.server(base),
            };
            match asked {
                Ok(source) => sources.push(Box::new(source)),
                Err(why) => left_out.push((name_of(place), why)),
            }
        }
        Ok((sources, left_out))
    }

    /// The client is made once, and only if it is needed.
    fn web<'a>(&self, made: &'a mut Option<Web>, watch: &Watch) -> Result<&'a Web, ModelError> {
        match made {
            Some(web) => Ok(web),
            None => Ok(made.insert(Web::new(&self.settings.web, watch.cancel.clone())?)),
        }
    }

    fn lock_file(&self, entry: &ModelEntry) -> Result<(File, PathBuf), ModelError> {
        let folder = self.settings.dir.join(LOCKS);
        let path = folder.join(&entry.id);
        fs::create_dir_all(&folder).map_err(ModelError::at("make", &folder))?;
        let opened = File::options().write(true).create(true).truncate(false).open(&path);
        opened.map(|file| (file, path.clone())).map_err(ModelError::at("open", &path))
    }

    /// Waits for the right to change a model.
    fn lock(&self, entry: &ModelEntry, watch: &Watch) -> Result<Lock, ModelError> {
        let (file, path) = self.lock_file(entry)?;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Lock { _file: file }),
                Err(TryLockError::Error(error)) => return Err(ModelError::at("lock", &path)(error)),
                Err(TryLockError::WouldBlock) => {}
            }
            watch.progress.report(&waiting(entry, &self.files(entry)));
            // A lock of the system tells nobody when it ends; a thread that waits in it could not be told to stop.
            watch.rest(LOCK_PAUSE)?;
        }
    }
}

fn name_of(place: &SourcePlace) -> String {
    match place {
        SourcePlace::Hub { repository } => format!("hub repository `{repository}`"),
        SourcePlace::Url { base } => format!("`{base}`"),
        SourcePlace::Folder { path } => format!("folder `{}`", path.display()),
    }
}

fn offline() -> FetchError {
    FetchError::Forbidden { what: "the web".to_owned(), why: "`models.offline` is set".to_owned() }
}

/// The other process's progress, as far as its files show it.
fn waiting(entry: &ModelEntry, files: &[FileState]) -> Progress {
    Progress {
        done: files.iter().map(|file| file.local_bytes).sum(),
        total: Some(entry.size_bytes()),
        unit: "bytes".to_owned(),
        message: Some("another process downloads it".to_owned()),
    }
}
