//! What reading one file in a worker process may cost.

use std::time::Duration;

use serde::Deserialize;

use super::duration::seconds;
use super::env_vars;
use super::kind::Kind;
use super::settings::{DefaultValue, Setting};
use crate::core::isolation::Limits;

/// The section `[isolation]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IsolationConfig {
    /// Memory of a worker, in MiB.
    pub memory_mib: u64,
    /// Processor time for one file.
    #[serde(rename = "cpu_s", deserialize_with = "seconds")]
    pub cpu: Duration,
    /// Time by the clock for one file.
    #[serde(rename = "wall_s", deserialize_with = "seconds")]
    pub wall: Duration,
}

impl IsolationConfig {
    /// As a worker takes them.
    pub fn limits(&self) -> Limits {
        Limits { memory: self.memory_mib << 20, cpu: self.cpu, wall: self.wall }
    }
}

/// The settings of `[isolation]`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "isolation.memory_mib",
        env: env_vars::ISOLATION_MEMORY_MIB,
        kind: Kind::Whole { min: 128, max: 1 << 20, unit: "MiB" },
        default: DefaultValue::Whole(2_048),
        help: "Memory (address space) that reading one workbook, PDF or other document may take; beyond it the file fails with `memory-limit`.",
    },
    Setting {
        key: "isolation.cpu_s",
        env: env_vars::ISOLATION_CPU_S,
        kind: Kind::Whole { min: 1, max: 86_400, unit: "seconds" },
        default: DefaultValue::Whole(60),
        help: "Processor time that reading one such file may take; beyond it the file fails with `timeout`.",
    },
    Setting {
        key: "isolation.wall_s",
        env: env_vars::ISOLATION_WALL_S,
        kind: Kind::Whole { min: 1, max: 86_400, unit: "seconds" },
        default: DefaultValue::Whole(600),
        help: "Time by the clock that one such file may take, writing included; beyond it the file fails with `timeout`.",
    },
];
