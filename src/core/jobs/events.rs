//! Wake-ups inside one process: somebody changed a job, look again.
//!
//! The row is the truth and carries a version; a wake-up carries no data, may be lost, and only saves a poll.

use tokio::sync::broadcast;

use crate::core::ids::JobId;

/// Tells waiting readers that a job changed. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JobEvents {
    sender: broadcast::Sender<JobId>,
}

impl JobEvents {
    /// A hub without listeners.
    pub fn new() -> Self {
        Self { sender: broadcast::channel(256).0 }
    }

    /// Says that a job changed; never blocks.
    pub fn notify(&self, id: &JobId) {
        // Nobody listening is fine: the row holds the change.
        let _ = self.sender.send(id.clone());
    }

    /// Listens from now on. A lagging listener should look at the row.
    pub fn subscribe(&self) -> broadcast::Receiver<JobId> {
        self.sender.subscribe()
    }
}

impl Default for JobEvents {
    fn default() -> Self {
        Self::new()
    }
}
