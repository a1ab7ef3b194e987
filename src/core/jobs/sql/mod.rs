//! Jobs in a SQL database: one `SQLite` file by default, `PostgreSQL` for many machines.
//!
//! For: both databases, by the same statements. Not for: running jobs. The one decision: each write is one statement
//! with its conditions inside; only what looks before it writes (`enqueue`), or concerns a job and its parts (`divide`,
//! `request_cancel`, `delete`), is several in one transaction.

mod claiming;
mod database;
mod dialect;
mod family;
mod installation;
mod postgres;
mod queueing;
mod relay;
mod rows;
mod sqlite;
mod statements;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde::Serialize;
use serde_json::Value;

pub use self::installation::MARKER;

use self::database::{Ask, Database, Row, ask};
use self::statements::{OF_POSTGRES, OF_SQLITE, Statements};
use super::events::JobEvents;
use super::handler::{Artifact, Division};
use super::model::{Job, JobFilter, JobPage, NewJob, QueueDepth, Status, Worker, WorkerDescription};
use super::store::{CancelAnswer, Claim, Deletion, Enqueued, Heartbeat, IdempotencyKey, JobStore, Lease, StoreError};
use crate::core::failure::Failure;
use crate::core::ids::JobId;
use crate::core::progress::Progress;

/// How long a worker that fell silent is remembered.
const SILENT_LIFE: Duration = Duration::from_hours(24);

/// What a job store can be told; the same for all processes that share a database.
#[derive(Debug, Clone)]
pub struct StoreSettings {
    /// How long a job and its artifacts are kept after its end.
    pub retention: Duration,
    /// The same for a job that is a point in the series of a data set, where it is longer.
    pub dataset_retention: Duration,
    /// How many jobs of a kind may run at once, over all workers; kinds that are not named have no limit.
    pub max_running: BTreeMap<String, u32>,
}

impl Default for StoreSettings {
    /// Seven days, a year for series, no limits.
    fn default() -> Self {
        Self {
            retention: Duration::from_hours(7 * 24),
            dataset_retention: Duration::from_hours(365 * 24),
            max_running: BTreeMap::new(),
        }
    }
}

/// Keeps jobs in a SQL database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SqlJobStore {
    database: Database,
    statements: &'static Statements,
    settings: StoreSettings,
}

impl SqlJobStore {
    /// Opens or makes an `SQLite` file; its folder must exist. One machine only: network folders break its locks.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for a file of a newer textmill, [`StoreError::Open`] for anything else that stands in
    /// the way: no folder, no permission, not a database, another program's database.
    pub async fn open_file(path: &Path, settings: StoreSettings) -> Result<Self, StoreError> {
        let database = Database::Sqlite(sqlite::pools(path).await?);
        Ok(Self { database, statements: &OF_SQLITE, settings })
    }

    /// Connects to a `PostgreSQL` database by its URL, and makes the schema `textmill` in it if need be.
    ///
    /// # Errors
    /// [`StoreError::TooNew`] for a schema of a newer textmill, [`StoreError::Refused`] when the server can't be reached
    /// or does not let us in, [`StoreError::Open`] for anything else.
    pub async fn connect(url: &str, settings: StoreSettings) -> Result<Self, StoreError> {
        let database = Database::Postgres(postgres::pool(url).await?);
        Ok(Self { database, statements: &OF_POSTGRES, settings })
    }

    /// Closes all connections once they are idle; the store is of no use afterwards.
    pub async fn close(&self) {
        self.database.close().await;
    }

    fn retention(&self) -> i64 {
        milliseconds(self.settings.retention)
    }

    /// Runs a statement that needs the caller's lease; whether it was held.
    async fn write_leased(&self, ask: Ask) -> Result<bool, StoreError> {
        Ok(self.database.count(ask).await? > 0)
    }

    async fn tell(&self, doing: &'static str, statement: &'static str) -> Result<Vec<Row>, StoreError> {
        self.database.read(ask(doing, statement)).await
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4).min(i64::MAX / 4)
}

/// The data set that a result is about, if its summary names one.
fn dataset(result: &Value) -> Option<&str> {
    result.get("summary")?.get("dataset")?.as_str()
}

/// The databases' integers are signed; what does not fit is "very many" either way.
fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn json(doing: &'static str, value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Query { doing, source: Box::new(error) })
}

