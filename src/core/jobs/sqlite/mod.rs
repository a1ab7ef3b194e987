//! Jobs in one `SQLite` file: the embedded default.
//!
//! For: one machine; several processes may share the file. Not for: several machines (network folders break `SQLite`'s
//! locks). The one decision: each write is one statement that takes the write lock at its start, so it needs no
//! transaction of ours; only `enqueue`, which looks before it writes, has one (`BEGIN IMMEDIATE`).

mod open;
mod rows;
mod sql;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use serde::Serialize;
use serde_json::Value;
use sqlx::query::Query;
use sqlx::sqlite::{Sqlite, SqliteArguments, SqliteConnection, SqlitePool, SqliteRow};

use self::open::Pools;
use super::handler::Artifact;
use super::model::{Job, JobFilter, JobPage, NewJob, Status};
use super::store::{CancelAnswer, Claim, Enqueued, Heartbeat, IdempotencyKey, JobStore, Lease, StoreError};
use crate::core::failure::Failure;
use crate::core::ids::JobId;
use crate::core::progress::Progress;

/// How long an idempotency key is good for.
const KEY_LIFE: Duration = Duration::from_hours(24);
const DEATH_HINT: &str = "look at the worker's log and the machine's memory, then send the job again";

/// What a job store can be told.
#[derive(Debug, Clone, Copy)]
pub struct StoreSettings {
    /// How long a job and its artifacts are kept after its end.
    pub retention: Duration,
}

impl Default for StoreSettings {
    /// Seven days.
    fn default() -> Self {
        Self { retention: Duration::from_hours(7 * 24) }
    }
}

/// Keeps jobs in one `SQLite` file. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SqliteJobStore {
    pools: Pools,
    settings: StoreSettings,
}

impl SqliteJobStore {
    /// Opens or makes the file with default settings; its folder must exist.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for a file of a newer textmill, [`StoreError::Open`] for anything else that stands in
    /// the way: no folder, no permission, not a database, another program's database.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::open_with(path, StoreSettings::default()).await
    }

    /// Opens or makes the file; its folder must exist.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub async fn open_with(path: &Path, settings: StoreSettings) -> Result<Self, StoreError> {
        Ok(Self { pools: open::pools(path).await?, settings })
    }

    /// Closes all connections once they are idle and tidies the file; the store is of no use afterwards.
    pub async fn close(&self) {
        self.pools.reader.close().await;
        self.pools.writer.close().await;
    }

    fn retention(&self) -> i64 {
        milliseconds(self.settings.retention)
    }

    /// Runs a statement that ends the caller's lease or needs it; whether it was held.
    async fn write_leased(&self, doing: &'static str, query: Arguments<'_>) -> Result<bool, StoreError> {
        let done = query.execute(&self.pools.writer).await.map_err(failed(doing))?;
        Ok(done.rows_affected() > 0)
    }
}

type Arguments<'q> = Query<'q, Sqlite, SqliteArguments>;

fn failed(doing: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
    move |error| StoreError::Query { doing, source: Box::new(error) }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

/// `SQLite`'s integers are signed; what does not fit is "very many" either way.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn json(doing: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Query { doing, source: Box::new(error) })
}

fn leased<'q>(sql: &'static str, lease: &'q Lease) -> Arguments<'q> {
    sqlx::query(sql).bind(lease.job_id.as_str()).bind(lease.token.as_str())
}

/// The first row, with the statement run to its end: it commits there, and an error of the commit must not be lost.
async fn first_row(
    pool: &SqlitePool,
    doing: &'static str,
    query: Arguments<'_>,
) -> Result<Option<SqliteRow>, StoreError> {
    Ok(query.fetch_all(pool).await.map_err(failed(doing))?.into_iter().next())
}

const FINDING_KEY: &str = "look for an idempotency key";

fn by_key(key: &IdempotencyKey) -> Arguments<'_> {
    sqlx::query(sql::FIND_KEY).bind(&key.principal).bind(&key.key).bind(milliseconds(KEY_LIFE))
}

/// What an earlier request with this key, if the key is still good, makes of this one.
fn of_earlier(row: &SqliteRow, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
    if !rows::column::<bool>(row, "is_current")? {
        return Ok(None);
    }
    let is_equal = rows::column::<&str>(row, "idempotency_fingerprint")? == key.fingerprint;
    Ok(Some(if is_equal { Enqueued::Replayed(rows::job(row)?) } else { Enqueued::KeyReused }))
}

