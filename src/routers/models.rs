//! `/v1/models`: which models there are, what of them is here, and fetching them.
//!
//! For: the list in the shape that `OpenAI`'s clients read, with our fields beside theirs. Not for: embeddings. The one
//! decision: the whole catalogue is listed, and `state` says what is here, so that one list serves both questions.

use std::time::UNIX_EPOCH;

use axum::Json;
use axum::extract::{FromRef, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{self, NoParameters, Params, PathText};
use super::jobs::JobView;
use super::problem::Problem;
use super::state::HttpState;
use super::submission::{self, Asked, Precedence, Terms, Work};
use crate::core::jobs::JobQueue;
use crate::core::models::{
    FileState, ModelEntry, ModelError, ModelState, ModelStore, Pooling, SourceKind, SourcePlace,
};
use crate::operations::model_download::{KIND, ModelDownloadRequest};

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list_models, create_model)).routes(routes!(get_model, delete_model))
}

/// What taking a download needs.
#[derive(Clone)]
struct Desk {
    store: ModelStore,
    queue: JobQueue,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self { store: ModelStore::from_ref(state), queue: JobQueue::from_ref(state) }
    }
}

/// A model.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelView {
    /// Its name.
    #[schema(example = "all-MiniLM-L6-v2")]
    pub(crate) id: String,
    /// Always `model`.
    #[schema(pattern = "^model$")]
    pub(crate) object: &'static str,
    /// When its files came here, in seconds since 1970; 0 while they are not all here.
    pub(crate) created: u64,
    /// Who made it.
    pub(crate) owned_by: String,
    /// Other names of it.
    pub(crate) aliases: Vec<String>,
    /// What it is for.
    pub(crate) description: String,
    /// Under which licence it may be used, an SPDX expression.
    pub(crate) licence: String,
    /// Revision in the hub; `null` if it has none.
    pub(crate) revision: Option<String>,
    /// Says which bytes it is: the same files have the same digest.
    pub(crate) digest: String,
    /// Numbers in a vector.
    pub(crate) dimension: u32,
    /// Tokens of a text that count, special ones among them.
    pub(crate) max_tokens: u32,
    /// How the vectors of a text's tokens become one.
    pub(crate) pooling: Pooling,
    /// How much of it is here.
    pub(crate) state: ModelState,
    /// Size of all files in bytes.
    pub(crate) size_bytes: u64,
    /// Bytes of it that are here.
    pub(crate) local_bytes: u64,
}

impl ModelView {
    fn of(store: &ModelStore, entry: &ModelEntry) -> Self {
        let since = store.installed_at(entry).and_then(|time| time.duration_since(UNIX_EPOCH).ok());
        Self {
            id: entry.id.clone(),
            object: "model",
            created: since.map_or(0, |since| since.as_secs()),
            owned_by: entry.publisher.clone(),
            aliases: entry.aliases.clone(),
            description: entry.description.clone(),
            licence: entry.licence.clone(),
            revision: entry.revision.clone(),
            digest: entry.digest(),
            dimension: entry.dimension,
            max_tokens: entry.max_tokens,
            pooling: entry.pooling,
            state: store.state(entry),
            size_bytes: entry.size_bytes(),
            local_bytes: store.files(entry).iter().map(|file| file.local_bytes).sum(),
        }
    }
}

/// All models.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ModelList {
    /// Always `list`.
    #[schema(pattern = "^list$")]
    object: &'static str,
    /// The models of the catalogue, in its order.
    pub(crate) data: Vec<ModelView>,
}

impl ModelList {
    /// The catalogue of a store.
    pub(crate) fn of(store: &ModelStore) -> Self {
        let data = store.catalogue().entries().iter().map(|entry| ModelView::of(store, entry)).collect();
        Self { object: "list", data }
    }
}

/// A model with its files.
#[derive(Debug, Serialize, ToSchema)]
struct ModelDetails {
    #[serde(flatten)]
    model: ModelView,
    /// Kinds of the places that its files come from, in the order in which they are tried.
    sources: Vec<SourceKind>,
    /// Its files, and what of them is here.
    files: Vec<FileState>,
}

