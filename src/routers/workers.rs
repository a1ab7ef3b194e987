//! `/v1/workers`: who runs jobs, and which.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{NoParameters, Params};
use super::problem::Problem;
use super::state::HttpState;
use crate::core::ids::JobId;
use crate::core::jobs::{JobQueue, Worker, WorkerJob};

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list_workers))
}

/// All workers.
#[derive(Debug, Serialize, ToSchema)]
struct WorkerList {
    /// The workers, by name.
    items: Vec<WorkerView>,
}

/// A process that runs jobs: `textmill worker`, or a service with workers of its own.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Worker)]
pub(crate) struct WorkerView {
    /// Its name, unique among all workers; another one after each start.
    #[schema(example = "mill-1-4711-0f3a")]
    name: String,
    /// Machine that it runs on.
    #[schema(example = "mill-1")]
    host: String,
    /// Process id on that machine.
    pid: u32,
    /// Version of textmill.
    #[schema(example = "0.1.0")]
    version: String,
    /// Kinds of jobs that it runs.
    kinds: Vec<String>,
    /// Jobs that it runs at once.
    concurrency: u32,
    /// Whether it gives signs of life.
    status: WorkerStatus,
    /// When it began.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
    started_at: DateTime<Utc>,
    /// Its last sign of life.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
    seen_at: DateTime<Utc>,
    /// What it runs, longest first.
    running: Vec<WorkerJobView>,
}

/// Whether a worker gives signs of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum WorkerStatus {
    /// It did in time.
    Alive,
    /// It did not: it died, or can't reach the database. Its jobs go to others.
    Silent,
}

/// A job in the hands of a worker.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = WorkerJob)]
pub(crate) struct WorkerJobView {
    /// Its name; that of a part, where a job is divided.
    #[schema(value_type = String, pattern = "^job_[0-9a-f]{32}$", example = "job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f")]
    job_id: JobId,
    /// Which operation it runs.
    #[schema(example = "conversion")]
    kind: String,
    /// Which attempt.
    attempt: u32,
    /// When this attempt began.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
    started_at: DateTime<Utc>,
}

impl From<Worker> for WorkerView {
    fn from(worker: Worker) -> Self {
        let Worker { description, started_at, seen_at, is_alive, running } = worker;
        Self {
            name: description.name,
            host: description.host,
            pid: description.pid,
            version: description.version,
            kinds: description.kinds,
            concurrency: description.concurrency,
            status: if is_alive { WorkerStatus::Alive } else { WorkerStatus::Silent },
            started_at,
            seen_at,
            running: running.into_iter().map(WorkerJobView::from).collect(),
        }
    }
}

impl From<WorkerJob> for WorkerJobView {
    fn from(job: WorkerJob) -> Self {
        Self { job_id: job.id, kind: job.kind, attempt: job.attempt, started_at: job.started_at }
    }
}

/// List workers
///
/// Every process that runs jobs of this queue, on whichever machine: those that give signs of life, and those that fell
/// silent within the last day. There are never so many that they would need pages.
#[utoipa::path(
    get, path = "/v1/workers", tag = "workers",
    responses((status = 200, description = "All workers", body = WorkerList)),
    extensions(("x-problems" = json!(["unknown-field", "storage-failure"]))),
)]
async fn list_workers(
    State(queue): State<JobQueue>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Json<WorkerList>, Problem> {
    let workers = queue.workers().await?;
    Ok(Json(WorkerList { items: workers.into_iter().map(WorkerView::from).collect() }))
}
