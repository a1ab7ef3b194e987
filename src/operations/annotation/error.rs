//! Why a table or a text is not annotated.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

use crate::core::embeddings::EmbeddingError;
use crate::core::failure::{Code, Fails};
use crate::core::intake::IntakeError;
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::EXTENSIONS;
use crate::operations::knowledge_base::KnowledgeBaseError;

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
    /// The input can't be read as a table.
    #[error("can't read `{}`: {source}", path.display())]
    Input {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TableError,
    },
    /// The input is not Parquet.
    #[error("can't read `{}` as Parquet: {source}", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// The name does not say what the input holds.
    #[error("the name of `{}` does not say what it holds", path.display())]
    UnknownFormat {
        /// Which file.
        path: PathBuf,
    },
    /// It is a folder.
    #[error("`{}` is a folder; a table is one file", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
    },
    /// No such column.
    #[error("there is no column `{wanted}`; the columns are {found}")]
    NoColumn {
        /// What was asked for.
        wanted: String,
        /// What there is.
        found: String,
    },
    /// The column holds something else.
    #[error("the column `{column}` holds {found}, not text")]
    NotText {
        /// Which column.
        column: String,
        /// What it holds.
        found: String,
    },
    /// Several tables of the file have the column.
    #[error("{count} tables of `{}` have a column `{column}`", path.display())]
    SeveralTables {
        /// Which file.
        path: PathBuf,
        /// Which column.
        column: String,
        /// How many.
        count: usize,
    },
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
    pub(super) fn input(path: &Path) -> impl Fn(TableError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Input { path: path.clone(), source }
    }

    /// For `map_err`.
    pub(super) fn parquet(path: &Path) -> impl Fn(ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Parquet { path: path.clone(), source }
    }

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
            Self::Input { source, .. } => source.code(),
            Self::Cancelled => Code::Cancelled,
            Self::Parquet { source: ParquetError::External(_), .. }
            | Self::Output { .. }
            | Self::ParquetOutput { .. } => Code::StorageFailure,
            Self::Parquet { .. } => Code::MalformedInput,
            Self::UnknownFormat { .. } => Code::UnsupportedFormat,
            Self::NoConcepts { .. }
            | Self::Folder { .. }
            | Self::NoColumn { .. }
            | Self::NotText { .. }
            | Self::SeveralTables { .. }
            | Self::ColumnTaken { .. } => Code::InvalidParameter,
            Self::NoModel => Code::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::KnowledgeBase(error) => return error.hint(),
            Self::Lists(error) => return error.hint(),
            Self::Model(error) => return error.hint(),
            Self::Input { source, .. } => return source.hint(),
            Self::UnknownFormat { .. } => return Some(format!("names that are known: {EXTENSIONS}, parquet")),
            Self::Cancelled | Self::NoModel => return None,
            Self::NoConcepts { .. } => {
                "lists are text files without column names, a phrase a line; choose other files with `lists`"
            }
            Self::Folder { .. } => "name a file in it",
            Self::Parquet { .. } => "check that the file is whole",
            Self::NoColumn { .. } | Self::NotText { .. } => "name the column of the texts with `text_column`",
            Self::SeveralTables { .. } => "convert the file first: each of its tables becomes a file of its own",
            Self::ColumnTaken { .. } => "rename the column, or leave it out",
            Self::Output { .. } | Self::ParquetOutput { .. } => "check free space and permissions of the folder",
        };
        Some(hint.to_owned())
    }
}
