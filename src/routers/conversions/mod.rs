//! `/v1/conversions`: a folder, file or upload becomes Parquet.

mod check;
mod form;

use std::sync::Arc;

use axum::extract::{FromRequest, Request, State};
use axum::response::Response;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::form::{ConversionForm, WORDING};
use super::extract::{Json, Params};
use super::form::{keep_for_new_job, read_form};
use super::jobs::JobView;
use super::problem::Problem;
use super::state::{Gates, HttpLimits, HttpState, Places};
use super::submission::{self, Asked, Precedence, Submitted, Terms, Work};
use super::upload::is_multipart;
use crate::core::jobs::JobQueue;
use crate::operations::parquet_conversion::{ConversionRequest, KIND};

pub(crate) use check::{check, check_destination, check_source, check_source_at};

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(create_conversion))
}

/// What taking a conversion needs.
#[derive(Clone)]
pub(crate) struct Desk {
    queue: JobQueue,
    places: Places,
    limits: Arc<HttpLimits>,
    gates: Gates,
}

impl axum::extract::FromRef<HttpState> for Desk {
    fn from_ref(state: &HttpState) -> Self {
        Self {
            queue: JobQueue::from_ref(state),
            places: Places::from_ref(state),
            limits: Arc::from_ref(state),
            gates: Gates::from_ref(state),
        }
    }
}

/// Convert to Parquet
///
/// Turns a file or a folder of tables and documents into the same tree in Parquet, with every row accounted for. Reads
/// csv, tsv, txt, json, jsonl, xlsx, xlsm, xlsb, xls, ods, pdf, docx, html and xml, also as .gz and .zst, and what is in
/// a .zip. The answer is a job: follow it under `Location`, or ask to wait for its end with `Prefer: wait=20`. Without a
/// `destination` the Parquet files become the job's artifacts. Of the jobs that wait, those with the highest `priority`
/// (0 if it is left out) are begun first. For one file and one line of curl, send a form: part
/// `file`, and part `options` with the JSON of the options; the file is kept as an upload. With an `Idempotency-Key`
/// header, the same request within 24 hours answers with the same job.
#[utoipa::path(
    post, path = "/v1/conversions", tag = "conversions",
    params(
        Precedence,
        ("Prefer" = Option<String>, Header, example = "wait=20",
            description = "`wait=N`: answer when the job ends, after N seconds at the latest (60 at most)"),
    ),
    request_body(content(
        (ConversionRequest = "application/json", example = json!({
            "source": {"type": "path", "path": "knowledgebase"},
            "destination": {"type": "path", "path": "parquet"},
            "options": {"include": ["**/*.csv"]}
        })),
        (ConversionForm = "multipart/form-data"),
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
        "not-found", "body-too-large", "too-many-inputs", "unsupported-format", "idempotency-key-reused", "queue-full",
        "too-many-requests", "storage-failure", "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn create_conversion(
    State(desk): State<Desk>,
    State(shutdown): State<CancellationToken>,
    Params(precedence): Params<Precedence>,
    terms: Terms,
    request: Request,
) -> Result<Response, Problem> {
    let submitted = if is_multipart(request.headers()) {
        desk.take_form(request, precedence, &terms).await?
    } else {
        let Json(conversion) = Json::<ConversionRequest>::from_request(request, &()).await?;
        let content = effective(&conversion)?.to_string();
        desk.submit(&conversion, precedence, &content, &terms).await?
    };
    submission::answer(&desk.queue, submitted, terms.wait, &shutdown).await
}

impl Desk {
    /// Keeps the form's file only if a new job needs it.
    async fn take_form(&self, request: Request, precedence: Precedence, terms: &Terms) -> Result<Submitted, Problem> {
        let _permit = self.gates.upload()?;
        let upload = read_form(request, &self.places.uploads, &self.limits, WORDING).await?;
        let (content, source) = (upload.content(), upload.source());
        let conversion = ConversionRequest { source, destination: upload.destination, options: upload.options };
        let outcome = self.submit(&conversion, precedence, &content, terms).await;
        keep_for_new_job(outcome, &upload.file.id, &self.places.uploads).await
    }

    /// An equal request of before is answered though its source may be gone by now.
    pub(crate) async fn submit(
        &self,
        conversion: &ConversionRequest,
        precedence: Precedence,
        content: &str,
        terms: &Terms,
    ) -> Result<Submitted, Problem> {
        let asked = Asked { address: "/v1/conversions", content: &precedence.mark(content) };
        if let Some(earlier) = submission::replay(&self.queue, asked, terms).await? {
            return Ok(earlier);
        }
        check(conversion, &self.places).await?;
        let work = Work { kind: KIND, options: effective(conversion)?, priority: precedence.priority.unwrap_or(0) };
        submission::submit(&self.queue, work, asked, terms).await
    }
}

/// The options as the job keeps them, defaults filled in.
pub(crate) fn effective(conversion: &ConversionRequest) -> Result<serde_json::Value, Problem> {
    serde_json::to_value(conversion).map_err(|error| Problem::internal(format!("options are not JSON: {error}")))
}
