//! Why records have no index.

use crate::core::embeddings::EmbeddingError;
use crate::core::failure::{Code, Fails};
use crate::core::search::SearchIndexError;
use crate::operations::knowledge_base::error::KnowledgeBaseError;

/// Records can't be indexed.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// They can't be read.
    #[error(transparent)]
    Base(#[from] KnowledgeBaseError),
    /// An index can't be written.
    #[error(transparent)]
    Index(#[from] SearchIndexError),
    /// The embedder failed.
    #[error(transparent)]
    Embedding(EmbeddingError),
    /// Somebody asked to stop.
    #[error("indexing was cancelled")]
    Cancelled,
}

impl From<EmbeddingError> for IndexError {
    fn from(error: EmbeddingError) -> Self {
        match error {
            EmbeddingError::Cancelled => Self::Cancelled,
            other => Self::Embedding(other),
        }
    }
}

impl Fails for IndexError {
    fn code(&self) -> Code {
        match self {
            Self::Base(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Embedding(error) => error.code(),
            Self::Cancelled => Code::Cancelled,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Base(error) => error.hint(),
            Self::Index(error) => error.hint(),
            Self::Embedding(error) => error.hint(),
            Self::Cancelled => None,
        }
    }
}
