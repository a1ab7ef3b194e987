//! Who may use the service.
//!
//! For: names and digests of keys. Not for: looking at requests; `routers::middleware::auth` does. The one decision:
//! a key is digested as soon as it is read, so that no later mistake can show it.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::env_vars;
use super::kind::Kind;
use super::settings::{DefaultValue, Setting};

const MIN_KEY_CHARS: usize = 16;

/// The section `[auth]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuthConfig {
    /// Keys that are let in, those of `api_keys_file` among them.
    pub api_keys: ApiKeys,
    /// Where further keys were read from.
    pub api_keys_file: Option<PathBuf>,
}

/// One key that is let in.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// Whose it is: shown, logged, stored as `created_by`.
    pub name: String,
    /// SHA-256 of the key.
    pub digest: [u8; 32],
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:***", self.name)
    }
}

/// The keys that are let in; names and keys are unique.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct ApiKeys(Vec<ApiKey>);

impl ApiKeys {
    /// Reads entries `name:key`. Messages name entries by their place, so that a swapped pair shows no key.
    pub(super) fn parse<'a>(entries: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut keys: Vec<ApiKey> = Vec::new();
        let mut faults = Vec::new();
        for (index, entry) in entries.enumerate() {
            match parse_entry(entry).and_then(|key| reject_twin(key, &keys)) {
                Ok(key) => keys.push(key),
                Err(why) => faults.push(format!("entry {} {why}", index + 1)),
            }
        }
        if faults.is_empty() { Ok(Self(keys)) } else { Err(faults.join("; ")) }
    }

    /// Each key.
    pub fn iter(&self) -> std::slice::Iter<'_, ApiKey> {
        self.0.iter()
    }

    /// Whether nobody has a key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<'a> IntoIterator for &'a ApiKeys {
    type Item = &'a ApiKey;
    type IntoIter = std::slice::Iter<'a, ApiKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl TryFrom<Vec<String>> for ApiKeys {
    type Error = String;

    fn try_from(entries: Vec<String>) -> Result<Self, String> {
        Self::parse(entries.iter().map(String::as_str))
    }
}

/// The checked entries of a key file: one a line, `#` begins a comment line.
pub(super) fn entries_of_file(path: &Path) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("can't be read: {error}"))?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entries: Vec<String> = lines.map(str::to_owned).collect();
    ApiKeys::parse(entries.iter().map(String::as_str))?;
    Ok(entries)
}

fn parse_entry(entry: &str) -> Result<ApiKey, String> {
    let (name, key) = entry.split_once(':').ok_or("is not of the form `name:key`")?;
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err("has a name with other characters than A-Z a-z 0-9 _ -, or none".to_owned());
    }
    if !key.chars().all(|c| c.is_ascii_graphic()) {
        return Err("has a key with other characters than visible ASCII ones".to_owned());
    }
    if key.len() < MIN_KEY_CHARS {
        return Err(format!("has a key of {} characters; {MIN_KEY_CHARS} are the least", key.len()));
    }
    Ok(ApiKey { name: name.to_owned(), digest: Sha256::digest(key).into() })
}

fn reject_twin(key: ApiKey, others: &[ApiKey]) -> Result<ApiKey, String> {
    match others.iter().position(|other| other.name == key.name || other.digest == key.digest) {
        Some(index) => Err(format!("has the name or the key of entry {}", index + 1)),
        None => Ok(key),
    }
}

/// The settings of `[auth]`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "auth.api_keys",
        env: env_vars::API_KEYS,
        kind: Kind::Keys,
        default: DefaultValue::None,
        help: "Keys that are let in: `name:key,name2:key2` in the environment, a list of `\"name:key\"` or a table \
               `name = \"key\"` in a file. Only digests of them are kept in memory.",
    },
    Setting {
        key: "auth.api_keys_file",
        env: env_vars::API_KEYS_FILE,
        kind: Kind::Path,
        default: DefaultValue::None,
        help: "File with further keys, one `name:key` a line; lines that begin with `#` are comments.",
    },
];
