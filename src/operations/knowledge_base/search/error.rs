//! Why nothing can be searched.

use crate::core::embeddings::EmbeddingError;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::search::SearchIndexError;
use crate::operations::knowledge_base::error::KnowledgeBaseError;

/// A search can't be done.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeBaseSearchError {
    /// The knowledge base can't be read.
    #[error(transparent)]
    Base(#[from] KnowledgeBaseError),
    /// An index can't be asked.
    #[error(transparent)]
    Index(#[from] SearchIndexError),
    /// The query can't be embedded.
    #[error(transparent)]
    Embedding(#[from] EmbeddingError),
    /// The model of the index is not to be had.
    #[error("{}", .0.detail)]
    Model(Failure),
    /// It was built without.
    #[error("the knowledge base `{name}` has no index by meaning")]
    NoMeaning {
        /// Which.
        name: String,
    },
    /// Not a filter.
    #[error("`{given}` is no filter")]
    Filter {
        /// What was given, its beginning.
        given: String,
    },
}

impl KnowledgeBaseSearchError {
    /// Whether only the meaning is missing: what is searched by words, too, can be answered without.
    pub(super) fn is_without_meaning(&self) -> bool {
        matches!(self, Self::NoMeaning { .. } | Self::Model(_))
    }
}

impl Fails for KnowledgeBaseSearchError {
    fn code(&self) -> Code {
        match self {
            Self::Base(error) => error.code(),
            Self::Index(error) => error.code(),
            Self::Embedding(error) => error.code(),
            Self::Model(failure) => failure.code,
            Self::NoMeaning { .. } | Self::Filter { .. } => Code::InvalidParameter,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Base(error) => error.hint(),
            Self::Index(error) => error.hint(),
            Self::Embedding(error) => error.hint(),
            Self::Model(failure) => failure.hint.clone(),
            Self::NoMeaning { .. } => {
                Some("build it with the option `meaning`, or search in mode `text` or `hybrid`".to_owned())
            }
            Self::Filter { .. } => Some("a filter is NAME:VALUE, such as `format:pdf`".to_owned()),
        }
    }
}
