//! One attempt at one job, from its claim to its end.
//!
//! For: handler, artifacts, and the one statement that ends the attempt. Not for: finding work. The one decision: the
//! files are moved in place first and the row says so second, both while this worker proves to hold the lease; a kill
//! between the two leaves files that no row names, and the next attempt replaces them.

use std::any::Any;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::task::{JoinError, spawn_blocking};
use tokio_util::sync::CancellationToken;

use super::stage::{Handled, Stage};
use super::stop::{StopReason, StopSign};
use super::{Worker, progress};
use crate::core::failure::{Code, Fails as _, Failure};
use crate::core::ids::JobId;
use crate::core::jobs::artifacts;
use crate::core::jobs::handler::{Artifact, Division, JobContext, JobHandler, JobOutput};
use crate::core::jobs::model::{Job, Status};
use crate::core::jobs::store::{Claim, Heartbeat, StoreError};

/// How often, and how long apart, the end of an attempt is written while the store fails.
const WRITE_TRIES: u32 = 5;
const WRITE_PAUSE: Duration = Duration::from_secs(1);
/// How long another worker may take to publish; it renames a folder and writes a row.
const PUBLISH_PATIENCE: Duration = Duration::from_secs(30);
const PUBLISH_POLL: Duration = Duration::from_millis(20);

/// A job that this worker runs.
pub(super) struct Attempt {
    pub(super) worker: Arc<Worker>,
    pub(super) handler: Arc<dyn JobHandler>,
    pub(super) claim: Claim,
    stop: StopSign,
}

/// The row that ends an attempt.
#[derive(Debug)]
pub(super) enum Last {
    Succeeded {
        result: Value,
        rejected_count: u64,
        artifacts: Vec<Artifact>,
    },
    Failed(Failure),
    WillRetry(Failure, Duration),
    Cancelled,
    Released,
    /// What it needs is in use: it is tried again after this time.
    Waits(Duration),
    /// Its parts are done first.
    Divided(Division),
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// The row says so.
    Stored {
        /// For the log.
        outcome: &'static str,
        /// Whether the job has ended.
        is_over: bool,
    },
    /// Another worker has the job: nothing was published.
    LeaseLost,
    /// The store failed: the lease runs out, and the job is run again.
    Unknown,
}

impl Attempt {
    pub(super) fn new(worker: Arc<Worker>, handler: Arc<dyn JobHandler>, claim: Claim) -> Self {
        Self { worker, handler, claim, stop: StopSign::default() }
    }

    /// Runs the handler, keeps the lease meanwhile, and ends the attempt.
    pub(super) async fn run(&self, shutdown: &CancellationToken) {
        let started = Instant::now();
        tracing::info!("job started");
        let over = CancellationToken::new();
        let work = async {
            let end = self.work().await;
            over.cancel();
            end
        };
        let (end, ()) = tokio::join!(work, self.worker.keep_lease(&self.claim.lease, &self.stop, shutdown, &over));
        self.wake_others(end);
        let outcome = match end {
            End::Stored { outcome, .. } => outcome,
            End::LeaseLost => "lease_lost",
            End::Unknown => "unknown",
        };
        let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        tracing::info!(outcome, duration_ms, "job ended");
    }

    /// A job that was given back may be taken again, and that of which it is a part may be ready to be put together.
    fn wake_others(&self, end: End) {
        let (job, events) = (&self.claim.job, &self.worker.events);
        match end {
            End::Stored { is_over: true, .. } => events.changed(&job.id),
            _ => events.work(&job.id),
        }
        if let Some(whole) = &job.parent_id {
            events.work(whole);
        }
    }

    /// The job, or the one that it is a part of.
    pub(super) fn whole(&self) -> &JobId {
        let job = &self.claim.job;
        job.parent_id.as_ref().unwrap_or(&job.id)
    }

    async fn work(&self) -> End {
        let (folders, claim) = (self.worker.folders.clone(), self.claim.clone());
        let folder = match blocking(move || folders.begin(&claim.job, &claim.lease)).await {
            Ok(folder) => folder,
            Err(error) => return self.fail(cannot("make the folder for artifacts", &error)).await,
        };
        let handled = match self.stage().await {
            Ok(stage) => self.handle(folder.clone(), stage).await,
            Err(failure) => Err(failure),
        };
        let is_cancelled = |failure: &Failure| failure.code == Code::Cancelled;
        let end = match (handled, self.stop.reason()) {
            (_, Some(StopReason::LeaseLost)) => End::LeaseLost,
            (Ok(Handled::Output(output)), _) => self.publish(&folder, output).await,
            (Ok(Handled::Divided(division)), _) => self.write(Last::Divided(division)).await,
            (Ok(Handled::Ends(last)), _) => self.write(*last).await,
            (Err(failure), Some(StopReason::Asked)) if is_cancelled(&failure) => self.write(Last::Cancelled).await,
            (Err(failure), Some(StopReason::Shutdown)) if is_cancelled(&failure) => self.write(Last::Released).await,
            (Err(failure), _) => self.fail(failure).await,
        };
        if let Err(error) = blocking(move || artifacts::remove(&folder)).await {
            tracing::warn!(%error, "the attempt's folder can't be removed now");
        }
        end
    }

