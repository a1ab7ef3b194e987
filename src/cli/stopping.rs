//! How a process that stays comes to its end, service and worker alike.
//!
//! For: from the first signal to the safe point of everything. Not for: commands that pass by (`runtime`), nor for
//! what a task does when it is told. The one decision: the second signal means "now", whatever still runs.

use std::time::Duration;

use super::context::Context;
use super::exit::ExitStatus;
use crate::core::shutdown::{Shutdown, Signal, Signals};

/// What follows the first signal: everything comes to a safe point within `timeout`, or another signal ends it at once.
pub(super) async fn stop(
    first: Signal,
    signals: &mut Signals,
    shutdown: &Shutdown,
    timeout: Duration,
    context: &Context,
) -> ExitStatus {
    tracing::info!(signal = ?first, "stopping");
    // Whether anybody still listens to our words must not decide how the jobs end.
    let _ = context.printer.note("stopping: running jobs come to a safe point; once more stops at once");
    tokio::select! {
        () = stop_within(shutdown, timeout, context) => ExitStatus::Done,
        _ = signals.next() => ExitStatus::Interrupted,
    }
}

async fn stop_within(shutdown: &Shutdown, timeout: Duration, context: &Context) {
    shutdown.begin();
    if shutdown.wait(timeout).await.is_err() {
        tracing::warn!(timeout_s = timeout.as_secs(), "not everything came to a safe point in time");
        let _ = context
            .printer
            .warning("a job did not come to a safe point in time; another worker, or the next start, runs it again");
    }
}
