//! `/v1/classification-datasets`: a table becomes a data set to train on.
//!
//! For: taking the request, as JSON or as a form. Not for: making the data set (`operations::classification`). The one
//! decision: the result of the job is the card of the data set, and without a destination its files are the job's artifacts.

mod check;
mod columns;

use std::sync::Arc;

use axum::extract::{FromRef, FromRequest, Request, State};
use axum::response::Response;
use serde::Deserialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Json, Params};
use super::form::{Wording, keep_for_new_job, read_form};
use super::jobs::JobView;
use super::problem::Problem;
use super::state::{Gates, HttpLimits, HttpState, Places};
use super::submission::{self, Asked, Precedence, Submitted, Terms, Work};
use super::upload::is_multipart;
use crate::core::embeddings::LoadedModels;
use crate::core::isolation::Isolation;
use crate::core::jobs::JobQueue;
use crate::core::storage::location::Destination;
use crate::operations::classification::{ClassificationOptions, ClassificationRequest, KIND};
use crate::operations::knowledge_base::KnowledgeBases;

const PATH: &str = "/v1/classification-datasets";
const WORDING: Wording = Wording { operation: "a data set", options: "{\"text_column\":\"body\"}" };

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(create_classification_dataset))
}

/// What taking a request needs.
#[derive(Clone)]
pub(crate) struct Desk {
    queue: JobQueue,
    places: Places,
    limits: Arc<HttpLimits>,
    gates: Gates,
    models: LoadedModels,
    bases: KnowledgeBases,
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
            bases: KnowledgeBases::from_ref(state),
            isolation: Isolation::from_ref(state),
        }
    }
}

/// One table and what to make of it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the form; its parts are streamed")]
struct ClassificationForm {
    /// The table; one file only.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// JSON: what to make of it.
    options: Option<ClassificationOptions>,
    /// JSON: folder that takes the data set; without it, its files become artifacts of the job.
    destination: Option<Destination>,
}

/// Build a data set
///
/// Turns any table into text, label and split, the other columns beside them: for one label a text, several, or entities.
/// Labels come from a column, from the concepts of a knowledge base that a text mentions, or from descriptions of labels by
/// meaning; without any they are left empty for annotation, never drawn. Splits are exact in their shares and follow from
/// the `seed`: the same table and options give the same bytes. The answer is a job: follow it under `Location`, or ask to
/// wait for its end with `Prefer: wait=20`. Its `result` is the card of the data set: counts by split and label, rows that
/// were left out and why, and what to know before training. Without a `destination` the files are artifacts of the job.
/// For one file and one line of curl, send a form: part `file`, and part `options` with the JSON of the options.
/// `GET /v1/files/{file_id}/table` says what the columns of an upload look like.
#[utoipa::path(
    post, path = "/v1/classification-datasets", tag = "data sets",
    params(
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    request_body(content(
        (ClassificationRequest = "application/json", example = json!({
            "source": {"type": "path", "path": "knowledgebase/Examples (synthetic)/labelled_sentences.csv"},
            "options": {"text_column": "text", "label_column": "pillar", "split": {"train": 80, "test": 20}}
        })),
        (ClassificationForm = "multipart/form-data"),
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
async fn create_classification_dataset(
    State(desk): State<Desk>,
    State(shutdown): State<CancellationToken>,
    Params(precedence): Params<Precedence>,
    terms: Terms,
    request: Request,
) -> Result<Response, Problem> {
    let submitted = if is_multipart(request.headers()) {
        desk.take_form(request, precedence, &terms).await?
    } else {
        let Json(dataset) = Json::<ClassificationRequest>::from_request(request, &()).await?;
        let content = effective(&dataset)?.to_string();
        desk.submit(&dataset, precedence, &content, &terms).await?
    };
    submission::answer(&desk.queue, submitted, terms.wait, &shutdown).await
}

impl Desk {
    /// Keeps the form's file only if a new job needs it.
    async fn take_form(&self, request: Request, precedence: Precedence, terms: &Terms) -> Result<Submitted, Problem> {
        let _permit = self.gates.upload()?;
        let upload = read_form(request, &self.places.uploads, &self.limits, WORDING).await?;
        let (content, source) = (upload.content(), upload.source());
        let dataset = ClassificationRequest { source, destination: upload.destination, options: upload.options };
        let outcome = self.submit(&dataset, precedence, &content, terms).await;
        keep_for_new_job(outcome, &upload.file.id, &self.places.uploads).await
    }

    /// An equal request of before is answered though its source may be gone by now.
    pub(crate) async fn submit(
        &self,
        dataset: &ClassificationRequest,
        precedence: Precedence,
        content: &str,
        terms: &Terms,
    ) -> Result<Submitted, Problem> {
        let asked = Asked { address: PATH, content: &precedence.mark(content) };
        if let Some(earlier) = submission::replay(&self.queue, asked, terms).await? {
            return Ok(earlier);
        }
        self.check(dataset).await?;
        let work = Work { kind: KIND, options: effective(dataset)?, priority: precedence.priority.unwrap_or(0) };
        submission::submit(&self.queue, work, asked, terms).await
    }
}

/// The request as the job keeps it, defaults filled in.
pub(crate) fn effective(dataset: &ClassificationRequest) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(dataset).map_err(|error| Problem::internal(format!("options are not JSON: {error}")))
}
