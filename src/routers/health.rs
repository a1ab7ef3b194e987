//! Signs of life, readiness, metrics and what the service says about itself.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use futures::future::join_all;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{NoParameters, Params};
use super::problem::{Faults, Problem};
use super::state::{HttpLimits, HttpState, ReadinessCheck, ServiceInfo};
use crate::core::embeddings::LoadedModels;
use crate::core::failure::{Code, Failure};
use crate::core::jobs::{JobQueue, QueueDepth, Status};
use crate::core::telemetry::metrics::{self, Metrics, Waiting};

/// A check that takes longer has failed.
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(get_health))
        .routes(routes!(get_readiness))
        .routes(routes!(get_metrics))
        .routes(routes!(get_info))
}

/// The process runs.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Always `ok`.
    #[schema(example = "ok", pattern = "^ok$")]
    status: &'static str,
}

/// Check that the process runs
///
/// Touches nothing: it answers as long as the process does.
#[utoipa::path(
    get, path = "/health", tag = "service", security(()),
    responses((status = 200, description = "It runs", body = Health, example = json!({"status": "ok"}))),
    extensions(("x-problems" = json!([]))),
)]
async fn get_health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// Everything that is needed is there.
#[derive(Debug, Serialize, ToSchema)]
struct Readiness {
    /// Always `ready`; what is not is a problem.
    #[schema(example = "ready", pattern = "^ready$")]
    status: &'static str,
    /// What was looked at.
    checks: Vec<CheckView>,
}

/// One thing that was looked at.
#[derive(Debug, Serialize, ToSchema)]
struct CheckView {
    /// What was looked at.
    #[schema(example = "database")]
    name: &'static str,
    /// Always `ok` here.
    #[schema(example = "ok", pattern = "^ok$")]
    status: &'static str,
}

/// Check that the service can work
///
/// Looks at the database, the data roots, the state directory and the workers. When one of them fails, the answer is a
/// problem whose `errors` name each that does.
#[utoipa::path(
    get, path = "/ready", tag = "service", security(()),
    responses((status = 200, description = "It can work", body = Readiness,
        example = json!({"status": "ready", "checks": [{"name": "database", "status": "ok"}]}))),
    extensions(("x-problems" = json!(["not-ready"]))),
)]
async fn get_readiness(State(checks): State<Arc<[ReadinessCheck]>>) -> Result<Json<Readiness>, Problem> {
    let outcomes = join_all(checks.iter().map(|check| tokio::time::timeout(CHECK_TIMEOUT, check.run()))).await;
    let mut faults = Faults::default();
    for (check, outcome) in checks.iter().zip(outcomes) {
        let failed = outcome.unwrap_or_else(|_elapsed| Err("it did not answer in time".to_owned()));
        if let Err(why) = failed {
            let failure = Failure::new(Code::NotReady, format!("{}: {why}", check.name));
            faults.parameter(check.name, failure.with_hint("`textmill doctor` looks at each part"));
        }
    }
    faults.into_result().map_err(|problem| problem.retry_after(5))?;
    let checks = checks.iter().map(|check| CheckView { name: check.name, status: "ok" }).collect();
    Ok(Json(Readiness { status: "ready", checks }))
}

