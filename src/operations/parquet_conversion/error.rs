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
    /// `include` and `exclude` leave nothing.
    #[error("none of the {files} files under `{}` is chosen by `include` and `exclude`", source_path.display())]
    NothingChosen {
        /// Where was looked.
        source_path: PathBuf,
        /// How many files are there.
        files: usize,
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
            Self::Glob { .. } | Self::Range { .. } | Self::NotAFolder { .. } | Self::SamePlace { .. } => {
                Code::InvalidParameter
            }
            Self::NothingFound { .. } | Self::NothingChosen { .. } | Self::NoSource { .. } => Code::NotFound,
            Self::Busy { .. } => Code::ResourceInUse,
            Self::Write { .. } | Self::Shared { .. } => Code::StorageFailure,
            Self::Cancelled => Code::Cancelled,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Glob { .. } => "a glob is like `**/*.csv`, `{a,b}/*.jsonl` or `[0-9]*.txt`; braces are not nested",
            Self::NothingFound { .. } => "name a folder with files in it",
            Self::NothingChosen { .. } => "a folder is `Climate/**`, files at any depth are `**/*.csv`; case counts",
            Self::NotAFolder { .. } => "name a folder; it is made if it is not there",
            Self::SamePlace { .. } => "name another folder; it may lie inside the source",
            Self::NoSource { .. } => "check the spelling; a relative path starts at the working directory",
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
