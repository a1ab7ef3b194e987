//! Why a whole conversion can't be done. What is wrong with one file stands in its line of the outcome.

use std::io;
use std::path::{Path, PathBuf};

use crate::core::failure::{Code, Fails};
use crate::core::intake::IntakeError;

/// The run as a whole failed.
#[derive(Debug, thiserror::Error)]
pub enum ConversionError {
    /// Nothing can be taken in.
    #[error(transparent)]
    Intake(#[from] IntakeError),
    /// An option is outside its range.
    #[error("`{option}` is {value}, it must be {range}")]
    Range {
        /// Name of the option.
        option: &'static str,
        /// Its value.
        value: String,
        /// What it may be.
        range: &'static str,
    },
    /// The destination is something else than a folder.
    #[error("the destination `{}` is a file", destination.display())]
    NotAFolder {
        /// Where.
        destination: PathBuf,
    },
    /// Outputs would lie among the sources and could take their places.
    #[error("the destination `{}` is the source folder itself", destination.display())]
    SamePlace {
        /// Where.
        destination: PathBuf,
    },
    /// Another run writes to the destination.
    #[error("another run writes to `{}`", destination.display())]
    Busy {
        /// Where.
        destination: PathBuf,
    },
    /// The destination can't be written.
    #[error("can't {doing} `{}`: {source}", path.display())]
    Write {
        /// What was tried, e.g. `make the folder`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What the parts of a divided conversion share can't be used.
    #[error("can't {doing} `{}`, which the parts of a job share: {source}", path.display())]
    Shared {
        /// What was tried, e.g. `read`.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Somebody asked for it to stop.
    #[error("the conversion was cancelled; files that were done stay, a new run goes on from there")]
    Cancelled,
}

impl ConversionError {
    /// For `map_err` on file operations.
    pub(super) fn write(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Write { doing, path, source }
    }

    /// For `map_err` on what parts share.
    pub(super) fn shared(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Shared { doing, path, source }
    }
}

impl Fails for ConversionError {
    fn code(&self) -> Code {
        match self {
            Self::Intake(error) => error.code(),
            Self::Range { .. } | Self::NotAFolder { .. } | Self::SamePlace { .. } => Code::InvalidParameter,
            Self::Busy { .. } => Code::ResourceInUse,
            Self::Write { .. } | Self::Shared { .. } => Code::StorageFailure,
            Self::Cancelled => Code::Cancelled,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Intake(error) => return error.hint(),
            Self::NotAFolder { .. } => "name a folder; it is made if it is not there",
            Self::SamePlace { .. } => "name another folder; it may lie inside the source",
            Self::Busy { .. } => "wait for it to end, or use another destination",
            Self::Write { .. } => "check free space and permissions of the destination",
            Self::Shared { .. } => {
                "every worker must have the same state directory; check its free space and permissions"
            }
            Self::Range { .. } | Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }
}
