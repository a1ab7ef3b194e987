//! Outcomes as pages: what was done, in words and figures that somebody can read, print and send on.
//!
//! For: sentences ([`text`], which the terminal shares) and self-contained HTML. Not for: doing work, HTTP or files;
//! `routers` and `cli` call it, nothing below knows it. The one decision: a page is a view of a stored outcome, so an
//! old job can be shown anew, and equal outcomes give equal pages.
//!
//! A page fetches nothing and needs no server; what comes from users' files is escaped by the templates. No page runs a script
//! but that of a check of incoming data (`drift`), whose policy names its scripts by their digests.

mod bar;
mod conversion;
mod drift;
mod failed_job;
mod job;
mod prose;
#[cfg(test)]
mod samples;
mod svg;
#[cfg(test)]
mod tests;
pub mod text;

pub use drift::{DriftAbout, drift_junit, drift_markdown, drift_page};

pub(crate) use drift::content_policy;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use crate::core::failure::{Code, Fails, Failure};
use crate::core::ids::JobId;
use crate::core::jobs::{Job, Status};
use crate::operations::drift as drift_check;
use crate::operations::drift::DriftOutcome;
use crate::operations::parquet_conversion::{self, ConversionOutcome};

/// What a page is about, besides the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Heading of the page, e.g. the name of the folder.
    pub title: String,
    /// Where the input came from, as somebody would name it.
    pub source: String,
    /// Where the output is, as somebody would name it.
    pub destination: String,
    /// When it was done; pages say no other time.
    pub when: Option<DateTime<Utc>>,
}

/// A page can't be made.
#[derive(Debug, thiserror::Error)]
enum ReportError {
    /// There is nothing to report yet.
    #[error("job `{id}` is {}; there is no report of it yet", status.as_str())]
    NotFinished { id: JobId, status: Status },
    /// No page is known for this kind of job.
    #[error("there is no report for jobs of kind `{kind}`")]
    UnknownKind { kind: String },
    /// The job says it succeeded, and has no result.
    #[error("job `{id}` succeeded without a result")]
    NoResult { id: JobId },
    /// The result is of another form, e.g. of a much older version.
    #[error("the result of job `{id}` can't be understood: {source}")]
    Result { id: JobId, source: serde_json::Error },
    /// The template failed.
    #[error("the page can't be written: {0}")]
    Template(#[from] askama::Error),
    /// The outcome is no JSON.
    #[error("the outcome can't be written into the page: {0}")]
    Document(#[from] serde_json::Error),
    /// The XML can't be written.
    #[error("the XML can't be written: {0}")]
    Xml(#[from] std::io::Error),
}

impl Fails for ReportError {
    fn code(&self) -> Code {
        match self {
            Self::NotFinished { .. } => Code::JobNotFinished,
            Self::UnknownKind { .. } => Code::NotFound,
            Self::NoResult { .. } | Self::Result { .. } | Self::Template(_) | Self::Document(_) | Self::Xml(_) => {
                Code::Internal
            }
        }
    }

    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::NotFinished { .. } => "ask again when it has ended",
            Self::Result { .. } => "run the job again with this version",
            Self::UnknownKind { .. } => {
                "conversions and checks of incoming data have one; of other jobs the `result` says what came of them"
            }
            Self::NoResult { .. } | Self::Template(_) | Self::Document(_) | Self::Xml(_) => return None,
        };
        Some(hint.to_owned())
    }
}

/// The page of a job that has ended, whether it succeeded or not.
///
/// # Errors
/// `job-not-finished` while it runs or waits; `internal` when its result has no page.
pub fn job_page(job: &Job) -> Result<String, Failure> {
    page_of_job(job).map_err(|error| error.to_failure())
}

/// The page of a conversion.
///
/// # Errors
/// `internal` when the page can't be written.
pub fn conversion_page(outcome: &ConversionOutcome, about: &About) -> Result<String, Failure> {
    conversion::page(outcome, about, Vec::new()).map_err(|error| ReportError::from(error).to_failure())
}

fn page_of_job(job: &Job) -> Result<String, ReportError> {
    match job.status {
        Status::Queued | Status::Running => Err(ReportError::NotFinished { id: job.id.clone(), status: job.status }),
        Status::Failed | Status::Cancelled => Ok(failed_job::page(job)?),
        Status::Succeeded if job.kind == parquet_conversion::KIND => page_of_conversion(job),
        Status::Succeeded if job.kind == drift_check::KIND => page_of_drift_check(job),
        Status::Succeeded => Err(ReportError::UnknownKind { kind: job.kind.clone() }),
    }
}

fn outcome_of<T: DeserializeOwned>(job: &Job) -> Result<T, ReportError> {
    let result = job.result.clone().ok_or_else(|| ReportError::NoResult { id: job.id.clone() })?;
    serde_json::from_value(result).map_err(|source| ReportError::Result { id: job.id.clone(), source })
}

fn page_of_drift_check(job: &Job) -> Result<String, ReportError> {
    let outcome: DriftOutcome = outcome_of(job)?;
    drift::page(&outcome, &DriftAbout::of(&outcome, job.finished_at), &job::facts(job))
}

fn page_of_conversion(job: &Job) -> Result<String, ReportError> {
    let outcome: ConversionOutcome = outcome_of(job)?;
    let about = job::about_conversion(job, &outcome);
    Ok(conversion::page(&outcome, &about, job::facts(job))?)
}
