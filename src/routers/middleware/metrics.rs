//! Rate, errors and duration of requests by route template.

use std::time::Instant;

use axum::extract::{MatchedPath, Request, State};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

use crate::core::telemetry::metrics::Metrics;

/// Counts and times the request.
pub(crate) async fn measure(State(metrics): State<Metrics>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route =
        request.extensions().get::<MatchedPath>().map_or("unmatched".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let in_flight = metrics.request_started();
    let response = next.run(request).await;
    drop(in_flight);
    metrics.request_finished(&route, label(&method), response.status().as_u16(), started.elapsed());
    response
}

/// Methods that clients invent share one label.
fn label(method: &Method) -> &str {
    match *method {
        Method::GET | Method::HEAD | Method::POST | Method::PUT | Method::PATCH | Method::DELETE | Method::OPTIONS => {
            method.as_str()
        }
        _ => "other",
    }
}
