//! `/v1/jobs/{id}/artifacts` and `/v1/jobs/{id}/report`: what a job left behind.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::core::ids::JobId;
use crate::core::jobs::{Artifact, JobQueue};
use crate::report::content_policy;
use crate::routers::content::{self, Description};
use crate::routers::extract::{IdPath, NoParameters, Params, PathTexts, parse_id};
use crate::routers::problem::Problem;
use crate::routers::state::{HttpState, ReportRenderer};

pub(super) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list_artifacts)).routes(routes!(get_artifact)).routes(routes!(get_report))
}

/// The files of a job.
#[derive(Debug, Serialize, ToSchema)]
struct ArtifactList {
    /// The files; none before the job has succeeded.
    items: Vec<Artifact>,
    /// Always `null`: all are on one page.
    next_cursor: Option<String>,
}

/// List the files of a job
///
/// Every file that the job left, with size and digest.
#[utoipa::path(
    get, path = "/v1/jobs/{job_id}/artifacts", tag = "jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses((status = 200, description = "The files", body = ArtifactList)),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "storage-failure"]))),
)]
async fn list_artifacts(
    State(queue): State<JobQueue>,
    IdPath(id): IdPath<JobId>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Json<ArtifactList>, Problem> {
    let job = super::find(&queue, &id).await?;
    Ok(Json(ArtifactList { items: job.artifacts, next_cursor: None }))
}

/// Read a file of a job
///
/// The bytes. `Range` asks for a part, `If-None-Match` with the `ETag` for news only. The name may hold `/`.
#[utoipa::path(
    get, path = "/v1/jobs/{job_id}/artifacts/{*name}", tag = "jobs",
    params(
        ("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$"),
        ("name" = String, Path, description = "Name of the file, as listed"),
    ),
    responses(
        (status = 200, description = "The bytes", body = [u8], content_type = "*/*",
            headers(("ETag" = String, description = "SHA-256 of the bytes, quoted"))),
        (status = 206, description = "The range that was asked for", body = [u8], content_type = "*/*"),
        (status = 304, description = "The client has these bytes already"),
    ),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "storage-failure"]))),
)]
async fn get_artifact(
    State(queue): State<JobQueue>,
    PathTexts(id, name): PathTexts,
    Params(NoParameters): Params<NoParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id: JobId = parse_id(&id)?;
    let job = super::find(&queue, &id).await?;
    let listed = job.artifacts.iter().find(|artifact| artifact.name == name);
    let (Some(artifact), Some(path)) = (listed, queue.artifact_path(&id, &name)) else {
        return Err(Problem::not_found("artifact", name).with_hint("GET /v1/jobs/{id}/artifacts lists them"));
    };
    let about = Description { name: &artifact.name, media_type: &artifact.media_type, sha256: &artifact.sha256 };
    content::send(&path, about, &headers).await
}

/// Read the report of a job
///
/// The result as one HTML page, to look at, to print and to send on. Of a job that failed or was cancelled, the page says
/// what was wrong and what to do.
#[utoipa::path(
    get, path = "/v1/jobs/{job_id}/report", tag = "jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses((status = 200, description = "The report", body = String, content_type = "text/html")),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "job-not-finished", "storage-failure"]))),
)]
async fn get_report(
    State(queue): State<JobQueue>,
    State(render): State<ReportRenderer>,
    IdPath(id): IdPath<JobId>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Response, Problem> {
    let job = super::find(&queue, &id).await?;
    if !job.status.is_final() {
        return Err(super::not_finished(&job, "there is no report of it"));
    }
    let page = tokio::task::spawn_blocking(move || render(&job)).await;
    let page = page.map_err(|error| Problem::internal(format!("the report broke off: {error}")))??;
    let policy = [(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(content_policy()))];
    Ok((policy, Html(page)).into_response())
}
