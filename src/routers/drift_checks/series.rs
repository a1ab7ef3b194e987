//! `GET /v1/drift-checks`: the runs of a data set, newest first: how its scores went over time.

use axum::Json;
use axum::extract::State;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::ids::JobId;
use crate::core::jobs::{Job, JobFilter, JobQueue, Status};
use crate::operations::drift::{DriftSummary, KIND};
use crate::routers::extract::{Cursor, FromParameters, Parameters, Params, Position, of_other_filters};
use crate::routers::problem::Problem;

/// Characters of a data set's name that can be asked for.
const LONGEST_NAME: usize = 200;

/// A page of runs.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DriftRunList {
    /// The runs, newest first.
    items: Vec<DriftRun>,
    /// Where the next page begins; `null` on the last one.
    next_cursor: Option<String>,
}

/// A run that came to a verdict.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DriftRun {
    /// Its job: `GET /v1/jobs/{job_id}/report` is the report.
    #[schema(value_type = String, pattern = "^job_[0-9a-f]{32}$", example = "job_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f")]
    job_id: JobId,
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<DateTime<Utc>>,
    /// When it may be removed.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<DateTime<Utc>>,
    /// What came of it.
    summary: DriftSummary,
}

/// Which runs a list holds.
#[derive(Debug, Clone, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ListDriftRuns {
    /// Only runs of this data set, as `options.dataset` named it.
    #[param(max_length = 200)]
    dataset: Option<String>,
    /// Items on a page.
    #[param(minimum = 1, maximum = 200, default = 50, required = false)]
    limit: u32,
    /// `next_cursor` of the page before; the filters must be the same.
    #[param(value_type = Option<String>, pattern = r"^v1\.[0-9a-f]{16}\.job_[0-9a-f]{32}$")]
    cursor: Option<Cursor>,
}

impl FromParameters for ListDriftRuns {
    fn read(parameters: &mut Parameters) -> Self {
        let form = format!("a name of at most {LONGEST_NAME} characters");
        let dataset =
            parameters.parsed("dataset", &form, |name| (name.chars().count() <= LONGEST_NAME).then(|| name.to_owned()));
        let (limit, cursor) = parameters.page();
        Self { dataset, limit, cursor }
    }
}

/// List runs of checks
///
/// Runs that came to a verdict, newest first, in pages; with `dataset` those of one data set: the series of its scores. Each
/// has its verdict, the verdict of every check, and the numbers by `check.measure` or `check.measure.column`, the same
/// names in every run. Runs that name a data set are kept for `jobs.dataset_retention_days`, others as any job. Runs of the
/// command line are not among them: they have no service to be kept in.
#[utoipa::path(
    get, path = "/v1/drift-checks", tag = "drift checks", params(ListDriftRuns),
    responses((status = 200, description = "A page of runs", body = DriftRunList)),
    extensions(("x-problems" = json!(["invalid-parameter", "unknown-field", "invalid-cursor", "storage-failure"]))),
)]
pub(super) async fn list_drift_checks(
    State(queue): State<JobQueue>,
    Params(list): Params<ListDriftRuns>,
) -> Result<Json<DriftRunList>, Problem> {
    let filters = format!("drift checks {:?}", list.dataset);
    let before = match list.cursor.map(|cursor| cursor.position(&filters)).transpose()? {
        Some(Position::Elsewhere::<JobId>(_)) => return Err(of_other_filters()),
        Some(Position::Behind(id)) => Some(id),
        None => None,
    };
    let filter = JobFilter {
        kind: Some(KIND.to_owned()),
        status: Some(Status::Succeeded),
        dataset: list.dataset,
        ..JobFilter::default()
    };
    let page = queue.list(&filter, before.as_ref(), list.limit).await?;
    let last = page.items.last().filter(|_| page.has_more);
    let next_cursor = last.map(|job| Cursor::after(&filters, job.id.as_str()));
    Ok(Json(DriftRunList { items: page.items.into_iter().filter_map(run).collect(), next_cursor }))
}

/// A run of an older version may have a summary that nobody understands any more; the others are told.
fn run(mut job: Job) -> Option<DriftRun> {
    let summary = job.result.as_mut()?.get_mut("summary").map(serde_json::Value::take)?;
    match serde_json::from_value(summary) {
        Ok(summary) => Some(DriftRun {
            job_id: job.id,
            created_at: job.created_at,
            finished_at: job.finished_at,
            expires_at: job.expires_at,
            summary,
        }),
        Err(error) => {
            tracing::warn!(job_id = job.id.as_str(), %error, "a summary can't be understood");
            None
        }
    }
}
