//! Why tags are not converted.

use std::io;
use std::path::{Path, PathBuf};

use arrow_schema::ArrowError;
use parquet::errors::ParquetError;

use crate::core::failure::{Code, Fails};
use crate::core::tabular::error::TableError;
use crate::operations::classification::error::ClassificationError;
use crate::operations::rows::RowsError;

/// Tags are not converted.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The rows of the table can't be had.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// Its columns hold something else.
    #[error(transparent)]
    Columns(#[from] ClassificationError),
    /// The file can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    Input {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: TableError,
    },
    /// It is a folder.
    #[error("`{}` is a folder", path.display())]
    Folder {
        /// Which.
        path: PathBuf,
    },
    /// Neither name nor options say what form a file has.
    #[error("the name of `{name}` does not say its form")]
    UnknownForm {
        /// Which file.
        name: String,
        /// The option that says it.
        option: &'static str,
    },
    /// What was asked for allows of nothing to be mended.
    #[error("{rows} rows have tags or spans that are not right; the first: {first}")]
    Faulty {
        /// How many.
        rows: u64,
        /// The first one.
        first: String,
    },
    /// Somebody said stop.
    #[error("cancelled")]
    Cancelled,
    /// The output can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Output {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The output can't be written as a table.
    #[error("can't write `{}`: {source}", path.display())]
    Table {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: ArrowError,
    },
    /// The output can't be written as Parquet.
    #[error("can't write `{}`: {source}", path.display())]
    Parquet {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
}

impl TokensError {
    /// For `map_err`.
    pub(super) fn input(path: &Path) -> impl Fn(TableError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Input { path: path.clone(), source }
    }

    /// For `map_err`.
    pub(super) fn output(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Output { path: path.clone(), source }
    }

    /// For `map_err`.
    pub(super) fn table(path: &Path) -> impl Fn(ArrowError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Table { path: path.clone(), source }
    }

    /// For `map_err`.
    pub(super) fn parquet(path: &Path) -> impl Fn(ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Parquet { path: path.clone(), source }
    }
}

impl Fails for TokensError {
    fn code(&self) -> Code {
        match self {
            Self::Rows(error) => error.code(),
            Self::Columns(error) => error.code(),
            Self::Input { source, .. } => source.code(),
            Self::Folder { .. } => Code::InvalidParameter,
            Self::UnknownForm { .. } => Code::UnsupportedFormat,
            Self::Faulty { .. } => Code::MalformedInput,
            Self::Cancelled => Code::Cancelled,
            Self::Output { .. } | Self::Table { .. } | Self::Parquet { .. } => Code::StorageFailure,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Rows(error) => return error.hint(),
            Self::Columns(error) => return error.hint(),
            Self::Input { source, .. } => return source.hint(),
            Self::Cancelled => return None,
            Self::Folder { .. } => "name a file",
            Self::UnknownForm { option, .. } => {
                let forms = "conll, iob, spans, table or span-table";
                return Some(format!(
                    "say it with `{option}`: {forms}; names ending in .conll, .iob.jsonl, .spans.jsonl, .csv, .tsv or .parquet say it themselves"
                ));
            }
            Self::Faulty { .. } => {
                "mend them, or leave `strict` out: then tags are mended and rows that do not fit left out"
            }
            Self::Output { .. } | Self::Table { .. } | Self::Parquet { .. } => {
                "check free space and permissions of the folder"
            }
        };
        Some(hint.to_owned())
    }
}
