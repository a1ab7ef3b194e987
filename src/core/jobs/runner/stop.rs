//! Why an attempt has to stop; the first reason stands.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

/// Why a handler was asked to come to a safe point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopReason {
    /// Somebody cancelled the job.
    Asked,
    /// Another worker may have the job by now.
    LeaseLost,
    /// This process ends.
    Shutdown,
}

/// Tells a handler to stop, and remembers why.
#[derive(Debug, Default)]
pub(super) struct StopSign {
    token: CancellationToken,
    reason: OnceLock<StopReason>,
}

impl StopSign {
    pub(super) fn raise(&self, reason: StopReason) {
        // Only the first reason counts: the handler stopped because of it.
        let _ = self.reason.set(reason);
        self.token.cancel();
    }

    pub(super) fn reason(&self) -> Option<StopReason> {
        self.reason.get().copied()
    }

    pub(super) fn token(&self) -> CancellationToken {
        self.token.clone()
    }
}
