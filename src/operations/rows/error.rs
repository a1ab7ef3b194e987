//! Why the rows of a table can't be had.

use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

use crate::core::failure::{Code, Fails};
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::EXTENSIONS;

/// The rows of a table can't be had.
#[derive(Debug, thiserror::Error)]
pub enum RowsError {
    /// The file can't be read as a table.
    #[error("can't read `{}`: {source}", path.display())]
    Input {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TableError,
    },
    /// The file is not Parquet.
    #[error("can't read `{}` as Parquet: {source}", path.display())]
    Parquet {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// Rows can't be kept for a second reading.
    #[error("can't write `{}`: {source}", path.display())]
    Scratch {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// The name does not say what the file holds.
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
        /// The name that is nearest, if one is near.
        meant: Option<String>,
    },
    /// The column holds something else.
    #[error("the column `{column}` holds {found}, not text")]
    NotText {
        /// Which column.
        column: String,
        /// What it holds.
        found: String,
    },
    /// The column can't be written as text.
    #[error("the column `{column}` holds {found}, not text, numbers, dates or lists of texts")]
    NotWritable {
        /// Which column.
        column: String,
        /// What it holds.
        found: String,
    },
    /// Several tables of the file have the columns.
    #[error("{count} tables of `{}` have `{columns}`", path.display())]
    SeveralTables {
        /// Which file.
        path: PathBuf,
        /// Which columns.
        columns: String,
        /// How many.
        count: usize,
    },
}

impl RowsError {
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
    pub(super) fn scratch(path: &Path) -> impl Fn(ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Scratch { path: path.clone(), source }
    }
}

impl Fails for RowsError {
    fn code(&self) -> Code {
        match self {
            Self::Input { source, .. } => source.code(),
            Self::Scratch { .. } | Self::Parquet { source: ParquetError::External(_), .. } => Code::StorageFailure,
            Self::Parquet { .. } => Code::MalformedInput,
            Self::UnknownFormat { .. } => Code::UnsupportedFormat,
            Self::NoColumn { .. } => Code::UnknownColumn,
            Self::Folder { .. } | Self::NotText { .. } | Self::NotWritable { .. } | Self::SeveralTables { .. } => {
                Code::InvalidParameter
            }
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Input { source, .. } => return source.hint(),
            Self::UnknownFormat { .. } => return Some(format!("names that are known: {EXTENSIONS}, parquet")),
            Self::NoColumn { meant: Some(meant), .. } => return Some(format!("did you mean `{meant}`?")),
            Self::NoColumn { .. } => "name one of these columns",
            Self::Folder { .. } => "name a file in it",
            Self::Scratch { .. } => "check free space and permissions of the folder",
            Self::Parquet { .. } => "check that the file is whole",
            Self::NotText { .. } | Self::NotWritable { .. } => "name a column of texts",
            Self::SeveralTables { .. } => "convert the file first: each of its tables becomes a file of its own",
        };
        Some(hint.to_owned())
    }
}
