//! What a condition, a check or a whole run comes to.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a condition, a check or a whole run comes to. Ordered: the worst of several is their maximum.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All conditions hold.
    #[default]
    Pass,
    /// Something should be looked at.
    Warn,
    /// The data should not be used as it is.
    Fail,
    /// A check broke off; it says nothing about the data.
    Error,
}

impl Verdict {
    /// As JSON says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Warn => "warn",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}
