//! Who works: a row for each runner, kept fresh while it lives.
//!
//! For: `GET /v1/workers`, and whether there is anybody to share a job with. Not for: leases; a job is taken from a worker
//! because its lease ran out, never because its row did.

use std::time::Duration;

use super::Worker;
use crate::core::jobs::model::WorkerDescription;
use crate::core::telemetry::build_info::BUILD;

/// Notes the worker; a store that fails is asked again at the next sign of life.
pub(super) async fn begin(worker: &Worker) {
    if let Err(error) = worker.store.see_worker(&description(worker), worker.settings.lease_for).await {
        tracing::warn!(%error, "the worker can't be noted now");
    }
}

/// Gives signs of life until it is dropped.
pub(super) async fn keep(worker: &Worker) {
    let mut ticks = tokio::time::interval((worker.settings.lease_for / 3).max(Duration::from_millis(1)));
    // The first one comes at once, and `begin` gives it.
    ticks.tick().await;
    loop {
        ticks.tick().await;
        begin(worker).await;
    }
}

/// Forgets a worker that ends.
pub(super) async fn end(worker: &Worker) {
    // Best effort: without it the row falls silent, which says the same a little later.
    let _ = worker.store.forget_worker(&worker.settings.owner).await;
}

/// The machine's name.
pub(super) fn host() -> String {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_else(|_| "localhost".to_owned());
    host.trim().to_owned()
}

fn description(worker: &Worker) -> WorkerDescription {
    let mut kinds: Vec<String> = worker.handlers.keys().map(|&kind| kind.to_owned()).collect();
    kinds.sort();
    WorkerDescription {
        name: worker.settings.owner.clone(),
        host: host(),
        pid: std::process::id(),
        version: BUILD.version.to_owned(),
        kinds,
        concurrency: u32::try_from(worker.settings.concurrency).unwrap_or(u32::MAX),
    }
}
