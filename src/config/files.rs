//! Uploaded files: how long they are kept.

use std::time::Duration;

use serde::Deserialize;

use super::duration::days;
use super::env_vars;
use super::kind::Kind;
use super::settings::{DefaultValue, Setting};

/// The section `[files]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FilesConfig {
    /// How long an upload is kept.
    #[serde(rename = "retention_days", deserialize_with = "days")]
    pub retention: Duration,
}

/// The settings of `[files]`.
pub(super) const SETTINGS: &[Setting] = &[Setting {
    key: "files.retention_days",
    env: env_vars::FILES_RETENTION_DAYS,
    kind: Kind::Whole { min: 1, max: 3_650, unit: "days" },
    default: DefaultValue::Whole(7),
    help: "How long an uploaded file is kept, unless a job still needs it.",
}];
