//! Why a data set is not made.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

use crate::core::embeddings::EmbeddingError;
use crate::core::failure::{Code, Fails};
use crate::operations::annotation::AnnotationError;
use crate::operations::rows::RowsError;

/// A data set is not made.
#[derive(Debug, thiserror::Error)]
pub enum ClassificationError {
    /// The rows of the table can't be had.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// Concepts can't be found.
    #[error(transparent)]
    Annotation(#[from] AnnotationError),
    /// The model that tells meanings failed.
    #[error(transparent)]
    Model(#[from] EmbeddingError),
    /// Somebody said stop.
    #[error("cancelled")]
    Cancelled,
    /// Nobody said which column holds the texts.
    #[error("no text column is named; the columns are {columns}")]
    TextColumnRequired {
        /// What there is; those that look like texts first.
        columns: String,
    },
    /// Options that do not go together, or are out of their range.
    #[error("{what}")]
    Options {
        /// What is wrong.
        what: String,
        /// What to do.
        hint: &'static str,
    },
    /// A column that is to say labels says none.
    #[error("the label column `{column}` is empty in all {rows} rows")]
    NoLabels {
        /// Which.
        column: String,
        /// Rows that were read.
        rows: u64,
    },
    /// There is nothing to tell apart.
    #[error("all {rows} rows have the label `{label}`; nothing can be learnt from one label")]
    OneLabel {
        /// Which.
        label: String,
        /// Rows that have it.
        rows: u64,
    },
    /// No row is left.
    #[error("no row is left of {read}: {reasons}")]
    NoRows {
        /// Rows that were read.
        read: u64,
        /// Why they were left out, with counts.
        reasons: String,
    },
    /// A group does not fit.
    #[error(
        "the group `{group}` of `{column}` has {rows} rows, more than the largest split may have ({most} of {all})"
    )]
    GroupTooLarge {
        /// Which column.
        column: String,
        /// Which group.
        group: String,
        /// Its rows.
        rows: u64,
        /// Rows of the largest split.
        most: u64,
        /// All rows.
        all: u64,
    },
    /// Fewer groups than splits.
    #[error("`{column}` has {groups} groups, too few for {splits} splits")]
    TooFewGroups {
        /// Which column.
        column: String,
        /// How many groups.
        groups: u64,
        /// How many splits.
        splits: u64,
    },
    /// Fewer rows than splits.
    #[error("{rows} rows are too few for {splits} splits")]
    TooFewRows {
        /// How many rows.
        rows: u64,
        /// How many splits.
        splits: u64,
    },
    /// A cell of the split column says something else.
    #[error("row {row} of the split column `{column}` says `{found}`")]
    UnknownSplit {
        /// Which row, from 1.
        row: u64,
        /// Which column.
        column: String,
        /// What stands there.
        found: String,
    },
    /// Rows can't be ordered by this column.
    #[error("rows can't be ordered by the column `{column}`, it holds {found}")]
    NoOrder {
        /// Which column.
        column: String,
        /// What it holds.
        found: String,
    },
    /// A column does not hold what labels, tags or spans are made of.
    #[error("the column `{column}` holds {found}, not {wanted}")]
    ColumnType {
        /// Which column.
        column: String,
        /// What it holds.
        found: String,
        /// What is needed.
        wanted: &'static str,
    },
    /// Another run writes to the folder.
    #[error("another run writes to `{}`", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// The data set can't be written.
    #[error("can't write `{}`: {source}", path.display())]
    Output {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The data set can't be written as Parquet, CSV or JSON.
    #[error("can't write `{}`: {source}", path.display())]
    Encoding {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
}

impl ClassificationError {
    /// For `map_err`.
    pub(super) fn output(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Output { path: path.clone(), source }
    }

    /// For `map_err`.
    pub(super) fn encoding(path: &Path) -> impl Fn(ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Encoding { path: path.clone(), source }
    }
}

impl Fails for ClassificationError {
    fn code(&self) -> Code {
        match self {
            Self::Rows(error) => error.code(),
            Self::Annotation(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::Cancelled => Code::Cancelled,
            Self::Busy { .. } => Code::ResourceInUse,
            Self::TextColumnRequired { .. } => Code::TextColumnRequired,
            Self::NoRows { .. } => Code::EmptyTable,
            Self::Options { .. }
            | Self::NoLabels { .. }
            | Self::OneLabel { .. }
            | Self::GroupTooLarge { .. }
            | Self::TooFewGroups { .. }
            | Self::TooFewRows { .. }
            | Self::UnknownSplit { .. }
            | Self::NoOrder { .. }
            | Self::ColumnType { .. } => Code::InvalidParameter,
            Self::Output { .. } | Self::Encoding { .. } => Code::StorageFailure,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Rows(error) => return error.hint(),
            Self::Annotation(error) => return error.hint(),
            Self::Model(error) => return error.hint(),
            Self::Options { hint, .. } => hint,
            Self::Cancelled => return None,
            Self::Busy { .. } => "wait for it, or name another folder",
            Self::TextColumnRequired { .. } => "name one of them with `text_column`",
            Self::NoLabels { .. } => {
                "name another column, or label by concepts or by meaning; without any, labels are left empty for annotation"
            }
            Self::OneLabel { .. } => "name another label column, or check what was left out",
            Self::NoRows { .. } => "check text column, labels and cleaning",
            Self::GroupTooLarge { .. } => "group by a finer column, or give one split a larger share",
            Self::TooFewGroups { .. } => "group by a finer column, or ask for fewer splits",
            Self::TooFewRows { .. } => "ask for fewer splits, or bring more rows",
            Self::UnknownSplit { .. } => "splits are `train`, `validation` and `test`; leave others empty",
            Self::NoOrder { .. } => "name a column of numbers, dates, times, or texts that are dates",
            Self::ColumnType { .. } => "look at the columns with `textmill classify columns`",
            Self::Output { .. } | Self::Encoding { .. } => "check free space and permissions of the folder",
        };
        Some(hint.to_owned())
    }
}
