//! Identifiers: a prefix that says what it is, and a UUIDv7 that sorts by time.
//!
//! For: making and checking ids. Not for: secrets (lease tokens are UUIDv4, made where they are used). The one
//! decision: ids are newtypes that can't be built from an unchecked string.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that is not an id of the wanted kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{value}` is not an id of the form `{prefix}_<uuid>`")]
pub struct IdError {
    value: String,
    prefix: &'static str,
}

macro_rules! prefixed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// A new id, later than every earlier one of this process.
            pub fn new() -> Self {
                Self(format!(concat!($prefix, "_{}"), uuid::Uuid::now_v7().simple()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Default for $name {
            fn default() -> Self {
                Self::new()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(value: &str) -> Result<Self, IdError> {
                let simple = value.strip_prefix(concat!($prefix, "_")).and_then(|rest| {
                    (rest.len() == 32).then(|| uuid::Uuid::try_parse(rest).ok()).flatten()
                });
                match simple {
                    Some(uuid) => Ok(Self(format!(concat!($prefix, "_{}"), uuid.simple()))),
                    None => Err(IdError { value: value.to_owned(), prefix: $prefix }),
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(value: String) -> Result<Self, IdError> {
                value.parse()
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    };
}

prefixed_id!(
    /// Names a job: `job_` and 32 hexadecimal digits.
    JobId,
    "job"
);
prefixed_id!(
    /// Names an uploaded file: `file_` and 32 hexadecimal digits.
    FileId,
    "file"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_sort_by_time() {
        let (a, b) = (JobId::new(), JobId::new());
        assert!(a < b);
        assert_eq!(a.as_str().parse::<JobId>().unwrap(), a);
        assert!("file_x".parse::<JobId>().is_err());
        assert!(FileId::new().as_str().parse::<JobId>().is_err());
    }
}
