//! Embeddings: what the service computes, where vectors are kept, and which server is asked where another machine computes.

use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::duration::seconds;
use super::env_vars;
use super::kind::{GIB, KIB, Kind, MIB};
use super::settings::{DefaultValue, Setting};
use crate::core::embeddings::ApiKey;
use crate::core::models::DEFAULT_MODEL;

/// The section `[embeddings]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingsConfig {
    /// The model of requests that name none.
    pub model: String,
    /// Threads that compute.
    pub threads: usize,
    /// Tokens that may wait; a request that comes on top is refused.
    pub max_waiting_tokens: usize,
    /// Texts in a request.
    pub max_inputs: usize,
    /// Bytes of a request.
    pub max_request_bytes: u64,
    /// The folder of computed vectors; may not be there yet.
    pub cache_dir: PathBuf,
    /// Bytes that they may take; 0: none are kept.
    pub cache_bytes: u64,
    /// What stands before `/embeddings` in a server's address.
    pub remote_url: Option<String>,
    /// The model's name there.
    pub remote_model: Option<String>,
    /// Shown to that server.
    pub remote_api_key: Option<ApiKey>,
    /// Texts of a request, at most.
    pub remote_max_inputs: usize,
    /// Characters of a request, at most.
    pub remote_max_chars: usize,
    /// Requests under way at once.
    pub remote_concurrency: usize,
    /// Requests a minute, at most; 0: any number.
    pub remote_requests_per_minute: u32,
    /// Tokens a minute, at most; 0: any number.
    pub remote_tokens_per_minute: u32,
    /// Further tries of a request that failed in passing.
    pub remote_retries: u32,
    /// Longest time for one answer.
    #[serde(rename = "remote_timeout_s", deserialize_with = "seconds")]
    pub remote_timeout: Duration,
}

