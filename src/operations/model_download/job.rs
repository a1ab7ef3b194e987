//! A download as a job.

use std::sync::Arc;

use serde_json::Value;

use super::options::ModelDownloadRequest;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::jobs::{JobContext, JobHandler, JobOutput};
use crate::core::models::{ModelError, ModelStore, Pulled, Watch};

/// The kind of these jobs.
pub const KIND: &str = "model_download";

/// Fetches what a request asks for, on a thread of a tokio runtime that may block.
///
/// # Errors
/// When the catalogue does not have it, or [`ModelStore::pull`] fails.
pub fn download(store: &ModelStore, request: &ModelDownloadRequest, watch: &Watch) -> Result<Pulled, ModelError> {
    let entry = request.find(store.catalogue())?;
    store.pull(&entry.id, request.source, watch)
}

/// Runs downloads.
#[derive(Debug)]
pub struct ModelDownloadHandler {
    store: ModelStore,
}

impl ModelDownloadHandler {
    /// Models go to this store.
    pub fn new(store: ModelStore) -> Self {
        Self { store }
    }
}

impl JobHandler for ModelDownloadHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let request: ModelDownloadRequest = serde_json::from_value(options)
            .map_err(|error| Failure::new(Code::InvalidParameter, format!("the job's options: {error}")))?;
        let watch = Watch { progress: Arc::clone(&context.progress), cancel: context.cancel.clone() };
        let pulled = download(&self.store, &request, &watch).map_err(|error| error.to_failure())?;
        let result = serde_json::to_value(pulled)
            .map_err(|error| Failure::new(Code::Internal, format!("what is to be stored is no JSON: {error}")))?;
        Ok(JobOutput { result, rejected_count: 0 })
    }
}
