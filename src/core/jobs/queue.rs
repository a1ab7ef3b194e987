//! The queue as those who ask for work see it.
//!
//! For: HTTP and the command line: submit, look, wait, cancel, forget. Not for: running jobs; that is the runner's.
//! The one decision: every change goes through here and is followed by a wake-up, so that nobody has to remember it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::Stream;
use serde_json::Value;

use super::artifacts::ArtifactFolders;
use super::events::{JobEvents, Wakeup};
use super::model::{Job, JobFilter, JobPage, NewJob, QueueDepth, Status, Worker};
use super::store::{CancelAnswer, Deletion, Enqueued, IdempotencyKey, JobStore, StoreError};
use super::watch::Watch;
use crate::core::ids::JobId;

/// What the queue can be told.
#[derive(Debug, Clone)]
pub struct QueueSettings {
    /// How many jobs may wait at once.
    pub max_queued: u64,
    /// How often a job may be started, at least 1.
    pub max_attempts: u32,
    /// The folder that holds a folder of files for each job; the runner's.
    pub artifacts_root: PathBuf,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission<'a> {
    /// Which handler runs it, e.g. `conversion`.
    pub kind: &'a str,
    /// Effective options, defaults filled in.
    pub options: Value,
    /// Name of the key that asks for it; `anonymous` without one.
    pub created_by: &'a str,
    /// Higher first; 0 is normal.
    pub priority: i32,
    /// Makes a repeated request find the first one's job.
    pub idempotency: Option<IdempotencyKey>,
}

/// Takes work and tells what became of it. Cheap to clone.
#[derive(Debug, Clone)]
pub struct JobQueue {
    store: Arc<dyn JobStore>,
    events: JobEvents,
    folders: ArtifactFolders,
    max_queued: u64,
    max_attempts: u32,
}

impl JobQueue {
    /// A queue on a store; `events` are shared with the runners of this process.
    pub fn new(store: Arc<dyn JobStore>, events: JobEvents, settings: QueueSettings) -> Self {
        Self {
            store,
            events,
            folders: ArtifactFolders::new(settings.artifacts_root),
            max_queued: settings.max_queued,
            max_attempts: settings.max_attempts.max(1),
        }
    }

    /// Asks for a job.
    ///
    /// # Errors
    /// When the store fails. A full queue or a key used for another request is an answer, not an error.
    pub async fn submit(&self, asked: Submission<'_>) -> Result<Enqueued, StoreError> {
        let job = NewJob {
            kind: asked.kind.to_owned(),
            options: asked.options,
            created_by: asked.created_by.to_owned(),
            priority: asked.priority,
            max_attempts: self.max_attempts,
            idempotency: asked.idempotency,
        };
        let answer = self.store.enqueue(job, self.max_queued).await?;
        if let Enqueued::Created(job) = &answer {
            self.events.work(&job.id);
        }
        Ok(answer)
    }

    /// What [`JobQueue::submit`] would answer to a key that came before; `None`: it is new. Changes nothing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find_key(&self, key: &IdempotencyKey) -> Result<Option<Enqueued>, StoreError> {
        self.store.find_key(key).await
    }

    /// One job as it stands.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn get(&self, id: &JobId) -> Result<Option<Job>, StoreError> {
        self.store.get(id).await
    }

    /// Jobs, newest first, those older than `before` when given; `limit` at most.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn list(&self, filter: &JobFilter, before: Option<&JobId>, limit: u32) -> Result<JobPage, StoreError> {
        self.store.list(filter, before, limit).await
    }

    /// Asks a job to stop, with its parts; asking again gets the same answer.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cancel(&self, id: &JobId) -> Result<CancelAnswer, StoreError> {
        let answer = self.store.request_cancel(id).await?;
        // Whoever has a part of it must look, too.
        self.events.send(Wakeup { job_id: None, is_work: true, is_remote: false });
        Ok(answer)
    }

    /// Forgets a job that has ended and its parts, and removes their files.
    ///
    /// # Errors
    /// When the store fails. Files that can't be removed are logged, and tried again when the next runner starts.
    pub async fn delete(&self, id: &JobId) -> Result<Deletion, StoreError> {
        // The rows go first: files without a row are found and removed later, a row without files would be a lie.
        let deletion = self.store.delete(id).await?;
        if let Deletion::Deleted(jobs) = &deletion {
            for job in jobs {
                self.folders.forget(job).await;
                self.events.changed(job);
            }
        }
        Ok(deletion)
    }

    /// Waits for a job to end: the job when it has, or as it stands after `timeout`; `None`: there is no such job.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn wait(&self, id: &JobId, timeout: Duration) -> Result<Option<Job>, StoreError> {
        Watch::new(Arc::clone(&self.store), &self.events, id.clone(), None).ended(timeout).await
    }

    /// Follows a job: snapshots with a version above `after_version` (the present one first when `None`), the final
    /// one last. Versions may be left out, never repeated. Ends at once when there is no such job or nothing newer
    /// can come, and after an error of the store. Changes by other processes come within 500 ms.
    pub fn watch(
        &self,
        id: JobId,
        after_version: Option<u64>,
    ) -> impl Stream<Item = Result<Job, StoreError>> + Send + 'static + use<> {
        Watch::new(Arc::clone(&self.store), &self.events, id, after_version).snapshots()
    }

    /// How many jobs stand where; every status is named.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn counts(&self) -> Result<Vec<(Status, u64)>, StoreError> {
        self.store.counts().await
    }

    /// How long the queue of each kind is that has one.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn depths(&self) -> Result<Vec<QueueDepth>, StoreError> {
        self.store.depths().await
    }

    /// Who works, and on what; also who fell silent within the last day.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn workers(&self) -> Result<Vec<Worker>, StoreError> {
        self.store.workers().await
    }

    /// Whether the store answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.store.ping().await
    }

    /// Whether a job that has not ended names `needle` (a file id) in its options.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn is_referenced(&self, needle: &str) -> Result<bool, StoreError> {
        self.store.is_referenced(needle).await
    }

    /// Where an artifact of a job that has succeeded lies; `None` for a name that leaves the job's folder. Only names
    /// in [`Job::artifacts`] are sure to exist.
    pub fn artifact_path(&self, id: &JobId, name: &str) -> Option<PathBuf> {
        self.folders.file(id, name)
    }
}

#[cfg(test)]
mod tests;
