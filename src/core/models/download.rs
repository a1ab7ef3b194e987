//! Brings a model's files into its folder.
//!
//! For: trying the sources in order, going on where a connection broke off, and letting only the right bytes have the
//! right name. Not for: how a source is asked. The one decision: every pull hashes what is there already, so that it also
//! mends a model that was damaged.

use std::io::Read;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::catalogue::{ModelEntry, ModelFile};
use super::error::ModelError;
use super::part::Part;
use super::sources::{FetchError, Opened, Source};
use crate::core::hash::sha256_file;
use crate::core::progress::{Progress, ProgressSink};

/// Tries in a row that bring nothing until a source is given up.
const TRIES: u32 = 5;
/// A try that brought this much was not in vain.
const WORTHWHILE_BYTES: u64 = 1024 * 1024;
const BUFFER_BYTES: usize = 64 * 1024;

/// Progress out, cancel in.
#[derive(Clone)]
pub struct Watch {
    /// Takes progress.
    pub progress: Arc<dyn ProgressSink>,
    /// Looked at between any two pieces.
    pub cancel: CancellationToken,
}

impl Watch {
    /// Waits, on a thread that may block, unless somebody says stop.
    pub(super) fn rest(&self, pause: Duration) -> Result<(), ModelError> {
        let stopped = Handle::current().block_on(async { timeout(pause, self.cancel.cancelled()).await.is_ok() });
        if stopped { Err(ModelError::Cancelled) } else { Ok(()) }
    }
}

/// Where a file came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "origin", content = "source", rename_all = "snake_case")]
pub enum Origin {
    /// It was there already, and is right.
    Kept,
    /// From this source.
    Fetched(String),
}

/// A file that is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PulledFile {
    /// Path in the model's folder.
    pub path: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes, hexadecimal; checked.
    pub sha256: String,
    /// Where it came from.
    #[serde(flatten)]
    pub origin: Origin,
}

/// A model that is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Pulled {
    /// Which model.
    pub id: String,
    /// Its revision in the hub; `null` if it has none.
    pub revision: Option<String>,
    /// Says which bytes it is.
    pub digest: String,
    /// Bytes that were fetched.
    pub fetched_bytes: u64,
    /// Its files.
    pub files: Vec<PulledFile>,
}

/// A download that is going on; whoever makes one holds the model's lock.
pub(super) struct Download<'a> {
    pub(super) entry: &'a ModelEntry,
    pub(super) folder: &'a Path,
    pub(super) sources: &'a [Box<dyn Source>],
    /// Sources that may not be asked, and why.
    pub(super) left_out: &'a [(String, FetchError)],
    pub(super) watch: &'a Watch,
    /// Before the second try; doubled before each further one.
    pub(super) pause: Duration,
}

/// Why a source was given up.
enum Failed {
    /// The next one may do better.
    Source(FetchError),
    /// No source will do better.
    Store(ModelError),
}

impl From<ModelError> for Failed {
    fn from(error: ModelError) -> Self {
        Self::Store(error)
    }
}

impl From<FetchError> for Failed {
    fn from(error: FetchError) -> Self {
        Self::Source(error)
    }
}

