//! One span and one line in the log for each request; never a query string, never a body.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::request_id::RequestId;

/// Opens the request's span, and logs its end.
pub(crate) async fn log(request: Request, next: Next) -> Response {
    let started = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let request_id = request.extensions().get::<RequestId>().map(RequestId::to_string);
    let span = tracing::info_span!(
        "request",
        router = router_of(route),
        method = request.method().as_str(),
        route = route.unwrap_or("unmatched"),
        request_id,
        principal = Empty,
    );
    async move {
        let response = next.run(request).await;
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status = response.status().as_u16(), duration_ms, "request answered");
        response
    }
    .instrument(span)
    .await
}

/// Which router answers a route: a name from a short list, since log files are named by it.
fn router_of(route: Option<&str>) -> &str {
    let mut parts = route.unwrap_or_default().split('/').skip(1);
    match parts.next() {
        Some("v1") => parts.next().unwrap_or("v1"),
        Some("api") => "legacy",
        Some("health" | "ready" | "metrics") => "health",
        Some("problems") => "problems",
        _ => "ui",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_belongs_to_one_router() {
        assert_eq!(router_of(Some("/v1/jobs/{id}/events")), "jobs");
        assert_eq!(router_of(Some("/api/parquet_conversion_service")), "legacy");
        assert_eq!(router_of(Some("/ready")), "health");
        assert_eq!(router_of(Some("/docs/{*rest}")), "ui");
        assert_eq!(router_of(Some("/")), "ui");
        assert_eq!(router_of(None), "ui");
    }
}