/// The job of an earlier request with this key, if the key is still good; frees it otherwise.
async fn find_or_free_key(
    connection: &mut SqliteConnection,
    key: &IdempotencyKey,
) -> Result<Option<Enqueued>, StoreError> {
    let Some(row) = by_key(key).fetch_optional(&mut *connection).await.map_err(failed(FINDING_KEY))? else {
        return Ok(None);
    };
    let earlier = of_earlier(&row, key)?;
    if earlier.is_none() {
        let id = rows::job(&row)?.id;
        sqlx::query(sql::FREE_KEY).bind(id.as_str()).execute(connection).await.map_err(failed(FINDING_KEY))?;
    }
    Ok(earlier)
}

async fn insert(connection: &mut SqliteConnection, job: NewJob) -> Result<Job, StoreError> {
    const DOING: &str = "store a new job";
    let key = job.idempotency.as_ref();
    let rows = sqlx::query(sql::INSERT)
        .bind(JobId::new().as_str().to_owned())
        .bind(job.kind)
        .bind(json(DOING, &job.options)?)
        .bind(job.created_by)
        .bind(job.priority)
        .bind(job.max_attempts.max(1))
        .bind(key.map(|key| key.principal.clone()))
        .bind(key.map(|key| key.key.clone()))
        .bind(key.map(|key| key.fingerprint.clone()))
        .fetch_all(connection)
        .await
        .map_err(failed(DOING))?;
    rows.first().map_or_else(|| Err(failed(DOING)(sqlx::Error::RowNotFound)), rows::job)
}

#[async_trait]
impl JobStore for SqliteJobStore {
    async fn enqueue(&self, job: NewJob, max_queued: u64) -> Result<Enqueued, StoreError> {
        const DOING: &str = "take a new job";
        let mut transaction = self.pools.writer.begin_with("BEGIN IMMEDIATE").await.map_err(failed(DOING))?;
        let mut answer = match &job.idempotency {
            Some(key) => find_or_free_key(&mut transaction, key).await?,
            None => None,
        };
        if answer.is_none() {
            let waiting: i64 =
                sqlx::query_scalar(sql::COUNT_WAITING).fetch_one(&mut *transaction).await.map_err(failed(DOING))?;
            answer = (waiting >= signed(max_queued)).then_some(Enqueued::QueueFull { limit: max_queued });
        }
        let answer = match answer {
            Some(answer) => answer,
            None => Enqueued::Created(insert(&mut transaction, job).await?),
        };
        transaction.commit().await.map_err(failed(DOING))?;
        Ok(answer)
    }

    async fn find_key(&self, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
        let row = first_row(&self.pools.reader, FINDING_KEY, by_key(key)).await?;
        row.as_ref().map_or(Ok(None), |row| of_earlier(row, key))
    }

    async fn get(&self, id: &JobId) -> Result<Option<Job>, StoreError> {
        let row = first_row(&self.pools.reader, "read a job", sqlx::query(sql::GET).bind(id.as_str())).await?;
        row.as_ref().map(rows::job).transpose()
    }

    async fn list(&self, filter: &JobFilter, before: Option<&JobId>, limit: u32) -> Result<JobPage, StoreError> {
        let mut query = sql::list(filter, before, limit);
        let rows = query.build().fetch_all(&self.pools.reader).await.map_err(failed("list jobs"))?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let items = rows.iter().take(limit).map(rows::job).collect::<Result<_, _>>()?;
        Ok(JobPage { items, has_more: rows.len() > limit })
    }

    async fn claim(&self, owner: &str, kinds: &[&str], lease_for: Duration) -> Result<Option<Claim>, StoreError> {
        const DOING: &str = "claim a job";
        let kinds = json(DOING, &kinds)?;
        // Random and not by time: a token must not be guessed from another one.
        #[expect(clippy::disallowed_methods, reason = "a lease token must not be guessable")]
        let token = uuid::Uuid::new_v4().simple().to_string();
        loop {
            let query = sqlx::query(sql::CLAIM)
                .bind(owner)
                .bind(&token)
                .bind(milliseconds(lease_for))
                .bind(&kinds)
                .bind(self.retention())
                .bind(DEATH_HINT);
            let Some(row) = first_row(&self.pools.writer, DOING, query).await? else {
                return Ok(None);
            };
            let job = rows::job(&row)?;
            // A dead worker's job that had to end is not a claim: look for the next one.
            if job.status == Status::Running {
                let lease = Lease { job_id: job.id.clone(), token };
                return Ok(Some(Claim { job, lease }));
            }
        }
    }

