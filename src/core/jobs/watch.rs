//! Following one job until it has ended.
//!
//! For: server-sent events, `Prefer: wait` and `textmill job watch`. Not for: running jobs. The one decision: what is
//! handed out are snapshots of the row, told apart by its version; a wake-up only makes the next look come sooner, so
//! that jobs of other processes are followed as well.

use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use futures::stream;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio::time::{Instant, timeout};

use super::events::{JobEvents, Wakeup};
use super::model::Job;
use super::store::{JobStore, StoreError};
use crate::core::ids::JobId;

/// How long a change by another process may stay unseen.
const POLL_EVERY: Duration = Duration::from_millis(500);

/// Looks at one job again and again.
pub(super) struct Watch {
    store: Arc<dyn JobStore>,
    wakeups: broadcast::Receiver<Wakeup>,
    id: JobId,
    after_version: Option<u64>,
    is_over: bool,
}

impl Watch {
    pub(super) fn new(store: Arc<dyn JobStore>, events: &JobEvents, id: JobId, after_version: Option<u64>) -> Self {
        // Listens before the first look, so that no change falls between the two.
        Self { store, wakeups: events.subscribe(), id, after_version, is_over: false }
    }

    /// Every snapshot that is newer than the last one; ends after the final one, or when the job is gone.
    pub(super) fn snapshots(self) -> impl Stream<Item = Result<Job, StoreError>> + Send + 'static {
        stream::unfold(self, |mut watch| async move { watch.next().await.map(|item| (item, watch)) })
    }

    async fn next(&mut self) -> Option<Result<Job, StoreError>> {
        while !self.is_over {
            match self.store.get(&self.id).await {
                Ok(None) => return None,
                Ok(Some(job)) => {
                    self.is_over = job.status.is_final();
                    if self.after_version.is_none_or(|seen| job.version > seen) {
                        self.after_version = Some(job.version);
                        return Some(Ok(job));
                    }
                }
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
            }
            if !self.is_over {
                self.wakeup(POLL_EVERY).await;
            }
        }
        None
    }

    /// The job when it has ended, or as it stands after `patience`.
    pub(super) async fn ended(mut self, patience: Duration) -> Result<Option<Job>, StoreError> {
        let deadline = Instant::now() + patience;
        loop {
            let job = self.store.get(&self.id).await?;
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() || job.as_ref().is_none_or(|job| job.status.is_final()) {
                return Ok(job);
            }
            self.wakeup(POLL_EVERY.min(left)).await;
        }
    }

    /// Returns when the job may have changed, at the latest after `at_most`.
    async fn wakeup(&mut self, at_most: Duration) {
        let id = &self.id;
        let wakeups = &mut self.wakeups;
        let changed = async {
            loop {
                match wakeups.recv().await {
                    Ok(wakeup) if !wakeup.concerns(id) => {}
                    // Missed some: one of them may have been ours.
                    Ok(_) | Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // Running out of time is the poll.
        let _ = timeout(at_most, changed).await;
    }
}
