//! How an operation binds itself to the queue.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use crate::core::failure::Failure;
use crate::core::ids::JobId;
use crate::core::progress::ProgressSink;

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
    /// Takes progress.
    pub progress: Arc<dyn ProgressSink>,
    /// Cancelled when the job must stop: asked for, lease lost or shutdown. Look at it at every safe point.
    pub cancel: CancellationToken,
}

/// What a handler leaves.
#[derive(Debug, Clone, PartialEq)]
pub struct JobOutput {
    /// The outcome as JSON.
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
}