impl Download<'_> {
    pub(super) fn run(&self) -> Result<Pulled, ModelError> {
        let mut pulled = Pulled {
            id: self.entry.id.clone(),
            revision: self.entry.revision.clone(),
            digest: self.entry.digest(),
            fetched_bytes: 0,
            files: Vec::new(),
        };
        let mut done = 0;
        for file in &self.entry.files {
            self.report(done, file);
            let origin = self.bring(file, done)?;
            if origin != Origin::Kept {
                pulled.fetched_bytes += file.size_bytes;
            }
            done += file.size_bytes;
            let ModelFile { path, size_bytes, sha256 } = file.clone();
            pulled.files.push(PulledFile { path, size_bytes, sha256, origin });
            self.report(done, file);
        }
        Ok(pulled)
    }

    fn report(&self, done: u64, file: &ModelFile) {
        self.watch.progress.report(&Progress {
            done,
            total: Some(self.entry.size_bytes()),
            unit: "bytes".to_owned(),
            message: Some(file.path.clone()),
        });
    }

    fn check_cancel(&self) -> Result<(), ModelError> {
        if self.watch.cancel.is_cancelled() { Err(ModelError::Cancelled) } else { Ok(()) }
    }

    /// `done` bytes of other files are there.
    fn bring(&self, file: &ModelFile, done: u64) -> Result<Origin, ModelError> {
        self.check_cancel()?;
        let target = self.folder.join(&file.path);
        if is_right(&target, file)? {
            return Ok(Origin::Kept);
        }
        let mut tried = self.left_out.to_vec();
        for source in self.sources {
            let mut part = Part::open(&target)?;
            match self.fetch(source.as_ref(), file, &mut part, done) {
                Ok(()) => {
                    part.publish(&target)?;
                    return Ok(Origin::Fetched(source.describe()));
                }
                Err(Failed::Store(error)) => return Err(error),
                Err(Failed::Source(error)) => {
                    tracing::warn!(model = self.entry.id, file = file.path, source = source.describe(), %error, "not from there");
                    if is_useless(&error) || part.size_bytes() == 0 {
                        part.remove()?;
                    }
                    tried.push((source.describe(), error));
                }
            }
        }
        Err(ModelError::NoSource { id: self.entry.id.clone(), file: file.path.clone(), tried })
    }

    /// Fills the part until it is whole and right.
    fn fetch(&self, source: &dyn Source, file: &ModelFile, part: &mut Part, done: u64) -> Result<(), Failed> {
        // What an earlier process left may be of another file; then it is fetched once more from its beginning.
        let mut has_old_bytes = part.size_bytes() > 0;
        let mut in_vain = 0;
        loop {
            if part.size_bytes() >= file.size_bytes {
                match check(part, file) {
                    Ok(()) => return Ok(()),
                    Err(_mismatch) if has_old_bytes => {
                        has_old_bytes = false;
                        part.restart()?;
                    }
                    Err(mismatch) => return Err(mismatch.into()),
                }
            }
            let before = part.size_bytes();
            match self.fetch_some(source, file, part, done) {
                Err(Failed::Source(error @ FetchError::Broken { .. })) => {
                    self.check_cancel()?;
                    in_vain = if part.size_bytes() >= before + WORTHWHILE_BYTES { 0 } else { in_vain + 1 };
                    if in_vain >= TRIES {
                        return Err(error.into());
                    }
                    tracing::info!(model = self.entry.id, file = file.path, %error, "asking again");
                    self.watch.rest(self.pause * 2_u32.pow(in_vain.saturating_sub(1)))?;
                }
                other => other?,
            }
        }
    }

    /// One connection: reads until it ends.
    fn fetch_some(&self, source: &dyn Source, file: &ModelFile, part: &mut Part, done: u64) -> Result<(), Failed> {
        let Opened { mut content, from } = source.open(file, part.size_bytes())?;
        if from != part.size_bytes() {
            part.restart()?;
        }
        let mut buffer = vec![0; BUFFER_BYTES];
        let broken = |why: String| FetchError::Broken { what: format!("the connection for `{}`", file.path), why };
        while part.size_bytes() < file.size_bytes {
            self.check_cancel()?;
            let count = content.read(&mut buffer).map_err(|error| broken(format!("broke off: {error}")))?;
            if count == 0 {
                let why = format!("ended after {} of {} bytes", part.size_bytes(), file.size_bytes);
                return Err(broken(why).into());
            }
            if part.size_bytes() + count as u64 > file.size_bytes {
                let found = part.size_bytes() + count as u64;
                return Err(FetchError::WrongSize { found, expected: file.size_bytes }.into());
            }
            part.write(&buffer[..count])?;
            self.report(done + part.size_bytes(), file);
        }
        Ok(())
    }
}

/// Nothing can be resumed from what came before this.
fn is_useless(error: &FetchError) -> bool {
    matches!(error, FetchError::WrongDigest { .. } | FetchError::WrongSize { .. })
}

fn check(part: &Part, file: &ModelFile) -> Result<(), FetchError> {
    let found = part.digest();
    if part.size_bytes() > file.size_bytes {
        Err(FetchError::WrongSize { found: part.size_bytes(), expected: file.size_bytes })
    } else if found != file.sha256 {
        Err(FetchError::WrongDigest { found, expected: file.sha256.clone() })
    } else {
        Ok(())
    }
}

/// Whether the file is there, with the bytes that it must have.
pub(super) fn is_right(path: &Path, file: &ModelFile) -> Result<bool, ModelError> {
    match std::fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() == file.size_bytes => {
            let (found, _) = sha256_file(path).map_err(ModelError::at("read", path))?;
            Ok(found == file.sha256)
        }
        Ok(_other) => Ok(false),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(ModelError::at("read", path)(error)),
    }
}
