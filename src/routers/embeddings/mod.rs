//! `/v1/embeddings`: texts in, vectors out, as `OpenAI`'s clients ask for them.
//!
//! For: their request, their answer, their form of errors. Not for: computing, which `core::embeddings` does on threads of
//! its own. The one decision: whatever takes time happens on a thread that may block (reading a large body, waiting for the
//! vectors, writing a large answer), and ends when the client hangs up.

mod answer;
mod envelope;
mod request;

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRef, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{self, NoParameters, Params};
use super::problem::{Faults, Problem};
use super::state::{HttpLimits, HttpState};
use crate::core::embeddings::{EmbeddingError, LoadedModels, NamedModel, Urgency};
use crate::core::failure::{Code, Failure};

use answer::EmbeddingList;
pub(crate) use envelope::{OpenAiError, body as error_body, example as error_example};
use request::EmbeddingRequest;

const PATH: &str = "/v1/embeddings";

/// Whether errors under a path have `OpenAI`'s form.
pub(crate) fn owns(path: &str) -> bool {
    path == PATH
}

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(create_embeddings))
}

/// What answering takes.
#[derive(Clone)]
struct Desk {
    models: LoadedModels,
    limits: Arc<HttpLimits>,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self { models: LoadedModels::from_ref(state), limits: Arc::<HttpLimits>::from_ref(state) }
    }
}

/// Turn texts into vectors
///
/// As `OpenAI`'s clients ask for it, with a model of this service's store: set `base_url` to this service's address and
/// `/v1`. Errors have their form, too. Texts of like meaning have vectors that point into like directions. A text has the same
/// vector whatever is sent with it, so vectors can be kept and compared. A text that is longer than the model reads is cut there,
/// and `truncated` names it. A model that is not in the store must be fetched first (`POST /v1/models`).
#[utoipa::path(
    post, path = "/v1/embeddings", tag = "embeddings",
    request_body(content = EmbeddingRequest, example = json!({
        "model": "all-MiniLM-L6-v2",
        "input": ["The kiln burns at 1,450 degrees.", "Cement is fired in an oven."]
    })),
    responses((status = 200, description = "The vectors, in the order of the texts", body = EmbeddingList, example = json!({
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [0.018, -0.094, 0.027]},
            {"object": "embedding", "index": 1, "embedding": [0.021, -0.081, 0.033]}
        ],
        "model": "all-MiniLM-L6-v2",
        "usage": {"prompt_tokens": 22, "total_tokens": 22},
        "truncated": []
    }))),
    extensions(("x-problems" = json!([
        "malformed-json", "unknown-field", "invalid-parameter", "model-not-in-catalogue", "not-found", "body-too-large",
        "too-many-inputs", "unsupported-format", "queue-full", "not-ready", "shutting-down"
    ]))),
)]
async fn create_embeddings(
    State(desk): State<Desk>,
    Params(NoParameters): Params<NoParameters>,
    request: Request,
) -> Result<Response, Problem> {
    let most = usize::try_from(desk.limits.max_embedding_bytes).unwrap_or(usize::MAX);
    let body = extract::json_bytes(request, Some(most), "send fewer texts at once").await?;
    let cancel = CancellationToken::new();
    // The client hangs up: the handler is dropped, and with it whatever waits for a thread.
    let _gone = cancel.clone().drop_guard();
    let answered = tokio::task::spawn_blocking(move || desk.answer(&body, &cancel)).await;
    let bytes = answered.map_err(|error| Problem::internal(format!("the answer broke off: {error}")))??;
    Ok(([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response())
}

impl Desk {
    /// From body to body.
    fn answer(&self, body: &Bytes, cancel: &CancellationToken) -> Result<Vec<u8>, Problem> {
        let request = extract::parse_json::<EmbeddingRequest>(body)?;
        request.check(self.limits.max_embedding_inputs)?;
        let model = self.models.get(request.model.as_deref(), Urgency::Interactive)?;
        check_dimensions(request.dimensions, &model)?;
        let found = model.embedder.embed(&request.input.texts(), cancel).map_err(refused)?;
        let list = EmbeddingList::of(model.id, &found, request.encoding_format);
        serde_json::to_vec(&list).map_err(|error| Problem::internal(format!("the answer is no JSON: {error}")))
    }
}

/// No model of ours has vectors that can be cut.
fn check_dimensions(wanted: Option<u32>, model: &NamedModel) -> Result<(), Problem> {
    let (has, id) = (model.embedder.dimension(), &model.id);
    let mut faults = Faults::default();
    if let Some(wanted) = wanted.filter(|wanted| *wanted as usize != has) {
        let detail = format!("`dimensions` is {wanted}, and vectors of `{id}` have {has} numbers");
        let failure = Failure::new(Code::InvalidParameter, detail);
        faults.at("/dimensions", failure.with_hint("leave it out: vectors of this model can't be cut"));
    }
    faults.into_result()
}

fn refused(error: EmbeddingError) -> Problem {
    match error {
        EmbeddingError::Overloaded { retry_after, .. } => {
            Problem::from(error).retry_after(retry_after.as_secs().max(1))
        }
        other => Problem::from(other),
    }
}
