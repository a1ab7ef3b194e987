//! `/v1/jobs`: the work that was asked for, and what became of it.

mod artifacts;
mod events;
mod stored;
mod view;

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Cursor, FromParameters, IdPath, NoParameters, Parameters, Params, Position, of_other_filters};
use super::problem::Problem;
use super::state::HttpState;
use super::submission::{self, Asked, Precedence, Submitted, Terms, Work, location};
use crate::core::failure::Code;
use crate::core::ids::JobId;
use crate::core::jobs::{CancelAnswer, Deletion, Job, JobFilter, JobQueue, Status};

pub(crate) use view::JobView;

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list_jobs))
        .routes(routes!(get_job, delete_job))
        .routes(routes!(cancel_job))
        .routes(routes!(retry_job))
        .merge(stored::router())
        .merge(events::router())
        .merge(artifacts::router())
}

/// A page of jobs.
#[derive(Debug, Serialize, ToSchema)]
struct JobList {
    /// The jobs, newest first.
    items: Vec<JobView>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// Which jobs a list holds.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListJobs {
    /// Only jobs of this kind, e.g. `conversion`.
    #[param(pattern = "^[a-z_]+$", max_length = 64)]
    kind: Option<String>,
    /// Only jobs that stand here.
    status: Option<Status>,
    /// Only jobs that were asked for at or after this time (RFC 3339).
    #[param(value_type = Option<String>, format = DateTime)]
    created_after: Option<DateTime<Utc>>,
    /// The parts of this job; without it, jobs that were asked for and none of their parts.
    #[param(value_type = Option<String>, pattern = "^job_[0-9a-f]{32}$")]
    parent: Option<JobId>,
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    limit: u32,
    /// `next_cursor` of the page before; the filters must be the same.
    #[param(value_type = Option<String>, pattern = r"^v1\.[0-9a-f]{16}\.job_[0-9a-f]{32}$")]
    cursor: Option<Cursor>,
}

impl FromParameters for ListJobs {
    fn read(parameters: &mut Parameters) -> Self {
        let is_kind = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
        let kind = parameters.parsed("kind", "lower-case letters and `_`", |text| {
            (is_kind(text) && text.len() <= 64).then(|| text.to_owned())
        });
        let all = [Status::Queued, Status::Running, Status::Succeeded, Status::Failed, Status::Cancelled];
        let status = parameters.parsed("status", "queued, running, succeeded, failed or cancelled", |text| {
            all.into_iter().find(|status| status.as_str() == text)
        });
        let created_after = parameters.parsed("created_after", "a time like 2026-01-31T12:00:00Z", |text| {
            DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc())
        });
        let parent = parameters.parsed("parent", "the id of a job, `job_…`", |text| text.parse().ok());
        let (limit, cursor) = parameters.page();
        Self { kind, status, created_after, parent, limit, cursor }
    }
}

impl ListJobs {
    /// The filters as text, for the cursor.
    fn filters(&self) -> String {
        let status = self.status.map(Status::as_str);
        let parent = self.parent.as_ref().map(JobId::as_str);
        format!("jobs {:?} {status:?} {:?} {parent:?}", self.kind, self.created_after.map(|time| time.to_rfc3339()))
    }
}

/// List jobs
///
/// Newest first, in pages: follow `next_cursor` until it is `null`, with the same filters. Of results a
/// list holds the `summary`; ask for a job to have its whole. A large job may be divided among workers: its parts, jobs
/// themselves, are listed with `parent` only.
#[utoipa::path(
    get, path = "/v1/jobs", tag = "jobs", params(ListJobs),
    responses((status = 200, description = "A page of jobs", body = JobList)),
    extensions(("x-problems" = json!(["invalid-parameter", "unknown-field", "invalid-cursor", "not-found", "storage-failure"]))),
)]
async fn list_jobs(State(queue): State<JobQueue>, Params(list): Params<ListJobs>) -> Result<Json<JobList>, Problem> {
    let filters = list.filters();
    let before = match &list.cursor {
        Some(cursor) => Some(begin(&queue, cursor, &filters).await?),
        None => None,
    };
    let ListJobs { kind, status, created_after, parent, .. } = list;
    let filter = JobFilter { kind, status, created_after, parent, dataset: None };
    let page = queue.list(&filter, before.as_ref(), list.limit).await?;
    let last = page.items.last().filter(|_| page.has_more);
    let next_cursor = last.map(|job| Cursor::after(&filters, job.id.as_str()));
    Ok(Json(JobList { items: page.items.into_iter().map(JobView::in_list).collect(), next_cursor }))
}

/// The job behind which a page begins; one that is gone is fine where the filters are the same.
async fn begin(queue: &JobQueue, cursor: &Cursor, filters: &str) -> Result<JobId, Problem> {
    match cursor.position(filters)? {
        Position::Behind(id) => Ok(id),
        Position::Elsewhere(id) => {
            find(queue, &id).await?;
            Err(of_other_filters())
        }
    }
}

