//! Clears away what dead workers left and what is past its time.
//!
//! For: expired jobs, attempts that nobody works on, files that no row names. Not for: ending jobs. The one decision:
//! a folder is listed first and its row read second. A live attempt's row says `running` before its folder exists, so
//! what a row disowns is truly left over.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::Worker;
use crate::core::failure::{Code, Fails as _, Failure};
use crate::core::jobs::artifacts::{self, ArtifactFolders};
use crate::core::jobs::model::Status;

const SWEEP_EVERY: Duration = Duration::from_mins(1);
const EXPIRED_AT_ONCE: u32 = 100;

/// Removes attempts of dead workers and files that were never published.
pub(super) async fn at_start(worker: &Worker) {
    report(remove_unfinished(worker).await);
    report(remove_unpublished(worker).await);
}

/// Forgets expired jobs and removes attempts of dead workers, now and every minute.
pub(super) async fn every_minute(worker: Arc<Worker>, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        report(forget_expired(&worker).await);
        report(remove_unfinished(&worker).await);
    }
}

/// The next sweep tries again, so a failed one is only worth a line.
fn report(swept: Result<(), Failure>) {
    if let Err(error) = swept {
        tracing::warn!(code = %error.code, %error, "can't clear up now");
    }
}

async fn forget_expired(worker: &Worker) -> Result<(), Failure> {
    loop {
        let expired = worker.store.expired(EXPIRED_AT_ONCE).await.map_err(|error| error.to_failure())?;
        for id in &expired {
            if worker.store.delete(id).await.map_err(|error| error.to_failure())? {
                worker.folders.forget(id).await;
                worker.events.notify(id);
            }
        }
        if expired.len() < usize::try_from(EXPIRED_AT_ONCE).unwrap_or(usize::MAX) {
            return Ok(());
        }
    }
}

async fn remove_unfinished(worker: &Worker) -> Result<(), Failure> {
    for found in listed(worker, |folders| folders.unfinished()).await? {
        let job = worker.store.get(&found.job_id).await.map_err(|error| error.to_failure())?;
        let is_alive = job.is_some_and(|job| job.status == Status::Running && job.attempt == found.attempt);
        if !is_alive {
            listed(worker, move |_| artifacts::remove(&found.path)).await?;
        }
    }
    Ok(())
}

async fn remove_unpublished(worker: &Worker) -> Result<(), Failure> {
    for id in listed(worker, |folders| folders.jobs()).await? {
        let job = worker.store.get(&id).await.map_err(|error| error.to_failure())?;
        if job.is_none_or(|job| matches!(job.status, Status::Failed | Status::Cancelled)) {
            worker.folders.forget(&id).await;
        }
    }
    Ok(())
}

/// Looks at the folders on a thread that may block.
async fn listed<T: Send + 'static>(
    worker: &Worker,
    look: impl FnOnce(ArtifactFolders) -> io::Result<T> + Send + 'static,
) -> Result<T, Failure> {
    let folders = worker.folders.clone();
    let looked = spawn_blocking(move || look(folders)).await.unwrap_or_else(|error| Err(io::Error::other(error)));
    looked.map_err(|error| Failure::new(Code::StorageFailure, format!("can't tidy the folder of artifacts: {error}")))
}
