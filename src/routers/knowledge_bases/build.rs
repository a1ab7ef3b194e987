//! `POST /v1/knowledge-bases`: a folder becomes a knowledge base.

use axum::extract::{FromRef, State};
use axum::response::Response;
use tokio_util::sync::CancellationToken;

use crate::core::failure::Fails as _;
use crate::core::jobs::JobQueue;
use crate::core::models::ModelStore;
use crate::operations::knowledge_base::{ChunkBy, KIND, KnowledgeBaseOptions, KnowledgeBaseRequest, check_options};
use crate::routers::conversions::{check_destination, check_source};
use crate::routers::extract::{Json, Params};
use crate::routers::jobs::JobView;
use crate::routers::problem::{Faults, Problem};
use crate::routers::state::{HttpState, Places};
use crate::routers::submission::{self, Asked, Precedence, Submitted, Terms, Work};

/// What taking a build needs.
#[derive(Clone)]
pub(crate) struct Desk {
    queue: JobQueue,
    places: Places,
    models: ModelStore,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self { queue: JobQueue::from_ref(state), places: Places::from_ref(state), models: ModelStore::from_ref(state) }
    }
}

/// Build a knowledge base
///
/// Reads a folder of tables and documents, and makes records: one for each row of a table, each line of a list, each piece
/// of a document, with the folders that it lies in. Under the name of one that there is, only what has changed is read
/// again, and until that is done the earlier state is there. With `meaning`, each record gets a vector, and search finds
/// what is said in other words. The answer is a job: follow it under `Location`, or ask to wait for its end with
/// `Prefer: wait=20`. With an `Idempotency-Key` header, the same request within 24 hours answers with the same job.
#[utoipa::path(
    post, path = "/v1/knowledge-bases", tag = "knowledge bases",
    params(
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    request_body(content = KnowledgeBaseRequest, example = json!({
        "name": "sustainability",
        "source": {"type": "path", "path": "knowledgebase"},
        "options": {"exclude": ["**/*.md"]}
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
        "not-found", "model-not-in-catalogue", "body-too-large", "unsupported-format", "idempotency-key-reused",
        "queue-full", "storage-failure", "shutting-down", "deadline-exceeded"
    ]))),
)]
pub(super) async fn create_knowledge_base(
    State(desk): State<Desk>,
    State(shutdown): State<CancellationToken>,
    Params(precedence): Params<Precedence>,
    terms: Terms,
    Json(request): Json<KnowledgeBaseRequest>,
) -> Result<Response, Problem> {
    let submitted = desk.submit(&request, precedence, &terms).await?;
    submission::answer(&desk.queue, submitted, terms.wait, &shutdown).await
}

impl Desk {
    /// An equal request of before is answered though its source may be gone by now.
    pub(crate) async fn submit(
        &self,
        request: &KnowledgeBaseRequest,
        precedence: Precedence,
        terms: &Terms,
    ) -> Result<Submitted, Problem> {
        let options = effective(request)?;
        let content = precedence.mark(&options.to_string());
        let asked = Asked { address: "/v1/knowledge-bases", content: &content };
        if let Some(earlier) = submission::replay(&self.queue, asked, terms).await? {
            return Ok(earlier);
        }
        check(request, &self.places, &self.models).await?;
        let work = Work { kind: KIND, options, priority: precedence.priority.unwrap_or(0) };
        submission::submit(&self.queue, work, asked, terms).await
    }
}

/// Refuses what could not be done anyway.
pub(crate) async fn check(request: &KnowledgeBaseRequest, places: &Places, models: &ModelStore) -> Result<(), Problem> {
    let mut faults = Faults::default();
    check_source(&request.source, places, &mut faults).await?;
    if let Some(destination) = &request.destination {
        check_destination(destination, places, &mut faults).await?;
    }
    for (place, error) in check_options(&request.options) {
        faults.at(format!("/options/{place}"), error.to_failure());
    }
    check_models(&request.options, models, &mut faults);
    faults.into_result()
}

/// A model that is named must be one of the catalogue; the job tells whether it is here.
fn check_models(options: &KnowledgeBaseOptions, models: &ModelStore, faults: &mut Faults) {
    let used = [
        ("model", options.model.as_ref().filter(|_| options.meaning)),
        ("chunk_model", options.chunk_model.as_ref().filter(|_| options.chunk_by == ChunkBy::Token)),
    ];
    for (field, id) in used {
        if let Some(Err(error)) = id.map(|id| models.catalogue().get(id)) {
            faults.at(format!("/options/{field}"), error.to_failure());
        }
    }
}

/// The options as the job keeps them, defaults filled in.
pub(crate) fn effective(request: &KnowledgeBaseRequest) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(request).map_err(|error| Problem::internal(format!("options are not JSON: {error}")))
}
