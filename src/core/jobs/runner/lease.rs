//! Keeps an attempt's lease, and watches for every reason to stop it.
//!
//! For: signs of life, wishes to cancel, shutdown. Not for: ending the job. The one decision: it runs beside the
//! handler on the runtime, which handlers never block, so that a busy handler does not look like a dead one.

use std::time::Duration;

use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;

use super::Worker;
use super::stop::{StopReason, StopSign};
use crate::core::jobs::store::{Heartbeat, Lease};

impl Worker {
    /// Keeps the lease until `over`.
    pub(super) async fn keep_lease(
        &self,
        lease: &Lease,
        stop: &StopSign,
        shutdown: &CancellationToken,
        over: &CancellationToken,
    ) {
        let mut wakeups = self.events.subscribe();
        let mut beats = every(self.settings.lease_for / 3);
        let mut looks = every(self.settings.poll_every);
        let mut kept_at = Instant::now();
        loop {
            tokio::select! {
                () = over.cancelled() => return,
                () = shutdown.cancelled(), if stop.reason().is_none() => stop.raise(StopReason::Shutdown),
                _ = beats.tick() => self.beat(lease, stop, &mut kept_at).await,
                _ = looks.tick() => self.look_for_cancel(lease, stop).await,
                changed = wakeups.recv() => match changed {
                    Ok(wakeup) if !wakeup.concerns(&lease.job_id) => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => self.look_for_cancel(lease, stop).await,
                    // Can't be: this worker holds the sender.
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    async fn beat(&self, lease: &Lease, stop: &StopSign, kept_at: &mut Instant) {
        let asked_at = Instant::now();
        match self.store.heartbeat(lease, self.settings.lease_for).await {
            Ok(Heartbeat::Kept { cancel_requested }) => {
                *kept_at = asked_at;
                if cancel_requested {
                    stop.raise(StopReason::Asked);
                }
            }
            Ok(Heartbeat::Lost) => stop.raise(StopReason::LeaseLost),
            Err(error) => {
                tracing::warn!(%error, "the lease can't be prolonged");
                if kept_at.elapsed() >= self.settings.lease_for {
                    stop.raise(StopReason::LeaseLost);
                }
            }
        }
    }

    /// A read between two heartbeats, so that a cancel does not wait for the next one.
    async fn look_for_cancel(&self, lease: &Lease, stop: &StopSign) {
        if stop.reason().is_some() {
            return;
        }
        // An error here is the next heartbeat's to tell.
        if let Ok(Some(job)) = self.store.get(&lease.job_id).await
            && job.cancel_requested
        {
            stop.raise(StopReason::Asked);
        }
    }
}

/// Ticks with the first one a whole period away; a late one does not bring the next one nearer.
fn every(period: Duration) -> tokio::time::Interval {
    let period = period.max(Duration::from_millis(1));
    let mut ticks = interval_at(Instant::now() + period, period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
