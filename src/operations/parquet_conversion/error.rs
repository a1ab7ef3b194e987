//! Why a whole conversion can't be done. What is wrong with one file stands in its line of the outcome.

use std::io;
use std::path::{Path, PathBuf};

use crate::core::failure::{Code, Fails};

/// The run as a whole failed.
#[derive(Debug, thiserror::Error)]
pub enum ConversionError {
    /// A glob can't be understood.
    #[error("`{glob}` is not a glob")]
    Glob {
        /// As given, its beginning.
        glob: String,
    },
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
    /// There is nothing to convert.
    #[error("no file under `{}` to convert", source_path.display())]
    NothingFound {
        /// Where was looked.
        source_path: PathBuf,
    },
    /// The source is not there.
    #[error("`{}` does not exist", source_path.display())]
    NoSource {
        /// Where was looked.
        source_path: PathBuf,
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
}

impl Fails for ConversionError {
    fn code(&self) -> Code {
        match self {
            Self::Glob { .. } | Self::Range { .. } => Code::InvalidParameter,
            Self::NothingFound { .. } | Self::NoSource { .. } => Code::NotFound,
            Self::Busy { .. } => Code::ResourceInUse,
            Self::Write { .. } => Code::StorageFailure,
            Self::Cancelled => Code::Cancelled,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Glob { .. } => "a glob is like `**/*.csv`, `{a,b}/*.jsonl` or `[0-9]*.txt`; braces are not nested",
            Self::NothingFound { .. } => "check the folder, `include` and `exclude`",
            Self::NoSource { .. } => "check the spelling; relative paths start at the data root",
            Self::Busy { .. } => "wait for it to end, or use another destination",
            Self::Write { .. } => "check free space and permissions of the destination",
            Self::Range { .. } | Self::Cancelled => return None,
        };
        Some(hint.to_owned())
    }
}
