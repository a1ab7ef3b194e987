//! What a setting can hold: how its text is read, which values are allowed, and how that is said.
//!
//! For: one check that every layer passes through. Not for: rules between two settings (`Config::load` has those).
//! The one decision: paths become absolute here, against the folder of the layer that named them, so that nothing
//! downstream asks for the working directory.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use toml::Value;

use super::auth::ApiKeys;
use super::database::DatabaseUrl;
use super::run_limits;
use crate::core::embeddings::ApiKey;
use crate::core::models::AllowedHost;
use crate::core::telemetry::logging;

/// Bytes.
pub(super) const KIB: i64 = 1024;
pub(super) const MIB: i64 = 1024 * KIB;
pub(super) const GIB: i64 = 1024 * MIB;

/// What a setting can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A path; a relative one starts at the file that names it, or at the working directory.
    Path,
    /// One or more paths; in the environment separated like those of `PATH`.
    PathList,
    /// IP address and port.
    Address,
    /// A text that is not empty.
    Text,
    /// `true` or `false`.
    Switch,
    /// A whole number.
    Whole {
        /// Smallest allowed value.
        min: i64,
        /// Largest allowed value.
        max: i64,
        /// What is counted.
        unit: &'static str,
    },
    /// Log directives: `info`, `warn,textmill=debug`.
    Directives,
    /// API keys, `name:key`.
    Keys,
    /// Address of a PostgreSQL database.
    Database,
    /// Jobs at once of each kind, `kind=N`.
    RunLimits,
    /// Address of a web server.
    WebAddress,
    /// Hosts, `host` or `host:port`.
    Hosts,
    /// A key that this program shows to others; never shown here.
    Secret,
}

impl Kind {
    /// Reads the text of an environment variable.
    pub(super) fn read(self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        match self {
            Self::Path
            | Self::Address
            | Self::Text
            | Self::Directives
            | Self::Database
            | Self::WebAddress
            | Self::Secret => Ok(Value::from(text)),
            Self::PathList => list(std::env::split_paths(text).map(|path| path_value(&path))),
            Self::Switch => match text {
                "true" | "1" => Ok(Value::from(true)),
                "false" | "0" => Ok(Value::from(false)),
                _ => Err(self.must_be(&format!("`{text}`"))),
            },
            Self::Whole { .. } => match text.replace('_', "").parse::<i64>() {
                Ok(number) => Ok(Value::from(number)),
                Err(_) => Err(self.must_be(&format!("`{text}`"))),
            },
            Self::Keys | Self::RunLimits | Self::Hosts => {
                list(text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(|entry| Ok(entry.into())))
            }
        }
    }

    /// Checks a value of any layer and brings it into its one form.
    pub(super) fn check(self, value: Value, base: &Path) -> Result<Value, String> {
        match (self, value) {
            (Self::Path, Value::String(path)) if !path.is_empty() => path_value(&absolute(base, &path)),
            (Self::PathList, Value::Array(paths)) if !paths.is_empty() => {
                list(paths.into_iter().map(|path| Self::Path.check(path, base)))
            }
            (Self::Address, Value::String(text)) => match text.parse::<SocketAddr>() {
                Ok(address) => Ok(Value::from(address.to_string())),
                Err(_) => Err(self.must_be(&format!("`{text}`"))),
            },
            (Self::Text, Value::String(text)) if !text.trim().is_empty() => Ok(Value::from(text)),
            (Self::Switch, Value::Boolean(switch)) => Ok(Value::from(switch)),
            (Self::Whole { min, max, .. }, Value::Integer(number)) if (min..=max).contains(&number) => {
                Ok(Value::from(number))
            }
            (Self::Directives, Value::String(text)) => match logging::check_directives(&text) {
                Ok(()) => Ok(Value::from(text)),
                Err(why) => Err(format!("{}: {why}", self.must_be(&format!("`{text}`")))),
            },
            (Self::Keys, value) => check_keys(value),
            (Self::Database, Value::String(text)) => match DatabaseUrl::parse(&text) {
                Ok(url) => Ok(Value::from(url.expose())),
                Err(why) => Err(self.must_be(&format!("one that {why}"))),
            },
            (Self::Database, _) => Err(self.must_be("something that is not text")),
            (Self::WebAddress, Value::String(text)) => match web_address(&text) {
                Some(address) => Ok(Value::from(address)),
                None => Err(self.must_be(&format!("`{text}`"))),
            },
            (Self::Secret, Value::String(text)) if ApiKey::try_from(text.clone()).is_ok() => Ok(Value::from(text)),
            (Self::Secret, _) => Err(self.must_be("something else")),
            (Self::Hosts, Value::Array(hosts)) => list(hosts.into_iter().map(check_host)),
            (Self::RunLimits, value) => {
                let found = said(&value);
                match run_limits::check(value) {
                    Some(checked) => checked.map_err(|why| format!("{}: {why}", self.must_be(&found))),
                    None => Err(self.must_be(&found)),
                }
            }
            (_, other) => Err(self.must_be(&said(&other))),
        }
    }

