//! `/v1/drift-checks`: incoming data is held against a reference; `/v1/drift-suites`: what can be checked.
//!
//! For: taking the request, as JSON or as a form, and telling the series of a data set. Not for: checking
//! (`operations::drift`) or showing what came of it (`report`). The one decision: a run is a job like any other; the series of
//! a data set are the summaries of its jobs, which are kept longer than the jobs of other operations.

mod check;
mod form;
mod series;
mod suites;

use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request, State};
use axum::response::Response;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::form::{keep_for_new_job, read_form};
use super::extract::{Json, Params};
use super::jobs::JobView;
use super::problem::Problem;
use super::state::{Gates, HttpLimits, HttpState, Places};
use super::submission::{self, Asked, Precedence, Submitted, Terms, Work};
use super::upload::is_multipart;
use crate::core::embeddings::LoadedModels;
use crate::core::isolation::Isolation;
use crate::core::jobs::JobQueue;
use crate::operations::drift::{DriftOptions, DriftRequest, KIND};

const PATH: &str = "/v1/drift-checks";

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(series::list_drift_checks, create_drift_check))
        .routes(routes!(suites::list_drift_suites))
}

/// What taking a request needs.
#[derive(Clone)]
pub(crate) struct Desk {
    queue: JobQueue,
    places: Places,
    limits: Arc<HttpLimits>,
    gates: Gates,
    models: LoadedModels,
    isolation: Isolation,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self {
            queue: JobQueue::from_ref(state),
            places: Places::from_ref(state),
            limits: Arc::from_ref(state),
            gates: Gates::from_ref(state),
            models: LoadedModels::from_ref(state),
            isolation: Isolation::from_ref(state),
        }
    }
}

/// One or two sets and what to look at.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the form; its parts are streamed")]
struct DriftForm {
    /// What is known to be good: a file, or the JSON of a source, e.g. `{"type":"path","path":"train.profile"}`.
    #[schema(value_type = Option<String>, format = Binary)]
    reference: Option<Vec<u8>>,
    /// What came in: a file, or the JSON of a source.
    #[schema(value_type = Option<String>, format = Binary)]
    incoming: Option<Vec<u8>>,
    /// JSON: whether the job leaves the properties and vectors of each row as Parquet files.
    save_properties: Option<bool>,
    /// JSON: what to look at.
    options: Option<DriftOptions>,
}

/// Check incoming data
///
/// Runs a suite of checks on an incoming set and a reference, or on one of them alone, and says what comes of it: `pass`,
/// `warn`, `fail` or `error`, with the numbers and rows behind each verdict. The answer is a job: follow it under `Location`,
/// or ask to wait for its end with `Prefer: wait=20`. Its `result` has the verdict, every check with its measures (value, n of
/// both sets, p-value or interval), conditions and what to look at, and what was not run and why; `GET
/// /v1/jobs/{job_id}/report` shows it as a page to read and to send on. A verdict is no HTTP error: look at
/// `result.verdict`. For one line of curl, send a form: parts `reference` and `incoming`, each a file, and part `options` with
/// the JSON of the options. With `options.dataset`, runs of one name are a series: `GET /v1/drift-checks?dataset=…`.
#[utoipa::path(
    post, path = "/v1/drift-checks", tag = "drift checks",
    params(
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    request_body(content(
        (DriftRequest = "application/json", example = json!({
            "reference": {"type": "path", "path": "jobs/drift/source/reference.csv"},
            "incoming": {"type": "path", "path": "jobs/drift/source/incoming.csv"},
            "options": {"text_column": "text", "label_column": "label", "dataset": "support"}
        })),
        (DriftForm = "multipart/form-data"),
    )),
    responses(
        (status = 202, description = "The job", body = JobView, headers(
            ("Location" = String, description = "Address of the job"),
            ("Idempotency-Replayed" = String, description = "`true` when an earlier request made the job"),
        )),
        (status = 200, description = "The finished job, when it ended in the time that `Prefer` gave", body = JobView,
            headers(("Preference-Applied" = String, description = "The wait that was granted"))),
    ),
    extensions(("x-problems" = json!([
        "malformed-json", "unknown-field", "invalid-parameter", "path-outside-data-root", "bucket-not-allowed",
        "not-found", "model-not-in-catalogue", "text-column-required", "unknown-column", "body-too-large",
        "too-many-inputs", "unsupported-format", "idempotency-key-reused", "queue-full", "too-many-requests",
        "storage-failure", "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn create_drift_check(
    State(desk): State<Desk>,
    State(shutdown): State<CancellationToken>,
    Params(precedence): Params<Precedence>,
    terms: Terms,
    request: Request,
) -> Result<Response, Problem> {
    let submitted = if is_multipart(request.headers()) {
        desk.take_form(request, precedence, &terms).await?
    } else {
        let Json(wanted) = Json::<DriftRequest>::from_request(request, &()).await?;
        let content = effective(&wanted)?.to_string();
        desk.submit(&wanted, precedence, &content, &terms).await?
    };
    submission::answer(&desk.queue, submitted, terms.wait, &shutdown).await
}

impl Desk {
    /// Keeps the form's files only if a new job needs them.
    async fn take_form(&self, request: Request, precedence: Precedence, terms: &Terms) -> Result<Submitted, Problem> {
        let _permit = self.gates.upload()?;
        let form = read_form(request, &self.places.uploads, &self.limits).await?;
        let outcome = self.submit(&form.request, precedence, &form.content, terms).await;
        keep_for_new_job(outcome, &form.files, &self.places.uploads).await
    }

    /// An equal request of before is answered though its sources may be gone by now.
    pub(crate) async fn submit(
        &self,
        wanted: &DriftRequest,
        precedence: Precedence,
        content: &str,
        terms: &Terms,
    ) -> Result<Submitted, Problem> {
        let asked = Asked { address: PATH, content: &precedence.mark(content) };
        if let Some(earlier) = submission::replay(&self.queue, asked, terms).await? {
            return Ok(earlier);
        }
        self.check(wanted).await?;
        let work = Work { kind: KIND, options: effective(wanted)?, priority: precedence.priority.unwrap_or(0) };
        submission::submit(&self.queue, work, asked, terms).await
    }
}

/// The request as the job keeps it, defaults filled in.
pub(crate) fn effective(wanted: &DriftRequest) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(wanted).map_err(|error| Problem::internal(format!("options are not JSON: {error}")))
}
