//! Why a file is not a table, or can't be read as one; each with a code and what to do.

use super::input::InputError;
use crate::core::failure::{Code, Fails, Failure};

/// A file is not a table, or can't be read as one.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// No text can be had from it.
    #[error(transparent)]
    Input(#[from] InputError),
    /// It is something that no table is read from.
    #[error("the content is {what}")]
    NotRead {
        /// What it is.
        what: String,
    },
    /// It breaks its format's rules where nothing can be saved.
    #[error("line {line}: {what}")]
    Malformed {
        /// Line, from 1.
        line: u64,
        /// What is wrong there.
        what: String,
    },
    /// A password is needed to read it.
    #[error("it is protected by a password")]
    Protected,
    /// It breaks its format's rules, and no line can be named.
    #[error("{what}")]
    Broken {
        /// What is wrong.
        what: String,
    },
    /// It holds no value at all.
    #[error("the file holds no data")]
    Empty,
    /// A limit was reached.
    #[error("{what} is more than the limit of {limit}")]
    Limit {
        /// What is too much.
        what: String,
        /// The limit.
        limit: String,
    },
    /// More rows were rejected than may be.
    #[error("more than {limit} rows can't be read; the first: line {line}: {reason}")]
    TooManyRejects {
        /// How many may be.
        limit: u64,
        /// Line of the first.
        line: u64,
        /// Why the first.
        reason: String,
    },
    /// A rejected row can't be written down.
    #[error("can't write the rejected rows: {0}")]
    Rejects(#[source] std::io::Error),
    /// Another process read it and told why it could not.
    #[error(transparent)]
    Told(#[from] Failure),
    /// The two passes disagree: the file changed meanwhile, or the reader is wrong.
    #[error("line {line} differs from what the first pass saw; did the file change?")]
    Changed {
        /// Line, from 1.
        line: u64,
    },
}

impl Fails for TableError {
    fn code(&self) -> Code {
        match self {
            Self::Input(InputError::Read { .. }) | Self::Rejects(_) => Code::StorageFailure,
            Self::Input(InputError::Unpack { .. })
            | Self::Malformed { .. }
            | Self::Broken { .. }
            | Self::TooManyRejects { .. } => Code::MalformedInput,
            Self::Input(InputError::Bomb { .. }) | Self::Limit { .. } => Code::LimitExceeded,
            Self::Input(InputError::Undecodable { .. }) => Code::UndecodableText,
            Self::Input(InputError::Cancelled) => Code::Cancelled,
            Self::NotRead { .. } | Self::Protected => Code::UnsupportedFormat,
            Self::Empty => Code::EmptyTable,
            Self::Changed { .. } => Code::ResourceInUse,
            Self::Told(failure) => failure.code,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Told(failure) => return failure.hint.clone(),
            Self::Input(InputError::Read { .. }) => "check the file's permissions",
            Self::Input(InputError::Unpack { .. }) => "pack the file again, or fetch it again",
            Self::Input(InputError::Bomb { .. }) => "unpack it first, if you trust it",
            Self::Input(InputError::Undecodable { .. }) => "save it as UTF-8, or say its encoding with `encoding`",
            Self::NotRead { .. } => "export its tables as CSV and convert again, or leave it out with `exclude`",
            Self::Protected => "save it without a password and convert again",
            Self::Broken { .. } => "open it in the program that made it, save it again, and convert again",
            Self::Malformed { .. } => "mend the file there and convert again; unchanged files are not done twice",
            Self::TooManyRejects { .. } => "mend the file, or allow more with `max_rejects`",
            Self::Limit { .. } => "split the file",
            Self::Rejects(_) => "check free space and permissions of the destination",
            Self::Changed { .. } => "convert again when nothing writes to it",
            Self::Input(InputError::Cancelled) | Self::Empty => return None,
        };
        Some(hint.to_owned())
    }
}
