//! A build as a job.

use std::sync::Arc;

use serde_json::Value;

use super::build::Builder;
use super::export::export;
use super::options::KnowledgeBaseRequest;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{JobContext, JobHandler, JobOutput};
use crate::operations::context::RunContext;
use crate::operations::sources::Sources;

/// The kind of these jobs.
pub const KIND: &str = "knowledge_base";

/// Runs builds.
#[derive(Debug)]
pub struct KnowledgeBaseHandler {
    builder: Builder,
    sources: Sources,
    isolation: Isolation,
}

impl KnowledgeBaseHandler {
    /// Files are read through `isolation`.
    pub fn new(builder: Builder, sources: Sources, isolation: Isolation) -> Self {
        Self { builder, sources, isolation }
    }
}

impl JobHandler for KnowledgeBaseHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let request: KnowledgeBaseRequest = serde_json::from_value(options)
            .map_err(|error| Failure::new(Code::InvalidParameter, format!("the job's options: {error}")))?;
        let KnowledgeBaseRequest { source, name, destination, options } = request;
        let source = self.sources.local(&source)?;
        let destination = destination.map(|destination| self.sources.folder(&destination)).transpose()?;
        let run = RunContext {
            progress: Arc::clone(&context.progress),
            cancel: context.cancel.clone(),
            reserved: self.sources.roots.reserved(),
            isolation: self.isolation.clone(),
        };
        let outcome = self.builder.build(&source, &name, &options, &run).map_err(|error| error.to_failure())?;
        if let Some(folder) = destination {
            let base = self.builder.bases.open(&name);
            let exported = base.and_then(|base| export(&base, &folder, &context.cancel));
            exported.map_err(|error| error.to_failure())?;
        }
        let result = serde_json::to_value(&outcome)
            .map_err(|error| Failure::new(Code::Internal, format!("what is to be stored is no JSON: {error}")))?;
        Ok(JobOutput { result, rejected_count: outcome.rejected_count() })
    }
}
