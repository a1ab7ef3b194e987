//! Why there is no graph.

use std::io;
use std::path::{Path, PathBuf};

use crate::core::failure::{Code, Fails};
use crate::core::search::SearchIndexError;
use crate::operations::annotation::AnnotationError;
use crate::operations::knowledge_base::error::KnowledgeBaseError;

/// A graph can't be made.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// The knowledge base can't be read.
    #[error(transparent)]
    Base(#[from] KnowledgeBaseError),
    /// Its vectors can't be read.
    #[error(transparent)]
    Index(#[from] SearchIndexError),
    /// Its concepts can't be found.
    #[error(transparent)]
    Concepts(#[from] AnnotationError),
    /// It can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Output {
        /// Where to.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Somebody asked to stop.
    #[error("the graph was cancelled")]
    Cancelled,
}

impl GraphError {
    /// For `map_err`.
    pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Output { path: path.to_owned(), source }
    }
}

impl Fails for GraphError {
    fn code(&self) -> Code {
        match self {
            Self::Base(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Concepts(error) => error.code(),
            Self::Output { .. } => Code::StorageFailure,
            Self::Cancelled => Code::Cancelled,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Base(error) => error.hint(),
            Self::Index(error) => error.hint(),
            Self::Concepts(error) => error.hint(),
            Self::Output { .. } => Some("check free space and permissions of the folder".to_owned()),
            Self::Cancelled => None,
        }
    }
}
