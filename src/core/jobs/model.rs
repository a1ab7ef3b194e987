//! What a job is, as stored and as answered by the API.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::store::IdempotencyKey;
use crate::core::failure::Failure;
use crate::core::ids::JobId;
use crate::core::progress::Progress;

use super::handler::Artifact;

/// Where a job stands; the last three are final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Waits for a worker, or for its next attempt.
    Queued,
    /// A worker holds its lease.
    Running,
    /// Done; `result` is there.
    Succeeded,
    /// Given up; `error` says why.
    Failed,
    /// Stopped because somebody asked for it.
    Cancelled,
}

impl Status {
    /// Every status, in the order of a job's life.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// Whether nothing will change any more.
    pub fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The word in JSON and SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// A job to be put into the queue.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Which handler runs it, e.g. `conversion`.
    pub kind: String,
    /// Effective options, defaults filled in.
    pub options: Value,
    /// Name of the key that asked for it; `anonymous` without one.
    pub created_by: String,
    /// Higher first; 0 is normal.
    pub priority: i32,
    /// How often it may be started, at least 1.
    pub max_attempts: u32,
    /// Makes a repeated request find the first one's job.
    pub idempotency: Option<IdempotencyKey>,
}

/// A job as it stands in the database. All times are UTC by the database's clock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its name.
    pub id: JobId,
    /// Which operation it runs.
    pub kind: String,
    /// Where it stands.
    pub status: Status,
    /// Effective options.
    pub options: Value,
    /// How far it is.
    pub progress: Progress,
    /// The outcome, once succeeded.
    pub result: Option<Value>,
    /// Rows or files that were told apart as unusable; 0 until it has ended.
    pub rejected_count: u64,
    /// Why it failed; after a failed attempt that will be tried again, why that attempt failed.
    pub error: Option<Failure>,
    /// Files it left, once succeeded.
    pub artifacts: Vec<Artifact>,
    /// How often it was started.
    pub attempt: u32,
    /// How often it may be started.
    pub max_attempts: u32,
    /// Higher first.
    pub priority: i32,
    /// Whether somebody asked it to stop.
    pub cancel_requested: bool,
    /// Which job it is a part of.
    pub parent_id: Option<JobId>,
    /// Which of that job's parts it is, from 1.
    pub part: Option<u32>,
    /// Whether it was divided into parts: it runs without a worker until they have ended.
    pub is_divided: bool,
    /// Name of the worker that has it now.
    pub worker: Option<String>,
    /// Who asked for it.
    pub created_by: String,
    /// When it was asked for.
    pub created_at: DateTime<Utc>,
    /// Not before this time (back-off).
    pub run_at: DateTime<Utc>,
    /// When its latest attempt began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it and its artifacts may be removed; set when it ends.
    pub expires_at: Option<DateTime<Utc>>,
    /// Grows with every change of the row; the `id:` of its events.
    pub version: u64,
}

/// Which jobs a list holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Only this kind.
    pub kind: Option<String>,
    /// Only this status.
    pub status: Option<Status>,
    /// Only those created at or after this time.
    pub created_after: Option<DateTime<Utc>>,
    /// The parts of this job; without it, jobs that were asked for and no parts.
    pub parent: Option<JobId>,
    /// Only those whose summary names this data set.
    pub dataset: Option<String>,
}

/// A page of jobs, newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct JobPage {
    /// The jobs, newest first.
    pub items: Vec<Job>,
    /// Whether older ones follow.
    pub has_more: bool,
}

/// A process that runs jobs, as it describes itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerDescription {
    /// Unique among all workers, e.g. host, process and chance; owner of its leases.
    pub name: String,
    /// Machine that it runs on.
    pub host: String,
    /// Process id on that machine.
    pub pid: u32,
    /// Version of textmill.
    pub version: String,
    /// Kinds of jobs that it runs.
    pub kinds: Vec<String>,
    /// How many jobs it runs at once.
    pub concurrency: u32,
}

/// A worker, and what is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Worker {
    /// What it says of itself.
    pub description: WorkerDescription,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// Its last sign of life.
    pub seen_at: DateTime<Utc>,
    /// Whether it gave a sign of life in time; one that has not died, or can't reach the database.
    pub is_alive: bool,
    /// What it runs, longest first.
    pub running: Vec<WorkerJob>,
}

/// A job in the hands of a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerJob {
    /// Its name.
    pub id: JobId,
    /// Which operation it runs.
    pub kind: String,
    /// Which attempt.
    pub attempt: u32,
    /// When this attempt began.
    pub started_at: DateTime<Utc>,
}

/// Jobs of one kind, parts included, that could run now if a worker took them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueDepth {
    /// Which operation they run.
    pub kind: String,
    /// How many.
    pub waiting: u64,
    /// How long the first of them has been waiting.
    pub oldest_waiting: Duration,
}
