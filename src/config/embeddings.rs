//! Embeddings that the service computes: which model, on how many threads, how much at once.

use serde::Deserialize;

use super::env_vars;
use super::kind::Kind;
use super::settings::{DefaultValue, Setting};

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
}

const KIB: i64 = 1024;
const MIB: i64 = 1024 * KIB;
const GIB: i64 = 1024 * MIB;

/// The settings of `[embeddings]`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "embeddings.model",
        env: env_vars::EMBEDDINGS_MODEL,
        kind: Kind::Text,
        default: DefaultValue::Text("all-MiniLM-L6-v2"),
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
];
