//! What can be wrong with a configuration, all of it at once.

use super::origin::Origin;
use crate::core::failure::{Code, Fails};

/// One thing that is wrong with the configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct Fault {
    /// Stable name.
    pub code: Code,
    /// The setting, where one is meant, e.g. `server.bind`.
    pub key: Option<String>,
    /// What is wrong, without the key and without the value of a secret.
    pub detail: String,
    /// Which layer said so.
    pub origin: Origin,
    /// What to do next.
    pub hint: Option<String>,
}

impl Fault {
    /// A fault of a layer as a whole.
    pub fn new(code: Code, detail: impl Into<String>, origin: Origin) -> Self {
        Self { code, key: None, detail: detail.into(), origin, hint: None }
    }

    /// A value that does not fit its setting.
    pub fn of(key: impl Into<String>, detail: impl Into<String>, origin: Origin) -> Self {
        Self { key: Some(key.into()), ..Self::new(Code::InvalidParameter, detail, origin) }
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    fn sentence(&self) -> String {
        match &self.key {
            Some(key) => format!("`{key}` {} ({})", self.detail, self.origin),
            None => format!("{} {}", self.origin, self.detail),
        }
    }
}

/// The configuration can't be used; holds every reason, never none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.sentence())]
pub struct ConfigError {
    faults: Vec<Fault>,
}

impl ConfigError {
    /// An error of one fault or more.
    pub(super) fn of(faults: Vec<Fault>) -> Self {
        Self { faults }
    }

    /// Every reason, in the order of the layers.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// One fault as it is; of several each in a line of its own, its hint beside it.
    fn sentence(&self) -> String {
        let with_hint = |fault: &Fault| match &fault.hint {
            Some(hint) => format!("\n  {fault}: {hint}"),
            None => format!("\n  {fault}"),
        };
        match self.faults.as_slice() {
            [only] => format!("configuration: {only}"),
            many => format!("configuration: {} faults{}", many.len(), many.iter().map(with_hint).collect::<String>()),
        }
    }
}

impl Fails for ConfigError {
    fn code(&self) -> Code {
        let mut codes = self.faults.iter().map(|fault| fault.code);
        match codes.next() {
            Some(first) if codes.all(|code| code == first) => first,
            _ => Code::InvalidParameter,
        }
    }

    fn hint(&self) -> Option<String> {
        match self.faults.as_slice() {
            [only] => only.hint.clone(),
            _ => Some("correct them all; `textmill config reference` describes every setting".to_owned()),
        }
    }
}
