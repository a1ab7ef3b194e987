//! Wake-ups: somebody changed a job, look again; there is work, claim.
//!
//! The row is the truth and carries a version; a wake-up carries no data, may be lost, and only saves a poll. Those of
//! other processes come in through the store's relay.

use tokio::sync::broadcast;

use crate::core::ids::JobId;

/// Somebody should look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wakeup {
    /// The job that changed; `None`: any may have.
    pub job_id: Option<JobId>,
    /// Whether a worker may find something to do.
    pub is_work: bool,
    /// Whether another process said so.
    pub is_remote: bool,
}

impl Wakeup {
    /// Whether this job may have changed.
    pub fn concerns(&self, id: &JobId) -> bool {
        self.job_id.as_ref().is_none_or(|changed| changed == id)
    }
}

/// Tells waiting readers and workers of this process that a job changed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JobEvents {
    sender: broadcast::Sender<Wakeup>,
}

impl JobEvents {
    /// A hub without listeners.
    pub fn new() -> Self {
        Self { sender: broadcast::channel(1024).0 }
    }

    /// Says that a job changed; never blocks.
    pub fn changed(&self, id: &JobId) {
        self.send(Wakeup { job_id: Some(id.clone()), is_work: false, is_remote: false });
    }

    /// Says that a job changed, and that a worker may have something to do now.
    pub fn work(&self, id: &JobId) {
        self.send(Wakeup { job_id: Some(id.clone()), is_work: true, is_remote: false });
    }

    /// Passes a wake-up on.
    pub fn send(&self, wakeup: Wakeup) {
        // Nobody listening is fine: the row holds the change.
        let _ = self.sender.send(wakeup);
    }

    /// Listens from now on. Who lags behind should look.
    pub fn subscribe(&self) -> broadcast::Receiver<Wakeup> {
        self.sender.subscribe()
    }
}

impl Default for JobEvents {
    fn default() -> Self {
        Self::new()
    }
}
