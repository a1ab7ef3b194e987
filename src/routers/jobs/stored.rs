//! `POST /v1/jobs`: a job that is stored in a file, as pipelines keep it.
//!
//! The one decision: it is the request that its operation takes, so the same checks are made and the same job comes of it.

use std::collections::BTreeMap;
use std::io::Read as _;

use axum::extract::{FromRef, State};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::JobView;
use crate::core::failure::{Code, Failure};
use crate::core::jobs::JobQueue;
use crate::core::storage::sandbox::DataRoots;
use crate::operations::stored_job::{StoredJob, StoredRequest};
use crate::routers::extract::{Json, Params};
use crate::routers::problem::Problem;
use crate::routers::state::{HttpState, Places};
use crate::routers::submission::{self, Precedence, Submitted, Terms};
use crate::routers::{classification_datasets, conversions, drift_checks, knowledge_bases, language_models};

/// Bytes of a stored job.
const LONGEST: u64 = 1 << 20;

pub(super) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(create_stored_job))
}

/// Who takes requests of each kind.
#[derive(Clone)]
struct Desk {
    queue: JobQueue,
    roots: DataRoots,
    conversions: conversions::Desk,
    knowledge_bases: knowledge_bases::BuildDesk,
    classification_datasets: classification_datasets::Desk,
    language_models: language_models::BuildDesk,
    drift_checks: drift_checks::Desk,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self {
            queue: JobQueue::from_ref(state),
            roots: Places::from_ref(state).roots,
            conversions: conversions::Desk::from_ref(state),
            knowledge_bases: knowledge_bases::BuildDesk::from_ref(state),
            classification_datasets: classification_datasets::Desk::from_ref(state),
            language_models: language_models::BuildDesk::from_ref(state),
            drift_checks: drift_checks::Desk::from_ref(state),
        }
    }
}

/// Which stored job is to be run.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct StoredJobRequest {
    /// The TOML file, relative to or inside a data root.
    #[schema(example = "jobs/classification/emotion.toml", min_length = 1)]
    path: String,
    /// Values that take the place of those in the file, by their dotted keys.
    #[serde(default)]
    #[schema(value_type = Object, example = json!({"options.seed": 7}))]
    set: BTreeMap<String, toml::Value>,
}

/// Run a stored job
///
/// Reads a job that is stored in a TOML file of a data root, as `textmill run` does, and queues it: a conversion, a knowledge
/// base, a data set, a language model or a check of incoming data. Its paths start at a data root, too. The answer is that of the operation's own
/// address: a job to follow under `Location`, or to wait for with `Prefer: wait=20`.
#[utoipa::path(
    post, path = "/v1/jobs", tag = "jobs",
    params(
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    request_body(content = StoredJobRequest, example = json!({
        "path": "jobs/classification/emotion.toml", "set": {"options.seed": 7}
    })),
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
        "unsupported-format", "idempotency-key-reused", "queue-full", "storage-failure", "shutting-down",
        "deadline-exceeded"
    ]))),
)]
async fn create_stored_job(
    State(desk): State<Desk>,
    State(shutdown): State<CancellationToken>,
    Params(precedence): Params<Precedence>,
    terms: Terms,
    Json(request): Json<StoredJobRequest>,
) -> Result<Response, Problem> {
    let roots = desk.roots.clone();
    let read = tokio::task::spawn_blocking(move || read(request, &roots)).await;
    let stored = read.map_err(|error| Problem::internal(format!("reading a stored job broke off: {error}")))??;
    let submitted = desk.submit(stored, precedence, &terms).await?;
    submission::answer(&desk.queue, submitted, terms.wait, &shutdown).await
}

impl Desk {
    async fn submit(&self, stored: StoredRequest, precedence: Precedence, terms: &Terms) -> Result<Submitted, Problem> {
        match stored {
            StoredRequest::Conversion(request) => {
                let content = conversions::effective(&request)?.to_string();
                self.conversions.submit(&request, precedence, &content, terms).await
            }
            StoredRequest::KnowledgeBase(request) => self.knowledge_bases.submit(&request, precedence, terms).await,
            StoredRequest::Classification(request) => {
                let content = classification_datasets::effective(&request)?.to_string();
                self.classification_datasets.submit(&request, precedence, &content, terms).await
            }
            StoredRequest::LanguageModel(request) => self.language_models.submit(&request, precedence, terms).await,
            StoredRequest::DriftCheck(request) => {
                let content = drift_checks::effective(&request)?.to_string();
                self.drift_checks.submit(&request, precedence, &content, terms).await
            }
        }
    }
}

fn read(request: StoredJobRequest, roots: &DataRoots) -> Result<StoredRequest, Problem> {
    let StoredJobRequest { path, set } = request;
    let real = roots.resolve_existing(&path)?;
    let unread = |error: std::io::Error| {
        Failure::new(Code::InvalidParameter, format!("can't read `{path}`: {error}")).with_hint("name a TOML file")
    };
    let mut text = String::new();
    let file = std::fs::File::open(real).map_err(unread)?;
    file.take(LONGEST).read_to_string(&mut text).map_err(unread)?;
    let parsed = StoredJob::parse(&text, set.into_iter().collect()).and_then(StoredJob::into_request);
    parsed.map_err(|what| {
        let failure = Failure::new(Code::InvalidParameter, format!("`{path}`: {what}"));
        failure.with_hint("a stored job has `operation`, what that reads and writes, and [options]").into()
    })
}
