//! The predecessor's way from a table to text, label and split, at both of its addresses.
//!
//! The one decision: nothing of a table is left out, and nothing is drawn. A column `label` is kept, otherwise labels are
//! empty; a column `train_test_split` is kept, otherwise rows are divided 80 to 20 by the seed.

use std::path::Path;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{OldAnswer, OldDesk, as_bad_request, of_failed, old_answer};
use crate::core::failure::Code;
use crate::core::intake::LocalSource;
use crate::core::jobs::{Job, Status};
use crate::core::storage::location::Source;
use crate::core::storage::uploads::FileMeta;
use crate::operations::classification::{ClassificationOptions, ClassificationRequest, Format, KIND, Unlabelled};
use crate::operations::context::RunContext;
use crate::operations::rows::{Rows, RowsError};
use crate::routers::classification_datasets::effective;
use crate::routers::content::{self, Description};
use crate::routers::extract::{FromParameters, Parameters, Params};
use crate::routers::form::keep_for_new_job;
use crate::routers::problem::Problem;
use crate::routers::state::HttpState;
use crate::routers::submission::{self, Asked, Submitted, Terms, Work};
use crate::routers::upload::{Form, Intake, multipart};

const ALIAS: &str = "process_file";
/// Columns of the table that are kept as what they are, if they are there.
const LABEL: &str = "label";
const SPLIT: &str = "train_test_split";

pub(super) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(process_file)).routes(routes!(process_file_below))
}

/// Which column holds the texts, if the query says it.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct OldHeader {
    /// Column of the texts; may be a part of the form instead.
    selected_header: Option<String>,
}

impl FromParameters for OldHeader {
    fn read(parameters: &mut Parameters) -> Self {
        Self { selected_header: parameters.text("selected_header") }
    }
}

/// A table, and which of its columns holds the texts.
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "describes the form; its parts are streamed")]
struct OldProcessForm {
    /// The table.
    #[schema(value_type = String, format = Binary)]
    file: Vec<u8>,
    /// Column of the texts; may be a parameter instead.
    selected_header: Option<String>,
}

/// The old answer to those who named no column.
#[derive(Debug, Serialize, ToSchema)]
struct OldHeaders {
    /// What to do.
    #[schema(example = "Please select a header.")]
    message: &'static str,
    /// The columns of the table.
    headers: Vec<String>,
}

/// Fill in label and split (old path)
///
/// The predecessor's address: answers with the table as CSV, named `<stem>_filled.csv`, the texts first, then `label`,
/// `train_test_split` and the other columns. Without `selected_header` it answers with the columns to choose from. Waits up to
/// ten minutes. A column `label` of the table is kept, otherwise labels are empty; so is `train_test_split`, otherwise rows
/// are divided 80 to 20, the same way each time. Use POST /v1/classification-datasets instead.
#[utoipa::path(
    post, path = "/api/process_file", tag = "legacy", params(OldHeader),
    request_body(content = OldProcessForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The filled table; or the columns to choose from",
            content((OldHeaders = "application/json"), (String = "text/csv"))),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "unknown-column", "unsupported-format", "malformed-input",
        "undecodable-text", "empty-table", "limit-exceeded", "timeout", "memory-limit", "crashed", "body-too-large",
        "too-many-inputs", "idempotency-key-reused", "queue-full", "storage-failure", "shutting-down",
        "deadline-exceeded"
    ]))),
)]
async fn process_file(
    State(desk): State<OldDesk>,
    Params(old): Params<OldHeader>,
    terms: Terms,
    request: Request,
) -> Result<Response, Problem> {
    desk.process(request, old, &terms).await
}