/// A statement that begins with job and token.
fn leased(doing: &'static str, statement: &'static str, lease: &Lease) -> Ask {
    ask(doing, statement).with(lease.job_id.as_str()).with(lease.token.as_str())
}

#[async_trait]
impl JobStore for SqlJobStore {
    async fn enqueue(&self, job: NewJob, max_queued: u64) -> Result<Enqueued, StoreError> {
        self.take_in(job, max_queued).await
    }

    async fn find_key(&self, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
        let rows = self.database.read(self.by_key(key)).await?;
        rows.first().map_or(Ok(None), |row| queueing::of_earlier(row, key))
    }

    async fn get(&self, id: &JobId) -> Result<Option<Job>, StoreError> {
        let rows = self.database.read(ask("read a job", &*self.statements.get).with(id.as_str())).await?;
        rows.first().map(Row::job).transpose()
    }

    async fn list(&self, filter: &JobFilter, before: Option<&JobId>, limit: u32) -> Result<JobPage, StoreError> {
        let (statement, args) = statements::list(self.statements.dialect, filter, before, limit);
        let rows = self.database.read(ask("list jobs", statement).with_all(args)).await?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let items = rows.iter().take(limit).map(Row::job).collect::<Result<_, _>>()?;
        Ok(JobPage { items, has_more: rows.len() > limit })
    }

    async fn claim(&self, owner: &str, kinds: &[&str], lease_for: Duration) -> Result<Option<Claim>, StoreError> {
        self.take_next(owner, kinds, lease_for).await
    }

    async fn heartbeat(&self, lease: &Lease, lease_for: Duration) -> Result<Heartbeat, StoreError> {
        let beat = leased("prolong a lease", &self.statements.heartbeat, lease).with(milliseconds(lease_for));
        Ok(match self.database.write(beat).await?.first() {
            Some(row) => Heartbeat::Kept { cancel_requested: row.is("cancel_requested")? },
            None => Heartbeat::Lost,
        })
    }

    async fn divide(&self, lease: &Lease, division: &Division) -> Result<bool, StoreError> {
        self.set_aside(lease, division).await
    }

    async fn parts(&self, id: &JobId) -> Result<Vec<Job>, StoreError> {
        let rows =
            self.database.read(ask("read the parts of a job", &*self.statements.parts).with(id.as_str())).await?;
        rows.iter().map(Row::job).collect()
    }

    async fn report_progress(&self, lease: &Lease, progress: &Progress) -> Result<bool, StoreError> {
        const DOING: &str = "store progress";
        let report = leased(DOING, &self.statements.progress, lease)
            .with(signed(progress.done))
            .with(progress.total.map(signed))
            .with(progress.unit.as_str())
            .with(progress.message.as_deref());
        let rows = self.database.write(report).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        if let Some(whole) = row.optional_id("parent_id")? {
            let sum = ask(DOING, &*self.statements.add_up).with(whole.as_str()).with(progress.message.as_deref());
            self.database.count(sum).await?;
        }
        Ok(true)
    }

    async fn succeed(
        &self,
        lease: &Lease,
        result: Value,
        rejected_count: u64,
        artifacts: &[Artifact],
    ) -> Result<bool, StoreError> {
        const DOING: &str = "store a result";
        let dataset = dataset(&result);
        let retention = match dataset {
            Some(_) => self.retention().max(milliseconds(self.settings.dataset_retention)),
            None => self.retention(),
        };
        let end = leased(DOING, &self.statements.succeed, lease)
            .with(retention)
            .with(json(DOING, &result)?)
            .with(result.get("summary").map(Value::to_string))
            .with(signed(rejected_count))
            .with(json(DOING, &artifacts)?)
            .with(dataset);
        self.write_leased(end).await
    }

    async fn fail(&self, lease: &Lease, failure: &Failure, retry_after: Option<Duration>) -> Result<bool, StoreError> {
        const DOING: &str = "store a failure";
        let end = leased(DOING, &self.statements.fail, lease)
            .with(self.retention())
            .with(retry_after.map(milliseconds))
            .with(json(DOING, failure)?);
        let rows = self.database.write(end).await?;
        let Some(row) = rows.first() else { return Ok(false) };
        if row.status()? == Status::Failed {
            self.stop_siblings(row.optional_id("parent_id")?).await?;
        }
        Ok(true)
    }

