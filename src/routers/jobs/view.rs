//! A job as clients see it.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::core::failure::Failure;
use crate::core::ids::JobId;
use crate::core::jobs::{Job, Status};
use crate::core::progress::Progress;

/// A job. Every field is always there; what is not known yet is `null`.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Job)]
pub(crate) struct JobView {
    /// Its name.
    #[schema(value_type = String, pattern = "^job_[0-9a-f]{32}$", example = "job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f")]
    id: JobId,
    /// Which operation it runs; tells the shape of `options` and `result`.
    #[schema(example = "conversion")]
    kind: String,
    /// Where it stands.
    status: Status,
    /// Higher first; 0 unless somebody said otherwise.
    priority: i32,
    /// Effective options, defaults filled in: enough to run it again.
    #[schema(value_type = Object)]
    options: Value,
    /// How far it is.
    progress: Progress,
    /// The outcome, once succeeded; else `null`. In lists only its `summary`.
    #[schema(value_type = Option<Object>)]
    result: Option<Value>,
    /// Rows and files that were told apart as unusable; 0 until it has ended.
    rejected_count: u64,
    /// Why it failed, or why its latest attempt did; else `null`.
    error: Option<Failure>,
    /// How often it was started.
    attempt: u32,
    /// How often it may be started.
    max_attempts: u32,
    /// Whether it is divided into parts, which any worker may run; `progress` is their sum.
    is_divided: bool,
    /// The job that it is a part of; `null` for one that was asked for.
    #[schema(value_type = Option<String>, pattern = "^job_[0-9a-f]{32}$")]
    parent_id: Option<JobId>,
    /// Which of that job's parts it is, from 1.
    #[schema(minimum = 1)]
    part: Option<u32>,
    /// Name of the worker that has it now, as in `/v1/workers`.
    worker: Option<String>,
    /// Whether somebody asked it to stop.
    cancel_requested: bool,
    /// Name of the key that asked for it; `anonymous` without one.
    #[schema(example = "anonymous")]
    created_by: String,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
    created_at: DateTime<Utc>,
    /// When its latest attempt began.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<DateTime<Utc>>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<DateTime<Utc>>,
    /// When it and its artifacts may be removed; `null` until it has ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<DateTime<Utc>>,
}

impl JobView {
    /// As one of many: of its result, which can be large, only the `summary`.
    pub(crate) fn in_list(job: Job) -> Self {
        let mut view = Self::from(job);
        let summary = view.result.as_mut().and_then(|result| result.get_mut("summary")).map(Value::take);
        view.result = summary.map(|summary| serde_json::json!({ "summary": summary }));
        view
    }
}

impl From<Job> for JobView {
    fn from(job: Job) -> Self {
        Self {
            id: job.id,
            kind: job.kind,
            status: job.status,
            priority: job.priority,
            options: job.options,
            progress: job.progress,
            result: job.result,
            rejected_count: job.rejected_count,
            error: job.error,
            attempt: job.attempt,
            max_attempts: job.max_attempts,
            is_divided: job.is_divided,
            parent_id: job.parent_id,
            part: job.part,
            worker: job.worker,
            cancel_requested: job.cancel_requested,
            created_by: job.created_by,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            expires_at: job.expires_at,
        }
    }
}
