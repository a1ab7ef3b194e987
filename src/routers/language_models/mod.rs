//! `/v1/language-models`: language models built from tables, and what they say.
//!
//! For: building, listing, asking. Not for: any of that itself (`operations::language_model`). The one decision: an answer is
//! made of one state of a model, opened when the request comes; one that takes its name meanwhile shows in the next answer.
//! Whatever reads files does so on a thread that may block.

mod ask;
mod build;

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Cursor, FromParameters, IdPath, NoParameters, Parameters, Params, Position};
use super::problem::Problem;
use super::state::HttpState;
use crate::core::failure::Fails;
use crate::operations::language_model::{
    LanguageModel, LanguageModelError, LanguageModelInfo, LanguageModelName, LanguageModels,
};

pub(crate) use build::Desk as BuildDesk;

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list_language_models, build::create_language_model))
        .routes(routes!(get_language_model, delete_language_model))
        .routes(routes!(ask::score_texts))
        .routes(routes!(ask::get_neighbours))
        .routes(routes!(ask::get_completions))
}

/// A language model in a list.
#[derive(Debug, Serialize, ToSchema)]
struct LanguageModelView {
    /// Its name.
    name: LanguageModelName,
    /// How it was built, and how much is in it; `null` if it is damaged: then build it again.
    model: Option<LanguageModelInfo>,
}

/// Language models.
#[derive(Debug, Serialize, ToSchema)]
struct LanguageModelList {
    /// The language models, by name.
    items: Vec<LanguageModelView>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// Which language models a list holds.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListLanguageModels {
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^v1\.[0-9a-f]{16}\.[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    cursor: Option<Cursor>,
}

impl FromParameters for ListLanguageModels {
    fn read(parameters: &mut Parameters) -> Self {
        let (limit, cursor) = parameters.page();
        Self { limit, cursor }
    }
}

/// List language models
///
/// By name, in pages: follow `next_cursor` until it is `null`.
#[utoipa::path(
    get, path = "/v1/language-models", tag = "language models", params(ListLanguageModels),
    responses((status = 200, description = "A page of language models", body = LanguageModelList)),
    extensions(("x-problems" = json!(["invalid-parameter", "unknown-field", "invalid-cursor", "not-found", "storage-failure"]))),
)]
async fn list_language_models(
    State(models): State<LanguageModels>,
    Params(list): Params<ListLanguageModels>,
) -> Result<Json<LanguageModelList>, Problem> {
    const FILTERS: &str = "language-models";
    let behind = match list.cursor.map(|cursor| cursor.position::<LanguageModelName>(FILTERS)).transpose()? {
        Some(Position::Elsewhere(name)) => return Err(Problem::not_found("language model", name)),
        Some(Position::Behind(name)) => Some(name),
        None => None,
    };
    on_disk(move |_| {
        let mut names = models.names()?;
        names.retain(|name| behind.as_ref().is_none_or(|behind| name > behind));
        let has_more = names.len() > list.limit as usize;
        names.truncate(list.limit as usize);
        let next_cursor = names.last().filter(|_| has_more).map(|last| Cursor::after(FILTERS, last.as_str()));
        let items = names.into_iter().filter_map(|name| described(&models, name)).collect();
        Ok(Json(LanguageModelList { items, next_cursor }))
    })
    .await
}

/// One that was removed since it was listed is left out; what is wrong with one is in the log, where paths may be told.
fn described(models: &LanguageModels, name: LanguageModelName) -> Option<LanguageModelView> {
    match models.info(&name) {
        Ok(model) => Some(LanguageModelView { name, model: Some(model) }),
        Err(LanguageModelError::NotFound { .. }) => None,
        Err(error) => {
            tracing::warn!(language_model = %name, code = error.code().as_str(), %error, "a language model can't be read");
            Some(LanguageModelView { name, model: None })
        }
    }
}

/// Describe a language model
///
/// How it was built, from which table, and how much is in it.
#[utoipa::path(
    get, path = "/v1/language-models/{name}", tag = "language models",
    params(("name" = LanguageModelName, Path, description = "Name of the language model")),
    responses((status = 200, description = "The description", body = LanguageModelInfo)),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "malformed-input", "unsupported-format", "storage-failure"]))),
)]
async fn get_language_model(
    State(models): State<LanguageModels>,
    IdPath(name): IdPath<LanguageModelName>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Json<LanguageModelInfo>, Problem> {
    on_disk(move |_| Ok(Json(models.info(&name).map_err(unusable)?))).await
}

/// Remove a language model
///
/// What the job left elsewhere stays. While it is being built, the answer is 409.
#[utoipa::path(
    delete, path = "/v1/language-models/{name}", tag = "language models",
    params(("name" = LanguageModelName, Path, description = "Name of the language model")),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "resource-in-use", "storage-failure"]))),
)]
async fn delete_language_model(
    State(models): State<LanguageModels>,
    IdPath(name): IdPath<LanguageModelName>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<StatusCode, Problem> {
    on_disk(move |_| Ok(models.remove(&name)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a language model and asks it something, on a thread that may block.
async fn asked<T: Send + 'static>(
    models: LanguageModels,
    name: LanguageModelName,
    ask: impl FnOnce(Arc<LanguageModel>, &CancellationToken) -> Result<T, LanguageModelError> + Send + 'static,
) -> Result<T, Problem> {
    on_disk(move |cancel| ask(models.open(&name).map_err(unusable)?, cancel).map_err(Problem::from)).await
}

/// A file that is not as it was written is told without its path.
fn unusable(error: LanguageModelError) -> Problem {
    match error {
        LanguageModelError::Damaged { .. }
        | LanguageModelError::NoModel { .. }
        | LanguageModelError::OtherFormat { .. } => {
            tracing::warn!(%error, "a language model can't be read");
            Problem::new(error.code(), "the file of the language model can't be used").with_hint("build it again")
        }
        other => other.into(),
    }
}

/// Does something on a thread that may block; when the client hangs up, the token is cancelled.
async fn on_disk<T: Send + 'static>(
    look: impl FnOnce(&CancellationToken) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let cancel = CancellationToken::new();
    // The client hangs up: the handler is dropped, and with it this guard.
    let _gone = cancel.clone().drop_guard();
    let looked = tokio::task::spawn_blocking(move || look(&cancel)).await;
    looked.map_err(|error| Problem::internal(format!("the look broke off: {error}")))?
}
