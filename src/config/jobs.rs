//! The job queue: how many workers, how long a queue, how patient.

use std::time::Duration;

use serde::Deserialize;

use super::duration::{days, seconds};
use super::env_vars;
use super::kind::Kind;
use super::run_limits::RunLimits;
use super::settings::{DefaultValue, Setting};

/// The section `[jobs]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobsConfig {
    /// Jobs run at once by this process; 0: none.
    pub workers: usize,
    /// Jobs that may wait; more are refused.
    pub max_queued: u64,
    /// How many jobs of a kind may run at once, over all workers.
    #[serde(default)]
    pub max_running: RunLimits,
    /// How often a job may be started.
    pub max_attempts: u32,
    /// How long a worker holds a job without a sign of life.
    #[serde(rename = "lease_s", deserialize_with = "seconds")]
    pub lease: Duration,
    /// How long an ended job and its artifacts are kept.
    #[serde(rename = "retention_days", deserialize_with = "days")]
    pub retention: Duration,
    /// The same for jobs that are points in the series of a data set.
    #[serde(rename = "dataset_retention_days", deserialize_with = "days")]
    pub dataset_retention: Duration,
}

/// The settings of `[jobs]`.
pub(super) const SETTINGS: &[Setting] = &[
    Setting {
        key: "jobs.workers",
        env: env_vars::WORKERS,
        kind: Kind::Whole { min: 0, max: 256, unit: "jobs" },
        default: DefaultValue::CoresUpTo(2),
        help: "Jobs that this process runs at once; 0 takes requests and leaves the jobs to other processes.",
    },
    Setting {
        key: "jobs.max_queued",
        env: env_vars::MAX_QUEUED,
        kind: Kind::Whole { min: 1, max: 1_000_000, unit: "jobs" },
        default: DefaultValue::Whole(1_000),
        help: "Jobs that may wait; one more is refused with 429.",
    },
    Setting {
        key: "jobs.max_running",
        env: env_vars::MAX_RUNNING,
        kind: Kind::RunLimits,
        default: DefaultValue::None,
        help: "At most so many jobs of a kind run at once, over all workers of the database; set it alike for all of \
               them. A list of `\"kind=N\"` or a table `kind = N` in a file, `kind=N,kind2=N` in the environment.",
    },
    Setting {
        key: "jobs.max_attempts",
        env: env_vars::MAX_ATTEMPTS,
        kind: Kind::Whole { min: 1, max: 100, unit: "attempts" },
        default: DefaultValue::Whole(3),
        help: "How often a job is started before it has failed for good; crashes of the process count.",
    },
    Setting {
        key: "jobs.lease_s",
        env: env_vars::LEASE_S,
        kind: Kind::Whole { min: 3, max: 3_600, unit: "seconds" },
        default: DefaultValue::Whole(30),
        help: "How long a worker holds a job without a sign of life; after that another one takes it.",
    },
    Setting {
        key: "jobs.retention_days",
        env: env_vars::JOBS_RETENTION_DAYS,
        kind: Kind::Whole { min: 1, max: 3_650, unit: "days" },
        default: DefaultValue::Whole(7),
        help: "How long an ended job and its artifacts are kept.",
    },
    Setting {
        key: "jobs.dataset_retention_days",
        env: env_vars::JOBS_DATASET_RETENTION_DAYS,
        kind: Kind::Whole { min: 1, max: 3_650, unit: "days" },
        default: DefaultValue::Whole(365),
        help: "How long a check of incoming data that names its data set is kept, where that is longer: as long as its report \
               can be opened from the series of that data set.",
    },
];
