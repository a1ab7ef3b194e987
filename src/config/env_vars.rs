//! Every environment variable that textmill reads, by name, and the only place that reads them.
//!
//! For: one list to look at. Not for: what a variable means; the table of its section says that, under the key. The
//! one decision: `TEXTMILL_` is ours alone, so a variable with that prefix and an unknown name is a typing error.

use std::ffi::OsString;
use std::path::PathBuf;

use super::error::{ConfigError, Fault};
use super::origin::Origin;
use crate::core::failure::Code;
use crate::core::models::{Proxies, Token};

/// What all our variables begin with.
pub const PREFIX: &str = "TEXTMILL_";

/// `state_dir`
pub const STATE_DIR: &str = "TEXTMILL_STATE_DIR";
/// `database_url`
pub const DATABASE_URL: &str = "TEXTMILL_DATABASE_URL";
/// `data_roots`
pub const DATA_ROOTS: &str = "TEXTMILL_DATA_ROOTS";
/// `server.bind`
pub const BIND: &str = "TEXTMILL_BIND";
/// `server.allow_anonymous`
pub const ALLOW_ANONYMOUS: &str = "TEXTMILL_ALLOW_ANONYMOUS";
/// `server.max_body_bytes`
pub const MAX_BODY_BYTES: &str = "TEXTMILL_MAX_BODY_BYTES";
/// `server.max_upload_bytes`
pub const MAX_UPLOAD_BYTES: &str = "TEXTMILL_MAX_UPLOAD_BYTES";
/// `server.max_concurrent_requests`
pub const MAX_CONCURRENT_REQUESTS: &str = "TEXTMILL_MAX_CONCURRENT_REQUESTS";
/// `server.max_concurrent_uploads`
pub const MAX_CONCURRENT_UPLOADS: &str = "TEXTMILL_MAX_CONCURRENT_UPLOADS";
/// `server.request_timeout_s`
pub const REQUEST_TIMEOUT_S: &str = "TEXTMILL_REQUEST_TIMEOUT_S";
/// `server.shutdown_timeout_s`
pub const SHUTDOWN_TIMEOUT_S: &str = "TEXTMILL_SHUTDOWN_TIMEOUT_S";
/// `server.metrics_public`
pub const METRICS_PUBLIC: &str = "TEXTMILL_METRICS_PUBLIC";
/// `auth.api_keys`
pub const API_KEYS: &str = "TEXTMILL_API_KEYS";
/// `auth.api_keys_file`
pub const API_KEYS_FILE: &str = "TEXTMILL_API_KEYS_FILE";
/// `jobs.workers`
pub const WORKERS: &str = "TEXTMILL_WORKERS";
/// `jobs.max_queued`
pub const MAX_QUEUED: &str = "TEXTMILL_MAX_QUEUED";
/// `jobs.max_running`
pub const MAX_RUNNING: &str = "TEXTMILL_MAX_RUNNING";
/// `jobs.max_attempts`
pub const MAX_ATTEMPTS: &str = "TEXTMILL_MAX_ATTEMPTS";
/// `jobs.lease_s`
pub const LEASE_S: &str = "TEXTMILL_LEASE_S";
/// `jobs.retention_days`
pub const JOBS_RETENTION_DAYS: &str = "TEXTMILL_JOBS_RETENTION_DAYS";
/// `jobs.dataset_retention_days`
pub const JOBS_DATASET_RETENTION_DAYS: &str = "TEXTMILL_JOBS_DATASET_RETENTION_DAYS";
/// `isolation.memory_mib`
pub const ISOLATION_MEMORY_MIB: &str = "TEXTMILL_ISOLATION_MEMORY_MIB";
/// `isolation.cpu_s`
pub const ISOLATION_CPU_S: &str = "TEXTMILL_ISOLATION_CPU_S";
/// `isolation.wall_s`
pub const ISOLATION_WALL_S: &str = "TEXTMILL_ISOLATION_WALL_S";
/// `files.retention_days`
pub const FILES_RETENTION_DAYS: &str = "TEXTMILL_FILES_RETENTION_DAYS";
/// `models.dir`
pub const MODELS_DIR: &str = "TEXTMILL_MODELS_DIR";
/// `models.catalogue`
pub const MODELS_CATALOGUE: &str = "TEXTMILL_MODELS_CATALOGUE";
/// `models.hub`
pub const MODELS_HUB: &str = "TEXTMILL_MODELS_HUB";
/// `models.allow_hosts`
pub const MODELS_ALLOW_HOSTS: &str = "TEXTMILL_MODELS_ALLOW_HOSTS";
/// `models.offline`
pub const MODELS_OFFLINE: &str = "TEXTMILL_MODELS_OFFLINE";
/// `embeddings.model`
pub const EMBEDDINGS_MODEL: &str = "TEXTMILL_EMBEDDINGS_MODEL";
/// `embeddings.threads`
pub const EMBEDDINGS_THREADS: &str = "TEXTMILL_EMBEDDINGS_THREADS";
/// `embeddings.max_waiting_tokens`
pub const EMBEDDINGS_MAX_WAITING_TOKENS: &str = "TEXTMILL_EMBEDDINGS_MAX_WAITING_TOKENS";
/// `embeddings.max_inputs`
pub const EMBEDDINGS_MAX_INPUTS: &str = "TEXTMILL_EMBEDDINGS_MAX_INPUTS";
/// `embeddings.max_request_bytes`
pub const EMBEDDINGS_MAX_REQUEST_BYTES: &str = "TEXTMILL_EMBEDDINGS_MAX_REQUEST_BYTES";
/// `embeddings.cache_dir`
pub const EMBEDDINGS_CACHE_DIR: &str = "TEXTMILL_EMBEDDINGS_CACHE_DIR";
/// `embeddings.cache_bytes`
pub const EMBEDDINGS_CACHE_BYTES: &str = "TEXTMILL_EMBEDDINGS_CACHE_BYTES";
/// `embeddings.remote_url`
pub const EMBEDDINGS_REMOTE_URL: &str = "TEXTMILL_EMBEDDINGS_REMOTE_URL";
/// `embeddings.remote_model`
pub const EMBEDDINGS_REMOTE_MODEL: &str = "TEXTMILL_EMBEDDINGS_REMOTE_MODEL";
/// `embeddings.remote_api_key`
pub const EMBEDDINGS_REMOTE_API_KEY: &str = "TEXTMILL_EMBEDDINGS_REMOTE_API_KEY";
/// `embeddings.remote_max_inputs`
pub const EMBEDDINGS_REMOTE_MAX_INPUTS: &str = "TEXTMILL_EMBEDDINGS_REMOTE_MAX_INPUTS";
/// `embeddings.remote_max_chars`
pub const EMBEDDINGS_REMOTE_MAX_CHARS: &str = "TEXTMILL_EMBEDDINGS_REMOTE_MAX_CHARS";
/// `embeddings.remote_concurrency`
pub const EMBEDDINGS_REMOTE_CONCURRENCY: &str = "TEXTMILL_EMBEDDINGS_REMOTE_CONCURRENCY";
/// `embeddings.remote_requests_per_minute`
pub const EMBEDDINGS_REMOTE_REQUESTS_PER_MINUTE: &str = "TEXTMILL_EMBEDDINGS_REMOTE_REQUESTS_PER_MINUTE";
/// `embeddings.remote_tokens_per_minute`
pub const EMBEDDINGS_REMOTE_TOKENS_PER_MINUTE: &str = "TEXTMILL_EMBEDDINGS_REMOTE_TOKENS_PER_MINUTE";
/// `embeddings.remote_retries`
pub const EMBEDDINGS_REMOTE_RETRIES: &str = "TEXTMILL_EMBEDDINGS_REMOTE_RETRIES";
/// `embeddings.remote_timeout_s`
pub const EMBEDDINGS_REMOTE_TIMEOUT_S: &str = "TEXTMILL_EMBEDDINGS_REMOTE_TIMEOUT_S";
/// `log.level`
pub const LOG_LEVEL: &str = "TEXTMILL_LOG_LEVEL";
/// `log.max_file_bytes`
pub const LOG_MAX_FILE_BYTES: &str = "TEXTMILL_LOG_MAX_FILE_BYTES";
/// `log.max_files`
pub const LOG_MAX_FILES: &str = "TEXTMILL_LOG_MAX_FILES";
/// `log.cli_files`
pub const LOG_CLI_FILES: &str = "TEXTMILL_LOG_CLI_FILES";

