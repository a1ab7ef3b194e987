//! The predecessor's check of a table, at both of its addresses.
//!
//! The one decision: which column holds the texts is a guess, since nobody could name it: a column `text`, else the first that
//! looks like texts; a column `label`, if there is one, holds the labels. What was guessed stands in the job's options.

use std::path::Path;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{OldAnswer, OldDesk, as_bad_request, of_failed, old_answer};
use crate::core::failure::Code;
use crate::core::ids::JobId;
use crate::core::jobs::{Job, Status};
use crate::core::storage::location::Source;
use crate::core::storage::uploads::FileMeta;
use crate::core::tabular::table::TableOptions;
use crate::operations::context::RunContext;
use crate::operations::drift::{DriftOptions, DriftRequest, KIND, Preset, Suite};
use crate::operations::table_preview::{LikelyRole, PreviewedColumn, preview};
use crate::routers::drift_checks::effective;
use crate::routers::extract::{NoParameters, Params};
use crate::routers::form::keep_for_new_job;
use crate::routers::problem::Problem;
use crate::routers::state::HttpState;
use crate::routers::submission::{self, Asked, Submitted, Terms, Work};
use crate::routers::upload::{Form, Intake, multipart};

const ALIAS: &str = "deepcheck";
/// Columns that are taken for what they are called, if they are there.
const TEXT: &str = "text";
const LABEL: &str = "label";

pub(super) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(deepcheck)).routes(routes!(deepcheck_below))
}

/// A table to be checked.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the form; its part is streamed")]
struct OldCheckForm {
    /// The table, as CSV.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
}

/// The old answer, and where the report is.
#[derive(Debug, Serialize, ToSchema)]
struct OldChecked {
    /// What was done.
    #[schema(example = "File reviews processed successfully")]
    message: String,
    /// Address of the report.
    #[schema(example = "/v1/jobs/job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f/report")]
    report_url: String,
    /// The job, with the verdict in its `result`.
    #[schema(value_type = String, pattern = "^job_[0-9a-f]{32}$")]
    job_id: JobId,
}

/// Check a table (old path)
///
/// The predecessor's address: checks whether one set of texts is sound, waits up to ten minutes, and answers where the report
/// is. The texts are taken from a column `text`, or else from the first that looks like texts; labels from a column `label`, if
/// there is one. What the checks come to stands in the report and in the `result` of the job. Use POST /v1/drift-checks
/// instead.
#[utoipa::path(
    post, path = "/api/deepcheck", tag = "legacy",
    request_body(content = OldCheckForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The table was checked", body = OldChecked),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "text-column-required", "unsupported-format", "malformed-input",
        "undecodable-text", "empty-table", "limit-exceeded", "timeout", "memory-limit", "crashed", "body-too-large",
        "too-many-inputs", "idempotency-key-reused", "queue-full", "storage-failure", "shutting-down",
        "deadline-exceeded"
    ]))),
)]
async fn deepcheck(
    State(desk): State<OldDesk>,
    Params(NoParameters): Params<NoParameters>,
    terms: Terms,
    request: Request,
) -> Result<Response, Problem> {
    desk.check_table(request, &terms).await
}

/// Check a table (old path below its router)
///
/// The same, where the predecessor really had it.
#[utoipa::path(
    post, path = "/api/deepcheck/deepcheck", tag = "legacy",
    request_body(content = OldCheckForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The table was checked", body = OldChecked),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "text-column-required", "unsupported-format", "malformed-input",
        "undecodable-text", "empty-table", "limit-exceeded", "timeout", "memory-limit", "crashed", "body-too-large",
        "too-many-inputs", "idempotency-key-reused", "queue-full", "storage-failure", "shutting-down",
        "deadline-exceeded"
    ]))),
)]
async fn deepcheck_below(
    State(desk): State<OldDesk>,
    Params(NoParameters): Params<NoParameters>,
    terms: Terms,
    request: Request,
) -> Result<Response, Problem> {
    desk.check_table(request, &terms).await
}

impl OldDesk {
    async fn check_table(&self, request: Request, terms: &Terms) -> Result<Response, Problem> {
        self.metrics.legacy_request(ALIAS);
        let file = {
            let _permit = self.gates.upload()?;
            self.take_table(request).await?
        };
        let submitted = self.look_and_queue(&file, terms).await.map_err(as_bad_request)?;
        let wait = self.limits.legacy_wait;
        let ended = submission::wait_for_end(&self.queue, &submitted.job.id, wait, &self.shutdown).await?;
        checked(ended.unwrap_or(submitted.job), &file.name)
    }

