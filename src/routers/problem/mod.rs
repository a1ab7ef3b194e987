//! What went wrong, as RFC 9457 says it; the only place that knows status codes.
//!
//! For: turning any failure into an answer. Not for: deciding what a failure is (`core::failure`). The one decision: a
//! [`Problem`] travels as an extension of a body-less response, and one layer writes every body; so handlers,
//! extractors, panics and axum's own refusals all end in the same shape, with the request's id in it.

mod catalogue;
mod page;
mod render;

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::failure::{Code, Fails, Failure, Kind};

pub(crate) use catalogue::entry;
pub(crate) use page::router;
pub(crate) use render::render;

/// Media type of a problem's body.
pub(crate) const MEDIA_TYPE: &str = "application/problem+json";

/// The body of every refusal, RFC 9457.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// Where the code is explained.
    #[serde(rename = "type")]
    #[schema(example = "/problems/not-found")]
    pub(crate) r#type: String,
    /// The code in words; the same for every occurrence.
    #[schema(example = "Not found")]
    pub(crate) title: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    pub(crate) status: u16,
    /// What was wrong this time, with which value.
    #[schema(example = "there is no job `job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f`")]
    pub(crate) detail: String,
    /// The path that was asked for.
    pub(crate) instance: String,
    /// Stable name of the failure.
    pub(crate) code: Code,
    /// What to do next; `null` when the detail says it all.
    pub(crate) hint: Option<String>,
    /// Names this request in the service's log.
    pub(crate) request_id: String,
    /// Every fault that was found, not only the first; empty where one sentence says it all.
    pub(crate) errors: Vec<Fault>,
}

/// One thing wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Fault {
    /// JSON pointer into the body; `null` when it is not in the body.
    #[schema(example = "/source/path")]
    pub(crate) pointer: Option<String>,
    /// Query parameter, header, form part or check; `null` when it is in the body.
    pub(crate) parameter: Option<String>,
    /// What is wrong with it.
    pub(crate) detail: String,
}

/// A refusal on its way out.
#[derive(Debug, Clone)]
pub(crate) struct Problem(Arc<Parts>);

#[derive(Debug, Clone)]
struct Parts {
    failure: Failure,
    /// Where the protocol asks for another status than the code's own.
    status: Option<StatusCode>,
    errors: Vec<Fault>,
    headers: HeaderMap,
    /// For the log only.
    cause: Option<String>,
}

impl Problem {
    /// A problem without a hint; `detail` is sent to the client.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self::of(Failure::new(code, detail))
    }

    fn of(failure: Failure) -> Self {
        Self(Arc::new(Parts { failure, status: None, errors: Vec::new(), headers: HeaderMap::new(), cause: None }))
    }

    /// A fault of ours: `cause` goes to the log, the client gets the request's id.
    pub(crate) fn internal(cause: impl Into<String>) -> Self {
        let failure = Failure::new(Code::Internal, "the service failed to answer; this is a fault of the service")
            .with_hint("report it with the `request_id`: the log tells more under it");
        Self::of(failure).with(|parts| parts.cause = Some(cause.into()))
    }

    /// No resource of that kind and name.
    pub(crate) fn not_found(what: &str, name: impl std::fmt::Display) -> Self {
        Self::new(Code::NotFound, format!("there is no {what} `{name}`"))
    }

    /// A byte range behind the end (RFC 9110 §15.5.17).
    pub(crate) fn range_not_satisfiable(size_bytes: u64) -> Self {
        Self::new(Code::InvalidParameter, format!("the range is outside of the {size_bytes} bytes"))
            .with_status(StatusCode::RANGE_NOT_SATISFIABLE)
            .with_header(header::CONTENT_RANGE, &format!("bytes */{size_bytes}"))
    }

    /// Says what to do next.
    #[must_use]
    pub(crate) fn with_hint(self, hint: impl Into<String>) -> Self {
        self.with(|parts| parts.failure.hint = Some(hint.into()))
    }

    /// Answers another status than the code's own, where the protocol asks for it.
    #[must_use]
    pub(crate) fn with_status(self, status: StatusCode) -> Self {
        self.with(|parts| parts.status = Some(status))
    }

    /// Adds a header to the answer; one that can't be sent is left out.
    #[must_use]
    pub(crate) fn with_header(self, name: HeaderName, value: &str) -> Self {
        self.with(|parts| {
            if let Ok(value) = HeaderValue::from_str(value) {
                parts.headers.insert(name, value);
            }
        })
    }

    /// Names the parameter that is wrong.
    #[must_use]
    pub(crate) fn with_parameter(self, parameter: &str) -> Self {
        let detail = self.0.failure.detail.clone();
        self.with(|parts| {
            parts.errors.push(Fault { pointer: None, parameter: Some(parameter.to_owned()), detail });
        })
    }

    /// Says when to come back.
    #[must_use]
    pub(crate) fn retry_after(self, seconds: u64) -> Self {
        self.with_header(header::RETRY_AFTER, &seconds.to_string())
    }

    /// What to say in one sentence, for answers of another shape.
    pub(crate) fn detail(&self) -> &str {
        &self.0.failure.detail
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.0.status.unwrap_or(entry(self.0.failure.code).status)
    }

    fn with(mut self, change: impl FnOnce(&mut Parts)) -> Self {
        change(Arc::make_mut(&mut self.0));
        self
    }
}

impl<E: Fails> From<E> for Problem {
    /// Details of faults of the machine stay in the log: they name paths of the server.
    fn from(error: E) -> Self {
        let failure = error.to_failure();
        match failure.kind() {
            Kind::Internal => Self::internal(with_sources(&error)),
            Kind::Upstream => Self::new(failure.code, "the service can't use its storage")
                .with_hint("try again later; if it stays, look into the log under the `request_id`")
                .with(|parts| parts.cause = Some(with_sources(&error)))
                .retry_after(5),
            _ => Self::of(failure),
        }
    }
}

fn with_sources(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        source = inner.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = self.status();
        response.headers_mut().extend(self.0.headers.clone());
        response.extensions_mut().insert(self);
        response
    }
}

/// Every fault of a request, gathered before it is refused.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    found: Vec<(Failure, Fault)>,
}

impl Faults {
    /// A fault in the body, at a JSON pointer.
    pub(crate) fn at(&mut self, pointer: impl Into<String>, failure: Failure) {
        let fault = Fault { pointer: Some(pointer.into()), parameter: None, detail: failure.detail.clone() };
        self.found.push((failure, fault));
    }

    /// A fault of a query parameter, header or form part.
    pub(crate) fn parameter(&mut self, name: &str, failure: Failure) {
        let fault = Fault { pointer: None, parameter: Some(name.to_owned()), detail: failure.detail.clone() };
        self.found.push((failure, fault));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// `Ok` without faults; else one problem that has the first one's code and lists all.
    pub(crate) fn into_result(self) -> Result<(), Problem> {
        let count = self.found.len();
        let Some((first, _)) = self.found.first() else { return Ok(()) };
        let mut failure = first.clone();
        if count > 1 {
            failure.detail = format!("{count} things are wrong; the first: {}", failure.detail);
        }
        let errors = self.found.into_iter().map(|(_, fault)| fault).collect();
        Err(Problem::of(failure).with(|parts| parts.errors = errors))
    }
}
