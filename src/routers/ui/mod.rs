//! The web pages, out of the binary.
//!
//! For: pages that convert, build data sets and knowledge bases, check incoming data, look into them, follow jobs and lead to files, for people
//! who don't use a shell. Not for: anything that the API can't do; a page is one more client of it. The one decision: plain HTML, CSS
//! and script modules of our own; nothing is fetched from elsewhere, and the policy header forbids it.

use axum::Router;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::{MethodRouter, get};

use super::state::HttpState;

const POLICY: &str = "default-src 'self'; img-src 'self' data:; connect-src 'self'; object-src 'none'; \
    base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A page, and what stands at the end of every page.
macro_rules! page {
    ($file:literal) => {
        served("text/html; charset=utf-8", concat!(include_str!($file), include_str!("foot.html")))
    };
}

macro_rules! script {
    ($file:literal) => {
        served("text/javascript; charset=utf-8", include_str!($file))
    };
}

macro_rules! style {
    ($file:literal) => {
        served("text/css; charset=utf-8", include_str!($file))
    };
}

pub(crate) fn router() -> Router<HttpState> {
    Router::new()
        .route("/", page!("index.html"))
        .route("/ui/data-sets", page!("data_sets.html"))
        .route("/ui/drift-checks", page!("drift_checks.html"))
        .route("/ui/knowledge-bases", page!("knowledge_bases.html"))
        .route("/ui/knowledge-bases/{name}", page!("knowledge_base.html"))
        .route("/ui/api.js", script!("api.js"))
        .route("/ui/app.js", script!("app.js"))
        .route("/ui/builds.js", script!("builds.js"))
        .route("/ui/card.js", script!("card.js"))
        .route("/ui/data_sets.js", script!("data_sets.js"))
        .route("/ui/drift_checks.js", script!("drift_checks.js"))
        .route("/ui/drift_series.js", script!("drift_series.js"))
        .route("/ui/graph.js", script!("graph.js"))
        .route("/ui/knowledge_base.js", script!("knowledge_base.js"))
        .route("/ui/knowledge_bases.js", script!("knowledge_bases.js"))
        .route("/ui/record.js", script!("record.js"))
        .route("/ui/words.js", script!("words.js"))
        .route("/ui/style.css", style!("style.css"))
        .route("/ui/data_sets.css", style!("data_sets.css"))
        .route("/ui/drift_checks.css", style!("drift_checks.css"))
        .route("/ui/knowledge.css", style!("knowledge.css"))
        .route("/ui/icon.svg", served("image/svg+xml", include_str!("icon.svg")))
}

fn served(media_type: &'static str, text: &'static str) -> MethodRouter<HttpState> {
    get(async move || {
        let headers: [(HeaderName, HeaderValue); 3] = [
            (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
            // Another build may be behind the same address tomorrow.
            (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        ];
        (headers, text).into_response()
    })
}
