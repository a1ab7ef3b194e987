//! A check of data as a job.

use std::sync::Arc;

use serde_json::Value;

use super::engines::Engines;
use super::options::DriftRequest;
use super::run::check;
use super::saving::save_sides;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{JobContext, JobHandler, JobOutput};
use crate::operations::context::RunContext;
use crate::operations::sources::Sources;

/// The kind of these jobs.
pub const KIND: &str = "drift_check";

/// Gives what checks need of the model of an id; may block while it is read.
pub type CheckingModels = Arc<dyn Fn(&str) -> Result<Engines, Failure> + Send + Sync>;

/// Checks data.
pub struct DriftHandler {
    /// Where tables are found.
    pub sources: Sources,
    /// Reads files.
    pub isolation: Isolation,
    /// Who makes vectors.
    pub models: CheckingModels,
}

impl JobHandler for DriftHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let request: DriftRequest = serde_json::from_value(options)
            .map_err(|error| Failure::new(Code::InvalidParameter, format!("the job's options: {error}")))?;
        let engines = request.options.embedder.as_deref().map(|id| (self.models)(id)).transpose()?.unwrap_or_default();
        let local = |source| self.sources.local(source);
        let reference = request.reference.as_ref().map(local).transpose()?;
        let incoming = request.incoming.as_ref().map(local).transpose()?;
        let run_context = RunContext {
            progress: Arc::clone(&context.progress),
            cancel: context.cancel.clone(),
            reserved: self.sources.roots.reserved(),
            isolation: self.isolation.clone(),
        };
        let checked = check((reference.as_ref(), incoming.as_ref()), &request.options, &engines, &run_context);
        let (outcome, sides) = checked.map_err(|error| error.to_failure())?;
        if request.save_properties {
            save_sides(&sides, &context.artifact_dir).map_err(|error| error.to_failure())?;
        }
        let rejected = |side: &Option<super::outcome::SideOutcome>| side.as_ref().map_or(0, |side| side.rejected);
        let rejected_count = rejected(&outcome.reference) + rejected(&outcome.incoming);
        let result = serde_json::to_value(outcome.with_summary())
            .map_err(|error| Failure::new(Code::Internal, format!("what is to be stored is no JSON: {error}")))?;
        Ok(JobOutput { result, rejected_count })
    }
}
