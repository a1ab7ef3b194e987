//! How an operation binds itself to the queue.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::core::failure::Failure;
use crate::core::ids::JobId;
use crate::core::progress::{Progress, ProgressSink};

/// A file that a job left behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Artifact {
    /// Path inside the job's artifact folder, `/` between parts.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// SHA-256 of the bytes, hexadecimal.
    pub sha256: String,
    /// What it is, e.g. `application/vnd.apache.parquet`.
    pub media_type: String,
}

/// What a handler gets besides its options.
#[derive(Clone)]
pub struct JobContext {
    /// Which job.
    pub job_id: JobId,
    /// Which attempt, from 1.
    pub attempt: u32,
    /// A folder of this attempt alone, already made. Its files become the job's artifacts when the job succeeds
    /// (the runner hashes them and moves the folder in place while the lease is held); otherwise it is removed.
    pub artifact_dir: PathBuf,
    /// A folder that a divided job and all its parts share, on whichever machine they run. It is there for
    /// [`Divide`]'s methods only, and removed when the job has ended.
    pub shared_dir: PathBuf,
    /// Takes progress.
    pub progress: Arc<dyn ProgressSink>,
    /// Cancelled when the job must stop: asked for, lease lost or shutdown. Look at it at every safe point.
    pub cancel: CancellationToken,
}

/// What a handler leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct JobOutput {
    /// The outcome as JSON. Its `summary`, if it has one, is what lists show; a `dataset` in that makes the job a point in
    /// the series of this data set.
    pub result: Value,
    /// Rows and files told apart as unusable.
    pub rejected_count: u64,
}

/// Runs one kind of job; called on a blocking thread, may be called again for the same job after a crash.
pub trait JobHandler: Send + Sync {
    /// The kind it runs.
    fn kind(&self) -> &'static str;

    /// Runs the job to its end or to its next safe point after a cancel (then it fails with `cancelled`).
    ///
    /// # Errors
    /// The failure as stored in the job; the runner tries again when [`Failure::is_retryable`].
    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure>;

    /// How jobs of this kind are shared among workers; `None`: each is run by one.
    fn divides(&self) -> Option<&dyn Divide> {
        None
    }
}

/// Shares a job among workers: one divides it, any of them run its parts, one puts together what they left.
///
/// Each method may be called again after a crash, on another machine too. A part that fails for good makes the whole
/// job fail; a job that is cancelled is never put together.
pub trait Divide: Send + Sync {
    /// Cuts a job into parts; `None`: that is not worth it, the job is to be run as a whole. What the parts need besides
    /// their options may be left in the shared folder.
    ///
    /// # Errors
    /// As [`JobHandler::run`].
    fn divide(&self, context: &JobContext, options: &Value) -> Result<Option<Division>, Failure>;

    /// Runs a part; `artifact_dir` is the part's own.
    ///
    /// # Errors
    /// As [`JobHandler::run`].
    fn run_part(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure>;

    /// Makes the job's outcome of what its parts left, all of which succeeded.
    ///
    /// # Errors
    /// As [`JobHandler::run`].
    fn merge(&self, context: &JobContext, options: Value, parts: Vec<PartOutput>) -> Result<JobOutput, Failure>;
}

/// A job cut into parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Division {
    /// Options of each part, at least one.
    pub parts: Vec<Value>,
    /// What all of it comes to: `total` and `unit`; the parts' `done` is added up below it.
    pub progress: Progress,
}

/// What a part left.
#[derive(Debug, Clone, PartialEq)]
pub struct PartOutput {
    /// Its place among the parts, from 1.
    pub number: u32,
    /// Its outcome.
    pub result: Value,
    /// Where its artifacts lie.
    pub artifact_dir: PathBuf,
}
