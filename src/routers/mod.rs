//! Who asks over HTTP: parse, authorise, translate, answer.
//!
//! For: the API, the predecessor's paths and the web page. Not for: any work; operations do it, as jobs. The one
//! decision: a route and its entry in the `OpenAPI` document are one declaration, so they can't drift apart.

mod annotations;
mod classification_datasets;
mod columns;
mod content;
mod conversions;
mod drift_checks;
mod embeddings;
mod extract;
mod files;
mod form;
mod health;
mod jobs;
mod knowledge_bases;
mod language_models;
mod legacy;
mod middleware;
mod models;
mod openapi;
mod problem;
mod state;
mod submission;
#[cfg(test)]
mod tests;
mod ui;
mod upload;
mod workers;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::{Json, Router};
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_swagger_ui::{Config, SwaggerUi};

pub(crate) use jobs::JobView;
pub use middleware::auth::ApiKeys;
pub(crate) use models::{ModelList, ModelView};
pub use state::{HttpLimits, HttpParts, HttpState, ReadinessCheck, ReportRenderer, ServiceInfo};
pub(crate) use workers::WorkerView;

/// Every operation of the API: the table.
fn operations() -> (Router<HttpState>, OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(openapi::head())
        .merge(conversions::router())
        .merge(jobs::router())
        .merge(workers::router())
        .merge(files::router())
        .merge(knowledge_bases::router())
        .merge(annotations::router())
        .merge(language_models::router())
        .merge(classification_datasets::router())
        .merge(drift_checks::router())
        .merge(models::router())
        .merge(embeddings::router())
        .merge(health::router())
        .merge(problem::router())
        .merge(legacy::router())
        .split_for_parts();
    openapi::complete(&mut document);
    (router, document)
}

/// The `OpenAPI` document; needs no service.
pub fn openapi() -> OpenApi {
    operations().1
}

/// The whole service over HTTP.
pub fn router(parts: HttpParts) -> Router {
    let state = HttpState::new(parts);
    let (operations, document) = operations();
    let document = Arc::new(document);
    let docs = SwaggerUi::new("/docs").config(Config::from("/openapi.json").persist_authorization(false));
    let routes = operations
        .route("/openapi.json", axum::routing::get(move || async move { Json(document) }))
        .merge(ui::router())
        .merge(docs);
    through_middleware(routes, &state).with_state(state)
}

/// The layers; a request meets the last one first.
fn through_middleware(routes: Router<HttpState>, state: &HttpState) -> Router<HttpState> {
    use axum::extract::FromRef;
    let limits = Arc::<HttpLimits>::from_ref(state);
    let max_json_bytes = usize::try_from(limits.max_json_bytes).unwrap_or(usize::MAX);
    routes
        .layer(DefaultBodyLimit::max(max_json_bytes))
        .layer(from_fn_with_state(state.clone(), middleware::limits::deadline))
        .layer(from_fn_with_state(state.clone(), middleware::limits::shutdown))
        .layer(from_fn_with_state(state.clone(), middleware::auth::authenticate))
        .layer(from_fn_with_state(state.clone(), middleware::cross_site::refuse))
        .layer(from_fn_with_state(state.clone(), middleware::limits::concurrency))
        .layer(CatchPanicLayer::custom(middleware::panic::answer))
        .layer(from_fn(problem::render))
        .layer(from_fn(middleware::headers::set))
        .layer(from_fn_with_state(state.clone(), middleware::metrics::measure))
        .layer(from_fn(middleware::access_log::log))
        .layer(from_fn(middleware::request_id::name))
}