/// List models
///
/// Every model of the catalogue, and how much of it is here. `object`, `data`, `id`, `created` and `owned_by` are those of
/// `OpenAI`'s list.
#[utoipa::path(
    get, path = "/v1/models", tag = "models",
    responses((status = 200, description = "The models", body = ModelList)),
    extensions(("x-problems" = json!(["unknown-field"]))),
)]
async fn list_models(
    State(store): State<ModelStore>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Json<ModelList>, Problem> {
    on_disk(move || ModelList::of(&store)).await.map(Json)
}

/// Fetch a model
///
/// A job fetches the model's files from the sources of the catalogue, goes on where an earlier download ended, and checks
/// every file by its digest. If all of it is here already, the job reads it and mends what is damaged. Progress is under
/// `/v1/jobs/{id}/events`. Two downloads of one model, in whichever process, do the work once.
#[utoipa::path(
    post, path = "/v1/models", tag = "models",
    params(
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    request_body(content = ModelDownloadRequest, example = json!({"id": "all-MiniLM-L6-v2"})),
    responses(
        (status = 202, description = "The job", body = JobView, headers(
            ("Location" = String, description = "Address of the job"),
            ("Idempotency-Replayed" = String, description = "`true` when an earlier request made the job"),
        )),
        (status = 200, description = "The finished job, when it ended in the time that `Prefer` gave", body = JobView,
            headers(("Preference-Applied" = String, description = "The wait that was granted"))),
    ),
    extensions(("x-problems" = json!([
        "malformed-json", "unknown-field", "invalid-parameter", "model-not-in-catalogue", "body-too-large",
        "unsupported-format", "idempotency-key-reused", "queue-full", "storage-failure", "shutting-down"
    ]))),
)]
async fn create_model(
    State(desk): State<Desk>,
    State(shutdown): State<CancellationToken>,
    Params(precedence): Params<Precedence>,
    terms: Terms,
    extract::Json(request): extract::Json<ModelDownloadRequest>,
) -> Result<Response, Problem> {
    let options = effective(&desk.store, request)?;
    let content = options.to_string();
    let asked = Asked { address: "/v1/models", content: &precedence.mark(&content) };
    let work = Work { kind: KIND, options, priority: precedence.priority.unwrap_or(0) };
    let submitted = submission::submit(&desk.queue, work, asked, &terms).await?;
    submission::answer(&desk.queue, submitted, terms.wait, &shutdown).await
}

/// The options as the job keeps them: the model under its own name.
pub(crate) fn effective(store: &ModelStore, request: ModelDownloadRequest) -> Result<serde_json::Value, Problem> {
    let id = request.find(store.catalogue())?.id.clone();
    serde_json::to_value(ModelDownloadRequest { id, ..request })
        .map_err(|error| Problem::internal(format!("options are not JSON: {error}")))
}

/// Describe a model
///
/// Its sources, and its files with sizes and digests.
#[utoipa::path(
    get, path = "/v1/models/{model_id}", tag = "models",
    params(("model_id" = String, Path, description = "Id of the model, or another name of it", example = "all-MiniLM-L6-v2")),
    responses((status = 200, description = "The model", body = ModelDetails)),
    extensions(("x-problems" = json!(["model-not-in-catalogue", "not-found", "unknown-field"]))),
)]
async fn get_model(
    State(store): State<ModelStore>,
    PathText(id): PathText,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Json<ModelDetails>, Problem> {
    let described = on_disk(move || {
        let entry = store.catalogue().get(&id)?;
        Ok::<_, ModelError>(ModelDetails {
            model: ModelView::of(&store, entry),
            sources: entry.sources.iter().map(SourcePlace::kind).collect(),
            files: store.files(entry),
        })
    });
    Ok(Json(described.await??))
}

/// Remove a model
///
/// Its files are removed from the store of this service; the catalogue keeps it. While it is being downloaded, the answer is
/// 409.
#[utoipa::path(
    delete, path = "/v1/models/{model_id}", tag = "models",
    params(("model_id" = String, Path, description = "Id of the model, or another name of it", example = "all-MiniLM-L6-v2")),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" = json!([
        "model-not-in-catalogue", "not-found", "unknown-field", "resource-in-use", "storage-failure"
    ]))),
)]
async fn delete_model(
    State(store): State<ModelStore>,
    PathText(id): PathText,
    Params(NoParameters): Params<NoParameters>,
) -> Result<StatusCode, Problem> {
    on_disk(move || store.remove(&id)).await??;
    Ok(StatusCode::NO_CONTENT)
}

/// The store's folder may be slow: not on a thread that answers requests.
async fn on_disk<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(look).await.map_err(|error| Problem::internal(format!("the look broke off: {error}")))
}
