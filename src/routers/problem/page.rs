//! `/problems/{code}`: what an error means and how to fix it.

use axum::Json;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Problem, entry};
use crate::core::failure::Code;
use crate::routers::extract::PathText;
use crate::routers::state::HttpState;

pub(crate) fn router() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(explain_problem))
}

/// What a code means.
#[derive(Debug, Serialize, ToSchema)]
struct ProblemType {
    /// Stable name of the failure.
    code: Code,
    /// The code in words.
    #[schema(example = "Not found")]
    title: &'static str,
    /// The HTTP status that it has where it refuses a request.
    #[schema(minimum = 400, maximum = 599, example = 404)]
    status: u16,
    /// What happened.
    explanation: &'static str,
    /// What to do next.
    remedy: &'static str,
}

/// Explain a problem
///
/// What a problem's code means and how to fix it: a page for browsers, JSON for everybody else. It is the address in
/// the `type` of each problem.
#[utoipa::path(
    get, path = "/problems/{code}", tag = "service", security(()),
    params(("code" = Code, Path, description = "Stable name of the failure")),
    responses((status = 200, description = "What it means", content(
        (ProblemType = "application/json"),
        (String = "text/html"),
    ))),
    extensions(("x-problems" = json!(["not-found"]))),
)]
async fn explain_problem(PathText(name): PathText, headers: HeaderMap) -> Result<Response, Problem> {
    let known = Code::ALL.iter().find(|code| code.as_str() == name);
    let Some(&code) = known else {
        let names: Vec<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        return Err(Problem::not_found("problem", name).with_hint(format!("codes are: {}", names.join(", "))));
    };
    let entry = entry(code);
    let description = ProblemType {
        code,
        title: entry.title,
        status: entry.status.as_u16(),
        explanation: entry.explanation,
        remedy: entry.remedy,
    };
    let wants_html = headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if wants_html { Ok(Html(page(&description)).into_response()) } else { Ok(Json(description).into_response()) }
}

/// Nothing in it comes from a request.
fn page(it: &ProblemType) -> String {
    let ProblemType { code, title, status, explanation, remedy } = it;
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title} · textmill</title>
<link rel="stylesheet" href="/ui/style.css">
<link rel="icon" href="/ui/icon.svg" type="image/svg+xml">
</head>
<body>
<main class="page">
<p class="muted">Problem <code>{code}</code> · HTTP {status}</p>
<h1>{title}</h1>
<p>{explanation}</p>
<h2>What to do</h2>
<p>{remedy}</p>
<p><a href="/">textmill</a> · <a href="/docs">API documentation</a></p>
</main>
</body>
</html>
"#
    )
}
