//! From a row to what it says.
//!
//! For: decoding what the statements answer. Not for: asking. The one decision: a value that no version of textmill
//! writes is an error that names its row, never a default.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;

use super::database::Row;
use crate::core::ids::JobId;
use crate::core::jobs::model::{Job, QueueDepth, Status, Worker, WorkerDescription, WorkerJob};
use crate::core::jobs::store::StoreError;
use crate::core::progress::Progress;

impl Row {
    /// Decodes all columns of a job.
    pub(super) fn job(&self) -> Result<Job, StoreError> {
        Ok(Job {
            id: self.id()?,
            kind: self.word("kind")?,
            status: self.status()?,
            options: self.json("options")?,
            progress: Progress {
                done: self.number("progress_done")?,
                total: self.optional_number("progress_total")?,
                unit: self.word("progress_unit")?,
                message: self.optional_word("progress_message")?,
            },
            result: self.optional_json("result")?,
            rejected_count: self.number("rejected_count")?,
            error: self.optional_json("error")?,
            artifacts: self.json("artifacts")?,
            attempt: self.number("attempt")?,
            max_attempts: self.number("max_attempts")?,
            priority: self.number("priority")?,
            cancel_requested: self.is("cancel_requested")?,
            parent_id: self.optional_id("parent_id")?,
            part: self.optional_number("part")?,
            is_divided: self.is("is_divided")?,
            worker: self.optional_word("lease_owner")?,
            created_by: self.word("created_by")?,
            created_at: self.time("created_at")?,
            run_at: self.time("run_at")?,
            started_at: self.optional_time("started_at")?,
            finished_at: self.optional_time("finished_at")?,
            expires_at: self.optional_time("expires_at")?,
            version: self.number("version")?,
        })
    }

    /// Decodes an id.
    pub(super) fn id(&self) -> Result<JobId, StoreError> {
        self.optional_id("id")?.ok_or_else(|| self.corrupt("`id` is missing"))
    }

    /// Decodes the id of another job.
    pub(super) fn optional_id(&self, name: &str) -> Result<Option<JobId>, StoreError> {
        let id = self.optional_word(name)?.map(|id| id.parse());
        id.transpose().map_err(|error: crate::core::ids::IdError| self.corrupt(error.to_string()))
    }

    /// Decodes a status.
    pub(super) fn status(&self) -> Result<Status, StoreError> {
        let word = self.word("status")?;
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| self.corrupt(format!("`{word}` is not a status")))
    }

    /// Decodes a worker, without what it runs.
    pub(super) fn worker(&self) -> Result<Worker, StoreError> {
        Ok(Worker {
            description: WorkerDescription {
                name: self.word("name")?,
                host: self.word("host")?,
                pid: self.number("pid")?,
                version: self.word("build")?,
                kinds: self.json("kinds")?,
                concurrency: self.number("concurrency")?,
            },
            started_at: self.time("started_at")?,
            seen_at: self.time("seen_at")?,
            is_alive: self.is("is_alive")?,
            running: Vec::new(),
        })
    }

    /// Decodes a job in the hands of a worker, and whose.
    pub(super) fn worker_job(&self) -> Result<(String, WorkerJob), StoreError> {
        let job = WorkerJob {
            id: self.id()?,
            kind: self.word("kind")?,
            attempt: self.number("attempt")?,
            started_at: self.time("started_at")?,
        };
        Ok((self.word("lease_owner")?, job))
    }

    /// Decodes the queue of a kind.
    pub(super) fn depth(&self) -> Result<QueueDepth, StoreError> {
        let oldest: u64 = self.number("oldest")?;
        Ok(QueueDepth {
            kind: self.word("kind")?,
            waiting: self.number("jobs")?,
            oldest_waiting: Duration::from_millis(oldest),
        })
    }

    /// Decodes yes or no.
    pub(super) fn is(&self, name: &str) -> Result<bool, StoreError> {
        self.flag(name).map_err(|error| self.corrupt(error.to_string()))
    }

    /// Decodes a text that must be there.
    pub(super) fn word(&self, name: &str) -> Result<String, StoreError> {
        self.optional_word(name)?.ok_or_else(|| self.corrupt(format!("`{name}` is missing")))
    }

    /// Decodes a whole number that must be there.
    pub(super) fn number<T: TryFrom<i64>>(&self, name: &str) -> Result<T, StoreError> {
        self.optional_number(name)?.ok_or_else(|| self.corrupt(format!("`{name}` is missing")))
    }

    fn optional_word(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.text(name).map_err(|error| self.corrupt(error.to_string()))
    }

    fn optional_number<T: TryFrom<i64>>(&self, name: &str) -> Result<Option<T>, StoreError> {
        let number = self.whole(name).map_err(|error| self.corrupt(error.to_string()))?;
        let fitting = |number: i64| {
            number.try_into().ok().ok_or_else(|| self.corrupt(format!("`{name}` is {number}, which it can't be")))
        };
        number.map(fitting).transpose()
    }

    fn time(&self, name: &str) -> Result<DateTime<Utc>, StoreError> {
        self.optional_time(name)?.ok_or_else(|| self.corrupt(format!("`{name}` is missing")))
    }

    fn optional_time(&self, name: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        let time = |milliseconds| {
            DateTime::from_timestamp_millis(milliseconds)
                .ok_or_else(|| self.corrupt(format!("{milliseconds} can't be a time")))
        };
        self.optional_number(name)?.map(time).transpose()
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        self.optional_json(name)?.ok_or_else(|| self.corrupt(format!("`{name}` is missing")))
    }

    fn optional_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        // The position says enough; the text may be a user's.
        let parse = |text: String| {
            serde_json::from_str(&text)
                .map_err(|error| self.corrupt(format!("`{name}` can't be read at column {}", error.column())))
        };
        self.optional_word(name)?.map(parse).transpose()
    }

    fn corrupt(&self, what: impl Into<String>) -> StoreError {
        let id = self.text("id").ok().flatten().unwrap_or_else(|| "without id".to_owned());
        StoreError::Corrupt { id, what: what.into() }
    }
}
