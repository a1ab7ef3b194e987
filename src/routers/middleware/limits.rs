//! Refuses at the door what would be too much: never a queue in memory.

use std::sync::Arc;

use axum::body::{Body, HttpBody as _};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::StreamExt as _;
use tokio::sync::OwnedSemaphorePermit;
use tokio_util::sync::CancellationToken;

use crate::core::failure::Code;
use crate::routers::extract::Wait;
use crate::routers::legacy;
use crate::routers::problem::Problem;
use crate::routers::state::{Gates, HttpLimits};

/// Takes as many requests as may be answered at once, until the last byte of the answer is sent. Signs of life always
/// pass, and streams of events are counted apart.
pub(crate) async fn concurrency(State(gates): State<Gates>, request: Request, next: Next) -> Response {
    if matches!(request.uri().path(), "/health" | "/ready" | "/metrics") {
        return next.run(request).await;
    }
    match gates.request() {
        Err(problem) => problem.into_response(),
        Ok(permit) => {
            let response = next.run(request).await;
            hold_while_streaming(response, permit)
        }
    }
}

/// A body that is ready in memory needs no permit any more; one that is still read from a file does.
fn hold_while_streaming(response: Response, permit: OwnedSemaphorePermit) -> Response {
    if response.body().size_hint().exact().is_some() || is_event_stream(response.headers()) {
        return response;
    }
    response.map(|body| {
        Body::from_stream(body.into_data_stream().inspect(move |_piece| {
            let _held = &permit;
        }))
    })
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"text/event-stream"))
}

/// Bounds the time until the head of the answer. Uploads are bounded by the pause between two pieces instead, and
/// whoever asks to wait for a job is given that time on top.
pub(crate) async fn deadline(State(limits): State<Arc<HttpLimits>>, request: Request, next: Next) -> Response {
    let wait = if legacy::owns(request.uri().path()) {
        limits.legacy_wait
    } else {
        Wait::of(request.headers()).0.unwrap_or_default()
    };
    let is_upload =
        request.headers().get(header::CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"multipart/"));
    if is_upload {
        return next.run(request).await;
    }
    match tokio::time::timeout(limits.request_timeout + wait, next.run(request)).await {
        Ok(response) => response,
        Err(_elapsed) => Problem::new(Code::DeadlineExceeded, "the request was not answered in time")
            .with_hint("try again later")
            .into_response(),
    }
}

/// Refuses new work while the service stops.
pub(crate) async fn shutdown(State(shutdown): State<CancellationToken>, request: Request, next: Next) -> Response {
    if shutdown.is_cancelled() && request.method() == Method::POST {
        return Problem::new(Code::ShuttingDown, "the service is stopping and takes no new work")
            .with_hint("try again when it is back")
            .retry_after(5)
            .into_response();
    }
    next.run(request).await
}