    /// The file; nothing stays of a form that is refused.
    async fn take_table(&self, request: Request) -> Result<FileMeta, Problem> {
        let mut form = multipart(request, &self.limits).await?;
        let mut intake = Intake::new(&self.places.uploads, &self.limits);
        if let Err(problem) = read_file(&mut form, &mut intake).await {
            intake.discard().await;
            return Err(problem);
        }
        let missing = || Problem::new(Code::InvalidParameter, "the form has no part `file`").with_parameter("file");
        intake.into_files().pop().ok_or_else(missing)
    }

    /// Keeps the file only if a new job needs it.
    async fn look_and_queue(&self, file: &FileMeta, terms: &Terms) -> Result<Submitted, Problem> {
        let outcome = match self.guessed(file).await {
            Ok(options) => self.queue_check(file, options, terms).await,
            Err(problem) => Err(problem),
        };
        keep_for_new_job(outcome, &file.id, &self.places.uploads).await
    }

    async fn guessed(&self, file: &FileMeta) -> Result<DriftOptions, Problem> {
        let (path, name) = (self.places.uploads.content_path(&file.id), file.name.clone());
        let context = RunContext::unattended(self.isolation.clone());
        let _stop = tokio_util::sync::CancellationToken::drop_guard(context.cancel.clone());
        let looked =
            tokio::task::spawn_blocking(move || preview(&path, &name, &TableOptions::default(), &context)).await;
        let looked = looked.map_err(|error| Problem::internal(format!("the look broke off: {error}")))??;
        let columns = looked.tables.into_iter().next().map(|table| table.columns).unwrap_or_default();
        guess(&columns).ok_or_else(|| {
            let names: Vec<_> = columns.iter().take(50).map(|column| format!("`{}`", column.name)).collect();
            let detail = format!("no column looks like texts; the columns are {}", names.join(", "));
            Problem::new(Code::TextColumnRequired, detail).with_hint("call the column of the texts `text`")
        })
    }

    async fn queue_check(&self, file: &FileMeta, options: DriftOptions, terms: &Terms) -> Result<Submitted, Problem> {
        let content = serde_json::json!([file.name, file.sha256]).to_string();
        let asked = Asked { address: "/api/deepcheck", content: &content };
        let incoming = Some(Source::File { file_id: file.id.clone() });
        let request = DriftRequest { reference: None, incoming, save_properties: false, options };
        let work = Work { kind: KIND, options: effective(&request)?, priority: 0 };
        submission::submit(&self.queue, work, asked, terms).await
    }
}

/// Which columns hold texts and labels.
fn guess(columns: &[PreviewedColumn]) -> Option<DriftOptions> {
    let named = |name: &str| columns.iter().find(|column| column.name == name);
    let like_text = || columns.iter().find(|column| column.looks_like.role == LikelyRole::Text);
    let text = named(TEXT).or_else(like_text)?;
    Some(DriftOptions {
        text_column: vec![text.name.clone()],
        label_column: named(LABEL).map(|column| column.name.clone()),
        suite: Suite::Preset(Preset::DataIntegrity),
        ..DriftOptions::default()
    })
}

fn checked(job: Job, name: &str) -> Result<Response, Problem> {
    match job.status {
        Status::Succeeded => {}
        Status::Failed | Status::Cancelled => return Err(as_bad_request(of_failed(job))),
        Status::Queued | Status::Running => return old_answer(job),
    }
    let message = format!("File {} processed successfully", stem(name));
    let report_url = format!("/v1/jobs/{}/report", job.id);
    Ok((StatusCode::OK, Json(OldChecked { message, report_url, job_id: job.id })).into_response())
}

/// The one part; others, such as a token against forged forms, were no matter to the predecessor either.
async fn read_file(form: &mut Form, intake: &mut Intake<'_>) -> Result<(), Problem> {
    while let Some(field) = intake.next_field(form).await? {
        match field.name().unwrap_or_default() {
            "file" if !intake.is_empty() => {
                return Err(Problem::new(Code::TooManyInputs, "there is one part `file` only").with_parameter("file"));
            }
            "file" if !is_csv(field.file_name().unwrap_or_default()) => {
                return Err(Problem::new(Code::InvalidParameter, "only CSV files are checked here")
                    .with_hint("POST /v1/drift-checks takes every format")
                    .with_parameter("file"));
            }
            "file" => intake.take(field).await?,
            _ => drop(intake.read_small(field).await?),
        }
    }
    Ok(())
}

fn is_csv(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv"))
}

/// `C:\data\reviews.csv` is called `reviews`.
fn stem(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    Path::new(last).file_stem().map_or_else(|| "table".to_owned(), |stem| stem.to_string_lossy().into_owned())
}
