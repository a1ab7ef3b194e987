//! The contract every job store keeps; one conformance suite runs against each.
//!
//! Atomicity: every method is one transaction. Methods that take a [`Lease`] change nothing and say so when the lease
//! is not held any more: the caller must stop its work and publish nothing. Times are the database's own.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::BoxFuture;
use serde_json::Value;

use super::events::JobEvents;
use super::handler::Artifact;
use super::handler::Division;
use super::model::{Job, JobFilter, JobPage, NewJob, QueueDepth, Status, Worker, WorkerDescription};
use crate::core::failure::{Code, Fails, Failure};
use crate::core::ids::JobId;
use crate::core::progress::Progress;

/// Finds the job of an earlier, equal request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey {
    /// The client's key, at most 255 characters.
    pub key: String,
    /// Whose key it is.
    pub principal: String,
    /// Digest of the request; another one under the same key is refused.
    pub fingerprint: String,
}

/// What became of a new job.
#[derive(Debug, Clone, PartialEq)]
pub enum Enqueued {
    /// It is in the queue.
    Created(Job),
    /// An equal request was there first; this is its job.
    Replayed(Job),
    /// The key was used for another request.
    KeyReused,
    /// As many jobs wait as may wait.
    QueueFull {
        /// How many may wait.
        limit: u64,
    },
}

/// The right to write to a running job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Which job.
    pub job_id: JobId,
    /// Fencing token, fresh for each claim.
    pub token: String,
}

/// A job that this worker now runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// The job, `attempt` already counted.
    pub job: Job,
    /// The right to write to it.
    pub lease: Lease,
}

/// The answer to a sign of life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heartbeat {
    /// The lease is longer now.
    Kept {
        /// Somebody asked for the job to stop.
        cancel_requested: bool,
    },
    /// The lease is lost: stop, publish nothing.
    Lost,
}

/// What became of a job that was to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deletion {
    /// It is forgotten, and its parts with it.
    Deleted(Vec<JobId>),
    /// It has not ended.
    NotEnded,
    /// It is a part, and is forgotten with the job named here.
    PartOf(JobId),
    /// There is no such job.
    NotFound,
}

/// The answer to a request to stop a job.
#[derive(Debug, Clone, PartialEq)]
pub enum CancelAnswer {
    /// It stops at its next safe point; a queued one is cancelled already, and asking again answers the same.
    Accepted(Job),
    /// It had ended before anybody asked.
    AlreadyFinished(Job),
    /// There is no such job.
    NotFound,
}

