//! `GET /v1/drift-suites`: what can be checked.

use axum::Json;

use crate::operations::drift::{Catalogue, catalogue};
use crate::routers::extract::{NoParameters, Params};
use crate::routers::problem::Problem;

/// List suites and checks
///
/// The presets that `options.suite` may name, and every check: what it computes and why one wants to know, what it needs, its
/// parameters with their defaults, and its conditions with their thresholds. A suite of one's own is an object
/// `{"name": …, "checks": [{"check": …, "parameters": {…}, "conditions": […]}]}` instead of a name; `options.thresholds`
/// replaces single thresholds.
#[utoipa::path(
    get, path = "/v1/drift-suites", tag = "drift checks",
    responses((status = 200, description = "Presets and checks", body = Catalogue)),
    extensions(("x-problems" = json!(["unknown-field"]))),
)]
pub(super) async fn list_drift_suites(Params(NoParameters): Params<NoParameters>) -> Result<Json<Catalogue>, Problem> {
    Ok(Json(catalogue()))
}