    async fn heartbeat(&self, lease: &Lease, lease_for: Duration) -> Result<Heartbeat, StoreError> {
        let query = leased(sql::HEARTBEAT, lease).bind(milliseconds(lease_for));
        Ok(match first_row(&self.pools.writer, "prolong a lease", query).await? {
            Some(row) => Heartbeat::Kept { cancel_requested: rows::column(&row, "cancel_requested")? },
            None => Heartbeat::Lost,
        })
    }

    async fn report_progress(&self, lease: &Lease, progress: &Progress) -> Result<bool, StoreError> {
        let query = leased(sql::PROGRESS, lease)
            .bind(signed(progress.done))
            .bind(progress.total.map(signed))
            .bind(&progress.unit)
            .bind(&progress.message);
        self.write_leased("store progress", query).await
    }

    async fn succeed(
        &self,
        lease: &Lease,
        result: Value,
        rejected_count: u64,
        artifacts: &[Artifact],
    ) -> Result<bool, StoreError> {
        const DOING: &str = "store a result";
        let query = leased(sql::SUCCEED, lease)
            .bind(self.retention())
            .bind(json(DOING, &result)?)
            .bind(signed(rejected_count))
            .bind(json(DOING, &artifacts)?);
        self.write_leased(DOING, query).await
    }

    async fn fail(&self, lease: &Lease, failure: &Failure, retry_after: Option<Duration>) -> Result<bool, StoreError> {
        const DOING: &str = "store a failure";
        let query = leased(sql::FAIL, lease)
            .bind(self.retention())
            .bind(retry_after.map(milliseconds))
            .bind(json(DOING, failure)?);
        self.write_leased(DOING, query).await
    }

    async fn finish_cancelled(&self, lease: &Lease) -> Result<bool, StoreError> {
        self.write_leased("end a cancelled job", leased(sql::FINISH_CANCELLED, lease).bind(self.retention())).await
    }

    async fn release(&self, lease: &Lease, after: Duration) -> Result<bool, StoreError> {
        let query = leased(sql::RELEASE, lease).bind(self.retention()).bind(milliseconds(after));
        self.write_leased("give a job back", query).await
    }

    async fn request_cancel(&self, id: &JobId) -> Result<CancelAnswer, StoreError> {
        let query = sqlx::query(sql::REQUEST_CANCEL).bind(id.as_str()).bind(self.retention());
        if let Some(row) = first_row(&self.pools.writer, "cancel a job", query).await? {
            return Ok(CancelAnswer::Accepted(rows::job(&row)?));
        }
        // Not found or ended, and neither can change back.
        Ok(match self.get(id).await? {
            None => CancelAnswer::NotFound,
            // Asking again gets the first answer again.
            Some(job) if job.status == Status::Cancelled => CancelAnswer::Accepted(job),
            Some(job) => CancelAnswer::AlreadyFinished(job),
        })
    }

    async fn delete(&self, id: &JobId) -> Result<bool, StoreError> {
        let query = sqlx::query(sql::DELETE).bind(id.as_str());
        let done = query.execute(&self.pools.writer).await.map_err(failed("delete a job"))?;
        Ok(done.rows_affected() > 0)
    }

    async fn expired(&self, limit: u32) -> Result<Vec<JobId>, StoreError> {
        let query = sqlx::query(sql::EXPIRED).bind(limit);
        let rows = query.fetch_all(&self.pools.reader).await.map_err(failed("look for expired jobs"))?;
        rows.iter().map(rows::id).collect()
    }

    async fn counts(&self) -> Result<Vec<(Status, u64)>, StoreError> {
        let rows = sqlx::query(sql::COUNTS).fetch_all(&self.pools.reader).await.map_err(failed("count jobs"))?;
        let found = rows.iter().map(rows::count).collect::<Result<Vec<_>, _>>()?;
        let count = |status| found.iter().find(|(other, _)| *other == status).map_or(0, |(_, count)| *count);
        Ok(Status::ALL.into_iter().map(|status| (status, count(status))).collect())
    }

    async fn is_referenced(&self, needle: &str) -> Result<bool, StoreError> {
        let query = sqlx::query_scalar(sql::IS_REFERENCED).bind(needle);
        query.fetch_one(&self.pools.reader).await.map_err(failed("look for users of a file"))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        let query = sqlx::query("SELECT 1 FROM jobs LIMIT 1");
        query.fetch_optional(&self.pools.reader).await.map(|_| ()).map_err(failed("answer"))
    }
}
