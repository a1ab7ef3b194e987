//! What keeps a cache from being used. It never leaves this folder as an error: a run goes on without.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sqlx::error::DatabaseError;

/// Primary codes of `SQLite`.
const BUSY: i32 = 5;
const LOCKED: i32 = 6;
const CORRUPT: i32 = 11;
const NOT_A_DATABASE: i32 = 26;

/// A cache can't be used.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum CacheError {
    /// The folder does not work.
    #[error("the cache of embeddings in `{}` can't be used: {source}", path.display())]
    Folder {
        /// Which path.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The database does not work.
    #[error("the cache of embeddings can't be used: {0}")]
    Database(Arc<sqlx::Error>),
    /// The database is not as it should be.
    #[error("the cache of embeddings is broken: {0}")]
    Broken(&'static str),
    /// Somebody sets the file aside, or keeps others from doing so.
    #[error("the cache of embeddings in `{}` is in use by another process", path.display())]
    InUse {
        /// Which folder.
        path: PathBuf,
    },
}

impl CacheError {
    /// For `map_err`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Folder { path: path.to_owned(), source: Arc::new(source) }
    }

    /// Whether another process writes at this moment.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.code(), Some(BUSY | LOCKED))
    }

    /// Whether the file is of no use any more.
    pub(super) fn is_broken(&self) -> bool {
        matches!(self, Self::Broken(_)) || matches!(self.code(), Some(CORRUPT | NOT_A_DATABASE))
    }

    fn code(&self) -> Option<i32> {
        let Self::Database(error) = self else { return None };
        let code = error.as_database_error().and_then(DatabaseError::code)?;
        // Extended codes hold the primary one in their low byte.
        code.parse::<i32>().ok().map(|code| code & 0xff)
    }
}

impl From<sqlx::Error> for CacheError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::ColumnDecode { .. } | sqlx::Error::Decode(_) => Self::Broken("a value is of another type"),
            other => Self::Database(Arc::new(other)),
        }
    }
}
