//! Durable jobs: work that survives the process that runs it.
//!
//! For: a queue in a database with lease, heartbeat, cancel, stored back-off, progress and artifacts. Not for: knowing
//! what a job does; operations bind themselves to it with a [`JobHandler`]. The one decision: a worker *leases* a row
//! with a fresh token and may write to it only while it holds that token, so a crash or a pause costs an attempt and
//! never a result published twice.

mod artifacts;
#[cfg(test)]
mod conformance;
mod events;
mod handler;
mod model;
mod queue;
mod runner;
mod sql;
mod store;
mod watch;

pub use events::{JobEvents, Wakeup};
pub use handler::{Artifact, Divide, Division, JobContext, JobHandler, JobOutput, PartOutput};
pub use model::{Job, JobFilter, JobPage, NewJob, QueueDepth, Status, Worker, WorkerDescription, WorkerJob};
pub use queue::{JobQueue, QueueSettings, Submission};
pub use runner::{Backoff, Runner, RunnerSettings};
pub use sql::{SqlJobStore, StoreSettings};
pub use store::{CancelAnswer, Claim, Deletion, Enqueued, Heartbeat, IdempotencyKey, JobStore, Lease, StoreError};