/// Fill in label and split (old path below its router)
///
/// The same, where the predecessor really had it.
#[utoipa::path(
    post, path = "/api/jobs/process_file", tag = "legacy", params(OldHeader),
    request_body(content = OldProcessForm, content_type = "multipart/form-data"),
    responses(
        (status = 200, description = "The filled table; or the columns to choose from",
            content((OldHeaders = "application/json"), (String = "text/csv"))),
        (status = 202, description = "It takes longer; the job goes on", body = OldAnswer,
            headers(("Location" = String, description = "Address of the job"))),
    ),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "unknown-column", "unsupported-format", "malformed-input",
        "undecodable-text", "empty-table", "limit-exceeded", "timeout", "memory-limit", "crashed", "body-too-large",
        "too-many-inputs", "idempotency-key-reused", "queue-full", "storage-failure", "shutting-down",
        "deadline-exceeded"
    ]))),
)]
async fn process_file_below(
    State(desk): State<OldDesk>,
    Params(old): Params<OldHeader>,
    terms: Terms,
    request: Request,
) -> Result<Response, Problem> {
    desk.process(request, old, &terms).await
}

/// What became of a form.
enum Taken {
    Asked(OldHeaders),
    Queued(Box<Submitted>),
}

impl OldDesk {
    async fn process(&self, request: Request, old: OldHeader, terms: &Terms) -> Result<Response, Problem> {
        self.metrics.legacy_request(ALIAS);
        let headers = request.headers().clone();
        let (file, selected) = {
            let _permit = self.gates.upload()?;
            self.take_in(request).await?
        };
        let selected = old.selected_header.or(selected).filter(|name| !name.is_empty());
        match self.look_and_submit(&file, selected, terms).await.map_err(as_bad_request)? {
            Taken::Asked(headers) => Ok(Json(headers).into_response()),
            Taken::Queued(submitted) => {
                let Submitted { job, .. } = *submitted;
                let wait = self.limits.legacy_wait;
                let ended = submission::wait_for_end(&self.queue, &job.id, wait, &self.shutdown).await?;
                self.filled(ended.unwrap_or(job), &file.name, &headers).await
            }
        }
    }

    /// The file and what the form says of it; nothing stays of a form that is refused.
    async fn take_in(&self, request: Request) -> Result<(FileMeta, Option<String>), Problem> {
        let mut form = multipart(request, &self.limits).await?;
        let mut intake = Intake::new(&self.places.uploads, &self.limits);
        let selected = match read_parts(&mut form, &mut intake).await {
            Ok(selected) => selected,
            Err(problem) => {
                intake.discard().await;
                return Err(problem);
            }
        };
        let file = intake.into_files().pop();
        let missing = || Problem::new(Code::InvalidParameter, "the form has no part `file`").with_parameter("file");
        Ok((file.ok_or_else(missing)?, selected))
    }

    /// Keeps the file only if a new job needs it.
    async fn look_and_submit(
        &self,
        file: &FileMeta,
        selected: Option<String>,
        terms: &Terms,
    ) -> Result<Taken, Problem> {
        let outcome = match (self.columns(file).await, selected) {
            (Ok(headers), None) => {
                self.places.uploads.delete(&file.id).await?;
                return Ok(Taken::Asked(OldHeaders { message: "Please select a header.", headers }));
            }
            (Ok(columns), Some(selected)) if columns.contains(&selected) => {
                self.submit_filling(file, &selected, &columns, terms).await
            }
            (Ok(columns), Some(selected)) => Err(unknown_header(&selected, &columns)),
            (Err(problem), _) => Err(problem),
        };
        let kept = keep_for_new_job(outcome, &file.id, &self.places.uploads).await;
        kept.map(|submitted| Taken::Queued(Box::new(submitted)))
    }

    async fn columns(&self, file: &FileMeta) -> Result<Vec<String>, Problem> {
        let source = LocalSource::File { path: self.places.uploads.content_path(&file.id), name: file.name.clone() };
        let context = RunContext::unattended(self.isolation.clone());
        let _stop = tokio_util::sync::CancellationToken::drop_guard(context.cancel.clone());
        let opened = tokio::task::spawn_blocking(move || Rows::open(&source, &[], &context)).await;
        let opened = opened.map_err(|error| Problem::internal(format!("the look broke off: {error}")))?;
        let rows = opened.map_err(|error| match error {
            // Where uploads lie is nobody's business.
            RowsError::Input { source, .. } => source.into(),
            RowsError::Parquet { source, .. } => {
                Problem::new(Code::MalformedInput, format!("the file can't be read as Parquet: {source}"))
            }
            other => other.into(),
        })?;
        Ok(rows.schema.fields().iter().map(|field| field.name().clone()).collect())
    }

