//! `/v1/files`: bytes that clients send to be worked on.

mod table;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::core::failure::{Code, Failure};
use crate::core::ids::FileId;
use crate::core::jobs::JobQueue;
use crate::core::storage::uploads::{FileMeta, Uploads};
use crate::routers::content::{self, Description};
use crate::routers::extract::{Cursor, FromParameters, IdPath, NoParameters, Parameters, Params, Position};
use crate::routers::problem::{Faults, Problem};
use crate::routers::state::{Gates, HttpLimits, HttpState};
use crate::routers::upload::{Form, Intake, multipart};

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list_files, create_files))
        .routes(routes!(get_file, delete_file))
        .routes(routes!(get_file_content))
        .routes(routes!(table::get_file_table))
}

/// Uploaded files.
#[derive(Debug, Serialize, ToSchema)]
struct FileList {
    /// The files; newest first in a list, in the order of the parts after an upload.
    items: Vec<FileMeta>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// Which files a list holds.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ListFiles {
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    limit: u32,
    /// `next_cursor` of the page before.
    #[param(value_type = Option<String>, pattern = r"^v1\.[0-9a-f]{16}\.file_[0-9a-f]{32}$")]
    cursor: Option<Cursor>,
}

impl FromParameters for ListFiles {
    fn read(parameters: &mut Parameters) -> Self {
        let (limit, cursor) = parameters.page();
        Self { limit, cursor }
    }
}

/// List uploaded files
///
/// Newest first, in pages: follow `next_cursor` until it is `null`.
#[utoipa::path(
    get, path = "/v1/files", tag = "files", params(ListFiles),
    responses((status = 200, description = "A page of files", body = FileList)),
    extensions(("x-problems" = json!(["invalid-parameter", "unknown-field", "invalid-cursor", "not-found", "storage-failure"]))),
)]
async fn list_files(
    State(uploads): State<Uploads>,
    Params(list): Params<ListFiles>,
) -> Result<Json<FileList>, Problem> {
    const FILTERS: &str = "files";
    let before = match list.cursor.map(|cursor| cursor.position::<FileId>(FILTERS)).transpose()? {
        Some(Position::Elsewhere(id)) => return Err(Problem::not_found("file", id)),
        Some(Position::Behind(id)) => Some(id),
        None => None,
    };
    let page = uploads.list(before.as_ref(), list.limit).await?;
    let last = page.items.last().filter(|_| page.has_more);
    let next_cursor = last.map(|meta| Cursor::after(FILTERS, meta.id.as_str()));
    Ok(Json(FileList { items: page.items, next_cursor }))
}

/// Files to upload.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "describes the form; its parts are streamed")]
struct FileForm {
    /// One part for each file; the part's own `Content-Type` and file name are kept.
    #[schema(value_type = Vec<String>, format = Binary, min_items = 1)]
    file: Vec<Vec<u8>>,
}

/// Upload files
///
/// Takes one or many parts named `file` and streams them to disk, SHA-256 on the way. All are there afterwards, or
/// none. Name a file in a `source` by its `id`; it is removed some time after `expires_at`, never while a job needs it.
#[utoipa::path(
    post, path = "/v1/files", tag = "files",
    request_body(content_type = "multipart/form-data", content = FileForm),
    responses((status = 201, description = "The files", body = FileList,
        headers(("Location" = String, description = "Address of the first file")))),
    extensions(("x-problems" = json!([
        "invalid-parameter", "unknown-field", "body-too-large", "too-many-inputs", "unsupported-format",
        "too-many-requests", "storage-failure", "shutting-down", "deadline-exceeded"
    ]))),
)]
async fn create_files(
    State(uploads): State<Uploads>,
    State(limits): State<Arc<HttpLimits>>,
    State(gates): State<Gates>,
    Params(NoParameters): Params<NoParameters>,
    request: Request,
) -> Result<Response, Problem> {
    let _permit = gates.upload()?;
    let mut form = multipart(request, &limits).await?;
    let mut intake = Intake::new(&uploads, &limits);
    match take_files(&mut form, &mut intake).await {
        Ok(()) => {}
        Err(problem) => {
            intake.discard().await;
            return Err(problem);
        }
    }
    let items = intake.into_files();
    let location = items.first().map(|meta| [(header::LOCATION, format!("/v1/files/{}", meta.id))]);
    Ok((StatusCode::CREATED, location, Json(FileList { items, next_cursor: None })).into_response())
}

