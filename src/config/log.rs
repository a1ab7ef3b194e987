//! Logs: how much is said, and how much of it is kept.

use serde::Deserialize;

use super::env_vars;
use super::kind::Kind;
use super::settings::{DefaultValue, Setting};

/// The section `[log]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogConfig {
    /// Log directives, checked.
    pub level: String,
    /// Size at which a log file is closed and the next one begun, in bytes.
    pub max_file_bytes: u64,
    /// Log files kept of each router and process.
    pub max_files: usize,
    /// Whether commands other than `serve` and `worker` write log files too.
    pub cli_files: bool,
}

/// The settings of `[log]`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "log.level",
        env: env_vars::LOG_LEVEL,
        kind: Kind::Directives,
        default: DefaultValue::Text("info"),
        help: "How much is logged: a level, and levels for single targets, as in `warn,textmill::core::jobs=debug`.",
    },
    Setting {
        key: "log.max_file_bytes",
        env: env_vars::LOG_MAX_FILE_BYTES,
        kind: Kind::Whole { min: 4_096, max: 1 << 40, unit: "bytes" },
        default: DefaultValue::Whole(64 * 1024 * 1024),
        help: "Size at which a log file is closed and the next one begun; a new UTC day begins a new one too.",
    },
    Setting {
        key: "log.max_files",
        env: env_vars::LOG_MAX_FILES,
        kind: Kind::Whole { min: 1, max: 10_000, unit: "files" },
        default: DefaultValue::Whole(14),
        help: "Log files kept of each router, for each process that writes them at the time; the oldest are removed.",
    },
    Setting {
        key: "log.cli_files",
        env: env_vars::LOG_CLI_FILES,
        kind: Kind::Switch,
        default: DefaultValue::Switch(false),
        help: "Let commands other than `serve` and `worker` write log files too, named `cli_…`; without it they \
               leave no trace in the state directory.",
    },
];
