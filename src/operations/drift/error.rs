//! Why data is not checked at all.

use std::path::{Path, PathBuf};

use crate::core::embeddings::EmbeddingError;
use crate::core::failure::{Code, Fails};
use crate::operations::rows::RowsError;

/// Data is not checked. What goes wrong within a check is an outcome of the check.
#[derive(Debug, thiserror::Error)]
pub enum DriftError {
    /// The rows of a table can't be had.
    #[error(transparent)]
    Rows(#[from] RowsError),
    /// The model failed.
    #[error(transparent)]
    Model(#[from] EmbeddingError),
    /// Somebody said stop.
    #[error("cancelled")]
    Cancelled,
    /// Neither set was named.
    #[error("neither a reference nor an incoming set is named")]
    NoSet,
    /// Nobody said which column holds the texts.
    #[error("no text column is named; the columns are {columns}")]
    TextColumnRequired {
        /// What there is; those that look like texts first.
        columns: String,
    },
    /// A set has no rows, or no texts.
    #[error("`{name}` has {what}; there is nothing to check")]
    Empty {
        /// Which file.
        name: String,
        /// What is not there.
        what: String,
    },
    /// A column of vectors holds something else.
    #[error("the embedding column `{column}` {what}")]
    Vectors {
        /// Which column.
        column: String,
        /// What is wrong.
        what: String,
    },
    /// A column of probabilities holds something else.
    #[error("the column `{column}` holds {found}, not numbers")]
    NotNumbers {
        /// Which column.
        column: String,
        /// What it holds.
        found: String,
    },
    /// Several columns have one name.
    #[error("several columns are called `{column}`")]
    SameName {
        /// The name.
        column: String,
    },
    /// No such check.
    #[error("there is no check `{name}`; the checks are {known}")]
    UnknownCheck {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
        /// What may be meant.
        meant: Option<String>,
    },
    /// No condition on this measure.
    #[error("no condition of this suite is on `{name}`")]
    UnknownMeasure {
        /// What was asked for.
        name: String,
        /// Measures of this check that have conditions.
        known: Vec<String>,
    },
    /// Parameters of a check are wrong.
    #[error("the suite's check `{check}`: {what}")]
    Suite {
        /// Which check.
        check: String,
        /// What is wrong.
        what: String,
    },
    /// No such property.
    #[error("there is no property `{name}`; the properties are {known}")]
    UnknownProperty {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
        /// What may be meant.
        meant: Option<String>,
    },
    /// There is no way to compute the property here.
    #[error("the property `{name}` is not available: {why}")]
    Unavailable {
        /// What was asked for.
        name: String,
        /// Why not.
        why: String,
    },
    /// A profile can't be read.
    #[error("the profile `{}` {what}", path.display())]
    Profile {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The check asks for something else than the profile was made with.
    #[error("`{option}` is {asked}, and the profile of the reference was made with {made}")]
    OtherOptions {
        /// Which option.
        option: &'static str,
        /// What the check asks for.
        asked: String,
        /// What the profile was made with.
        made: String,
    },
    /// A profile was given as what came in.
    #[error("`{name}` is a profile; what came in must be a table")]
    IncomingProfile {
        /// Which file.
        name: String,
    },
    /// Profiles of different things.
    #[error("the profile `{name}` does not go with `{first}`: {what}")]
    NotMergeable {
        /// Which file.
        name: String,
        /// The first file.
        first: String,
        /// What differs.
        what: String,
    },
    /// A file can't be read or written.
    #[error("`{}`: {source}", path.display())]
    Storage {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
}

impl DriftError {
    pub(super) fn suite(check: &str, what: &str) -> Self {
        Self::Suite { check: check.to_owned(), what: what.to_owned() }
    }

    /// For `map_err`.
    pub(super) fn storage(path: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Storage { path: path.clone(), source }
    }
}

impl Fails for DriftError {
    fn code(&self) -> Code {
        match self {
            Self::Rows(error) => error.code(),
            Self::Model(error) => error.code(),
            Self::Cancelled => Code::Cancelled,
            Self::TextColumnRequired { .. } => Code::TextColumnRequired,
            Self::Empty { .. } => Code::EmptyTable,
            Self::Profile { .. } => Code::MalformedInput,
            Self::Storage { .. } => Code::StorageFailure,
            Self::NoSet
            | Self::Vectors { .. }
            | Self::UnknownCheck { .. }
            | Self::UnknownMeasure { .. }
            | Self::Suite { .. }
            | Self::NotNumbers { .. }
            | Self::SameName { .. }
            | Self::OtherOptions { .. }
            | Self::IncomingProfile { .. }
            | Self::NotMergeable { .. }
            | Self::Unavailable { .. }
            | Self::UnknownProperty { .. } => Code::InvalidParameter,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Rows(error) => return error.hint(),
            Self::Model(error) => return error.hint(),
            Self::UnknownCheck { meant: Some(meant), .. } | Self::UnknownProperty { meant: Some(meant), .. } => {
                return Some(format!("did you mean `{meant}`?"));
            }
            Self::UnknownMeasure { known, .. } if !known.is_empty() => {
                return Some(format!("measures of this check that have conditions: {}", known.join(", ")));
            }
            Self::Cancelled => return None,
            Self::NoSet => "name both to compare them, or one to check it alone",
            Self::TextColumnRequired { .. } => "name the column that holds the texts",
            Self::Empty { .. } => "check the file and the name of the text column",
            Self::Vectors { .. } => "name a column of lists of numbers, all of one length",
            Self::UnknownCheck { .. } | Self::UnknownMeasure { .. } => {
                "`textmill drift suites` lists checks and measures"
            }
            Self::Suite { .. } => "`textmill drift suites` lists parameters and conditions",
            Self::UnknownProperty { .. } => "name one of these, or `all`",
            Self::Unavailable { .. } => "leave it out",
            Self::NotNumbers { .. } => "name a column of probabilities from 0 to 1",
            Self::SameName { .. } => "rename one of them in the file, or leave the column out with `ignore_columns`",
            Self::Profile { .. } => "make it again: textmill drift profile",
            Self::OtherOptions { option, .. } => {
                return Some(format!("leave `{option}` out, or make the profile again: textmill drift profile"));
            }
            Self::IncomingProfile { .. } => "name the profile as the reference",
            Self::NotMergeable { .. } => "make all parts with the same options, of tables with the same columns",
            Self::Storage { .. } => "check free space and permissions",
        };
        Some(hint.to_owned())
    }
}