async fn take_files(form: &mut Form, intake: &mut Intake<'_>) -> Result<(), Problem> {
    while let Some(field) = intake.next_field(form).await? {
        match field.name() {
            Some("file") => intake.take(field).await?,
            other => {
                let name = other.unwrap_or_default().to_owned();
                let mut faults = Faults::default();
                faults.parameter(
                    &name,
                    Failure::new(Code::UnknownField, format!("there is no form part `{name}`"))
                        .with_hint("name each part `file`: curl -F file=@train.csv"),
                );
                return faults.into_result();
            }
        }
    }
    if intake.is_empty() {
        return Err(Problem::new(Code::InvalidParameter, "the form has no file")
            .with_hint("send at least one part named `file`: curl -F file=@train.csv")
            .with_parameter("file"));
    }
    Ok(())
}

/// Describe a file
///
/// Its name, size, digest and times.
#[utoipa::path(
    get, path = "/v1/files/{file_id}", tag = "files", params(("file_id" = String, Path, description = "Id of the file",
        pattern = "^file_[0-9a-f]{32}$")),
    responses((status = 200, description = "The file", body = FileMeta)),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "storage-failure"]))),
)]
async fn get_file(
    State(uploads): State<Uploads>,
    IdPath(id): IdPath<FileId>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<Json<FileMeta>, Problem> {
    find(&uploads, &id).await.map(Json)
}

/// Remove a file
///
/// Forgets the file at once. While a job that has not ended names it, it stays, and the answer is 409.
#[utoipa::path(
    delete, path = "/v1/files/{file_id}", tag = "files", params(("file_id" = String, Path, description = "Id of the file",
        pattern = "^file_[0-9a-f]{32}$")),
    responses((status = 204, description = "It is gone")),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "resource-in-use", "storage-failure"]))),
)]
async fn delete_file(
    State(uploads): State<Uploads>,
    State(queue): State<JobQueue>,
    IdPath(id): IdPath<FileId>,
    Params(NoParameters): Params<NoParameters>,
) -> Result<StatusCode, Problem> {
    if queue.is_referenced(id.as_str()).await? {
        return Err(Problem::new(Code::ResourceInUse, format!("a job that has not ended needs the file `{id}`"))
            .with_hint("wait until it has ended, or cancel it: GET /v1/jobs"));
    }
    if uploads.delete(&id).await? { Ok(StatusCode::NO_CONTENT) } else { Err(Problem::not_found("file", id)) }
}

/// Read a file
///
/// The bytes as they were sent. `Range` asks for a part, `If-None-Match` with the `ETag` for news only.
#[utoipa::path(
    get, path = "/v1/files/{file_id}/content", tag = "files", params(("file_id" = String, Path, description = "Id of the file",
        pattern = "^file_[0-9a-f]{32}$")),
    responses(
        (status = 200, description = "The bytes", body = [u8], content_type = "*/*",
            headers(("ETag" = String, description = "SHA-256 of the bytes, quoted"))),
        (status = 206, description = "The range that was asked for", body = [u8], content_type = "*/*"),
        (status = 304, description = "The client has these bytes already"),
    ),
    extensions(("x-problems" = json!(["not-found", "unknown-field", "storage-failure"]))),
)]
async fn get_file_content(
    State(uploads): State<Uploads>,
    IdPath(id): IdPath<FileId>,
    Params(NoParameters): Params<NoParameters>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let meta = find(&uploads, &id).await?;
    let about = Description { name: &meta.name, media_type: &meta.media_type, sha256: &meta.sha256 };
    content::send(&uploads.content_path(&id), about, &headers).await
}

async fn find(uploads: &Uploads, id: &FileId) -> Result<FileMeta, Problem> {
    uploads.get(id).await?.ok_or_else(|| Problem::not_found("file", id))
}
