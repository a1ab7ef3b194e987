//! Why texts have no vectors.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::remote::RemoteError;
use crate::core::failure::{Code, Fails};

/// A model can't be used, or did not come to its end.
#[derive(Debug, thiserror::Error)]
pub enum EmbeddingError {
    /// A file of the model can't be read.
    #[error("can't read `{}`: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the model breaks its format's rules.
    #[error("`{}` is not as a model's should be: {what}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
    /// The model asks for something that is not there.
    #[error("the model has {what}, which is not supported")]
    Unsupported {
        /// What it asks for.
        what: String,
    },
    /// The model has no such prompt.
    #[error("the model has no prompt `{name}`; it has {}", one_of(known))]
    Prompt {
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// It can't be computed there.
    #[error("{what}")]
    Device {
        /// Why not.
        what: String,
    },
    /// The reference encoder has one precision.
    #[error("precision \"fast\" is for the packed engine alone, and candle would compute this model")]
    FastOnReference,
    /// The tokenizer failed on a text.
    #[error("the tokenizer failed: {what}")]
    Tokenizer {
        /// In its own words.
        what: String,
    },
    /// The reference encoder failed.
    #[error("the encoder failed: {0}")]
    Encoder(#[from] candle_core::Error),
    /// A server gave no vectors.
    #[error(transparent)]
    Remote(#[from] RemoteError),
    /// The threads that compute can't be started.
    #[error("can't start the threads that compute vectors: {0}")]
    Threads(io::Error),
    /// As much waits as may wait.
    #[error("texts of about {waiting} tokens wait already")]
    Overloaded {
        /// Tokens that wait.
        waiting: usize,
        /// How long they will take, more or less.
        retry_after: Duration,
    },
    /// Nothing is taken any more.
    #[error("embedding has stopped")]
    ShuttingDown,
    /// A fault of ours.
    #[error("a thread of the encoder broke down")]
    Panicked,
    /// Somebody asked for it to stop.
    #[error("embedding was cancelled")]
    Cancelled,
}

fn one_of(known: &[String]) -> String {
    let names: Vec<_> = known.iter().map(|name| format!("`{name}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl EmbeddingError {
    /// A file can't be read.
    pub(super) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Read { path: path.to_owned(), source }
    }

    /// A file is not as it should be.
    pub(super) fn malformed(path: &Path, what: impl std::fmt::Display) -> Self {
        Self::Malformed { path: path.to_owned(), what: what.to_string() }
    }

    /// The model asks for something that is not there.
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }
}

impl Fails for EmbeddingError {
    fn code(&self) -> Code {
        match self {
            Self::Read { source, .. } if source.kind() == io::ErrorKind::NotFound => Code::NotFound,
            Self::Read { .. } => Code::StorageFailure,
            Self::Malformed { .. } => Code::MalformedInput,
            Self::Unsupported { .. } => Code::UnsupportedFormat,
            Self::Remote(error) => error.code(),
            Self::Prompt { .. } | Self::FastOnReference | Self::Device { .. } => Code::InvalidParameter,
            Self::Cancelled => Code::Cancelled,
            Self::Overloaded { .. } => Code::QueueFull,
            Self::ShuttingDown => Code::ShuttingDown,
            Self::Tokenizer { .. } | Self::Encoder(_) | Self::Threads(_) | Self::Panicked => Code::Internal,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Remote(error) => return error.hint(),
            Self::Read { .. } => {
                "a model's folder holds config.json, tokenizer.json and model.safetensors; check the path"
            }
            Self::Malformed { .. } => "fetch the model again",
            Self::Unsupported { .. } => "use a sentence-embedding model of the BERT family, such as all-MiniLM-L6-v2",
            Self::FastOnReference => "leave the precision at \"full\", or use an engine and a model that have both",
            Self::Prompt { .. } => "name one of the model's prompts, or none",
            Self::Device { .. } => "use `auto`, or the build and the machine that docs/gpu.md describes",
            Self::Overloaded { .. } => "come back later, or send fewer texts at once",
            Self::ShuttingDown => "try again when the service is back",
            Self::Tokenizer { .. } | Self::Encoder(_) | Self::Threads(_) | Self::Panicked | Self::Cancelled => {
                return None;
            }
        };
        Some(hint.to_owned())
    }
}
