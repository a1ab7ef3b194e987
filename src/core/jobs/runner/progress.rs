//! From a handler's many reports to a few writes.
//!
//! For: at most two writes a second, the last state always, and one write for a job that is soon over. Not for: showing
//! it. The one decision: a report replaces the one before it, so a slow database makes progress coarse and never a
//! handler slow.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::core::jobs::store::Lease;
use crate::core::progress::{Progress, ProgressSink};

const WRITE_EVERY: Duration = Duration::from_millis(500);
/// A job that is over by then has one state to tell, its last.
const FIRST_AFTER: Duration = Duration::from_millis(100);

struct Reports(watch::Sender<Progress>);

impl ProgressSink for Reports {
    fn report(&self, progress: &Progress) {
        self.0.send_if_modified(|latest| {
            let is_new = latest != progress;
            if is_new {
                latest.clone_from(progress);
            }
            is_new
        });
    }
}

/// A sink for the handler, and what it reports.
pub(super) fn channel() -> (Arc<dyn ProgressSink>, watch::Receiver<Progress>) {
    let (sender, receiver) = watch::channel(Progress::default());
    (Arc::new(Reports(sender)), receiver)
}

impl Worker {
    /// Stores what is reported until the handler is done, the last state included.
    pub(super) async fn store_progress(
        &self,
        lease: &Lease,
        mut reports: watch::Receiver<Progress>,
        handled: &CancellationToken,
    ) {
        let (mut stored, mut pause) = (Progress::default(), FIRST_AFTER);
        loop {
            tokio::select! {
                () = handled.cancelled() => break,
                () = tokio::time::sleep(pause) => {}
            }
            tokio::select! {
                () = handled.cancelled() => break,
                changed = reports.changed() => if changed.is_err() { break },
            }
            self.store_report(lease, &mut stored, &reports).await;
            pause = WRITE_EVERY;
        }
        self.store_report(lease, &mut stored, &reports).await;
    }

    async fn store_report(&self, lease: &Lease, stored: &mut Progress, reports: &watch::Receiver<Progress>) {
        let latest = reports.borrow().clone();
        if latest == *stored {
            return;
        }
        match self.store.report_progress(lease, &latest).await {
            Ok(_) => self.events.changed(&lease.job_id),
            // The next report comes soon, and a job does not fail for its progress.
            Err(error) => tracing::warn!(%error, "progress can't be stored"),
        }
        *stored = latest;
    }
}
