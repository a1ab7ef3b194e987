//! What an operator can set, from which place each value came, and all that is wrong with it at once.
//!
//! For: defaults → `textmill.toml` → `TEXTMILL_…` → flags, validated into types before anything starts. Not for:
//! options of one operation (those are in the request). The one decision: every setting is declared once in a table
//! (`settings.rs`) that carries its check, so file, environment and flags can't disagree about what is allowed.

mod auth;
mod data;
mod database;
mod duration;
mod embeddings;
pub mod env_vars;
mod error;
mod files;
mod isolation;
mod jobs;
mod kind;
mod layers;
mod log;
mod models;
mod origin;
mod reference;
mod run_limits;
mod secret;
mod server;
mod settings;
#[cfg(test)]
mod tests;

use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use toml::{Table, Value};

pub use auth::{ApiKey, ApiKeys, AuthConfig};
pub use database::DatabaseUrl;
pub use embeddings::EmbeddingsConfig;
pub use error::{ConfigError, Fault};
pub use files::FilesConfig;
pub use isolation::IsolationConfig;
pub use jobs::JobsConfig;
pub use kind::Kind;
pub use log::LogConfig;
pub use models::{AllowedHosts, ModelsConfig};
pub use origin::Origin;
pub use reference::markdown;
pub use run_limits::RunLimits;
pub use secret::Secret;
pub use server::ServerConfig;
pub use settings::{DefaultValue, Setting, all as all_settings};

use crate::core::failure::Code;
use layers::Layers;

/// The file that is read when none is named.
pub const DEFAULT_FILE: &str = "textmill.toml";

/// Everything an operator can set; every value checked, every path absolute.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Folder of the database, artifacts, uploads and logs; may not be there yet.
    pub state_dir: PathBuf,
    /// PostgreSQL database of the jobs; `None`: a SQLite file in `state_dir`.
    pub database_url: Option<DatabaseUrl>,
    /// Folders that requests may touch; one at least, may not be there.
    pub data_roots: Vec<PathBuf>,
    /// The HTTP service.
    pub server: ServerConfig,
    /// Who may use it.
    pub auth: AuthConfig,
    /// The job queue.
    pub jobs: JobsConfig,
    /// Worker processes that read workbooks, PDFs and other documents.
    pub isolation: IsolationConfig,
    /// Uploaded files.
    pub files: FilesConfig,
    /// Models.
    pub models: ModelsConfig,
    /// Embeddings.
    pub embeddings: EmbeddingsConfig,
    /// Logs.
    pub log: LogConfig,
}

/// What the command line says: the uppermost layer.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// File to read instead of `textmill.toml`; it must be there.
    pub config_file: Option<PathBuf>,
    values: Vec<(&'static str, &'static str, Value)>,
}

impl Overrides {
    /// Sets `key` because of the option `flag` (as written, with its dashes). A key that is not declared is a fault
    /// when the configuration is loaded.
    pub fn set(&mut self, key: &'static str, flag: &'static str, value: impl Into<Value>) {
        self.values.push((key, flag, value.into()));
    }
}

/// A configuration and where it came from.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// Each setting with its origin, in the order of the documentation.
    pub settings: Vec<Effective>,
    /// The file that was read, if any.
    pub file: Option<PathBuf>,
}

/// The value of one setting, fit to be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Effective {
    /// Its name, `section.key`.
    pub key: &'static str,
    /// Its value; secrets masked; `null` for none.
    pub value: serde_json::Value,
    /// Which layer it came from.
    #[serde(flatten)]
    pub origin: Origin,
    /// The environment variable that sets it.
    pub env: &'static str,
}

impl Config {
    /// Lays defaults, file, environment and flags over each other.
    ///
    /// Reads `textmill.toml` in `cwd` (an absolute path) or the named file, and the key file if one is set; else
    /// depends on its arguments only. Variables without our prefix must be left out of `environment`; see
    /// [`env_vars::of_this_process`].
    ///
    /// # Errors
    /// Every fault of every layer at once.
    pub fn load(
        overrides: &Overrides,
        cwd: &Path,
        environment: impl Iterator<Item = (String, String)>,
    ) -> Result<Loaded, ConfigError> {
        let mut layers = Layers::defaults(cwd);
        let file = read_file(overrides.config_file.as_deref(), cwd, &mut layers);
        layers.lay_environment(environment, cwd);
        for (key, flag, value) in &overrides.values {
            match settings::by_key(key) {
                Some(setting) => layers.give(setting, value.clone(), Origin::Flag(flag), cwd),
                None => layers.faults.push(Fault::of(*key, "is not declared", Origin::Flag(flag))),
            }
        }
        let settings = settings::all().map(|setting| effective(setting, &layers)).collect();
        match typed(&mut layers) {
            Some(config) if layers.faults.is_empty() => Ok(Loaded { config, settings, file }),
            _ => Err(ConfigError::of(layers.faults)),
        }
    }
}

