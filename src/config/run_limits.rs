//! How many jobs of a kind may run at once.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Value;

/// At most so many jobs of a kind at once, over all workers; a kind that is not named has no limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Vec<String>")]
pub struct RunLimits(BTreeMap<String, u32>);

impl RunLimits {
    /// Each kind that has a limit, at least 1, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u32)> {
        self.0.iter().map(|(kind, limit)| (kind.as_str(), *limit))
    }

    /// Reads entries `kind=N`.
    fn parse<'a>(entries: impl Iterator<Item = &'a str>) -> Result<Self, String> {
        let mut limits = BTreeMap::new();
        for entry in entries {
            let (kind, limit) =
                entry.split_once('=').ok_or_else(|| format!("`{entry}` is not of the form `kind=N`"))?;
            let (kind, limit) = (kind.trim(), limit.trim());
            let number = limit.parse::<u32>().ok().filter(|number| *number > 0);
            let number = number.ok_or_else(|| format!("`{entry}`: `{limit}` is no whole number from 1"))?;
            if kind.is_empty() || limits.insert(kind.to_owned(), number).is_some() {
                return Err(format!("`{entry}` names no kind, or one for the second time"));
            }
        }
        Ok(Self(limits))
    }

    fn entries(&self) -> Value {
        self.iter().map(|(kind, limit)| format!("{kind}={limit}")).collect::<Vec<_>>().into()
    }
}

impl TryFrom<Vec<String>> for RunLimits {
    type Error = String;

    fn try_from(entries: Vec<String>) -> Result<Self, String> {
        Self::parse(entries.iter().map(String::as_str))
    }
}

/// A list of `kind=N` or a table `kind = N` in the one form, the list; `None`: it is neither.
pub(super) fn check(value: Value) -> Option<Result<Value, String>> {
    let entries: Vec<String> = match value {
        Value::Array(entries) => entries.into_iter().map(|entry| entry.as_str().map(str::to_owned)).collect(),
        Value::Table(table) => {
            table.into_iter().map(|(kind, limit)| limit.as_integer().map(|limit| format!("{kind}={limit}"))).collect()
        }
        _ => None,
    }?;
    Some(RunLimits::try_from(entries).map(|limits| limits.entries()))
}
