//! The HTTP service: where it listens and how much it takes at once.

use std::net::SocketAddr;
use std::time::Duration;

use serde::Deserialize;

use super::duration::seconds;
use super::env_vars;
use super::kind::{GIB, KIB, Kind, MIB};
use super::settings::{DefaultValue, Setting};

/// The section `[server]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServerConfig {
    /// Where it listens; port 0 lets the system choose.
    pub bind: SocketAddr,
    /// Whether requests without a key are served on an address that other machines can reach.
    pub allow_anonymous: bool,
    /// Largest JSON body, in bytes.
    pub max_body_bytes: u64,
    /// Largest uploaded file, in bytes.
    pub max_upload_bytes: u64,
    /// Requests in work at once; more are refused.
    pub max_concurrent_requests: usize,
    /// Uploads in work at once; more are refused.
    pub max_concurrent_uploads: usize,
    /// Longest time for a request, uploads, downloads and event streams excepted.
    #[serde(rename = "request_timeout_s", deserialize_with = "seconds")]
    pub request_timeout: Duration,
    /// Time for requests and jobs to reach a safe point at shutdown.
    #[serde(rename = "shutdown_timeout_s", deserialize_with = "seconds")]
    pub shutdown_timeout: Duration,
    /// Whether `/metrics` needs no key.
    pub metrics_public: bool,
}

/// The settings of `[server]`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "server.bind",
        env: env_vars::BIND,
        kind: Kind::Address,
        default: DefaultValue::Text("127.0.0.1:8000"),
        help: "Where the service listens. An address that other machines can reach needs an API key; port 0 lets the \
               system choose.",
    },
    Setting {
        key: "server.allow_anonymous",
        env: env_vars::ALLOW_ANONYMOUS,
        kind: Kind::Switch,
        default: DefaultValue::Switch(false),
        help: "Serve requests without a key on an address that other machines can reach, where no key is configured.",
    },
    Setting {
        key: "server.max_body_bytes",
        env: env_vars::MAX_BODY_BYTES,
        kind: Kind::Whole { min: KIB, max: GIB, unit: "bytes" },
        default: DefaultValue::Whole(MIB),
        help: "Largest JSON body of a request.",
    },
    Setting {
        key: "server.max_upload_bytes",
        env: env_vars::MAX_UPLOAD_BYTES,
        kind: Kind::Whole { min: KIB, max: 1024 * 1024 * GIB, unit: "bytes" },
        default: DefaultValue::Whole(10 * GIB),
        help: "Largest upload, all files of a request together.",
    },
    Setting {
        key: "server.max_concurrent_requests",
        env: env_vars::MAX_CONCURRENT_REQUESTS,
        kind: Kind::Whole { min: 1, max: 100_000, unit: "requests" },
        default: DefaultValue::Whole(256),
        help: "Requests in work at once; one more is refused with 429.",
    },
    Setting {
        key: "server.max_concurrent_uploads",
        env: env_vars::MAX_CONCURRENT_UPLOADS,
        kind: Kind::Whole { min: 1, max: 1_000, unit: "uploads" },
        default: DefaultValue::Whole(8),
        help: "Uploads in work at once; one more is refused with 429.",
    },
    Setting {
        key: "server.request_timeout_s",
        env: env_vars::REQUEST_TIMEOUT_S,
        kind: Kind::Whole { min: 1, max: 3_600, unit: "seconds" },
        default: DefaultValue::Whole(60),
        help: "Longest time for a request; uploads, downloads and event streams are not cut off.",
    },
    Setting {
        key: "server.shutdown_timeout_s",
        env: env_vars::SHUTDOWN_TIMEOUT_S,
        kind: Kind::Whole { min: 1, max: 3_600, unit: "seconds" },
        default: DefaultValue::Whole(30),
        help: "Time for requests and jobs to reach a safe point when the service, or a worker, is asked to stop.",
    },
    Setting {
        key: "server.metrics_public",
        env: env_vars::METRICS_PUBLIC,
        kind: Kind::Switch,
        default: DefaultValue::Switch(false),
        help: "Let `/metrics` answer without a key.",
    },
];
