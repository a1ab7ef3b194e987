//! Places that files of models come from.
//!
//! For: the one trait that every place implements, and folders. Not for: whether the bytes are right; `download` looks at
//! every one. The one decision: a source only reads from a place on, so that resuming is the same for each.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::catalogue::ModelFile;
use crate::core::failure::Code;

/// Why a place does not give a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// It must not be asked.
    #[error("{what} may not be fetched: {why}")]
    Forbidden {
        /// Which address.
        what: String,
        /// Which rule says so.
        why: String,
    },
    /// It was asked, and says no.
    #[error("{what} {why}")]
    Refused {
        /// Which address.
        what: String,
        /// What it said.
        why: String,
        /// What may help.
        hint: Option<String>,
    },
    /// It can't be reached, or broke off again and again.
    #[error("{what} {why}")]
    Broken {
        /// Which address.
        what: String,
        /// How.
        why: String,
    },
    /// The folder does not have it.
    #[error("`{}` {why}", path.display())]
    Missing {
        /// Which file.
        path: PathBuf,
        /// What it is instead.
        why: String,
    },
    /// What came is something else.
    #[error("what came has the SHA-256 {found}, not {expected}; it is removed")]
    WrongDigest {
        /// Of what came.
        found: String,
        /// Of the catalogue.
        expected: String,
    },
    /// What comes is something else.
    #[error("it has {found} bytes, not {expected}; nothing of it is kept")]
    WrongSize {
        /// Of what comes, at least.
        found: u64,
        /// Of the catalogue.
        expected: u64,
    },
}

impl FetchError {
    pub(super) fn code(&self) -> Code {
        match self {
            Self::Forbidden { .. } => Code::AddressNotAllowed,
            Self::Refused { .. } | Self::Broken { .. } => Code::UpstreamHub,
            Self::Missing { .. } => Code::NotFound,
            Self::WrongDigest { .. } | Self::WrongSize { .. } => Code::DigestMismatch,
        }
    }

    pub(super) fn hint(&self) -> Option<String> {
        match self {
            Self::Forbidden { .. } => {
                Some("docs/models.md says what may be fetched from; `models.allow_hosts` opens more".to_owned())
            }
            Self::Refused { hint, .. } => hint.clone(),
            Self::WrongDigest { .. } | Self::WrongSize { .. } => {
                Some("the source has other files than the catalogue says; name another source or revision".to_owned())
            }
            Self::Broken { .. } | Self::Missing { .. } => None,
        }
    }
}

/// A place that files come from.
pub(super) trait Source {
    /// Its name, for people.
    fn describe(&self) -> String;

    /// Begins to read a file at the byte `from`, or at its beginning where the place can't do that.
    ///
    /// # Errors
    /// [`FetchError::Broken`] if another try may help, any other if not.
    fn open(&self, file: &ModelFile, from: u64) -> Result<Opened, FetchError>;
}

/// A file that is being read.
pub(super) struct Opened {
    /// The bytes from `from` on. An error means that it broke off.
    pub(super) content: Box<dyn Read>,
    /// Where it begins.
    pub(super) from: u64,
}

/// A folder with the model's files.
#[derive(Debug)]
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    fn open_at(path: &Path, from: u64) -> io::Result<File> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(from))?;
        Ok(file)
    }
}

impl Source for Folder {
    fn describe(&self) -> String {
        format!("folder `{}`", self.0.display())
    }

    fn open(&self, file: &ModelFile, from: u64) -> Result<Opened, FetchError> {
        let path = self.0.join(&file.path);
        let missing = |why: String| FetchError::Missing { path: path.clone(), why };
        let meta = std::fs::metadata(&path).map_err(|error| missing(format!("can't be read: {error}")))?;
        if !meta.is_file() {
            return Err(missing("is not a file".to_owned()));
        }
        if meta.len() != file.size_bytes {
            return Err(FetchError::WrongSize { found: meta.len(), expected: file.size_bytes });
        }
        let content = Self::open_at(&path, from).map_err(|error| missing(format!("can't be read: {error}")))?;
        Ok(Opened { content: Box::new(content), from })
    }
}