/// Describe a job
///
/// Where it stands, how far it is, and its result once it has succeeded. A job that has failed is answered with 200
/// too: its `error` says why. `Retry-After` says when to look again while it has not ended.
#[utoipa::path(
    get, path = "/v1/jobs/{job_id}", tag = "jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses((status = 200, description = "The job", body = JobView,
        headers(("Retry-After" = u32, description = "Seconds until it is worth to look again; only while it has not ended")))),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "storage-failure"]))),
)]
async fn get_job(
    State(queue): State<JobQueue>,
    IdPath(id): IdPath<JobId>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Response, Problem> {
    let job = find(&queue, &id).await?;
    let retry_after = (!job.status.is_final()).then_some([(header::RETRY_AFTER, "1")]);
    Ok((retry_after, Json(JobView::from(job))).into_response())
}

/// Forget a job
///
/// Removes a job that has ended, its artifacts and its parts. A part is not forgotten by itself.
#[utoipa::path(
    delete, path = "/v1/jobs/{job_id}", tag = "jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "job-not-finished", "resource-in-use", "storage-failure"]))),
)]
async fn delete_job(
    State(queue): State<JobQueue>,
    IdPath(id): IdPath<JobId>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<StatusCode, Problem> {
    match queue.delete(&id).await? {
        Deletion::Deleted(_) => Ok(StatusCode::NO_CONTENT),
        Deletion::PartOf(whole) => {
            Err(Problem::new(Code::ResourceInUse, format!("the job `{id}` is a part of `{whole}`"))
                .with_hint("it is forgotten together with the job that it is a part of"))
        }
        Deletion::NotEnded | Deletion::NotFound => {
            Err(not_finished(&find(&queue, &id).await?, "it can't be forgotten"))
        }
    }
}

/// Ask a job to stop
///
/// It stops at its next safe point and leaves nothing half done; one that waits is cancelled at once. Asking again
/// answers the same. A divided job stops with all its parts, and so it does when one of them is asked to.
#[utoipa::path(
    post, path = "/v1/jobs/{job_id}/cancel", tag = "jobs",
    params(("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$")),
    responses((status = 202, description = "It will stop", body = JobView,
        headers(("Location" = String, description = "Address of the job")))),
    extensions(("x-problems" = json!([
        "not-found", "unknown-field", "job-already-finished", "storage-failure", "shutting-down"
    ]))),
)]
async fn cancel_job(
    State(queue): State<JobQueue>,
    IdPath(id): IdPath<JobId>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Response, Problem> {
    match queue.cancel(&id).await? {
        CancelAnswer::NotFound => Err(Problem::not_found("job", id)),
        CancelAnswer::AlreadyFinished(job) if job.status != Status::Cancelled => {
            let status = job.status.as_str();
            Err(Problem::new(Code::JobAlreadyFinished, format!("the job `{id}` has ended already: {status}"))
                .with_hint("POST /v1/jobs/{id}/retry does it again"))
        }
        CancelAnswer::Accepted(job) | CancelAnswer::AlreadyFinished(job) => {
            Ok((StatusCode::ACCEPTED, location(&id), Json(JobView::from(job))).into_response())
        }
    }
}

/// Do a job again
///
/// Makes a new job with the same kind and options as one that has ended. What it made before and is unchanged is not
/// made again. It has the same priority, unless `priority` says otherwise. With an `Idempotency-Key` header, the same request within 24 hours answers with the same new job.
#[utoipa::path(
    post, path = "/v1/jobs/{job_id}/retry", tag = "jobs",
    params(
        ("job_id" = String, Path, description = "Id of the job", pattern = "^job_[0-9a-f]{32}$"),
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    responses(
        (status = 202, description = "The new job", body = JobView,
            headers(("Location" = String, description = "Address of the new job"))),
        (status = 200, description = "The finished new job, when it ended in the time that `Prefer` gave", body = JobView),
    ),
    extensions(("x-problems" = json!([
        "not-found", "unknown-field", "invalid-parameter", "job-not-finished", "idempotency-key-reused", "queue-full",
        "storage-failure", "shutting-down"
    ]))),
)]
async fn retry_job(
    State(queue): State<JobQueue>,
    State(shutdown): State<CancellationToken>,
    IdPath(id): IdPath<JobId>,
    Params(precedence): Params<Precedence>,
    terms: Terms,
) -> Result<Response, Problem> {
    let submitted = submit_again(&queue, &id, precedence, &terms).await?;
    submission::answer(&queue, submitted, terms.wait, &shutdown).await
}

async fn submit_again(
    queue: &JobQueue,
    id: &JobId,
    precedence: Precedence,
    terms: &Terms,
) -> Result<Submitted, Problem> {
    let (address, content) = (format!("/v1/jobs/{id}/retry"), precedence.mark(""));
    let asked = Asked { address: &address, content: &content };
    if let Some(earlier) = submission::replay(queue, asked, terms).await? {
        return Ok(earlier);
    }
    let job = find(queue, id).await?;
    if !job.status.is_final() {
        return Err(not_finished(&job, "it can't be done again yet"));
    }
    if let Some(whole) = &job.parent_id {
        return Err(Problem::new(Code::InvalidParameter, format!("the job `{id}` is a part of `{whole}`"))
            .with_hint("do the whole job again: what is there and unchanged is not made again"));
    }
    let priority = precedence.priority.unwrap_or(job.priority);
    let work = Work { kind: &job.kind, options: job.options, priority };
    submission::submit(queue, work, asked, terms).await
}

async fn find(queue: &JobQueue, id: &JobId) -> Result<Job, Problem> {
    queue.get(id).await?.ok_or_else(|| Problem::not_found("job", id))
}

fn not_finished(job: &Job, therefore: &str) -> Problem {
    let (id, status) = (&job.id, job.status.as_str());
    Problem::new(Code::JobNotFinished, format!("the job `{id}` is {status}; {therefore}"))
        .with_hint("wait for its end (GET /v1/jobs/{id}/events), or stop it (POST /v1/jobs/{id}/cancel)")
}
