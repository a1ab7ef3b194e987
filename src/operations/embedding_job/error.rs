//! Why a file has no vectors.

use std::io;
use std::path::PathBuf;

use parquet::errors::ParquetError;

use crate::core::embeddings::EmbeddingError;
use crate::core::failure::{Code, Fails};
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::EXTENSIONS;

/// A file has no vectors.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingJobError {
    /// The model failed.
    #[error(transparent)]
    Model(#[from] EmbeddingError),
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
    /// The vectors can't be written.
    #[error("can't write {to}: {source}")]
    Output {
        /// Where to.
        to: String,
        /// Why.
        source: io::Error,
    },
    /// The vectors can't be written as Parquet.
    #[error("can't write `{}`: {source}", path.display())]
    ParquetOutput {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// A format that is written at several places was to go to a stream.
    #[error("{format} can't be written to standard output")]
    NeedsFile {
        /// Which format.
        format: &'static str,
    },
}

impl Fails for EmbeddingJobError {
    fn code(&self) -> Code {
        match self {
            Self::Model(error) => error.code(),
            Self::Input { source, .. } => source.code(),
            Self::Parquet { source: ParquetError::External(_), .. }
            | Self::Output { .. }
            | Self::ParquetOutput { .. } => Code::StorageFailure,
            Self::Parquet { .. } => Code::MalformedInput,
            Self::UnknownFormat { .. } => Code::UnsupportedFormat,
            Self::NoColumn { .. } | Self::NotText { .. } | Self::NeedsFile { .. } => Code::InvalidParameter,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Model(error) => return error.hint(),
            Self::Input { source, .. } => return source.hint(),
            Self::Parquet { .. } => "check that the file is whole",
            Self::UnknownFormat { .. } => {
                return Some(format!("say it with --input-format; names that are known: {EXTENSIONS}, parquet"));
            }
            Self::NoColumn { .. } | Self::NotText { .. } => "name the column of the texts with --text-column",
            Self::Output { .. } | Self::ParquetOutput { .. } => "check free space and permissions of the folder",
            Self::NeedsFile { .. } => "name a file with --output",
        };
        Some(hint.to_owned())
    }
}
