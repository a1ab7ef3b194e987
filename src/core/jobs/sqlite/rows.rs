//! From a row to a [`Job`].
//!
//! For: decoding what the statements answer. Not for: asking. The one decision: a value that no version of textmill
//! writes is an error that names its row, never a default.

use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use crate::core::ids::JobId;
use crate::core::jobs::model::{Job, Status};
use crate::core::jobs::store::StoreError;
use crate::core::progress::Progress;

/// Decodes a row that holds all columns of `jobs`.
pub(super) fn job(row: &SqliteRow) -> Result<Job, StoreError> {
    let columns = Columns { row };
    Ok(Job {
        id: columns.id()?,
        kind: columns.get("kind")?,
        status: columns.status("status")?,
        options: columns.json("options")?,
        progress: Progress {
            done: columns.count("progress_done")?,
            total: columns.get::<Option<i64>>("progress_total")?.map(|total| columns.unsigned(total)).transpose()?,
            unit: columns.get("progress_unit")?,
            message: columns.get("progress_message")?,
        },
        result: columns.optional_json("result")?,
        rejected_count: columns.count("rejected_count")?,
        error: columns.optional_json("error")?,
        artifacts: columns.json("artifacts")?,
        attempt: columns.count("attempt")?,
        max_attempts: columns.count("max_attempts")?,
        priority: columns.get("priority")?,
        cancel_requested: columns.get("cancel_requested")?,
        created_by: columns.get("created_by")?,
        created_at: columns.time(columns.get("created_at")?)?,
        run_at: columns.time(columns.get("run_at")?)?,
        started_at: columns.optional_time("started_at")?,
        finished_at: columns.optional_time("finished_at")?,
        expires_at: columns.optional_time("expires_at")?,
        version: columns.count("version")?,
    })
}

/// Decodes a row that holds an id.
pub(super) fn id(row: &SqliteRow) -> Result<JobId, StoreError> {
    Columns { row }.id()
}

/// Decodes one column of any row of `jobs`.
pub(super) fn column<'row, T>(row: &'row SqliteRow, name: &str) -> Result<T, StoreError>
where
    T: sqlx::Decode<'row, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
{
    Columns { row }.get(name)
}

/// Decodes a row of the counts.
pub(super) fn count(row: &SqliteRow) -> Result<(Status, u64), StoreError> {
    let columns = Columns { row };
    Ok((columns.status("status")?, columns.count("jobs")?))
}

struct Columns<'row> {
    row: &'row SqliteRow,
}

impl<'row> Columns<'row> {
    fn corrupt(&self, what: impl Into<String>) -> StoreError {
        StoreError::Corrupt {
            id: self.row.try_get("id").unwrap_or_else(|_| "without id".to_owned()),
            what: what.into(),
        }
    }

    fn get<T>(&self, name: &str) -> Result<T, StoreError>
    where
        T: sqlx::Decode<'row, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite>,
    {
        self.row.try_get(name).map_err(|error| self.corrupt(error.to_string()))
    }

    fn id(&self) -> Result<JobId, StoreError> {
        self.get::<String>("id")?.parse().map_err(|error: crate::core::ids::IdError| self.corrupt(error.to_string()))
    }

    fn status(&self, name: &str) -> Result<Status, StoreError> {
        let word: String = self.get(name)?;
        Status::ALL
            .into_iter()
            .find(|status| status.as_str() == word)
            .ok_or_else(|| self.corrupt(format!("`{word}` is not a status")))
    }

    fn unsigned<T: TryFrom<i64>>(&self, value: i64) -> Result<T, StoreError> {
        value.try_into().ok().ok_or_else(|| self.corrupt(format!("{value} can't be a count")))
    }

    fn count<T: TryFrom<i64>>(&self, name: &str) -> Result<T, StoreError> {
        self.unsigned(self.get(name)?)
    }

    fn time(&self, milliseconds: i64) -> Result<DateTime<Utc>, StoreError> {
        DateTime::from_timestamp_millis(milliseconds)
            .ok_or_else(|| self.corrupt(format!("{milliseconds} can't be a time")))
    }

    fn optional_time(&self, name: &str) -> Result<Option<DateTime<Utc>>, StoreError> {
        self.get::<Option<i64>>(name)?.map(|value| self.time(value)).transpose()
    }

    fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        self.parse(name, self.get(name)?)
    }

    fn optional_json<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, StoreError> {
        self.get::<Option<&str>>(name)?.map(|text| self.parse(name, text)).transpose()
    }

    fn parse<T: DeserializeOwned>(&self, name: &str, text: &str) -> Result<T, StoreError> {
        // The position says enough; the text may be a user's.
        serde_json::from_str(text)
            .map_err(|error| self.corrupt(format!("`{name}` can't be read at column {}", error.column())))
    }
}
