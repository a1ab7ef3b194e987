//! What pages say of the job behind an outcome.

use chrono::{DateTime, Utc};

use super::About;
use crate::core::jobs::Job;
use crate::core::storage::location::{Destination, Source};
use crate::operations::parquet_conversion::{ConversionOutcome, ConversionRequest};

/// A name and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fact {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// A time as pages show it, UTC.
pub(super) fn time(time: DateTime<Utc>) -> String {
    time.format("%Y-%m-%d %H:%M UTC").to_string()
}

/// Who asked for the job, and when what happened to it.
pub(super) fn facts(job: &Job) -> Vec<Fact> {
    let fact = |name, value| Fact { name, value };
    let at = |name, when: Option<DateTime<Utc>>| when.map(|when| fact(name, time(when)));
    let known = [
        Some(fact("Job", job.id.to_string())),
        Some(fact("Asked for by", job.created_by.clone())),
        at("Asked for at", Some(job.created_at)),
        at("Latest attempt began", job.started_at),
        at("Ended", job.finished_at),
        Some(fact("Attempts", format!("{} of {}", job.attempt, job.max_attempts))),
        at("May be removed from", job.expires_at),
    ];
    known.into_iter().flatten().collect()
}

/// What a conversion's page is about, as far as its options say.
pub(super) fn about_conversion(job: &Job, outcome: &ConversionOutcome) -> About {
    let request = serde_json::from_value::<ConversionRequest>(job.options.clone()).ok();
    let (title, source) = match request.as_ref().map(|request| &request.source) {
        Some(Source::Path { path }) => (last_part(path), path.clone()),
        Some(Source::Uri { uri }) => (last_part(uri), uri.clone()),
        Some(Source::File { file_id }) => {
            let name = outcome.files.first().map_or_else(|| file_id.to_string(), |file| file.source.clone());
            (name, format!("upload {file_id}"))
        }
        None => (job.id.to_string(), "not known".to_owned()),
    };
    let destination = match request.and_then(|request| request.destination) {
        Some(Destination::Path { path }) => path,
        Some(Destination::Uri { uri }) => uri,
        None => "artifacts of the job".to_owned(),
    };
    About { title, source, destination, when: job.finished_at }
}

/// `.`, `/` and the like have no name of their own.
fn last_part(path: &str) -> String {
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    parts.next_back().unwrap_or("Conversion").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_title_is_the_last_part_of_the_place() {
        assert_eq!(last_part("data/knowledgebase/"), "knowledgebase");
        assert_eq!(last_part("gs://bucket/prefix"), "prefix");
        assert_eq!(last_part("./"), "Conversion");
    }
}