/// The settings of `[embeddings]`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "embeddings.model",
        env: env_vars::EMBEDDINGS_MODEL,
        kind: Kind::Text,
        default: DefaultValue::Text(DEFAULT_MODEL),
        help: "Model of requests that name none: its id in the catalogue, or another name of it.",
    },
    Setting {
        key: "embeddings.threads",
        env: env_vars::EMBEDDINGS_THREADS,
        kind: Kind::Whole { min: 1, max: 1_024, unit: "threads" },
        default: DefaultValue::CoresUpTo(1_024),
        help: "Threads of the service that compute vectors.",
    },
    Setting {
        key: "embeddings.max_waiting_tokens",
        env: env_vars::EMBEDDINGS_MAX_WAITING_TOKENS,
        kind: Kind::Whole { min: 1, max: 1_000_000_000, unit: "tokens" },
        default: DefaultValue::Whole(131_072),
        help: "Tokens that may wait for a thread; a request that comes on top is refused with 429. One alone is taken, \
               however large.",
    },
    Setting {
        key: "embeddings.max_inputs",
        env: env_vars::EMBEDDINGS_MAX_INPUTS,
        kind: Kind::Whole { min: 1, max: 1_000_000, unit: "texts" },
        default: DefaultValue::Whole(2_048),
        help: "Most texts in a request.",
    },
    Setting {
        key: "embeddings.max_request_bytes",
        env: env_vars::EMBEDDINGS_MAX_REQUEST_BYTES,
        kind: Kind::Whole { min: KIB, max: GIB, unit: "bytes" },
        default: DefaultValue::Whole(8 * MIB),
        help: "Largest request for embeddings; `server.max_body_bytes` does not count for it.",
    },
    Setting {
        key: "embeddings.cache_dir",
        env: env_vars::EMBEDDINGS_CACHE_DIR,
        kind: Kind::Path,
        default: DefaultValue::UserCache("embeddings"),
        help: "Folder in which computed vectors are kept, under digests of model and text; the texts are not in it. A \
               local disk: processes of one machine share it.",
    },
    Setting {
        key: "embeddings.cache_bytes",
        env: env_vars::EMBEDDINGS_CACHE_BYTES,
        kind: Kind::Whole { min: 0, max: 1 << 50, unit: "bytes" },
        default: DefaultValue::Whole(1 << 30),
        help: "How large the file of computed vectors may become; those that were not used for the longest time go \
               first. 0 keeps none.",
    },
    Setting {
        key: "embeddings.remote_url",
        env: env_vars::EMBEDDINGS_REMOTE_URL,
        kind: Kind::WebAddress,
        default: DefaultValue::None,
        help: "Server that `textmill embed --remote` asks: what stands before `/embeddings` in its address, such as \
               `https://api.openai.com/v1`. Texts are sent there.",
    },
    Setting {
        key: "embeddings.remote_model",
        env: env_vars::EMBEDDINGS_REMOTE_MODEL,
        kind: Kind::Text,
        default: DefaultValue::None,
        help: "Name of the model on that server.",
    },
    Setting {
        key: "embeddings.remote_api_key",
        env: env_vars::EMBEDDINGS_REMOTE_API_KEY,
        kind: Kind::Secret,
        default: DefaultValue::None,
        help: "Key that is shown to that server as `Authorization: Bearer`, and nowhere else.",
    },
    Setting {
        key: "embeddings.remote_max_inputs",
        env: env_vars::EMBEDDINGS_REMOTE_MAX_INPUTS,
        kind: Kind::Whole { min: 1, max: 2_048, unit: "texts" },
        default: DefaultValue::Whole(32),
        help: "Texts of one request to that server.",
    },
    Setting {
        key: "embeddings.remote_max_chars",
        env: env_vars::EMBEDDINGS_REMOTE_MAX_CHARS,
        kind: Kind::Whole { min: 1, max: 100_000_000, unit: "characters" },
        default: DefaultValue::Whole(200_000),
        help: "Characters of one request to that server; a longer text goes alone.",
    },
    Setting {
        key: "embeddings.remote_concurrency",
        env: env_vars::EMBEDDINGS_REMOTE_CONCURRENCY,
        kind: Kind::Whole { min: 1, max: 256, unit: "requests" },
        default: DefaultValue::Whole(4),
        help: "Requests to that server under way at once.",
    },
    Setting {
        key: "embeddings.remote_requests_per_minute",
        env: env_vars::EMBEDDINGS_REMOTE_REQUESTS_PER_MINUTE,
        kind: Kind::Whole { min: 0, max: 1_000_000, unit: "requests" },
        default: DefaultValue::Whole(0),
        help: "Requests to that server in a minute, evenly spread. 0 is any number.",
    },
    Setting {
        key: "embeddings.remote_tokens_per_minute",
        env: env_vars::EMBEDDINGS_REMOTE_TOKENS_PER_MINUTE,
        kind: Kind::Whole { min: 0, max: 4_000_000_000, unit: "tokens" },
        default: DefaultValue::Whole(0),
        help: "Tokens to that server in a minute, evenly spread: guessed as a quarter of the characters, corrected by \
               what the server counts. 0 is any number.",
    },
    Setting {
        key: "embeddings.remote_retries",
        env: env_vars::EMBEDDINGS_REMOTE_RETRIES,
        kind: Kind::Whole { min: 0, max: 20, unit: "tries" },
        default: DefaultValue::Whole(6),
        help: "Further tries of a request that failed in passing: no connection, a broken answer, 408, 429 or 5xx. The \
               first after half a second or what `Retry-After` says, each further one after twice as long.",
    },
    Setting {
        key: "embeddings.remote_timeout_s",
        env: env_vars::EMBEDDINGS_REMOTE_TIMEOUT_S,
        kind: Kind::Whole { min: 1, max: 3_600, unit: "seconds" },
        default: DefaultValue::Whole(60),
        help: "Longest time for one answer of that server.",
    },
];
