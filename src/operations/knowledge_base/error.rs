//! Why a knowledge base can't be built, read or removed.

use std::io;
use std::path::{Path, PathBuf};

use super::index::IndexError;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::intake::IntakeError;

/// Something can't be done with a knowledge base.
#[derive(Debug, thiserror::Error)]
pub enum KnowledgeBaseError {
    /// Not a name.
    #[error("`{name}` can't be the name of a knowledge base")]
    Name {
        /// What was given, its beginning.
        name: String,
    },
    /// There is none of this name.
    #[error("there is no knowledge base `{name}`")]
    NotFound {
        /// Which.
        name: String,
        /// Those that there are.
        known: Vec<String>,
    },
    /// Its source has no such folder or file.
    #[error("the source of the knowledge base `{name}` has no folder or file `{path}`")]
    NotInSource {
        /// Which knowledge base.
        name: String,
        /// What was asked for.
        path: String,
    },
    /// It is being built or removed.
    #[error("the knowledge base `{name}` is being changed")]
    InUse {
        /// Which.
        name: String,
    },
    /// Nothing can be taken in.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// An option is outside its range.
    #[error("`{option}` is {value}, it must be from {least} to {most}")]
    Range {
        /// Name of the option.
        option: &'static str,
        /// Its value.
        value: u32,
        /// The least that it may be.
        least: u32,
        /// The most that it may be.
        most: u32,
    },
    /// No table has a column that was asked for.
    #[error("no table has a column `{wanted}`")]
    NoColumn {
        /// What was asked for.
        wanted: String,
        /// Names that there are, the first ones.
        known: Vec<String>,
    },
    /// A model that was asked for can't be used, or an index can't be made: why, others said.
    #[error("{0}")]
    Told(Failure),
    /// Somebody said stop.
    #[error("the work was cancelled")]
    Cancelled,
    /// A file of it is not what was written.
    #[error("`{}` is damaged: {what}", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The folder of knowledge bases does not work.
    #[error("can't {doing} `{}`: {source}", path.display())]
    Storage {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

impl KnowledgeBaseError {
    /// For `map_err`.
    pub(super) fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Storage { doing, path: path.to_owned(), source }
    }

    /// For `map_err`.
    pub(super) fn damaged(path: &Path) -> impl FnOnce(serde_json::Error) -> Self {
        move |error| Self::Damaged { path: path.to_owned(), what: error.to_string() }
    }
}

impl From<IndexError> for KnowledgeBaseError {
    fn from(error: IndexError) -> Self {
        match error {
            IndexError::Base(error) => error,
            IndexError::Cancelled => Self::Cancelled,
            other => Self::Told(other.to_failure()),
        }
    }
}

impl Fails for KnowledgeBaseError {
    fn code(&self) -> Code {
        match self {
            Self::Name { .. } | Self::Range { .. } | Self::NoColumn { .. } => Code::InvalidParameter,
            Self::Intake(error) => error.code(),
            Self::Told(failure) => failure.code,
            Self::NotFound { .. } | Self::NotInSource { .. } => Code::NotFound,
            Self::InUse { .. } => Code::ResourceInUse,
            Self::Cancelled => Code::Cancelled,
            Self::Damaged { .. } | Self::Storage { .. } => Code::StorageFailure,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Name { .. } => Some(
                "a name has letters (a to z), digits, `-` and `_`, 100 at most, a letter or digit first".to_owned(),
            ),
            Self::NotFound { known, .. } if known.is_empty() => {
                Some("build one: `textmill kb build SRC --name NAME`, or POST /v1/knowledge-bases".to_owned())
            }
            Self::NotFound { known, .. } => Some(format!("knowledge bases: {}", known.join(", "))),
            Self::NotInSource { name, .. } => Some(format!(
                "`textmill kb show {name}` and GET /v1/knowledge-bases/{name}/tree tell its folders; upper and lower case differ"
            )),
            Self::InUse { .. } => Some("wait for the end of the build, or cancel its job".to_owned()),
            Self::Intake(error) => error.hint(),
            Self::Told(failure) => failure.hint.clone(),
            Self::NoColumn { known, .. } if known.is_empty() => Some("no table of the source has a column".to_owned()),
            Self::NoColumn { known, .. } => Some(format!("columns are: {}", known.join(", "))),
            Self::Range { .. } | Self::Cancelled => None,
            Self::Damaged { .. } => Some("build it again: what is not damaged is kept".to_owned()),
            Self::Storage { .. } => {
                Some("see whether the state directory has space, and may be written by this user".to_owned())
            }
        }
    }
}
