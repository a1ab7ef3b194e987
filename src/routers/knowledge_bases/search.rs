//! `/v1/knowledge-bases/{name}/search`: records that fit a question.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRef, State};
use tokio_util::sync::CancellationToken;

use super::on_disk;
use crate::core::embeddings::{Embedder, LoadedModels, Urgency};
use crate::core::failure::{Fails as _, Failure};
use crate::operations::knowledge_base::KnowledgeBaseName;
use crate::operations::knowledge_base::search::{
    MOST_RESULTS, SearchMode, SearchOptions, SearchOutcome, SearchableBases,
};
use crate::routers::extract::{FromParameters, IdPath, Parameters, Params};
use crate::routers::problem::Problem;
use crate::routers::state::HttpState;

/// Characters of a question.
const LONGEST: usize = 1_000;

/// What answering takes.
#[derive(Clone)]
pub(super) struct Desk {
    bases: SearchableBases,
    models: LoadedModels,
}

impl FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self { bases: SearchableBases::from_ref(state), models: LoadedModels::from_ref(state) }
    }
}

/// What is looked for, and where.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// What is looked for: words, and "phrases" in quotes.
    #[param(min_length = 1, max_length = 1000, example = "greenhouse gas")]
    q: String,
    /// What makes a record fit; without it, `hybrid`.
    mode: Option<SearchMode>,
    /// Results at most.
    #[param(minimum = 1, maximum = 1000, default = 10, required = false)]
    k: usize,
    /// Only records of files in this folder of the source, and below.
    #[param(example = "Climate")]
    folder: Option<String>,
    /// Only records with this value, as `NAME:VALUE`: of a column, or file, format, heading, page, path, sheet; of several
    /// filters each must hold.
    #[param(example = json!(["format:pdf"]), required = false)]
    filter: Vec<String>,
}

impl FromParameters for Question {
    fn read(parameters: &mut Parameters) -> Self {
        let q = parameters.required("q");
        if q.chars().count() > LONGEST {
            parameters.fault("q", format!("`q` has more than {LONGEST} characters"));
        }
        let mode =
            parameters.parsed("mode", "hybrid, text or meaning", |text| serde_json::from_value(text.into()).ok());
        let k = parameters.number("k", SearchOptions::default().k, 1..=MOST_RESULTS);
        Self { q, mode, k, folder: parameters.text("folder"), filter: parameters.list("filter") }
    }
}

/// Search a knowledge base
///
/// The best records, best first, each with why: its places by words (BM25) and by meaning (cosine), and the piece of its
/// content that has the words. `hybrid` adds the places up (reciprocal rank fusion); where the knowledge base was built
/// without `meaning`, or its model is not here, words alone count, and `note` says so.
#[utoipa::path(
    get, path = "/v1/knowledge-bases/{name}/search", tag = "knowledge bases",
    params(("name" = KnowledgeBaseName, Path, description = "Name of the knowledge base"), Question),
    responses((status = 200, description = "What was found", body = SearchOutcome)),
    extensions(("x-problems" = json!([
        "not-found", "invalid-parameter", "unknown-field", "model-not-in-catalogue", "queue-full", "not-ready",
        "shutting-down", "storage-failure"
    ]))),
)]
pub(super) async fn search_knowledge_base(
    State(desk): State<Desk>,
    IdPath(name): IdPath<KnowledgeBaseName>,
    Params(question): Params<Question>,
) -> Result<Json<SearchOutcome>, Problem> {
    let cancel = CancellationToken::new();
    // The client hangs up: the handler is dropped, and with it what waits for a thread.
    let _gone = cancel.clone().drop_guard();
    on_disk(move || {
        let Question { q, mode, k, folder, filter } = question;
        let options = SearchOptions { mode: mode.unwrap_or_default(), k, folder, filters: filter };
        let embedders = |model: &str| desk.embedder(model);
        let base = desk.bases.get(&name)?;
        Ok(Json(base.search(&q, &options, &embedders, &cancel)?))
    })
    .await
}

impl Desk {
    fn embedder(&self, model: &str) -> Result<Arc<dyn Embedder>, Failure> {
        let found = self.models.get(Some(model), Urgency::Interactive);
        found.map(|model| model.embedder).map_err(|error| error.to_failure())
    }
}
