//! Clears away what dead workers left and what is past its time.
//!
//! For: expired jobs, attempts that nobody works on, files that no row names, times in the future. Not for: ending jobs. The one decision:
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
use crate::core::jobs::events::Wakeup;
use crate::core::jobs::model::Status;
use crate::core::jobs::store::Deletion;

const SWEEP_EVERY: Duration = Duration::from_mins(1);
const EXPIRED_AT_ONCE: u32 = 100;

/// Removes attempts of dead workers and files that were never published.
pub(super) async fn at_start(worker: &Worker) {
    report(mend_clock(worker).await);
    report(remove_unfinished(worker).await);
    report(remove_unpublished(worker).await);
    report(remove_shared(worker).await);
}

/// Forgets expired jobs and removes attempts of dead workers, now and every minute.
pub(super) async fn every_minute(worker: Arc<Worker>, shutdown: CancellationToken) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _ = ticks.tick() => {}
        }
        report(mend_clock(&worker).await);
        report(forget_expired(&worker).await);
        report(remove_unfinished(&worker).await);
        report(remove_shared(&worker).await);
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
            let deletion = worker.store.delete(id).await.map_err(|error| error.to_failure())?;
            let Deletion::Deleted(jobs) = deletion else { continue };
            for job in &jobs {
                worker.folders.forget(job).await;
                worker.events.changed(job);
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

/// Folders that a divided job shared with its parts.
async fn remove_shared(worker: &Worker) -> Result<(), Failure> {
    listed(worker, |folders| folders.remove_gone()).await?;
    for id in listed(worker, |folders| folders.shared_jobs()).await? {
        let job = worker.store.get(&id).await.map_err(|error| error.to_failure())?;
        if job.is_none_or(|job| job.status.is_final()) {
            listed(worker, move |folders| folders.remove_shared(&id)).await?;
        }
    }
    Ok(())
}

/// Jobs that would wait, or be believed to run, until a clock that was set back has caught up.
async fn mend_clock(worker: &Worker) -> Result<(), Failure> {
    let moved = worker.store.mend_clock().await.map_err(|error| error.to_failure())?;
    if moved > 0 {
        tracing::warn!(jobs = moved, "the database's clock was set back; the times of open jobs were moved with it");
        worker.events.send(Wakeup { job_id: None, is_work: true, is_remote: false });
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