/// The store can't be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database can't be opened.
    #[error("can't open the database {place}: {source}")]
    Open {
        /// Path or URL without password.
        place: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database was made by a newer textmill.
    #[error("the database {place} has schema version {found}, this build knows {known}")]
    TooNew {
        /// Path or URL without password.
        place: String,
        /// Version in the database.
        found: i64,
        /// Newest version of this build.
        known: i64,
    },
    /// A statement failed.
    #[error("the job database failed while it should {doing}: {source}")]
    Query {
        /// What was asked of it, e.g. `claim a job`.
        doing: &'static str,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database can't be reached, or does not let us in.
    #[error("can't use the database {place}: {why}")]
    Refused {
        /// URL without password.
        place: String,
        /// Why, in words.
        why: String,
        /// What to do next.
        hint: &'static str,
    },
    /// The state directory is not the folder that all processes on this database share.
    #[error("the state directory {} can't be used with this database: {why}", folder.display())]
    NotShared {
        /// Which folder.
        folder: PathBuf,
        /// Why not.
        why: String,
    },
    /// A row holds what no version of textmill writes.
    #[error("job row {id}: {what}")]
    Corrupt {
        /// Which row.
        id: String,
        /// What is wrong with it.
        what: String,
    },
}

impl Fails for StoreError {
    fn code(&self) -> Code {
        Code::StorageFailure
    }

    fn hint(&self) -> Option<String> {
        Some(
            match self {
                Self::Refused { hint, .. } => hint,
                Self::NotShared { .. } => {
                    "mount one folder on every machine and name it with --state-dir everywhere; if the old one is gone for \
                     good, put its `textmill-database-id` into the new one"
                }
                Self::Open { .. } => "check that the state directory exists, is writable and has free space",
                Self::TooNew { .. } => "use the newer textmill, or another database",
                Self::Query { .. } => "check the database, its disk space and permissions; `textmill doctor` tells",
                Self::Corrupt { .. } => "restore the database from a copy, or delete the row",
            }
            .to_owned(),
        )
    }
}

/// Keeps jobs. See the module's text for atomicity.
#[async_trait]
pub trait JobStore: Send + Sync + std::fmt::Debug {
    /// Puts a job into the queue, unless `max_queued` jobs wait already or an equal request was there first.
    async fn enqueue(&self, job: NewJob, max_queued: u64) -> Result<Enqueued, StoreError>;

    /// What [`JobStore::enqueue`] would answer to an earlier request's key: `Replayed`, `KeyReused`, or `None` where the
    /// key is new or no longer good. Changes nothing.
    async fn find_key(&self, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError>;

    /// One job.
    async fn get(&self, id: &JobId) -> Result<Option<Job>, StoreError>;

    /// Jobs, newest first, those older than `before` when given; `limit` at most. Of each result only its `summary`, and
    /// no artifacts: both can be large.
    async fn list(&self, filter: &JobFilter, before: Option<&JobId>, limit: u32) -> Result<JobPage, StoreError>;

    /// Takes the next job of one of `kinds`: queued and due, running with an expired lease, or divided with all its
    /// parts ended, which does not count as an attempt. An expired one that has no attempt left becomes `failed`
    /// instead; one whose cancel was asked for becomes `cancelled`.
    async fn claim(&self, owner: &str, kinds: &[&str], lease_for: Duration) -> Result<Option<Claim>, StoreError>;

    /// Prolongs the lease.
    async fn heartbeat(&self, lease: &Lease, lease_for: Duration) -> Result<Heartbeat, StoreError>;

    /// Puts the parts of a job into the queue and sets the job aside until they have ended: it runs on without a lease.
    /// One whose cancel was asked for is cancelled instead. `false`: the lease is lost.
    async fn divide(&self, lease: &Lease, division: &Division) -> Result<bool, StoreError>;

    /// The parts of a job, by number.
    async fn parts(&self, id: &JobId) -> Result<Vec<Job>, StoreError>;

    /// Stores progress, that of a part also in the sum of its job; `false`: the lease is lost.
    async fn report_progress(&self, lease: &Lease, progress: &Progress) -> Result<bool, StoreError>;

    /// Ends a job well; `false`: the lease is lost and nothing was published.
    async fn succeed(
        &self,
        lease: &Lease,
        result: Value,
        rejected_count: u64,
        artifacts: &[Artifact],
    ) -> Result<bool, StoreError>;

    /// Ends a job badly, or queues it again after `retry_after` when that is given and an attempt is left (one whose
    /// cancel was asked for is then cancelled); `false`: the lease is lost. The other parts of a part's job are asked to
    /// stop when it ends.
    async fn fail(&self, lease: &Lease, failure: &Failure, retry_after: Option<Duration>) -> Result<bool, StoreError>;

    /// Ends a job that was asked to stop; `false`: the lease is lost.
    async fn finish_cancelled(&self, lease: &Lease) -> Result<bool, StoreError>;

    /// Gives a job back, at shutdown or because what it needs is in use: queued again after `after`, this attempt not
    /// counted, unless its cancel was asked for: then it becomes `cancelled`. `false`: the lease is lost.
    async fn release(&self, lease: &Lease, after: Duration) -> Result<bool, StoreError>;

    /// Asks a job to stop, with all its parts; for a part, its whole job.
    async fn request_cancel(&self, id: &JobId) -> Result<CancelAnswer, StoreError>;

    /// Forgets a job that has ended, and its parts.
    async fn delete(&self, id: &JobId) -> Result<Deletion, StoreError>;

    /// Ids of ended jobs past their `expires_at`, oldest first, `limit` at most.
    async fn expired(&self, limit: u32) -> Result<Vec<JobId>, StoreError>;

    /// How many jobs, without parts, stand where; every status is named.
    async fn counts(&self) -> Result<Vec<(Status, u64)>, StoreError>;

    /// Whether any job that has not ended names `needle` (a file id) in its options.
    async fn is_referenced(&self, needle: &str) -> Result<bool, StoreError>;

    /// How long the queue of each kind is that has one.
    async fn depths(&self) -> Result<Vec<QueueDepth>, StoreError>;

    /// A worker's sign of life; it is believed to be alive for `silence` from now on.
    async fn see_worker(&self, worker: &WorkerDescription, silence: Duration) -> Result<(), StoreError>;

    /// Forgets a worker that ends.
    async fn forget_worker(&self, name: &str) -> Result<(), StoreError>;

    /// Workers that are alive, and those that fell silent within the last day; by name.
    async fn workers(&self) -> Result<Vec<Worker>, StoreError>;

    /// Moves the times of open jobs back when the clock was: how many were moved. Without this they would wait until
    /// the clock has caught up.
    async fn mend_clock(&self) -> Result<u64, StoreError>;

    /// Exchanges wake-ups with other processes, until it is dropped; `None`: this database has no way to.
    fn relay(&self, events: JobEvents) -> Option<BoxFuture<'static, ()>>;

    /// Whether workers on other machines may share the database.
    fn is_shared(&self) -> bool;

    /// Answers at all (for readiness).
    async fn ping(&self) -> Result<(), StoreError>;
}
