//! The predecessor's paths, kept for those who still call them.
//!
//! For: the old inputs and the old answers, on the new operations. Not for: anything new. The one decision: an old
//! address differs from a new one only here; authentication, limits and checks are the same, and errors have the old
//! shape `{"error": …}`.

mod build_knowledgebase;
mod deepcheck;
mod model_downloader;
mod process_file;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::conversions::{check, effective};
use super::extract::{FromParameters, Parameters, Params};
use super::problem::{Problem, entry};
use super::state::{Gates, HttpLimits, HttpState, Places};
use super::submission::{self, Asked, Terms, Work, location};
use crate::core::failure::{Code, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{Job, JobQueue, Status};
use crate::core::models::ModelStore;
use crate::core::storage::location::{Destination, Source};
use crate::core::telemetry::metrics::Metrics;
use crate::operations::parquet_conversion::{ConversionOptions, ConversionRequest, KIND};

/// 1 November 2026 (RFC 9745).
const DEPRECATED_SINCE: &str = "@1793491200";

/// Whether a path is one of the predecessor's.
pub(crate) fn owns(path: &str) -> bool {
    path.starts_with("/api/")
}

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    let announcing = |successor| middleware::from_fn_with_state(successor, announce_successor);
    let conversion = OpenApiRouter::new().routes(routes!(convert_by_get, convert_by_post));
    conversion
        .route_layer(announcing("</v1/conversions>; rel=\"successor-version\""))
        .merge(
            build_knowledgebase::router().route_layer(announcing("</v1/knowledge-bases>; rel=\"successor-version\"")),
        )
        .merge(model_downloader::router().route_layer(announcing("</v1/models>; rel=\"successor-version\"")))
        .merge(
            process_file::router().route_layer(announcing("</v1/classification-datasets>; rel=\"successor-version\"")),
        )
        .merge(deepcheck::router().route_layer(announcing("</v1/drift-checks>; rel=\"successor-version\"")))
        .route_layer(middleware::from_fn(refuse_prefetch))
}

/// Says where the successor is, in refusals too.
async fn announce_successor(State(successor): State<&'static str>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("deprecation"), HeaderValue::from_static(DEPRECATED_SINCE));
    headers.insert(axum::http::header::LINK, HeaderValue::from_static(successor));
    response
}

/// A browser that looks ahead must not start work.
async fn refuse_prefetch(request: Request, next: Next) -> Response {
    let looks_ahead = ["sec-purpose", "purpose", "x-moz"].iter().any(|name| {
        request
            .headers()
            .get(*name)
            .and_then(|value| value.to_str().ok())
            .is_some_and(|value| value.contains("prefetch"))
    });
    if looks_ahead {
        return Problem::new(Code::InvalidParameter, "this address starts work; it can't be fetched ahead")
            .into_response();
    }
    next.run(request).await
}

/// Which storage the old paths name; `s3` is known by name only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum UrlType {
    Local,
    Gcs,
    S3,
}

/// The storages that the document offers.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "describes a parameter; `UrlType` is read")]
enum OfferedUrlType {
    Local,
    Gcs,
}

/// What the old conversion takes.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct OldConversion {
    /// Which storage the folders are in.
    #[param(inline, value_type = OfferedUrlType)]
    url_type: UrlType,
    /// Folder to convert.
    #[param(min_length = 1)]
    input_base_folder: String,
    /// Folder that takes the Parquet files.
    #[param(min_length = 1)]
    output_base_folder: String,
}

impl FromParameters for OldConversion {
    fn read(parameters: &mut Parameters) -> Self {
        let url_type = parameters.parsed("url_type", "local, gcs or s3", |text| match text {
            "local" => Some(UrlType::Local),
            "gcs" => Some(UrlType::Gcs),
            "s3" => Some(UrlType::S3),
            _ => None,
        });
        Self {
            url_type: url_type.unwrap_or(UrlType::Local),
            input_base_folder: parameters.required("input_base_folder"),
            output_base_folder: parameters.required("output_base_folder"),
        }
    }
}

impl OldConversion {
    fn into_request(self) -> Result<ConversionRequest, Problem> {
        let Self { url_type, input_base_folder: input, output_base_folder: output } = self;
        let (source, destination) = match url_type {
            UrlType::Local => (Source::Path { path: input }, Destination::Path { path: output }),
            UrlType::Gcs => (Source::Uri { uri: in_bucket(input) }, Destination::Uri { uri: in_bucket(output) }),
            UrlType::S3 => {
                return Err(Problem::new(Code::InvalidParameter, "this build can't read from S3")
                    .with_status(StatusCode::UNPROCESSABLE_ENTITY));
            }
        };
        Ok(ConversionRequest { source, destination: Some(destination), options: ConversionOptions::default() })
    }
}

