//! Puts a job into the queue for a request, and answers as every operation does.
//!
//! For: idempotency, waiting and the answer's headers, the same for each kind of job. Not for: checking options. The
//! one decision: the answer to the same request is the same job, whichever operation it was.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::extract::{FromParameters, IdempotencyHeader, Parameters, Wait};
use super::jobs::JobView;
use super::middleware::auth::Principal;
use super::problem::Problem;
use crate::core::failure::Code;
use crate::core::hash::sha256_hex;
use crate::core::ids::JobId;
use crate::core::jobs::{Enqueued, IdempotencyKey, Job, JobQueue, StoreError, Submission};

/// How a client wants its job taken: who it is, under which key, and how long it would wait.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) principal: Principal,
    pub(crate) key: Option<String>,
    pub(crate) wait: Wait,
}

impl<S: Send + Sync> axum::extract::FromRequestParts<S> for Terms {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut axum::http::request::Parts, state: &S) -> Result<Self, Problem> {
        let Extension(principal) = Extension::from_request_parts(parts, state)
            .await
            .map_err(|_missing| Problem::internal("a request reached a handler past authentication"))?;
        let IdempotencyHeader(key) = IdempotencyHeader::from_request_parts(parts, state).await?;
        Ok(Self { principal, key, wait: Wait::of(&parts.headers) })
    }
}

impl Terms {
    /// The key under which this request is remembered: a key belongs to one address.
    fn idempotency(&self, asked: Asked<'_>) -> Option<IdempotencyKey> {
        let key = format!("{} {}", asked.address, self.key.as_deref()?);
        let fingerprint = sha256_hex(asked.content.as_bytes());
        Some(IdempotencyKey { key, principal: self.principal.0.clone(), fingerprint })
    }
}

/// What makes two requests the same.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked<'a> {
    /// The path that was posted to.
    pub(crate) address: &'a str,
    /// What was asked for there.
    pub(crate) content: &'a str,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) struct Work<'a> {
    /// Which operation.
    pub(crate) kind: &'a str,
    /// Effective options, defaults filled in.
    pub(crate) options: Value,
    /// Higher first.
    pub(crate) priority: i32,
}

/// Which of several waiting jobs is begun first.
#[derive(Debug, Clone, Copy, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Precedence {
    /// Higher first; jobs of the same priority in the order in which they came.
    #[param(minimum = -100, maximum = 100)]
    pub(crate) priority: Option<i32>,
}

impl FromParameters for Precedence {
    fn read(parameters: &mut Parameters) -> Self {
        Self { priority: parameters.optional_number("priority", -100..=100) }
    }
}

impl Precedence {
    /// `content` of a request with this precedence: with another one it is another request.
    pub(crate) fn mark(self, content: &str) -> String {
        match self.priority {
            Some(priority) => format!("{content} priority={priority}"),
            None => content.to_owned(),
        }
    }
}

/// A job that is in the queue, now or since an earlier equal request.
#[derive(Debug)]
pub(crate) struct Submitted {
    pub(crate) job: Job,
    pub(crate) replayed: bool,
}

/// Queues a job, unless an equal request did so before.
pub(crate) async fn submit(
    queue: &JobQueue,
    work: Work<'_>,
    asked: Asked<'_>,
    terms: &Terms,
) -> Result<Submitted, Problem> {
    let submission = Submission {
        kind: work.kind,
        options: work.options,
        created_by: &terms.principal.0,
        priority: work.priority,
        idempotency: terms.idempotency(asked),
    };
    submitted(queue.submit(submission).await?)
}

/// The job of an earlier equal request: asked for before anything is checked that may have changed since, e.g. whether
/// the source is still there. `submit` asks again, for requests at the same time.
pub(crate) async fn replay(queue: &JobQueue, asked: Asked<'_>, terms: &Terms) -> Result<Option<Submitted>, Problem> {
    let Some(key) = terms.idempotency(asked) else { return Ok(None) };
    queue.find_key(&key).await?.map(submitted).transpose()
}

fn submitted(answer: Enqueued) -> Result<Submitted, Problem> {
    match answer {
        Enqueued::Created(job) => Ok(Submitted { job, replayed: false }),
        Enqueued::Replayed(job) => Ok(Submitted { job, replayed: true }),
        Enqueued::KeyReused => {
            Err(Problem::new(Code::IdempotencyKeyReused, "this `Idempotency-Key` came with another request before")
                .with_hint("take a new key for a new request")
                .with_parameter("Idempotency-Key"))
        }
        Enqueued::QueueFull { limit } => {
            Err(Problem::new(Code::QueueFull, format!("{limit} jobs wait already, as many as may"))
                .with_hint("come back after the time in `Retry-After`")
                .retry_after(5))
        }
    }
}

/// 202 with the job; 200 with the finished job when it ends in the time that the client would wait.
pub(crate) async fn answer(
    queue: &JobQueue,
    submitted: Submitted,
    wait: Wait,
    shutdown: &CancellationToken,
) -> Result<Response, Problem> {
    let Submitted { mut job, replayed } = submitted;
    if let Some(time) = wait.0 {
        job = wait_for_end(queue, &job.id, time, shutdown).await?.unwrap_or(job);
    }
    let waited_enough = wait.0.is_some() && job.status.is_final();
    let status = if waited_enough { StatusCode::OK } else { StatusCode::ACCEPTED };
    let mut response = (status, location(&job.id), Json(JobView::from(job))).into_response();
    response.headers_mut().extend(wait.applied());
    if replayed {
        let name = HeaderName::from_static("idempotency-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The job when it has ended, or as it stands when the time is over or the service stops.
pub(crate) async fn wait_for_end(
    queue: &JobQueue,
    id: &JobId,
    time: Duration,
    shutdown: &CancellationToken,
) -> Result<Option<Job>, StoreError> {
    tokio::select! {
        waited = queue.wait(id, time) => waited,
        () = shutdown.cancelled() => queue.get(id).await,
    }
}

/// Where a job is.
pub(crate) fn location(id: &JobId) -> [(HeaderName, String); 1] {
    [(header::LOCATION, format!("/v1/jobs/{id}"))]
}