/// Lays the file on top, and says which one it was.
fn read_file(named: Option<&Path>, cwd: &Path, layers: &mut Layers) -> Option<PathBuf> {
    let path = cwd.join(named.unwrap_or(Path::new(DEFAULT_FILE)));
    match std::fs::read_to_string(&path) {
        Ok(text) => {
            layers.lay_file(&path, &text);
            return Some(path);
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => {}
        Err(error) => {
            let code = if error.kind() == io::ErrorKind::NotFound { Code::NotFound } else { Code::StorageFailure };
            layers.faults.push(Fault::new(code, format!("can't be read: {error}"), Origin::File(path)));
        }
    }
    None
}

/// The typed form; adds the faults that lie between settings. `None` comes with a fault.
fn typed(layers: &mut Layers) -> Option<Config> {
    let mut table = layers.to_table();
    join_keys(&mut table, layers);
    match Config::deserialize(table) {
        Ok(config) => {
            layers.faults.extend(open_to_all(&config, layers));
            layers.faults.extend(not_shared(&config, layers));
            Some(config)
        }
        // Every value has passed its own check: what is left lies between `auth.api_keys` and its file.
        Err(error) => {
            let origin = layers.origin("auth.api_keys_file");
            layers.faults.push(Fault::of("auth.api_keys_file", error.message().trim(), origin));
            None
        }
    }
}

/// Joins the keys of `auth.api_keys_file` with those of `auth.api_keys`.
fn join_keys(table: &mut Table, layers: &mut Layers) {
    let mut section = match table.remove("auth") {
        Some(Value::Table(section)) => section,
        _ => Table::new(),
    };
    let mut entries = match section.remove("api_keys") {
        Some(Value::Array(entries)) => entries,
        _ => Vec::new(),
    };
    if let Some(Value::String(path)) = section.get("api_keys_file") {
        match auth::entries_of_file(Path::new(path)) {
            Ok(further) => entries.extend(further.into_iter().map(Value::from)),
            Err(why) => {
                let origin = layers.origin("auth.api_keys_file");
                layers.faults.push(Fault::of("auth.api_keys_file", format!("names `{path}`: {why}"), origin));
            }
        }
    }
    section.insert("api_keys".to_owned(), Value::Array(entries));
    table.insert("auth".to_owned(), Value::Table(section));
}

/// An address that other machines reach, and nobody asked who they are.
fn open_to_all(config: &Config, layers: &Layers) -> Option<Fault> {
    let server = &config.server;
    let keys_at_fault =
        layers.faults.iter().any(|fault| fault.key.as_ref().is_some_and(|key| key.starts_with("auth.")));
    if server.bind.ip().is_loopback() || server.allow_anonymous || keys_at_fault || !config.auth.api_keys.is_empty() {
        return None;
    }
    let detail = format!("is `{}`, which other machines can reach, and there is no API key", server.bind);
    Some(Fault::of("server.bind", detail, layers.origin("server.bind")).with_hint(Some(format!(
        "set {}=name:key with a key of 16 characters or more, bind to 127.0.0.1, or let everybody in with \
         `server.allow_anonymous`",
        env_vars::API_KEYS
    ))))
}

/// A database that other machines reach, beside a folder that nobody chose for them.
fn not_shared(config: &Config, layers: &Layers) -> Option<Fault> {
    let origin = layers.origin("state_dir");
    if config.database_url.is_none() || origin != Origin::Default {
        return None;
    }
    let detail = "is not set although `database_url` is: artifacts and uploads lie in one folder that all services \
                  and workers of a database share";
    Some(
        Fault::of("state_dir", detail, origin).with_hint(Some(format!(
            "name a folder that all of them see, with --state-dir or {}",
            env_vars::STATE_DIR
        ))),
    )
}

fn effective(setting: &'static Setting, layers: &Layers) -> Effective {
    let value = match layers.get(setting.key) {
        Some(given) if setting.is_secret() => masked(setting.kind, given.value.expose()),
        Some(given) => serde_json::to_value(given.value.expose()).unwrap_or_default(),
        None => serde_json::Value::Null,
    };
    Effective { key: setting.key, value, origin: layers.origin(setting.key), env: setting.env }
}

/// What of a secret may be shown: an address without its password, names of keys without the keys, that there is one.
fn masked(kind: Kind, value: &Value) -> serde_json::Value {
    match (kind, value) {
        (Kind::Database, Value::String(url)) => match DatabaseUrl::parse(url) {
            Ok(url) => url.to_string().into(),
            Err(_) => "***".into(),
        },
        (Kind::Secret, _) => "***".into(),
        (_, entries) => masked_keys(entries),
    }
}

/// The names, each with a masked key.
fn masked_keys(entries: &Value) -> serde_json::Value {
    let mask = |entry: &Value| match entry.as_str().and_then(|entry| entry.split_once(':')) {
        Some((name, _)) => format!("{name}:***"),
        None => "***".to_owned(),
    };
    entries.as_array().map(|entries| entries.iter().map(mask).collect()).unwrap_or_default()
}
