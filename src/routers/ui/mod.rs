//! The web page, out of the binary.
//!
//! For: a page that converts, follows jobs and leads to files, for people who don't use a shell. Not for: anything that
//! the API can't do; the page is one more client of it. The one decision: plain HTML, CSS and one script module of our
//! own; nothing is fetched from elsewhere, and the policy header forbids it.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;

use super::state::HttpState;

const POLICY: &str = "default-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

pub(crate) fn router() -> Router<HttpState> {
    Router::new()
        .route("/", get(async || asset("text/html; charset=utf-8", include_str!("index.html"))))
        .route("/ui/app.js", get(async || asset("text/javascript; charset=utf-8", include_str!("app.js"))))
        .route("/ui/api.js", get(async || asset("text/javascript; charset=utf-8", include_str!("api.js"))))
        .route("/ui/style.css", get(async || asset("text/css; charset=utf-8", include_str!("style.css"))))
        .route("/ui/icon.svg", get(async || asset("image/svg+xml", include_str!("icon.svg"))))
}

fn asset(media_type: &'static str, text: &'static str) -> impl IntoResponse {
    let headers: [(HeaderName, HeaderValue); 3] = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        // Another build may be behind the same address tomorrow.
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text)
}