fn in_bucket(folder: String) -> String {
    if folder.starts_with("gs://") { folder } else { format!("gs://{folder}") }
}

/// The old answer.
#[derive(Debug, Serialize, ToSchema)]
struct OldAnswer {
    /// `success` when the files are there, `accepted` when the job goes on under `Location`.
    #[schema(example = "success", pattern = "^(success|accepted)$")]
    data: &'static str,
}

/// What answering the old paths needs.
#[derive(Clone)]
struct OldDesk {
    queue: JobQueue,
    places: Places,
    models: ModelStore,
    isolation: Isolation,
    limits: Arc<HttpLimits>,
    gates: Gates,
    metrics: Metrics,
    shutdown: CancellationToken,
}

impl axum::extract::FromRef<HttpState> for OldDesk {
    fn from_ref(state: &HttpState) -> Self {
        Self {
            queue: JobQueue::from_ref(state),
            places: Places::from_ref(state),
            models: ModelStore::from_ref(state),
            isolation: Isolation::from_ref(state),
            limits: Arc::from_ref(state),
            gates: Gates::from_ref(state),
            metrics: Metrics::from_ref(state),
            shutdown: CancellationToken::from_ref(state),
        }
    }
}

/// Convert a folder (old path)
///
/// The predecessor's address: converts `input_base_folder` into `output_base_folder`, waits up to ten minutes, and
/// answers `{"data": "success"}`. Use POST /v1/conversions instead.
#[utoipa::path(
    get, path = "/api/parquet_conversion_service", tag = "legacy", params(OldConversion),
    responses(
        (status = 200, description = "The files are there", body = OldAnswer),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "path-outside-data-root", "bucket-not-allowed", "not-found",
        "already-exists", "limit-exceeded", "unsupported-format", "malformed-input", "queue-full", "storage-failure",
        "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn convert_by_get(
    State(desk): State<OldDesk>,
    Params(old): Params<OldConversion>,
    terms: Terms,
) -> Result<Response, Problem> {
    desk.convert(old, terms).await
}

/// Convert a folder (old path, by POST)
///
/// The same as GET, for clients that know that it changes something.
#[utoipa::path(
    post, path = "/api/parquet_conversion_service", tag = "legacy", params(OldConversion),
    responses(
        (status = 200, description = "The files are there", body = OldAnswer),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "path-outside-data-root", "bucket-not-allowed", "not-found",
        "already-exists", "limit-exceeded", "unsupported-format", "malformed-input", "queue-full", "storage-failure",
        "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn convert_by_post(
    State(desk): State<OldDesk>,
    Params(old): Params<OldConversion>,
    terms: Terms,
) -> Result<Response, Problem> {
    desk.convert(old, terms).await
}

impl OldDesk {
    async fn convert(&self, old: OldConversion, terms: Terms) -> Result<Response, Problem> {
        self.metrics.legacy_request("parquet_conversion_service");
        let conversion = old.into_request()?;
        let job = self.submit(&conversion, &terms).await?;
        let ended = submission::wait_for_end(&self.queue, &job.id, self.limits.legacy_wait, &self.shutdown).await?;
        old_answer(ended.unwrap_or(job))
    }

    async fn submit(&self, conversion: &ConversionRequest, terms: &Terms) -> Result<Job, Problem> {
        let options = effective(conversion)?;
        let content = options.to_string();
        let asked = Asked { address: "/api/parquet_conversion_service", content: &content };
        if let Some(earlier) = submission::replay(&self.queue, asked, terms).await? {
            return Ok(earlier.job);
        }
        check(conversion, &self.places).await?;
        let work = Work { kind: KIND, options, priority: 0 };
        Ok(submission::submit(&self.queue, work, asked, terms).await?.job)
    }
}

fn old_answer(job: Job) -> Result<Response, Problem> {
    let (status, data) = match job.status {
        Status::Succeeded => (StatusCode::OK, "success"),
        Status::Queued | Status::Running => (StatusCode::ACCEPTED, "accepted"),
        Status::Failed | Status::Cancelled => return Err(of_failed(job)),
    };
    Ok((status, location(&job.id), Json(OldAnswer { data })).into_response())
}

/// Why a job came to nothing.
fn of_failed(job: Job) -> Problem {
    let failure = job.error.unwrap_or_else(|| Failure::new(Code::Cancelled, "the job was cancelled"));
    Problem::new(failure.code, failure.detail).with_status(entry(failure.code).status)
}

/// The predecessor said 400 to a file that it could make nothing of.
fn as_bad_request(problem: Problem) -> Problem {
    match problem.status() {
        StatusCode::UNPROCESSABLE_ENTITY | StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            problem.with_status(StatusCode::BAD_REQUEST)
        }
        _ => problem,
    }
}
