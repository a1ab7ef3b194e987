//! Why an index can't be made or asked.

use std::io;
use std::path::{Path, PathBuf};

use crate::core::failure::{Code, Fails};

/// An index can't be made or asked.
#[derive(Debug, thiserror::Error)]
pub enum SearchIndexError {
    /// It is not what was written, or another version wrote it.
    #[error("the index `{}` can't be used: {what}", path.display())]
    Broken {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// Its files can't be read or written.
    #[error("can't {doing} the index `{}`: {source}", path.display())]
    Storage {
        /// What was tried.
        doing: &'static str,
        /// Which.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is none yet.
    #[error("there is no index of vectors in `{}`", path.display())]
    Missing {
        /// Where.
        path: PathBuf,
    },
    /// It is there, for other vectors.
    #[error("the index `{}` holds {held}, not {wanted}", path.display())]
    OtherSpace {
        /// Which.
        path: PathBuf,
        /// What it holds.
        held: String,
        /// What was asked for.
        wanted: String,
    },
    /// A vector has no length, or not this one.
    #[error("a vector of {given} numbers was given where they have {wanted}")]
    Dimension {
        /// How many numbers it has.
        given: usize,
        /// How many it should have.
        wanted: usize,
    },
    /// A vector with a number that is none.
    #[error("a vector holds a number that is not finite")]
    NotFinite,
}

impl SearchIndexError {
    /// For `map_err`.
    pub(super) fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Storage { doing, path: path.to_owned(), source }
    }

    /// An index that is not what was written.
    pub(super) fn broken(path: &Path, what: impl Into<String>) -> Self {
        Self::Broken { path: path.to_owned(), what: what.into() }
    }
}

impl Fails for SearchIndexError {
    fn code(&self) -> Code {
        match self {
            Self::Broken { .. } | Self::Storage { .. } => Code::StorageFailure,
            Self::Missing { .. } => Code::NotFound,
            Self::OtherSpace { .. } | Self::Dimension { .. } | Self::NotFinite => Code::InvalidParameter,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Broken { .. } | Self::Missing { .. } => "build the knowledge base again: it makes its indexes anew",
            Self::Storage { .. } => "see whether the state directory has space, and may be used by this user",
            Self::OtherSpace { .. } | Self::Dimension { .. } | Self::NotFinite => {
                "ask with the model that the index was made with"
            }
        };
        Some(hint.to_owned())
    }
}
