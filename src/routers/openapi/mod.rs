//! The `OpenAPI` document: its head, and the problems that each operation can answer.
//!
//! For: what no handler can say alone. Not for: operations themselves; they are declared beside their handlers. The one
//! decision: a handler names the codes it can refuse with (`x-problems`), and this module turns them into responses, so
//! that statuses stay in one table and the document can't drift from it.

mod shapes;

use std::collections::BTreeMap;

use serde_json::{Value, json};
use utoipa::OpenApi as _;
use utoipa::openapi::path::Operation;
use utoipa::openapi::response::ResponseBuilder;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, ContentBuilder, Deprecated, OpenApi, RefOr, Response};

use super::embeddings::{self, OpenAiError};
use super::legacy;
use super::problem::{self, Fault, ProblemBody, entry};
use crate::core::failure::Code;
use crate::operations::knowledge_base::graph::GraphFormat;

const CODES: &str = "x-problems";
const SCHEME: &str = "api_key";

/// The head of the document.
#[derive(utoipa::OpenApi)]
#[openapi(
    info(
        title = "textmill",
        description = "Mills raw text data into data that can be trained on: folders of tables to Parquet, every row accounted for.\n\n\
            Work on data sets is a *job*: the answer is 202 with the job, its progress is under `/v1/jobs/{id}/events`. \
            Every refusal is a problem (RFC 9457) with a `code`, a `hint` and all faults of the request at once. \
            A POST that makes a job takes the header `Idempotency-Key` (1 to 255 visible ASCII characters): the same key with \
            the same request within 24 hours answers with the same job and `Idempotency-Replayed: true`, with another \
            request with 422. \
            Every answer carries `X-Request-Id`: the client's own, or one of the service's. \
            When the service is set up with keys, send `Authorization: Bearer <key>`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    // Parameters do not bring their types along.
    components(schemas(ProblemBody, Fault, OpenAiError, GraphFormat)),
    security((), ("api_key" = [])),
    tags(
        (name = "conversions", description = "Tables to Parquet"),
        (name = "knowledge bases", description = "Folders made into records, to be read and searched"),
        (name = "language models", description = "Which words follow each other in a table's texts, and which stand near each other"),
        (name = "data sets", description = "Tables made into data sets to train on"),
        (name = "jobs", description = "Work that was asked for, and what became of it"),
        (name = "workers", description = "Processes that run jobs"),
        (name = "files", description = "Bytes sent to be worked on"),
        (name = "models", description = "Models, and their files"),
        (name = "embeddings", description = "Vectors of texts"),
        (name = "service", description = "The service itself"),
        (name = "legacy", description = "The predecessor's paths"),
    ),
)]
struct Head;

/// The document before any operation is in it.
pub(crate) fn head() -> OpenApi {
    let mut document = Head::openapi();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("One of the service's keys; not needed where it runs without keys."))
        .build();
    let components = document.components.get_or_insert_with(|| ComponentsBuilder::new().build());
    components.add_security_scheme(SCHEME, SecurityScheme::Http(bearer));
    document
}

/// Says what no handler says alone: problems, and the exact shapes of what is taken and given.
pub(crate) fn complete(document: &mut OpenApi) {
    shapes::refine(document);
    declare_problems(document);
}

/// Turns the codes that operations name into responses.
fn declare_problems(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        let operations =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.delete, &mut item.patch].into_iter().flatten();
        for operation in operations {
            let mut codes = named_codes(operation);
            codes.extend(everywhere(path, operation));
            add_responses(operation, &codes, path);
            if legacy::owns(path) {
                operation.deprecated = Some(Deprecated::True);
            }
        }
    }
}

fn named_codes(operation: &mut Operation) -> Vec<Code> {
    let Some(extensions) = operation.extensions.as_mut() else { return Vec::new() };
    let Some(Ok(codes)) = extensions.get(CODES).map(|names| serde_json::from_value(names.clone())) else {
        return Vec::new();
    };
    // A name that is no code stays in the document, where a test finds it.
    extensions.remove(CODES);
    codes
}

/// What any operation can answer: another site's page, a key that is missing, too many at once, no time, a fault of ours.
fn everywhere(path: &str, operation: &Operation) -> Vec<Code> {
    let is_open = operation
        .security
        .as_ref()
        .is_some_and(|schemes| schemes.iter().all(|one| *one == SecurityRequirement::default()));
    let mut codes = vec![Code::Internal, Code::CrossSite];
    if !is_open {
        codes.push(Code::MissingOrBadKey);
    }
    if !matches!(path, "/health" | "/ready" | "/metrics") {
        codes.push(Code::TooManyRequests);
    }
    codes.push(Code::DeadlineExceeded);
    codes
}

fn add_responses(operation: &mut Operation, codes: &[Code], path: &str) {
    let mut by_status: BTreeMap<String, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| codes.contains(code)) {
        by_status.entry(entry(*code).status.as_str().to_owned()).or_default().push(*code);
    }
    if operation.responses.responses.contains_key("206") {
        by_status.insert("416".to_owned(), vec![Code::InvalidParameter]);
    }
    for (status, codes) in by_status {
        operation.responses.responses.insert(status, RefOr::T(response(&codes, path)));
    }
}

fn response(codes: &[Code], path: &str) -> Response {
    let explained: Vec<_> = codes.iter().map(|code| format!("`{code}`: {}", entry(*code).explanation)).collect();
    let content = if legacy::owns(path) {
        let schema = utoipa::schema!(
            #[inline]
            OldError
        );
        ("application/json", ContentBuilder::new().schema(Some(schema)).build())
    } else if embeddings::owns(path) {
        let example = codes.first().and_then(|code| serde_json::to_value(embeddings::error_example(*code)).ok());
        let schema = utoipa::openapi::Ref::from_schema_name("OpenAiError");
        ("application/json", ContentBuilder::new().schema(Some(schema)).example(example).build())
    } else {
        let example = codes.first().map(|code| example(*code));
        let schema = utoipa::openapi::Ref::from_schema_name("Problem");
        (problem::MEDIA_TYPE, ContentBuilder::new().schema(Some(schema)).example(example).build())
    };
    ResponseBuilder::new().description(explained.join("\n\n")).content(content.0, content.1).build()
}

/// The old shape of an error.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "describes what `problem::render` writes for the old paths")]
struct OldError {
    /// What was wrong.
    error: String,
}

fn example(code: Code) -> Value {
    let entry = entry(code);
    json!({
        "type": format!("/problems/{code}"),
        "title": entry.title,
        "status": entry.status.as_u16(),
        "detail": entry.explanation,
        "instance": "/v1/jobs/job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f",
        "code": code,
        "hint": entry.remedy,
        "request_id": "req_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f",
        "errors": [],
    })
}