    /// What values are allowed, for people.
    pub fn allowed(self) -> String {
        match self {
            Self::Path => "a path".to_owned(),
            Self::PathList => "one path or more".to_owned(),
            Self::Address => "an IP address and a port, like `127.0.0.1:8000` or `[::1]:8000`".to_owned(),
            Self::Text => "a text that is not empty".to_owned(),
            Self::Switch => "`true` or `false`".to_owned(),
            Self::Whole { min, max, unit } => format!("a whole number of {unit} from {min} to {max}"),
            Self::Directives => {
                "a level (`error`, `warn`, `info`, `debug`, `trace`, `off`) and `target=level` pairs, `,` between"
                    .to_owned()
            }
            Self::Keys => "entries `name:key`, the key of 16 visible ASCII characters or more".to_owned(),
            Self::Database => "an address `postgres://user:password@host:port/database`".to_owned(),
            Self::WebAddress => {
                "an address that begins with `https://` or `http://`, without user name, password and `?`".to_owned()
            }
            Self::Hosts => "hosts, like `mirror.local` or `10.0.0.7:8080`".to_owned(),
            Self::Secret => "a key of visible ASCII characters".to_owned(),
            Self::RunLimits => "entries `kind=N`, a kind of job and a whole number from 1".to_owned(),
        }
    }

    fn must_be(self, found: &str) -> String {
        format!("must be {}, not {found}", self.allowed())
    }
}

fn list(values: impl Iterator<Item = Result<Value, String>>) -> Result<Value, String> {
    values.collect::<Result<Vec<_>, _>>().map(Value::Array)
}

/// Array of `name:key`, or table of `name = "key"`. No message holds a value.
fn check_keys(value: Value) -> Result<Value, String> {
    let as_text = |value: Value| match value {
        Value::String(text) => Ok(text),
        _ => Err(Kind::Keys.must_be("something that is not text")),
    };
    let entries: Vec<String> = match value {
        Value::Array(entries) => entries.into_iter().map(as_text).collect::<Result<_, _>>()?,
        Value::Table(table) => table
            .into_iter()
            .map(|(name, key)| Ok(format!("{name}:{}", as_text(key)?)))
            .collect::<Result<_, String>>()?,
        _ => return Err(Kind::Keys.must_be("something else")),
    };
    ApiKeys::parse(entries.iter().map(String::as_str))?;
    Ok(Value::from(entries))
}

/// An address without the `/` at its end.
fn web_address(text: &str) -> Option<&str> {
    let url = reqwest::Url::parse(text).ok()?;
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    (matches!(url.scheme(), "http" | "https") && is_plain).then(|| text.trim_end_matches('/'))
}

fn check_host(host: Value) -> Result<Value, String> {
    match host {
        Value::String(text) => text.parse::<AllowedHost>().map(|host| Value::from(host.to_string())),
        other => Err(Kind::Hosts.must_be(&said(&other))),
    }
}

/// `base` joined with `path`, without `.` in it.
fn absolute(base: &Path, path: &str) -> PathBuf {
    base.join(path).components().collect()
}

fn path_value(path: &Path) -> Result<Value, String> {
    path.to_str().map(Value::from).ok_or_else(|| format!("must be a path in UTF-8, not `{}`", path.display()))
}

/// A value as its layer wrote it; long ones by their type.
fn said(value: &Value) -> String {
    match value {
        Value::Table(_) => "a table".to_owned(),
        Value::Array(items) if items.is_empty() => "an empty list".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`"),
    }
}
