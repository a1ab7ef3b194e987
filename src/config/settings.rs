//! The form in which every setting is declared, and the one list of all of them.
//!
//! For: key, variable, allowed values, default and help in one place, from which file, environment, `config show` and
//! the reference page follow. Not for: the typed sections; each lies beside its table in its own file.

use std::path::Path;

use toml::Value;

use super::kind::Kind;
use super::{auth, data, embeddings, env_vars, files, isolation, jobs, log, models, server};

/// One setting, declared once.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its name in `textmill.toml`, `section.key`.
    pub key: &'static str,
    /// Its environment variable.
    pub env: &'static str,
    /// What it can hold.
    pub kind: Kind,
    /// What holds when no layer says otherwise.
    pub default: DefaultValue,
    /// What it does, for people: a sentence or two.
    pub help: &'static str,
}

/// What holds when no layer says otherwise.
#[derive(Debug, Clone, Copy)]
pub enum DefaultValue {
    /// Nothing.
    None,
    /// This text.
    Text(&'static str),
    /// This number.
    Whole(i64),
    /// This switch.
    Switch(bool),
    /// The working directory.
    WorkingDirectory,
    /// This folder in `textmill` in the user's folder of caches, or in the state directory's default where nobody is at
    /// home.
    UserCache(&'static str),
    /// The machine's cores, this many at most.
    CoresUpTo(i64),
}

impl DefaultValue {
    /// The value on this machine.
    pub(super) fn value(self) -> Option<Value> {
        match self {
            Self::None => None,
            Self::Text(text) => Some(Value::from(text)),
            Self::Whole(number) => Some(Value::from(number)),
            Self::Switch(switch) => Some(Value::from(switch)),
            Self::WorkingDirectory => Some(Value::from(vec!["."])),
            Self::UserCache(name) => {
                let dir = env_vars::user_cache().map(|cache| cache.join("textmill").join(name));
                let dir = dir.as_deref().and_then(Path::to_str).map(str::to_owned);
                Some(Value::from(dir.unwrap_or_else(|| format!("./.textmill/{name}"))))
            }
            Self::CoresUpTo(limit) => {
                let cores =
                    std::thread::available_parallelism().map_or(1, |cores| i64::try_from(cores.get()).unwrap_or(limit));
                Some(Value::from(cores.min(limit)))
            }
        }
    }

    /// The value for people, on any machine.
    pub fn described(self) -> String {
        match self {
            Self::None => "none".to_owned(),
            Self::Text(text) => format!("`{text}`"),
            Self::Whole(number) => format!("`{number}`"),
            Self::Switch(switch) => format!("`{switch}`"),
            Self::WorkingDirectory => "the working directory".to_owned(),
            Self::UserCache(name) => {
                format!("`textmill/{name}` in the user's cache folder (`$XDG_CACHE_HOME`, `~/.cache`)")
            }
            Self::CoresUpTo(limit) => format!("the number of cores, {limit} at most"),
        }
    }
}

impl Setting {
    /// Whether its value must never be shown.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, Kind::Keys | Kind::Database | Kind::Secret)
    }

    /// The section it stands in; `None` for the top of the file.
    pub fn section(&self) -> Option<&'static str> {
        self.key.split_once('.').map(|(section, _)| section)
    }
}

/// Every setting, in the order of the documentation.
pub fn all() -> impl Iterator<Item = &'static Setting> {
    [
        data::SETTINGS,
        server::SETTINGS,
        auth::SETTINGS,
        jobs::SETTINGS,
        isolation::SETTINGS,
        files::SETTINGS,
        models::SETTINGS,
        embeddings::SETTINGS,
        log::SETTINGS,
    ]
    .into_iter()
    .flatten()
}

/// The setting of this key.
pub(super) fn by_key(key: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.key == key)
}

/// The setting of this environment variable.
pub(super) fn by_env(name: &str) -> Option<&'static Setting> {
    all().find(|setting| setting.env == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_and_every_variable_is_declared_once_and_every_variable_has_our_prefix() {
        for setting in all() {
            assert_eq!(all().filter(|other| other.key == setting.key || other.env == setting.env).count(), 1);
            assert!(setting.env.starts_with(env_vars::PREFIX), "{}", setting.env);
            assert!(!setting.help.is_empty());
        }
    }
}
