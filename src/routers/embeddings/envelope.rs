//! Errors in the form that `OpenAI`'s clients read.

use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::failure::{Code, Failure};
use crate::routers::problem::{Fault, entry};

/// A refusal in the form of `OpenAI`'s API.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(crate) struct OpenAiError {
    /// What was wrong.
    error: OpenAiErrorDetails,
}

/// What was wrong.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct OpenAiErrorDetails {
    /// In words, with what to do next.
    message: String,
    /// Of which sort.
    #[serde(rename = "type")]
    #[schema(example = "invalid_request_error")]
    sort: &'static str,
    /// The field that is wrong; `null` when it is none.
    #[schema(example = "input")]
    param: Option<String>,
    /// Stable name of the failure; `/problems/{code}` explains it.
    code: Code,
}

/// The body of a refusal.
pub(crate) fn body(failure: &Failure, status: StatusCode, faults: &[Fault]) -> OpenAiError {
    let message = match &failure.hint {
        Some(hint) => format!("{}; {hint}", failure.detail),
        None => failure.detail.clone(),
    };
    let error =
        OpenAiErrorDetails { message, sort: sort(status), param: faults.first().and_then(field), code: failure.code };
    OpenAiError { error }
}

/// For the documentation.
pub(crate) fn example(code: Code) -> OpenAiError {
    let entry = entry(code);
    body(&Failure::new(code, entry.explanation).with_hint(entry.remedy), entry.status, &[])
}

/// The first name of the pointer: `/input/3` is about `input`.
fn field(fault: &Fault) -> Option<String> {
    let name = fault.pointer.as_deref()?.split('/').nth(1)?;
    Some(name.to_owned()).filter(|name| !name.is_empty())
}

fn sort(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "authentication_error",
        StatusCode::FORBIDDEN => "permission_error",
        StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
        status if status.is_server_error() => "server_error",
        _ => "invalid_request_error",
    }
}
