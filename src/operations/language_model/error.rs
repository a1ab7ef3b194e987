//! Why a language model is not built, or does not answer.

use std::io;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;

use crate::core::failure::{Code, Fails};
use crate::operations::rows::RowsError;

/// A language model is not built, or does not answer.
#[derive(Debug, thiserror::Error)]
pub enum LanguageModelError {
    /// The rows of the table can't be had.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// An option out of its range.
    #[error("`{field}` is {value}, it must be {range}")]
    Option {
        /// Which.
        field: &'static str,
        /// What it is.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// No text has a word.
    #[error("no text of the column `{column}` has a word ({rows} rows)")]
    NoWords {
        /// Which column.
        column: String,
        /// Rows of the table.
        rows: u64,
    },
    /// All words are too rare.
    #[error("no word is there {min_count} times; the most frequent one, `{word}`, is there {count} times")]
    AllRare {
        /// How often a word must be there.
        min_count: u32,
        /// The most frequent one.
        word: String,
        /// How often it is there.
        count: u64,
    },
    /// More than the format holds.
    #[error("the texts have more than {most} {what}")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many can be.
        most: u64,
    },
    /// Somebody said stop.
    #[error("cancelled")]
    Cancelled,
    /// The file is no model of ours.
    #[error("`{}` is no language model", path.display())]
    NoModel {
        /// Which file.
        path: PathBuf,
    },
    /// The file is a model of another format.
    #[error("`{}` is a language model of format {found}, and {known} is known here", path.display())]
    OtherFormat {
        /// Which file.
        path: PathBuf,
        /// Its format.
        found: u32,
        /// What is read.
        known: u32,
    },
    /// The file is not as it was written.
    #[error("the language model `{}` is damaged: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// A file or folder can't be used.
    #[error("can't {action} `{}`: {source}", path.display())]
    Storage {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// An output can't be written as Parquet.
    #[error("can't write `{}`: {source}", path.display())]
    ParquetOutput {
        /// Where to.
        path: PathBuf,
        /// Why.
        source: ParquetError,
    },
    /// The input has a column of a name that the output needs.
    #[error("the table has a column `{name}` already")]
    ColumnTaken {
        /// Which name.
        name: String,
    },
    /// The model was built without co-occurrences.
    #[error("the language model has no co-occurrences")]
    NoCooccurrences,
    /// A word is not known.
    #[error("the language model does not know the word `{word}`")]
    UnknownWord {
        /// As it is compared.
        word: String,
        /// A known one that may be meant.
        meant: Option<String>,
    },
    /// What was given is not one word.
    #[error("`{text}` is not one word")]
    NotOneWord {
        /// What was given.
        text: String,
    },
    /// No name of a model.
    #[error("`{name}` is no name of a language model")]
    Name {
        /// What was given.
        name: String,
    },
    /// No model of this name.
    #[error("there is no language model `{name}`")]
    NotFound {
        /// Which name.
        name: String,
        /// Names that there are.
        known: Vec<String>,
    },
    /// Somebody else builds or removes it.
    #[error("the language model `{name}` is being built or removed")]
    InUse {
        /// Which.
        name: String,
    },
}

impl LanguageModelError {
    /// For `map_err`.
    pub(super) fn at(action: &'static str, path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Storage { action, path: path.clone(), source }
    }

    /// For `map_err`: what is counted lies in scratch files.
    pub(super) fn scratch(folder: &Path) -> impl Fn(io::Error) -> Self + use<> {
        Self::at("keep scratch files in", folder)
    }

    /// For `map_err`.
    pub(super) fn parquet(path: &Path) -> impl Fn(ParquetError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::ParquetOutput { path: path.clone(), source }
    }

    pub(super) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }
}

impl Fails for LanguageModelError {
    fn code(&self) -> Code {
        match self {
            Self::Rows(error) => error.code(),
            Self::Option { .. }
            | Self::AllRare { .. }
            | Self::ColumnTaken { .. }
            | Self::NoCooccurrences
            | Self::NotOneWord { .. }
            | Self::Name { .. } => Code::InvalidParameter,
            Self::NoWords { .. } => Code::EmptyTable,
            Self::TooMany { .. } => Code::LimitExceeded,
            Self::Cancelled => Code::Cancelled,
            Self::NoModel { .. } | Self::OtherFormat { .. } => Code::UnsupportedFormat,
            Self::Damaged { .. } => Code::MalformedInput,
            Self::Storage { source, .. } if source.kind() == io::ErrorKind::NotFound => Code::NotFound,
            Self::Storage { .. } | Self::ParquetOutput { .. } => Code::StorageFailure,
            Self::UnknownWord { .. } | Self::NotFound { .. } => Code::NotFound,
            Self::InUse { .. } => Code::ResourceInUse,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Rows(error) => return error.hint(),
            Self::Option { .. } | Self::Cancelled => return None,
            Self::NoWords { .. } => "name another text column; with `words`, punctuation alone is no word",
            Self::AllRare { .. } => "ask for a smaller `min_count`",
            Self::TooMany { .. } => "take fewer texts, a smaller order, or a larger `min_count`",
            Self::NoModel { .. } => "language models are made with `textmill lm build`",
            Self::OtherFormat { .. } | Self::Damaged { .. } => "build it again",
            Self::Storage { source, .. } if source.kind() == io::ErrorKind::NotFound => "check the name of the file",
            Self::Storage { .. } | Self::ParquetOutput { .. } => "check free space and permissions of the folder",
            Self::ColumnTaken { .. } => "rename the column, or leave it out",
            Self::NoCooccurrences => "build it with a `window` of 1 or more",
            Self::UnknownWord { meant: Some(meant), .. } => return Some(format!("did you mean `{meant}`?")),
            Self::UnknownWord { .. } => "it is not in the texts that the model was built from, or too rare",
            Self::NotOneWord { .. } => "name one word, as the model's tokenizer parts them",
            Self::Name { .. } => "letters (a to z), digits, `-` and `_`, 100 at most, a letter or digit first",
            Self::NotFound { known, .. } if known.is_empty() => "there is none yet",
            Self::NotFound { known, .. } => {
                return Some(format!("there are {}", known.iter().take(20).cloned().collect::<Vec<_>>().join(", ")));
            }
            Self::InUse { .. } => "wait for the job that does it",
        };
        Some(hint.to_owned())
    }
}
