//! Runs the jobs of a store, as many at once as this process may.
//!
//! For: claiming, running on blocking threads, keeping leases, giving jobs back at shutdown. Not for: what a job does
//! (handlers) nor what asks for it (the queue). The one decision: the row decides. The runner holds nothing that a
//! kill could lose; whatever it knows beyond the row is a saved poll.

mod attempt;
mod lease;
mod presence;
mod progress;
mod stage;
mod stop;
mod sweep;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use self::attempt::Attempt;
use super::artifacts::ArtifactFolders;
use super::events::{JobEvents, Wakeup};
use super::handler::JobHandler;
use super::store::{Claim, JobStore, StoreError};

/// When a job that failed for a passing reason is tried again: twice as late each time, half of it by chance so that
/// jobs that failed together do not come back together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// At most this long after the first attempt.
    pub base: Duration,
    /// At most this long after any attempt.
    pub max: Duration,
}

impl Backoff {
    /// How long to wait after attempt number `attempt`, from 1.
    fn after(self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.base.saturating_mul(doubled).min(self.max).mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// What a runner can be told.
#[derive(Debug, Clone)]
pub struct RunnerSettings {
    /// Who holds the leases, for people who look at the table; unique among all workers.
    pub owner: String,
    /// How many jobs run at once, at least 1.
    pub concurrency: usize,
    /// How long a silent worker is believed to be alive; it gives a sign of life three times in this time.
    pub lease_for: Duration,
    /// How often to look for work, and for a wish to cancel, that another process stored.
    pub poll_every: Duration,
    /// The folder that holds a folder of files for each job; the queue's.
    pub artifacts_root: PathBuf,
    /// When a failed job is tried again.
    pub retry: Backoff,
}

impl RunnerSettings {
    /// A unique owner, as many jobs as processors, leases of 30 s, a look each second, back-off from 2 s to 5 min.
    pub fn new(artifacts_root: PathBuf) -> Self {
        Self {
            owner: unique_owner(),
            concurrency: std::thread::available_parallelism().map_or(1, usize::from),
            lease_for: Duration::from_secs(30),
            poll_every: Duration::from_secs(1),
            artifacts_root,
            retry: Backoff { base: Duration::from_secs(2), max: Duration::from_mins(5) },
        }
    }
}

/// Host, process and chance: no two workers share it, and a restarted one is another one.
fn unique_owner() -> String {
    #[expect(clippy::disallowed_methods, reason = "names a process, not a thing that is sorted by time")]
    let chance = uuid::Uuid::new_v4().simple();
    format!("{}-{}-{chance}", presence::host(), std::process::id())
}

/// Runs jobs until it is told to stop.
pub struct Runner {
    worker: Arc<Worker>,
}

/// What every attempt of a runner needs.
struct Worker {
    store: Arc<dyn JobStore>,
    events: JobEvents,
    handlers: HashMap<&'static str, Arc<dyn JobHandler>>,
    folders: ArtifactFolders,
    settings: RunnerSettings,
}

impl Runner {
    /// A runner of the kinds that `handlers` run; `events` are shared with the queue of this process.
    pub fn new(
        store: Arc<dyn JobStore>,
        events: JobEvents,
        handlers: Vec<Arc<dyn JobHandler>>,
        settings: RunnerSettings,
    ) -> Self {
        let handlers = handlers.into_iter().map(|handler| (handler.kind(), handler)).collect();
        let folders = ArtifactFolders::new(settings.artifacts_root.clone());
        Self { worker: Arc::new(Worker { store, events, handlers, folders, settings }) }
    }

    /// Claims and runs jobs until `shutdown`; returns when every running one has ended or was given back.
    ///
    /// Never fails: while the store does not answer, it is asked again. Drop the future to stop waiting for handlers
    /// that don't come to a safe point; once the process has ended their leases run out, and the next worker takes
    /// their jobs.
    pub async fn run(self, shutdown: CancellationToken) {
        let span = tracing::info_span!("worker", owner = self.worker.settings.owner, router = "worker");
        let worker = Arc::clone(&self.worker);
        let present = presence::keep(&worker);
        let run = async {
            tokio::select! {
                () = self.work(shutdown) => {}
                () = present => {}
            }
            presence::end(&worker).await;
        };
        run.instrument(span).await;
    }

    async fn work(self, shutdown: CancellationToken) {
        let worker = self.worker;
        presence::begin(&worker).await;
        sweep::at_start(&worker).await;
        let tasks = TaskTracker::new();
        tasks.spawn(sweep::every_minute(Arc::clone(&worker), shutdown.clone()).in_current_span());
        let permits = Arc::new(Semaphore::new(worker.settings.concurrency.max(1)));
        let mut is_store_well = true;
        while let Some(permit) = next_permit(&permits, &shutdown).await {
            // Listens before it looks, so that no new job falls between the two.
            let mut wakeups = worker.events.subscribe();
            match worker.claim().await {
                Ok(Some(claim)) => {
                    worker.start(claim, permit, &tasks, &shutdown);
                    is_store_well = true;
                    continue;
                }
                Ok(None) => is_store_well = true,
                Err(error) if is_store_well => {
                    tracing::error!(%error, "no job can be claimed; trying on");
                    is_store_well = false;
                }
                Err(_) => {}
            }
            tokio::select! {
                () = shutdown.cancelled() => break,
                () = tokio::time::sleep(worker.settings.poll_every) => {}
                () = work_is_there(&mut wakeups), if is_store_well => {}
            }
        }
        tasks.close();
        tasks.wait().await;
    }
}

impl Worker {
    async fn claim(&self) -> Result<Option<Claim>, StoreError> {
        let kinds: Vec<&str> = self.handlers.keys().copied().collect();
        let claim = self.store.claim(&self.settings.owner, &kinds, self.settings.lease_for).await?;
        if let Some(claim) = &claim {
            self.events.changed(&claim.job.id);
        }
        Ok(claim)
    }

    fn start(
        self: &Arc<Self>,
        claim: Claim,
        permit: OwnedSemaphorePermit,
        tasks: &TaskTracker,
        shutdown: &CancellationToken,
    ) {
        let job = &claim.job;
        let Some(handler) = self.handlers.get(job.kind.as_str()).map(Arc::clone) else {
            // Its lease runs out: a store that answers with a kind that was not asked for is broken anyway.
            return tracing::error!(kind = job.kind, "the store gave out a job of a kind that nobody runs here");
        };
        let span = tracing::info_span!(
            "job", job_id = %job.id, kind = handler.kind(), attempt = job.attempt, router = "worker"
        );
        let attempt = Attempt::new(Arc::clone(self), handler, claim);
        let shutdown = shutdown.clone();
        let run = async move {
            attempt.run(&shutdown).await;
            drop(permit);
        };
        tasks.spawn(run.instrument(span));
    }
}

/// Returns when somebody says that there is something to do.
async fn work_is_there(wakeups: &mut Receiver<Wakeup>) {
    loop {
        match wakeups.recv().await {
            Ok(wakeup) if !wakeup.is_work => {}
            // Missed some: one of them may have been it.
            Ok(_) | Err(RecvError::Lagged(_)) => return,
            // Can't be: this worker holds the sender.
            Err(RecvError::Closed) => std::future::pending().await,
        }
    }
}

async fn next_permit(permits: &Arc<Semaphore>, shutdown: &CancellationToken) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        biased;
        () = shutdown.cancelled() => None,
        permit = Arc::clone(permits).acquire_owned() => permit.ok(),
    }
}
