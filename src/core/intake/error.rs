//! Why nothing can be taken in.

use std::path::PathBuf;

use crate::core::failure::{Code, Fails};

/// Nothing can be taken in.
#[derive(Debug, thiserror::Error)]
pub enum IntakeError {
    /// A glob can't be understood.
    #[error("`{glob}` is not a glob")]
    Glob {
        /// As given, its beginning.
        glob: String,
    },
    /// The source is not there.
    #[error("`{}` does not exist", source_path.display())]
    NoSource {
        /// Where was looked.
        source_path: PathBuf,
    },
    /// There is no file.
    #[error("no file under `{}` to read", source_path.display())]
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
}

impl Fails for IntakeError {
    fn code(&self) -> Code {
        match self {
            Self::Glob { .. } => Code::InvalidParameter,
            Self::NoSource { .. } | Self::NothingFound { .. } | Self::NothingChosen { .. } => Code::NotFound,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Glob { .. } => "a glob is like `**/*.csv`, `{a,b}/*.jsonl` or `[0-9]*.txt`; braces are not nested",
            Self::NoSource { .. } => "check the spelling; a relative path starts at the working directory",
            Self::NothingFound { .. } => "name a folder with files in it",
            Self::NothingChosen { .. } => "a folder is `Climate/**`, files at any depth are `**/*.csv`; case counts",
        };
        Some(hint.to_owned())
    }
}
