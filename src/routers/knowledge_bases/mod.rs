//! `/v1/knowledge-bases`: folders made into records, and what is in them.
//!
//! For: building, listing, reading, searching. Not for: any of that itself (`operations::knowledge_base`). The one decision:
//! an answer is made of one state of a knowledge base, opened when the request comes; a build that ends meanwhile shows in
//! the next one. Whatever reads files does so on a thread that may block.

mod build;
mod graph;
mod records;
mod search;
mod tree;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::extract::{Cursor, FromParameters, IdPath, NoParameters, Parameters, Params, Position};
use super::problem::Problem;
use super::state::HttpState;
use crate::core::failure::Fails;
use crate::operations::knowledge_base::{
    KnowledgeBase, KnowledgeBaseError, KnowledgeBaseName, KnowledgeBases, Manifest,
};

pub(crate) use build::{Desk as BuildDesk, check, effective};

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list_knowledge_bases, build::create_knowledge_base))
        .routes(routes!(get_knowledge_base, delete_knowledge_base))
        .routes(routes!(records::list_records))
        .routes(routes!(tree::get_tree))
        .routes(routes!(search::search_knowledge_base))
        .routes(routes!(graph::get_graph))
}

/// A knowledge base in a list.
#[derive(Debug, Serialize, ToSchema)]
struct KnowledgeBaseView {
    /// Its name.
    name: KnowledgeBaseName,
    /// What is said of it; `null` if it is damaged: then build it again.
    manifest: Option<Manifest>,
}

/// Knowledge bases.
#[derive(Debug, Serialize, ToSchema)]
struct KnowledgeBaseList {
    /// The knowledge bases, by name.
    items: Vec<KnowledgeBaseView>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// Which knowledge bases a list holds.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListKnowledgeBases {
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^v1\.[0-9a-f]{16}\.[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    cursor: Option<Cursor>,
}

impl FromParameters for ListKnowledgeBases {
    fn read(parameters: &mut Parameters) -> Self {
        let (limit, cursor) = parameters.page();
        Self { limit, cursor }
    }
}

/// List knowledge bases
///
/// By name, in pages: follow `next_cursor` until it is `null`.
#[utoipa::path(
    get, path = "/v1/knowledge-bases", tag = "knowledge bases", params(ListKnowledgeBases),
    responses((status = 200, description = "A page of knowledge bases", body = KnowledgeBaseList)),
    extensions(("x-problems" = json!(["invalid-parameter", "unknown-field", "invalid-cursor", "not-found", "storage-failure"]))),
)]
async fn list_knowledge_bases(
    State(bases): State<KnowledgeBases>,
    Params(list): Params<ListKnowledgeBases>,
) -> Result<Json<KnowledgeBaseList>, Problem> {
    const FILTERS: &str = "knowledge-bases";
    let behind = match list.cursor.map(|cursor| cursor.position::<KnowledgeBaseName>(FILTERS)).transpose()? {
        Some(Position::Elsewhere(name)) => return Err(Problem::not_found("knowledge base", name)),
        Some(Position::Behind(name)) => Some(name),
        None => None,
    };
    on_disk(move || {
        let mut names = bases.names()?;
        names.retain(|name| behind.as_ref().is_none_or(|behind| name > behind));
        let has_more = names.len() > list.limit as usize;
        names.truncate(list.limit as usize);
        let next_cursor = names.last().filter(|_| has_more).map(|last| Cursor::after(FILTERS, last.as_str()));
        let items = names.into_iter().filter_map(|name| described(&bases, name)).collect();
        Ok(Json(KnowledgeBaseList { items, next_cursor }))
    })
    .await
}

/// One that was removed since it was listed is left out; what is wrong with one is in the log, where paths may be told.
fn described(bases: &KnowledgeBases, name: KnowledgeBaseName) -> Option<KnowledgeBaseView> {
    match bases.open(&name) {
        Ok(base) => Some(KnowledgeBaseView { name, manifest: Some(base.manifest().clone()) }),
        Err(KnowledgeBaseError::NotFound { .. }) => None,
        Err(error) => {
            tracing::warn!(knowledge_base = %name, code = error.code().as_str(), %error, "a knowledge base can't be read");
            Some(KnowledgeBaseView { name, manifest: None })
        }
    }
}

/// Describe a knowledge base
///
/// Its manifest: how it was built, how much is in it, the columns that its records have, and the digest of its records.
/// `generation` says which state of it this is: the same as long as nothing changes.
#[utoipa::path(
    get, path = "/v1/knowledge-bases/{name}", tag = "knowledge bases",
    params(("name" = KnowledgeBaseName, Path, description = "Name of the knowledge base")),
    responses((status = 200, description = "The manifest", body = Manifest)),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "storage-failure"]))),
)]
async fn get_knowledge_base(
    State(bases): State<KnowledgeBases>,
    IdPath(name): IdPath<KnowledgeBaseName>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Json<Manifest>, Problem> {
    on_disk(move || Ok(Json(bases.open(&name)?.manifest().clone()))).await
}

/// Remove a knowledge base
///
/// The folder that it was built from stays as it is. While it is being built, the answer is 409.
#[utoipa::path(
    delete, path = "/v1/knowledge-bases/{name}", tag = "knowledge bases",
    params(("name" = KnowledgeBaseName, Path, description = "Name of the knowledge base")),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "resource-in-use", "storage-failure"]))),
)]
async fn delete_knowledge_base(
    State(bases): State<KnowledgeBases>,
    IdPath(name): IdPath<KnowledgeBaseName>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<StatusCode, Problem> {
    on_disk(move || Ok(bases.remove(&name)?)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Opens a knowledge base and makes something of it, on a thread that may block.
async fn read<T: Send + 'static>(
    bases: KnowledgeBases,
    name: KnowledgeBaseName,
    look: impl FnOnce(KnowledgeBase) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    on_disk(move || look(bases.open(&name)?)).await
}

/// Does something on a thread that may block.
async fn on_disk<T: Send + 'static>(look: impl FnOnce() -> Result<T, Problem> + Send + 'static) -> Result<T, Problem> {
    let looked = tokio::task::spawn_blocking(look).await;
    looked.map_err(|error| Problem::internal(format!("the look broke off: {error}")))?
}
