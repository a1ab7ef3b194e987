//! The predecessor's model downloader, at both of its addresses.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{OldAnswer, OldDesk, old_answer};
use crate::core::failure::Code;
use crate::core::jobs::Job;
use crate::operations::model_download::{KIND, ModelDownloadRequest};
use crate::routers::extract::{FromParameters, Parameters, Params};
use crate::routers::models::effective;
use crate::routers::problem::Problem;
use crate::routers::state::HttpState;
use crate::routers::submission::{self, Asked, Terms, Work};

const ALIAS: &str = "model_downloader";

pub(super) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(download_by_get, download_by_post))
        .routes(routes!(download_by_get_below, download_by_post_below))
}

/// What the old downloader takes.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct OldModel {
    /// Id of a model in the catalogue, or another name of it.
    #[param(min_length = 1, example = "all-MiniLM-L6-v2")]
    model_name: String,
}

impl FromParameters for OldModel {
    fn read(parameters: &mut Parameters) -> Self {
        Self { model_name: parameters.required("model_name") }
    }
}

/// Fetch a model (old path)
///
/// The predecessor's address: fetches the model, waits up to ten minutes, and answers `{"data": "success"}` when every file is
/// there and right. Use POST /v1/models instead.
#[utoipa::path(
    get, path = "/api/model_downloader", tag = "legacy", params(OldModel),
    responses(
        (status = 200, description = "The model is there", body = OldAnswer),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "address-not-allowed", "not-found", "queue-full", "storage-failure",
        "upstream-hub", "digest-mismatch", "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn download_by_get(
    State(desk): State<OldDesk>,
    Params(old): Params<OldModel>,
    terms: Terms,
) -> Result<Response, Problem> {
    desk.download(old, terms).await
}

/// Fetch a model (old path, by POST)
///
/// The same as GET, for clients that know that it changes something.
#[utoipa::path(
    post, path = "/api/model_downloader", tag = "legacy", params(OldModel),
    responses(
        (status = 200, description = "The model is there", body = OldAnswer),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "address-not-allowed", "not-found", "queue-full", "storage-failure",
        "upstream-hub", "digest-mismatch", "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn download_by_post(
    State(desk): State<OldDesk>,
    Params(old): Params<OldModel>,
    terms: Terms,
) -> Result<Response, Problem> {
    desk.download(old, terms).await
}

/// Fetch a model (old path below its router)
///
/// The same, where the predecessor really had it.
#[utoipa::path(
    get, path = "/api/downloader/model_downloader", tag = "legacy", params(OldModel),
    responses(
        (status = 200, description = "The model is there", body = OldAnswer),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "address-not-allowed", "not-found", "queue-full", "storage-failure",
        "upstream-hub", "digest-mismatch", "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn download_by_get_below(
    State(desk): State<OldDesk>,
    Params(old): Params<OldModel>,
    terms: Terms,
) -> Result<Response, Problem> {
    desk.download(old, terms).await
}

/// Fetch a model (old path below its router, by POST)
///
/// The same as GET, for clients that know that it changes something.
#[utoipa::path(
    post, path = "/api/downloader/model_downloader", tag = "legacy", params(OldModel),
    responses(
        (status = 200, description = "The model is there", body = OldAnswer),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "address-not-allowed", "not-found", "queue-full", "storage-failure",
        "upstream-hub", "digest-mismatch", "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn download_by_post_below(
    State(desk): State<OldDesk>,
    Params(old): Params<OldModel>,
    terms: Terms,
) -> Result<Response, Problem> {
    desk.download(old, terms).await
}

impl OldDesk {
    async fn download(&self, old: OldModel, terms: Terms) -> Result<Response, Problem> {
        self.metrics.legacy_request(ALIAS);
        let job = self.submit_download(old, &terms).await?;
        let ended = submission::wait_for_end(&self.queue, &job.id, self.limits.legacy_wait, &self.shutdown).await?;
        old_answer(ended.unwrap_or(job))
    }

    async fn submit_download(&self, old: OldModel, terms: &Terms) -> Result<Job, Problem> {
        if self.models.catalogue().get(&old.model_name).is_err() {
            return Err(
                Problem::new(Code::ModelNotInCatalogue, "Invalid model name").with_status(StatusCode::BAD_REQUEST)
            );
        }
        let request = ModelDownloadRequest { id: old.model_name, revision: None, source: None };
        let options = effective(&self.models, request)?;
        let content = options.to_string();
        let asked = Asked { address: "/api/model_downloader", content: &content };
        let work = Work { kind: KIND, options, priority: 0 };
        Ok(submission::submit(&self.queue, work, asked, terms).await?.job)
    }
}