    /// Runs the handler on a blocking thread, and stores its progress to the last.
    async fn handle(&self, artifact_dir: PathBuf, stage: Stage) -> Result<Handled, Failure> {
        let (progress, reports) = progress::channel();
        let context = JobContext {
            job_id: self.claim.job.id.clone(),
            attempt: self.claim.job.attempt,
            artifact_dir,
            shared_dir: self.worker.folders.shared(self.whole()),
            progress,
            cancel: self.stop.token(),
        };
        let (handler, options) = (Arc::clone(&self.handler), self.claim.job.options.clone());
        let span = tracing::Span::current();
        let running = spawn_blocking(move || span.in_scope(|| stage.run(&*handler, &context, options)));
        let handled = CancellationToken::new();
        let run = async {
            let result = running.await;
            handled.cancel();
            result
        };
        let (result, ()) = tokio::join!(run, self.worker.store_progress(&self.claim.lease, reports, &handled));
        result.unwrap_or_else(|error| Err(fault(error)))
    }

    /// Makes the attempt's files the job's and its output the result.
    async fn publish(&self, folder: &Path, output: JobOutput) -> End {
        let (folders, described, id) = (self.worker.folders.clone(), folder.to_owned(), self.claim.job.id.clone());
        let look = move || Ok((artifacts::describe(&described)?, folders.has_published(&id)?));
        let (artifacts, has_leftovers) = match blocking(look).await {
            Ok(found) => found,
            Err(error) => return self.fail(cannot("read the artifacts", &error)).await,
        };
        let moves_nothing = artifacts.is_empty() && !has_leftovers;
        let JobOutput { result, rejected_count } = output;
        let success = Last::Succeeded { result, rejected_count, artifacts };
        if moves_nothing {
            // The row alone decides, and nobody need wait for anybody.
            return self.write(success).await;
        }
        self.move_and_write(folder, success).await
    }

    /// Moves the folder of an attempt in place and writes the row, as the only worker that does so now.
    async fn move_and_write(&self, folder: &Path, success: Last) -> End {
        let lock = match self.lock().await {
            Ok(lock) => lock,
            Err(failure) => return self.fail(failure).await,
        };
        // Under the lock: whoever has the lease now is the only one who moves folders of this job.
        match self.worker.store.heartbeat(&self.claim.lease, self.worker.settings.lease_for).await {
            Ok(Heartbeat::Kept { .. }) => {}
            Ok(Heartbeat::Lost) => return End::LeaseLost,
            Err(error) => return self.fail(error.to_failure()).await,
        }
        let (folders, folder, id) = (self.worker.folders.clone(), folder.to_owned(), self.claim.job.id.clone());
        if let Err(error) = blocking(move || folders.publish(&folder, &id)).await {
            self.worker.folders.forget(&self.claim.job.id).await;
            return self.fail(cannot("publish the artifacts", &error)).await;
        }
        let end = self.write(success).await;
        if !matches!(end, End::Stored { .. }) {
            self.take_back().await;
        }
        drop(lock);
        end
    }

    /// Waits for the right to publish.
    async fn lock(&self) -> Result<File, Failure> {
        let deadline = Instant::now() + PUBLISH_PATIENCE;
        while Instant::now() < deadline {
            let folders = self.worker.folders.clone();
            match blocking(move || folders.try_lock()).await {
                Ok(Some(lock)) => return Ok(lock),
                Ok(None) => tokio::time::sleep(PUBLISH_POLL).await,
                Err(error) => return Err(cannot("lock the folder of artifacts", &error)),
            }
        }
        Err(Failure::new(Code::ResourceInUse, "another worker has been publishing its artifacts for too long"))
    }