/// Set to anything but nothing: no colour, see <https://no-color.org>.
pub const NO_COLOR: &str = "NO_COLOR";
/// `dumb`: a terminal without colour.
pub const TERM: &str = "TERM";

/// A model hub's token, for models that not everybody may have.
pub const HF_TOKEN: &str = "HF_TOKEN";
/// Where caches go, if not to `.cache` of the home folder.
pub const XDG_CACHE_HOME: &str = "XDG_CACHE_HOME";
/// Proxies, by the names that every program of a machine shares; small letters go before capital ones.
pub const PROXIES: [[&str; 2]; 3] =
    [["https_proxy", "HTTPS_PROXY"], ["http_proxy", "HTTP_PROXY"], ["no_proxy", "NO_PROXY"]];

/// The variables of this process that begin with [`PREFIX`], sorted.
///
/// # Errors
/// Names each whose value is not UTF-8.
pub fn of_this_process() -> Result<Vec<(String, String)>, ConfigError> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    let all = std::env::vars_os();
    let mut found = Vec::new();
    let mut faults = Vec::new();
    for (name, value) in all.filter_map(|(name, value)| Some((ours(&name)?, value))) {
        match value.into_string() {
            Ok(value) => found.push((name, value)),
            Err(_) => faults.push(Fault::new(Code::InvalidParameter, "is not UTF-8", Origin::Environment(name))),
        }
    }
    found.sort();
    if faults.is_empty() { Ok(found) } else { Err(ConfigError::of(faults)) }
}

/// Whether the surroundings ask for text without colour.
pub fn ask_for_no_colour() -> bool {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    let (no_color, term) = (std::env::var_os(NO_COLOR), std::env::var_os(TERM));
    no_color.is_some_and(|value| !value.is_empty()) || term.is_some_and(|value| value == "dumb")
}

/// The hub's token; `None` where there is none.
pub fn hub_token() -> Option<Token> {
    Token::new(&text(HF_TOKEN)?)
}

/// The proxies that downloads go through.
pub fn proxies() -> Proxies {
    let [https, http, none_for] = PROXIES.map(|names| names.iter().find_map(|name| text(name)));
    Proxies { https, http, none_for }
}

/// The user's folder of caches; `None` where nobody is at home.
pub fn user_cache() -> Option<PathBuf> {
    let named = text(XDG_CACHE_HOME).map(PathBuf::from).filter(|path| path.is_absolute());
    named.or_else(|| std::env::home_dir().filter(|home| home.is_absolute()).map(|home| home.join(".cache")))
}

/// An empty one counts as not set.
fn text(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    let value = std::env::var(name).ok();
    value.filter(|value| !value.is_empty())
}

fn ours(name: &OsString) -> Option<String> {
    name.to_str().filter(|name| name.starts_with(PREFIX)).map(str::to_owned)
}