/// Read the metrics
///
/// Counters, durations and gauges in the text format of Prometheus (`OpenMetrics`). Needs a key unless the service is
/// set up to show them to everybody.
#[utoipa::path(
    get, path = "/metrics", tag = "service",
    responses((status = 200, description = "All metrics", body = String, content_type = metrics::CONTENT_TYPE)),
    extensions(("x-problems" = json!(["storage-failure"]))),
)]
async fn get_metrics(
    State(metrics): State<Metrics>,
    State(queue): State<JobQueue>,
) -> Result<impl IntoResponse, Problem> {
    let counts = queue.counts().await?;
    for status in [Status::Queued, Status::Running, Status::Succeeded, Status::Failed, Status::Cancelled] {
        let count = counts.iter().find(|(counted, _)| *counted == status).map_or(0, |(_, count)| *count);
        metrics.set_jobs(status.as_str(), count);
    }
    let waiting = |depth: QueueDepth| Waiting { kind: depth.kind, jobs: depth.waiting, oldest: depth.oldest_waiting };
    metrics.set_queues(&queue.depths().await?.into_iter().map(waiting).collect::<Vec<_>>());
    let workers = queue.workers().await?;
    let (alive, silent): (Vec<_>, Vec<_>) = workers.iter().partition(|worker| worker.is_alive);
    let slots = alive.iter().map(|worker| u64::from(worker.description.concurrency)).sum();
    metrics.set_workers(alive.len() as u64, silent.len() as u64, slots);
    let text = metrics.encode().map_err(|error| Problem::internal(error.to_string()))?;
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text))
}

/// What the service says about itself.
#[derive(Debug, Serialize, ToSchema)]
struct Info {
    /// Always `textmill`.
    #[schema(example = "textmill")]
    name: &'static str,
    /// Version of the package.
    #[schema(example = "0.1.0")]
    version: String,
    /// Commit of the build; `null` if it is not known.
    commit: Option<String>,
    /// Cargo features of the build.
    features: Vec<String>,
    /// What computes: `cpu` or `cuda:N`.
    #[schema(example = "cpu")]
    device: String,
    /// Models that are in memory; one comes there when a request first names it.
    models: Vec<String>,
    /// How much the service takes.
    limits: Limits,
}

/// How much the service takes; beyond it answers 413 or 429.
#[derive(Debug, Serialize, ToSchema)]
struct Limits {
    /// Largest JSON body.
    max_json_bytes: u64,
    /// Largest upload, all files of a request together.
    max_upload_bytes: u64,
    /// Most files in one upload.
    max_files_per_upload: u32,
    /// Most texts in a request for embeddings.
    max_embedding_inputs: usize,
    /// Largest request for embeddings.
    max_embedding_bytes: u64,
    /// Tokens of texts that may wait for their vectors.
    max_waiting_tokens: usize,
    /// Jobs that may wait.
    max_queued_jobs: u64,
    /// Requests that are answered at once.
    max_concurrent_requests: usize,
    /// Uploads that are taken at once.
    max_concurrent_uploads: usize,
    /// Streams of events that are open at once.
    max_event_streams: usize,
    /// Longest `Prefer: wait`.
    max_wait_s: u64,
    /// Time until the head of an answer.
    request_timeout_s: u64,
}

/// Describe the service
///
/// Version, commit, features, device and every limit, so that a client can adapt before it is refused.
#[utoipa::path(
    get, path = "/v1/info", tag = "service",
    responses((status = 200, description = "The service", body = Info)),
    extensions(("x-problems" = json!(["unknown-field"]))),
)]
async fn get_info(
    State(info): State<Arc<ServiceInfo>>,
    State(limits): State<Arc<HttpLimits>>,
    State(embeddings): State<LoadedModels>,
    Params(NoParameters): Params<NoParameters>,
) -> Json<Info> {
    let ServiceInfo { version, commit, features, device } = info.as_ref().clone();
    let limits = Limits {
        max_json_bytes: limits.max_json_bytes,
        max_upload_bytes: limits.max_upload_bytes,
        max_files_per_upload: limits.max_files_per_upload,
        max_embedding_inputs: limits.max_embedding_inputs,
        max_embedding_bytes: limits.max_embedding_bytes,
        max_waiting_tokens: limits.max_waiting_tokens,
        max_queued_jobs: limits.max_queued_jobs,
        max_concurrent_requests: limits.max_concurrent_requests,
        max_concurrent_uploads: limits.max_concurrent_uploads,
        max_event_streams: limits.max_event_streams,
        max_wait_s: super::extract::MAX_WAIT_S,
        request_timeout_s: limits.request_timeout.as_secs(),
    };
    Json(Info { name: "textmill", version, commit, features, device, models: embeddings.ids(), limits })
}