    /// Removes what was published without the row saying so.
    async fn take_back(&self) {
        let id = &self.claim.job.id;
        // The statement may have been carried out although its answer was lost; without an answer now, the next
        // attempt or the next start clears up.
        let names_files = |job: Job| job.status == Status::Succeeded && !job.artifacts.is_empty();
        let is_published = self.worker.store.get(id).await.map(|job| job.is_some_and(names_files));
        if matches!(is_published, Ok(false)) {
            self.worker.folders.forget(id).await;
        }
    }

    async fn fail(&self, failure: Failure) -> End {
        let job = &self.claim.job;
        if failure.code == Code::ResourceInUse {
            // Somebody else's run is no fault of this job: it waits for its turn, however long that run takes.
            return self.write(Last::Waits(self.worker.settings.retry.after(job.attempt))).await;
        }
        // The detail may name what is in a user's file; it stands in the row, for those who may read the job.
        tracing::warn!(code = %failure.code, "the attempt failed");
        let will_retry = failure.is_retryable() && job.attempt < job.max_attempts;
        let last = if will_retry {
            Last::WillRetry(failure, self.worker.settings.retry.after(job.attempt))
        } else {
            Last::Failed(failure)
        };
        self.write(last).await
    }

    /// Writes the row that ends the attempt; insists for a while when the store fails.
    async fn write(&self, last: Last) -> End {
        let mut tries = 1;
        loop {
            match self.try_write(&last).await {
                Ok(true) => {
                    self.tidy_after(&last).await;
                    return End::Stored { outcome: last.as_str(), is_over: last.is_over() };
                }
                Ok(false) => return End::LeaseLost,
                Err(_) if tries < WRITE_TRIES => {
                    tries += 1;
                    tokio::time::sleep(WRITE_PAUSE).await;
                }
                Err(error) => {
                    tracing::error!(%error, "the end of the job can't be stored; it will run again");
                    return End::Unknown;
                }
            }
        }
    }

    /// An earlier attempt may have died between moving its files and saying so; the job ended otherwise now.
    async fn tidy_after(&self, last: &Last) {
        let job = &self.claim.job;
        if matches!(last, Last::Failed(_) | Last::Cancelled) {
            self.worker.folders.forget(&job.id).await;
        }
        if job.is_divided && last.is_over() {
            let (folders, id) = (self.worker.folders.clone(), job.id.clone());
            if let Err(error) = blocking(move || folders.remove_shared(&id)).await {
                tracing::warn!(%error, "the folder that the parts shared can't be removed now");
            }
        }
    }

    async fn try_write(&self, last: &Last) -> Result<bool, StoreError> {
        let (store, lease) = (&self.worker.store, &self.claim.lease);
        match last {
            Last::Succeeded { result, rejected_count, artifacts } => {
                store.succeed(lease, result.clone(), *rejected_count, artifacts).await
            }
            Last::Failed(failure) => store.fail(lease, failure, None).await,
            Last::WillRetry(failure, after) => store.fail(lease, failure, Some(*after)).await,
            Last::Cancelled => store.finish_cancelled(lease).await,
            Last::Released => store.release(lease, Duration::ZERO).await,
            Last::Waits(after) => store.release(lease, *after).await,
            Last::Divided(division) => store.divide(lease, division).await,
        }
    }
}

impl Last {
    /// Whether the job ends with it; a cancel that comes in between may end it all the same.
    fn is_over(&self) -> bool {
        matches!(self, Self::Succeeded { .. } | Self::Failed(_) | Self::Cancelled)
    }

    fn as_str(&self) -> &'static str {
        match self {
            Self::Succeeded { .. } => "succeeded",
            Self::Failed(_) => "failed",
            Self::WillRetry(..) => "will_retry",
            Self::Cancelled => "cancelled",
            Self::Released => "released",
            Self::Waits(_) => "waits",
            Self::Divided(_) => "divided",
        }
    }
}

pub(super) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

pub(super) fn cannot(doing: &str, error: &io::Error) -> Failure {
    Failure::new(Code::StorageFailure, format!("can't {doing}: {error}"))
        .with_hint("check free space and permissions of the state directory")
}

/// What a client hears of a panic; the log hears more, once.
fn fault(error: JoinError) -> Failure {
    let message = error.try_into_panic().map_or("it was never started", |payload| literal(payload.as_ref()));
    tracing::error!(message, "a handler panicked");
    Failure::new(Code::Internal, "the job was stopped by a fault in textmill")
        .with_hint("report it with the job's id; the worker's log and standard error tell more")
}

/// A panic's message if it is a literal; a formatted one may hold a user's text, and is only on standard error.
fn literal(payload: &(dyn Any + Send)) -> &'static str {
    payload.downcast_ref::<&'static str>().copied().unwrap_or("see standard error")
}