    async fn submit_filling(
        &self,
        file: &FileMeta,
        selected: &str,
        columns: &[String],
        terms: &Terms,
    ) -> Result<Submitted, Problem> {
        let kept = |name: &str| (name != selected && columns.iter().any(|one| one == name)).then(|| name.to_owned());
        let options = ClassificationOptions {
            text_column: vec![selected.to_owned()],
            label_column: kept(LABEL),
            split_column: kept(SPLIT),
            unlabelled: Unlabelled::Keep,
            keep_empty: true,
            format: Format::Csv,
            ..ClassificationOptions::default()
        };
        let content = serde_json::json!([file.name, file.sha256, selected]).to_string();
        let asked = Asked { address: "/api/process_file", content: &content };
        let source = Source::File { file_id: file.id.clone() };
        let request = ClassificationRequest { source, destination: None, options };
        let work = Work { kind: KIND, options: effective(&request)?, priority: 0 };
        submission::submit(&self.queue, work, asked, terms).await
    }

    async fn filled(&self, job: Job, name: &str, headers: &HeaderMap) -> Result<Response, Problem> {
        match job.status {
            Status::Succeeded => {}
            Status::Failed | Status::Cancelled => return Err(as_bad_request(of_failed(job))),
            Status::Queued | Status::Running => return old_answer(job),
        }
        let is_table = |name: &str| Path::new(name).extension().is_some_and(|ending| ending == "csv");
        let table = job.artifacts.iter().find(|artifact| is_table(&artifact.name));
        let table = table.and_then(|table| Some((table, self.queue.artifact_path(&job.id, &table.name)?)));
        let (table, path) = table.ok_or_else(|| Problem::internal(format!("job {} left no CSV", job.id)))?;
        let name = filled_name(name);
        let about = Description { name: &name, media_type: "text/csv", sha256: &table.sha256 };
        content::send(&path, about, headers).await
    }
}

/// The one small part; others, such as a token against forged forms, were no matter to the predecessor either.
async fn read_parts(form: &mut Form, intake: &mut Intake<'_>) -> Result<Option<String>, Problem> {
    let mut selected = None;
    while let Some(field) = intake.next_field(form).await? {
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if intake.is_empty() => intake.take(field).await?,
            "file" => {
                return Err(Problem::new(Code::TooManyInputs, "there is one part `file` only").with_parameter("file"));
            }
            "selected_header" => {
                let text = String::from_utf8(intake.read_small(field).await?);
                let no_text = |_bytes| Problem::new(Code::InvalidParameter, "`selected_header` is not UTF-8");
                selected = Some(text.map_err(no_text)?);
            }
            _ => drop(intake.read_small(field).await?),
        }
    }
    Ok(selected)
}

fn unknown_header(selected: &str, columns: &[String]) -> Problem {
    let shown: String = selected.chars().take(100).collect();
    let columns: Vec<_> = columns.iter().take(50).map(|name| format!("`{name}`")).collect();
    Problem::new(Code::UnknownColumn, format!("there is no header `{shown}`; the headers are {}", columns.join(", ")))
}

/// `train.xlsx` becomes `train_filled.csv`.
fn filled_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let stem = Path::new(last).file_stem().map_or_else(|| "table".into(), |stem| stem.to_string_lossy());
    format!("{stem}_filled.csv")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_filled_table_is_named_after_the_file() {
        for (name, filled) in [
            ("train.csv", "train_filled.csv"),
            ("C:\\data\\my train.xlsx", "my train_filled.csv"),
            ("train", "train_filled.csv"),
        ] {
            assert_eq!(filled_name(name), filled);
        }
    }
}
