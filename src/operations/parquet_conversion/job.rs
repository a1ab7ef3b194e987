//! A conversion as a job: turns what the request names into places, runs it, and hands over the outcome.

use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;

use super::options::ConversionRequest;
use super::plan::ConversionSource;
use super::run::convert;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{JobContext, JobHandler, JobOutput};
use crate::core::storage::location::{Destination, Source};
use crate::core::storage::sandbox::DataRoots;
use crate::core::storage::uploads::Uploads;
use crate::operations::context::RunContext;

/// The kind of these jobs.
pub const KIND: &str = "conversion";

/// Runs conversions.
#[derive(Debug)]
pub struct ConversionHandler {
    roots: DataRoots,
    uploads: Uploads,
    isolation: Isolation,
}

impl ConversionHandler {
    /// Paths are resolved in `roots`, file ids in `uploads`; files are read through `isolation`.
    pub fn new(roots: DataRoots, uploads: Uploads, isolation: Isolation) -> Self {
        Self { roots, uploads, isolation }
    }

    fn source(&self, source: &Source) -> Result<ConversionSource, Failure> {
        match source {
            Source::Path { path } => {
                let path = self.roots.resolve_existing(path).map_err(|error| error.to_failure())?;
                ConversionSource::at(&path).map_err(|error| error.to_failure())
            }
            Source::File { file_id } => {
                let described = Handle::current().block_on(self.uploads.get(file_id));
                let meta = described.map_err(|error| error.to_failure())?.ok_or_else(|| {
                    Failure::new(Code::NotFound, format!("there is no uploaded file `{file_id}`"))
                        .with_hint("uploads expire; upload it again")
                })?;
                Ok(ConversionSource::File { path: self.uploads.content_path(file_id), name: meta.name })
            }
            Source::Uri { uri } => Err(no_bucket(uri)),
        }
    }
}

/// Why a source or destination in a bucket is refused.
pub fn no_bucket(uri: &str) -> Failure {
    let shown: String = uri.chars().take(200).collect();
    Failure::new(Code::BucketNotAllowed, format!("`{shown}`: this service is not set up for buckets"))
        .with_hint("copy the files into a data root and name their `path`, or upload them to /v1/files")
}

impl JobHandler for ConversionHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let request: ConversionRequest = serde_json::from_value(options)
            .map_err(|error| Failure::new(Code::InvalidParameter, format!("the job's options: {error}")))?;
        let source = self.source(&request.source)?;
        let destination = match &request.destination {
            Some(Destination::Path { path }) => self.roots.resolve_new(path).map_err(|error| error.to_failure())?,
            Some(Destination::Uri { uri }) => return Err(no_bucket(uri)),
            None => context.artifact_dir.clone(),
        };
        let run = RunContext {
            progress: Arc::clone(&context.progress),
            cancel: context.cancel.clone(),
            reserved: self.roots.reserved(),
            isolation: self.isolation.clone(),
        };
        let outcome = convert(&source, &destination, &request.options, &run).map_err(|error| error.to_failure())?;
        let rejected_count = outcome.rejected_count();
        let result = serde_json::to_value(outcome)
            .map_err(|error| Failure::new(Code::Internal, format!("the outcome is no JSON: {error}")))?;
        Ok(JobOutput { result, rejected_count })
    }
}
