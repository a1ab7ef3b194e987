//! Names of language models: they stand in addresses and paths alike.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::error::LanguageModelError;

const LONGEST: usize = 100;

/// The name of a language model: letters, digits, `-` and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "String", into = "String")]
#[schema(value_type = String, pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$", example = "esg")]
pub struct LanguageModelName(String);

impl LanguageModelName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LanguageModelName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for LanguageModelName {
    type Err = LanguageModelError;

    fn from_str(text: &str) -> Result<Self, LanguageModelError> {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let begins_well = text.starts_with(|first: char| first.is_ascii_alphanumeric());
        if begins_well && text.len() <= LONGEST && text.bytes().all(is_allowed) {
            return Ok(Self(text.to_owned()));
        }
        Err(LanguageModelError::Name { name: text.chars().take(LONGEST).collect() })
    }
}

impl TryFrom<String> for LanguageModelName {
    type Error = LanguageModelError;

    fn try_from(text: String) -> Result<Self, LanguageModelError> {
        text.parse()
    }
}

impl From<LanguageModelName> for String {
    fn from(name: LanguageModelName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_in_addresses_and_paths() {
        for name in ["esg", "ESG-2024_v2", "0", &"a".repeat(100)] {
            assert_eq!(name.parse::<LanguageModelName>().unwrap().as_str(), name);
        }
        for name in ["", ".", "..", "-a", "_a", "a/b", "a b", "ä", "a.b", "a\n", &"a".repeat(101)] {
            assert!(name.parse::<LanguageModelName>().is_err(), "{name:?}");
        }
    }
}
