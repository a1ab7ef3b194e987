//! Lays the layers over each other and remembers which one each value came from.
//!
//! For: defaults, file, environment and flags, every value checked as it arrives. Not for: types and rules between
//! settings. The one decision: a fault in a layer counts even where a later layer covers it, because a file that is
//! wrong today is a surprise tomorrow.

use std::collections::BTreeMap;
use std::path::Path;

use toml::{Table, Value};

use super::env_vars;
use super::error::Fault;
use super::origin::Origin;
use super::secret::Secret;
use super::settings::{self, Setting};
use crate::core::failure::Code;
use crate::core::nearest::nearest;

/// A value and where it came from. All of them are hidden from `Debug`, since some are secret.
#[derive(Debug, Clone)]
pub(super) struct Given {
    pub(super) value: Secret<Value>,
    pub(super) origin: Origin,
}

/// The layers so far.
#[derive(Debug, Default)]
pub(super) struct Layers {
    given: BTreeMap<&'static str, Given>,
    pub(super) faults: Vec<Fault>,
}

impl Layers {
    /// The built-in values.
    pub(super) fn defaults(cwd: &Path) -> Self {
        let mut layers = Self::default();
        for setting in settings::all() {
            if let Some(value) = setting.default.value() {
                layers.give(setting, value, Origin::Default, cwd);
            }
        }
        layers
    }

    /// Lays a file on top; its relative paths start at its own folder.
    pub(super) fn lay_file(&mut self, path: &Path, text: &str) {
        let origin = Origin::File(path.to_owned());
        match text.parse::<Table>() {
            Ok(table) => self.lay_table("", table, &origin, path.parent().unwrap_or(Path::new("."))),
            Err(error) => {
                // Without the line itself, as the error would show it: a key may stand there.
                let line = error
                    .span()
                    .map_or(1, |span| 1 + text.bytes().take(span.start).filter(|byte| *byte == b'\n').count());
                let detail = format!("is not TOML: line {line}: {}", error.message());
                self.faults.push(Fault::new(Code::MalformedInput, detail, origin));
            }
        }
    }

    /// Lays environment variables on top; an empty one counts as not set.
    pub(super) fn lay_environment(&mut self, variables: impl Iterator<Item = (String, String)>, cwd: &Path) {
        for (name, text) in variables.filter(|(_, text)| !text.is_empty()) {
            let origin = Origin::Environment(name.clone());
            let Some(setting) = settings::by_env(&name) else {
                let hint = nearest_variable(&name);
                let fault = Fault::new(Code::UnknownField, "is not a variable of textmill", origin);
                self.faults.push(fault.with_hint(Some(did_you_mean(hint, "variables"))));
                continue;
            };
            match setting.kind.read(&text) {
                Ok(value) => self.give(setting, value, origin, cwd),
                Err(detail) => self.faults.push(Fault::of(setting.key, detail, origin)),
            }
        }
    }

    /// Lays one value on top.
    pub(super) fn give(&mut self, setting: &'static Setting, value: Value, origin: Origin, base: &Path) {
        match setting.kind.check(value, base) {
            Ok(value) => {
                self.given.insert(setting.key, Given { value: Secret::new(value), origin });
            }
            Err(detail) => self.faults.push(Fault::of(setting.key, detail, origin)),
        }
    }

    /// The value that holds for a key.
    pub(super) fn get(&self, key: &str) -> Option<&Given> {
        self.given.get(key)
    }

    /// Where the value of a key came from.
    pub(super) fn origin(&self, key: &str) -> Origin {
        self.get(key).map_or(Origin::Default, |given| given.origin.clone())
    }

    /// All values as the table that one file with all of them would be.
    pub(super) fn to_table(&self) -> Table {
        let mut sections: BTreeMap<&str, Table> = BTreeMap::new();
        let mut table = Table::new();
        for (key, given) in &self.given {
            let value = given.value.expose().clone();
            match key.split_once('.') {
                Some((section, name)) => {
                    sections.entry(section).or_default().insert(name.to_owned(), value);
                }
                None => {
                    table.insert((*key).to_owned(), value);
                }
            }
        }
        table.extend(sections.into_iter().map(|(name, section)| (name.to_owned(), Value::Table(section))));
        table
    }

    fn lay_table(&mut self, section: &str, table: Table, origin: &Origin, base: &Path) {
        for (name, value) in table {
            let key = if section.is_empty() { name } else { format!("{section}.{name}") };
            match (settings::by_key(&key), value) {
                (Some(setting), value) => self.give(setting, value, origin.clone(), base),
                (None, Value::Table(inner)) if is_section(&key) => self.lay_table(&key, inner, origin, base),
                (None, _) if is_section(&key) => {
                    self.faults.push(Fault::of(&key, format!("is a section: write `[{key}]`"), origin.clone()));
                }
                (None, _) => self.faults.push(unknown_key(&key, origin)),
            }
        }
    }
}

/// Compared without the prefix that all of them share.
fn nearest_variable(name: &str) -> Option<&'static str> {
    let own = |name: &'static str| name.strip_prefix(env_vars::PREFIX).unwrap_or(name);
    let meant = nearest(name.strip_prefix(env_vars::PREFIX)?, settings::all().map(|setting| own(setting.env)))?;
    settings::all().map(|setting| setting.env).find(|env| own(env) == meant)
}

fn is_section(key: &str) -> bool {
    settings::all().any(|setting| setting.section() == Some(key))
}

fn unknown_key(key: &str, origin: &Origin) -> Fault {
    let last = |key: &'static str| key.rsplit('.').next().unwrap_or(key);
    let keys = || settings::all().map(|setting| setting.key);
    // The right name in the wrong section is the commonest slip.
    let misplaced = keys().find(|known| Some(last(known)) == key.rsplit('.').next());
    let hint = misplaced.or_else(|| nearest(key, keys()));
    Fault { code: Code::UnknownField, ..Fault::of(key, "is not a setting of textmill", origin.clone()) }
        .with_hint(Some(did_you_mean(hint, "settings")))
}

fn did_you_mean(hint: Option<&str>, what: &str) -> String {
    match hint {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("`textmill config reference` lists the {what}"),
    }
}
