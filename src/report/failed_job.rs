//! The page of a job that failed or was cancelled: what failed, on what, and what to do next.

use askama::Template;

use super::job::{self, Fact};
use super::prose::Prose;
use super::text::{bytes, count, counted, percent, sentence};
use crate::core::failure::{Failure, Kind};
use crate::core::jobs::{Job, Status};
use crate::core::progress::Progress;

#[derive(Template)]
#[template(path = "failed_job.html")]
struct FailedJobPage<'a> {
    title: String,
    tone: &'static str,
    verdict: &'static str,
    what: Prose,
    code: Option<&'static str>,
    next: Prose,
    attempts: String,
    progress: Option<String>,
    options: String,
    kind: &'a str,
    facts: Vec<Fact>,
}

/// The page.
pub(super) fn page(job: &Job) -> Result<String, askama::Error> {
    let is_cancelled = job.status == Status::Cancelled;
    let unsaid = if is_cancelled { "somebody asked for it to stop" } else { "no reason was noted" };
    let what = job.error.as_ref().map_or(unsaid, |failure| &failure.detail);
    let page = FailedJobPage {
        title: title(&job.kind, is_cancelled),
        tone: if is_cancelled { "look" } else { "bad" },
        verdict: if is_cancelled { "It was stopped before its end." } else { "It could not be done." },
        what: Prose::new(&sentence(what)),
        code: job.error.as_ref().map(|failure| failure.code.as_str()),
        next: Prose::new(&next(job.error.as_ref(), is_cancelled)),
        attempts: attempts(job),
        progress: progress(&job.progress),
        options: serde_json::to_string_pretty(&job.options).unwrap_or_default(),
        kind: &job.kind,
        facts: job::facts(job),
    };
    page.render()
}

fn title(kind: &str, is_cancelled: bool) -> String {
    let ended = if is_cancelled { "cancelled" } else { "failed" };
    let end = sentence(kind);
    format!("{} {ended}", end.trim_end_matches('.'))
}

/// The failure's own advice, or what its kind allows.
fn next(failure: Option<&Failure>, is_cancelled: bool) -> String {
    if let Some(hint) = failure.and_then(|failure| failure.hint.as_deref()) {
        return sentence(hint);
    }
    let kind = if is_cancelled { Some(Kind::Cancelled) } else { failure.map(Failure::kind) };
    let next = match kind {
        Some(Kind::Cancelled) => {
            "Submit the same job again to go on: what was done and has not changed is not done twice."
        }
        Some(Kind::InvalidInput | Kind::Unsupported) => {
            "Change what the sentence above names, then submit the job again."
        }
        Some(Kind::TooLarge) => "Split the input, or raise the limit, then submit the job again.",
        Some(Kind::NotFound) => "Check the spelling of the place, then submit the job again.",
        Some(Kind::Forbidden) => "Use a place that the service may touch, or ask whoever runs it for access.",
        Some(Kind::Conflict) => "Settle the conflict named above, then submit the job again.",
        Some(Kind::Busy | Kind::Upstream) => "It may work later: submit the job again.",
        Some(Kind::Internal) | None => "This is a fault of textmill: please report it with the job's id below.",
    };
    next.to_owned()
}

fn attempts(job: &Job) -> String {
    match (job.attempt, job.max_attempts) {
        (0, _) => "It was never started.".to_owned(),
        (1, most) => format!("It was tried once, of at most {}.", counted(u64::from(most), "time")),
        (attempt, most) => format!("It was tried {attempt} times, of at most {most}."),
    }
}

/// How far the latest attempt came, if it did anything.
fn progress(progress: &Progress) -> Option<String> {
    let amount = |number: u64| {
        if progress.unit == "bytes" { bytes(number) } else { format!("{} {}", count(number), progress.unit) }
    };
    match (progress.done, progress.total) {
        (0, _) => None,
        (done, Some(total)) => Some(format!(
            "Its latest attempt came to {} of {} ({}).",
            amount(done),
            amount(total),
            percent(done, total)
        )),
        (done, None) => Some(format!("Its latest attempt came to {}.", amount(done))),
    }
}
