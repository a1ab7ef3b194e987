//! Why a table or a text is not annotated.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

use crate::core::embeddings::EmbeddingError;
use crate::core::failure::{Code, Fails};
use crate::core::intake::IntakeError;
use crate::operations::knowledge_base::KnowledgeBaseError;
use crate::operations::rows::RowsError;

/// A table or a text is not annotated.
#[derive(Debug, thiserror::Error)]
pub enum AnnotationError {
    /// The knowledge base can't be read.
    #[error(transparent)]
    KnowledgeBase(#[from] KnowledgeBaseError),
    /// What chooses lists is no glob.
    #[error(transparent)]
    Lists(#[from] IntakeError),
    /// There is nothing to look for.
    #[error("the knowledge base `{name}` has no list of phrases")]
    NoConcepts {
        /// Which.
        name: String,
    },
    /// The model that tells meanings failed.
    #[error(transparent)]
    Model(#[from] EmbeddingError),
    /// Meanings were asked for, and nothing was given that tells them.
    #[error("no model was given that tells meanings")]
    NoModel,
    /// Somebody said stop.
    #[error("cancelled")]
    Cancelled,
    /// The rows of the table can't be had.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The input has a column of a name that the output needs.
    #[error("the table has a column `{name}` already")]
    ColumnTaken {
        /// Which name.
        name: String,
    },
    /// The output can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Output {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output can't be written as Parquet.
    #[error("can't write `{}`: {source}", path.display())]
    ParquetOutput {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
}

impl AnnotationError {
    /// For `map_err`.
    pub(super) fn output(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Output { path: path.clone(), source }
    }

    /// For `map_err`.
    pub(super) fn parquet_output(path: &Path) -> impl Fn(ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::ParquetOutput { path: path.clone(), source }
    }
}

impl Fails for AnnotationError {
    fn code(&self) -> Code {
        match self {
            Self::KnowledgeBase(error) => error.code(),
            Self::Lists(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::Rows(error) => error.code(),
            Self::Cancelled => Code::Cancelled,
            Self::Output { .. } | Self::ParquetOutput { .. } => Code::StorageFailure,
            Self::NoConcepts { .. } | Self::ColumnTaken { .. } => Code::InvalidParameter,
            Self::NoModel => Code::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::KnowledgeBase(error) => return error.hint(),
            Self::Lists(error) => return error.hint(),
            Self::Model(error) => return error.hint(),
            Self::Rows(error) => return error.hint(),
            Self::Cancelled | Self::NoModel => return None,
            Self::NoConcepts { .. } => {
                "lists are text files without column names, a phrase a line; choose other files with `lists`"
            }
            Self::ColumnTaken { .. } => "rename the column, or leave it out",
            Self::Output { .. } | Self::ParquetOutput { .. } => "check free space and permissions of the folder",
        };
        Some(hint.to_owned())
    }
}
