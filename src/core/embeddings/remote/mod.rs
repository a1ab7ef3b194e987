//! The engine of another machine: any server that speaks `POST /embeddings` as that of `OpenAI` does (TEI, Ollama, textmill).
//!
//! For: texts in requests that the server can take, at a pace that it allows, tried again where that helps. Not for: which
//! server; that is a setting. The one decision: nothing is believed. As many vectors as texts, in their order, of one
//! size, of finite numbers; and what a server does not tell (how many tokens a text had, whether it was cut) is not made up.
//!
//! Waits on a runtime of its own: call it on a thread that may block, never on one that runs async code. Memory: requests
//! and answers under way.

mod answer;
mod asking;
mod error;
mod pace;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _, stream};
use serde::{Deserialize, Serialize};
use tokio::runtime::Runtime;
use tokio_util::sync::CancellationToken;

use super::error::EmbeddingError;
use super::{Embedder, Embeddings};
use crate::core::models::Proxies;
use asking::Asking;
pub use error::RemoteError;

/// What is sent first, to learn how many numbers a vector has.
const PROBE: &str = "dimension";

/// A server's key; never shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ApiKey(String);

impl TryFrom<String> for ApiKey {
    type Error = String;

    /// No message holds any part of it.
    fn try_from(text: String) -> Result<Self, String> {
        let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_graphic());
        if is_plain { Ok(Self(text)) } else { Err("is no key: a key is visible ASCII characters".to_owned()) }
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Which server, and how it is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteSettings {
    /// What stands before `/embeddings` in its address, such as `https://api.openai.com/v1`.
    pub base: String,
    /// The model's name there.
    pub model: String,
    /// Shown to this server alone.
    pub key: Option<ApiKey>,
    /// Who stands between.
    pub proxies: Proxies,
    /// Texts of a request, at most.
    pub max_inputs: usize,
    /// Characters of a request, at most, unless one text alone has more.
    pub max_chars: usize,
    /// Requests under way at once.
    pub concurrency: usize,
    /// Requests a minute, at most; 0: any number.
    pub requests_per_minute: u32,
    /// Tokens a minute, at most, guessed before and corrected by what the server tells; 0: any number.
    pub tokens_per_minute: u32,
    /// Further tries of a request that failed in passing.
    pub retries: u32,
    /// Time before the second try; doubled before each further one.
    pub retry_pause: Duration,
    /// Longest time for one answer.
    pub timeout: Duration,
}

/// What a server was asked so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct RemoteCounts {
    /// Requests, tries included.
    pub requests: u64,
    /// Tries after the first.
    pub retries: u64,
    /// Tokens that the server says it has looked at; one that does not tell adds none.
    pub tokens: u64,
}

/// A model of a server.
#[derive(Debug)]
pub struct RemoteEmbedder {
    asking: Asking,
    dimension: usize,
    /// There until the end.
    runtime: Option<Runtime>,
}

impl RemoteEmbedder {
    /// Asks the server for one vector, to learn how many numbers it has.
    ///
    /// # Errors
    /// When the settings name no server, or it does not give a vector.
    pub fn open(settings: RemoteSettings, cancel: &CancellationToken) -> Result<Self, EmbeddingError> {
        let asking = Asking::new(settings)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|error| RemoteError::Setup(error.to_string()))?;
        let mut remote = Self { asking, dimension: 0, runtime: Some(runtime) };
        remote.dimension = remote.embed(&[PROBE], cancel)?.dimension;
        Ok(remote)
    }

    /// What the server was asked so far.
    pub fn counts(&self) -> RemoteCounts {
        self.asking.counts()
    }

    /// Which texts go into which request.
    fn requests<'a, 't>(&self, texts: &'a [&'t str]) -> Vec<&'a [&'t str]> {
        let RemoteSettings { max_inputs, max_chars, .. } = *self.asking.settings();
        let (mut requests, mut start, mut filled) = (Vec::new(), 0, 0);
        for (place, text) in texts.iter().enumerate() {
            let chars = text.chars().count();
            if place > start && (place - start >= max_inputs || filled + chars > max_chars) {
                requests.push(&texts[start..place]);
                (start, filled) = (place, 0);
            }
            filled += chars;
        }
        if start < texts.len() {
            requests.push(&texts[start..]);
        }
        requests
    }

    async fn answers(&self, texts: &[&str]) -> Result<Vec<Vec<f32>>, RemoteError> {
        let answers = stream::iter(self.requests(texts)).map(|some| self.asking.vectors(some, self.dimension));
        let answers: Vec<_> = answers.buffered(self.asking.settings().concurrency.max(1)).try_collect().await?;
        Ok(answers.into_iter().flatten().collect())
    }
}

impl Embedder for RemoteEmbedder {
    fn dimension(&self) -> usize {
        self.dimension
    }

    fn max_tokens(&self) -> Option<usize> {
        None
    }

    fn texts_at_once(&self) -> usize {
        let settings = self.asking.settings();
        settings.max_inputs * settings.concurrency.max(1)
    }

    fn variant(&self) -> String {
        let settings = self.asking.settings();
        format!("the model {} of {}", settings.model, settings.base)
    }

    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError> {
        let runtime = self.runtime.as_ref().ok_or(EmbeddingError::Cancelled)?;
        let answers = runtime.block_on(cancel.run_until_cancelled(self.answers(texts)));
        let vectors = answers.ok_or(EmbeddingError::Cancelled)??;
        let dimension = if self.dimension == 0 { vectors.first().map_or(0, Vec::len) } else { self.dimension };
        Ok(Embeddings { dimension, numbers: vectors.concat(), lengths: None })
    }
}

impl Drop for RemoteEmbedder {
    /// Without waiting: the last owner may be async code, where a runtime must not be waited for.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
