//! Writes the body of every refusal.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{MEDIA_TYPE, Problem, ProblemBody, entry};
use crate::core::failure::Code;
use crate::routers::middleware::request_id::RequestId;
use crate::routers::{embeddings, legacy};

/// Gives each refusal its body; axum's own refusals become problems as well.
pub(crate) async fn render(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let request_id = request.extensions().get::<RequestId>().map(RequestId::to_string).unwrap_or_default();
    let mut response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let problem = match response.extensions_mut().remove::<Problem>() {
        Some(problem) => problem,
        None => of_bare_refusal(&response, &method, &path),
    };
    if let Some(cause) = &problem.0.cause {
        tracing::error!(code = problem.0.failure.code.as_str(), cause, "request failed");
    }
    let (mut parts, _empty) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    let body = if legacy::owns(&path) {
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        serde_json::to_vec(&serde_json::json!({ "error": problem.detail() }))
    } else if embeddings::owns(&path) {
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        serde_json::to_vec(&embeddings::error_body(&problem.0.failure, problem.status(), &problem.0.errors))
    } else {
        parts.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        serde_json::to_vec(&body_of(&problem, path, request_id))
    };
    match body {
        Ok(bytes) => Response::from_parts(parts, Body::from(bytes)),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn body_of(problem: &Problem, instance: String, request_id: String) -> ProblemBody {
    let failure = &problem.0.failure;
    ProblemBody {
        r#type: format!("/problems/{}", failure.code),
        title: entry(failure.code).title,
        status: problem.status().as_u16(),
        detail: failure.detail.clone(),
        instance,
        code: failure.code,
        hint: failure.hint.clone(),
        request_id,
        errors: problem.0.errors.clone(),
    }
}

/// What axum and the layers refuse by themselves.
fn of_bare_refusal(response: &Response, method: &Method, path: &str) -> Problem {
    let problem = match response.status() {
        StatusCode::METHOD_NOT_ALLOWED => {
            let problem =
                Problem::new(Code::MethodNotAllowed, format!("`{method}` is not a method of `{}`", shown(path)));
            return match allowed(response.headers()) {
                Some(methods) => problem.with_hint(format!("methods of this path: {methods}")),
                None => problem,
            };
        }
        StatusCode::NOT_FOUND => Problem::new(Code::NotFound, format!("there is nothing at `{}`", shown(path)))
            .with_hint("`/docs` lists every path"),
        StatusCode::PAYLOAD_TOO_LARGE => Problem::new(Code::BodyTooLarge, "the body is larger than the limit"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            Problem::new(Code::UnsupportedFormat, "the body is of another media type")
        }
        status if status.is_client_error() => Problem::new(Code::InvalidParameter, "the request can't be understood"),
        status => Problem::internal(format!("bare status {status}")),
    };
    problem.with_status(response.status())
}

fn allowed(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::ALLOW)?.to_str().ok()
}

fn shown(path: &str) -> String {
    path.chars().take(200).collect()
}