    async fn finish_cancelled(&self, lease: &Lease) -> Result<bool, StoreError> {
        let end = leased("end a cancelled job", &self.statements.finish_cancelled, lease).with(self.retention());
        self.write_leased(end).await
    }

    async fn release(&self, lease: &Lease, after: Duration) -> Result<bool, StoreError> {
        let back = leased("give a job back", &self.statements.release, lease);
        self.write_leased(back.with(self.retention()).with(milliseconds(after))).await
    }

    async fn request_cancel(&self, id: &JobId) -> Result<CancelAnswer, StoreError> {
        self.ask_to_stop(id).await
    }

    async fn delete(&self, id: &JobId) -> Result<Deletion, StoreError> {
        self.forget(id).await
    }

    async fn expired(&self, limit: u32) -> Result<Vec<JobId>, StoreError> {
        let due = ask("look for expired jobs", &*self.statements.expired).with(i64::from(limit));
        self.database.read(due).await?.iter().map(Row::id).collect()
    }

    async fn counts(&self) -> Result<Vec<(Status, u64)>, StoreError> {
        let rows = self.tell("count jobs", &self.statements.counts).await?;
        let found = rows.iter().map(|row| Ok((row.status()?, row.number("jobs")?))).collect::<Result<Vec<_>, _>>()?;
        let count = |status| found.iter().find(|(other, _)| *other == status).map_or(0, |(_, count)| *count);
        Ok(Status::ALL.into_iter().map(|status| (status, count(status))).collect())
    }

    async fn is_referenced(&self, needle: &str) -> Result<bool, StoreError> {
        let rows =
            self.database.read(ask("look for users of a file", &*self.statements.is_referenced).with(needle)).await?;
        rows.first().map_or(Ok(false), |row| row.is("is_referenced"))
    }

    async fn depths(&self) -> Result<Vec<QueueDepth>, StoreError> {
        self.tell("measure the queue", &self.statements.depths).await?.iter().map(Row::depth).collect()
    }

    async fn see_worker(&self, worker: &WorkerDescription, silence: Duration) -> Result<(), StoreError> {
        const DOING: &str = "note a worker";
        let sign = ask(DOING, &*self.statements.see_worker)
            .with(worker.name.as_str())
            .with(worker.host.as_str())
            .with(i64::from(worker.pid))
            .with(worker.version.as_str())
            .with(json(DOING, &worker.kinds)?)
            .with(i64::from(worker.concurrency))
            .with(milliseconds(silence));
        self.database.count(sign).await?;
        let silent = ask("forget silent workers", &*self.statements.forget_silent).with(milliseconds(SILENT_LIFE));
        self.database.count(silent).await.map(|_| ())
    }

    async fn forget_worker(&self, name: &str) -> Result<(), StoreError> {
        self.database.count(ask("forget a worker", &*self.statements.forget_worker).with(name)).await.map(|_| ())
    }

    async fn workers(&self) -> Result<Vec<Worker>, StoreError> {
        const DOING: &str = "list workers";
        let rows = self.tell(DOING, &self.statements.workers).await?;
        let mut workers = rows.iter().map(Row::worker).collect::<Result<Vec<_>, _>>()?;
        for lease in self.tell(DOING, &self.statements.leases).await? {
            let (owner, job) = lease.worker_job()?;
            if let Some(worker) = workers.iter_mut().find(|worker| worker.description.name == owner) {
                worker.running.push(job);
            }
        }
        Ok(workers)
    }

    async fn mend_clock(&self) -> Result<u64, StoreError> {
        const DOING: &str = "look for times in the future";
        let queued = self.database.count(ask(DOING, &*self.statements.mend_queued)).await?;
        let running = self.database.count(ask(DOING, &*self.statements.mend_running)).await?;
        self.database.count(ask(DOING, &*self.statements.mend_workers)).await?;
        Ok(queued + running)
    }

    fn relay(&self, events: JobEvents) -> Option<BoxFuture<'static, ()>> {
        match &self.database {
            Database::Sqlite(_) => None,
            Database::Postgres(pool) => Some(Box::pin(relay::run(pool.clone(), events))),
        }
    }

    fn is_shared(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.tell("answer", &self.statements.ping).await.map(|_| ())
    }
}
