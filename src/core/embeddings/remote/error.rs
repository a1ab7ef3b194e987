//! Why a server gives no vectors.

use crate::core::failure::{Code, Fails};

/// A server gives no vectors. Every message names its address; none names the key.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    /// The settings do not make a client.
    #[error("the remote embedder can't be set up: {0}")]
    Setup(String),
    /// It does not want to.
    #[error("`{place}` refused the texts with {status}{}", if words.is_empty() { String::new() } else { format!(": {words}") })]
    Refused {
        /// Its address.
        place: String,
        /// The status of the answer.
        status: u16,
        /// Its own words; none where they may show the key.
        words: String,
    },
    /// It could not, all those times.
    #[error("`{place}` gave no vectors in {tries} tries; the last one: {why}")]
    Failing {
        /// Its address.
        place: String,
        /// Tries of this request.
        tries: u32,
        /// What the last one ended with.
        why: String,
    },
    /// It answered with something else.
    #[error("`{place}` answered with {what}")]
    Answer {
        /// Its address.
        place: String,
        /// With what.
        what: String,
    },
}

impl Fails for RemoteError {
    fn code(&self) -> Code {
        match self {
            Self::Setup(_) => Code::InvalidParameter,
            Self::Refused { .. } | Self::Failing { .. } | Self::Answer { .. } => Code::UpstreamHub,
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Setup(_) => "set `embeddings.remote_url` and `embeddings.remote_model`, and check the proxy",
            Self::Refused { status: 401 | 403, .. } => "check `embeddings.remote_api_key`",
            Self::Refused { status: 404, .. } => {
                "check `embeddings.remote_url`, which ends before `/embeddings`, and the name of the model"
            }
            Self::Refused { status: 413, .. } => {
                "lower `embeddings.remote_max_inputs` or `embeddings.remote_max_chars`, or shorten the texts"
            }
            Self::Refused { .. } => "check the name of the model, and that no text is longer than it takes",
            Self::Failing { .. } => {
                "see whether the server runs; lower `embeddings.remote_requests_per_minute` or \
                 `embeddings.remote_tokens_per_minute` if it is asked too much"
            }
            Self::Answer { .. } => "check that `embeddings.remote_url` is a server of embeddings like OpenAI's",
        };
        Some(hint.to_owned())
    }
}
