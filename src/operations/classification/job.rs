//! A data set as a job.

use std::sync::Arc;

use serde_json::Value;

use super::build::build_dataset;
use super::engines::Engines;
use super::options::{ClassificationOptions, ClassificationRequest};
use crate::core::embeddings::Embedder;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{JobContext, JobHandler, JobOutput};
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::{KnowledgeBase, KnowledgeBases};
use crate::operations::sources::Sources;

/// The kind of these jobs.
pub const KIND: &str = "classification_dataset";

/// Gives the model of a name, or the default one, with its name and revision for the card; may block while it is read.
pub type Models = Arc<dyn Fn(Option<&str>) -> Result<(String, Arc<dyn Embedder>), Failure> + Send + Sync>;

/// Makes data sets.
pub struct ClassificationHandler {
    /// Where tables are found.
    pub sources: Sources,
    /// Reads files.
    pub isolation: Isolation,
    /// Whose concepts may be labels.
    pub bases: KnowledgeBases,
    /// Who tells meanings.
    pub models: Models,
}

impl ClassificationHandler {
    fn base(&self, options: &ClassificationOptions) -> Result<Option<KnowledgeBase>, Failure> {
        let opened = options.label_by_concepts.as_ref().map(|name| self.bases.open(name));
        opened.transpose().map_err(|error| error.to_failure())
    }
}

impl JobHandler for ClassificationHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let request: ClassificationRequest = serde_json::from_value(options)
            .map_err(|error| Failure::new(Code::InvalidParameter, format!("the job's options: {error}")))?;
        let options = &request.options;
        let base = self.base(options)?;
        let model = options.needs_model().then(|| (self.models)(options.model_id())).transpose()?;
        let (model, embedder) = model.unzip();
        let engines = Engines { base: base.as_ref(), embedder, model };
        let source = self.sources.local(&request.source)?;
        let folder = match &request.destination {
            Some(destination) => self.sources.folder(destination)?,
            None => context.artifact_dir.clone(),
        };
        let run_context = RunContext {
            progress: Arc::clone(&context.progress),
            cancel: context.cancel.clone(),
            reserved: self.sources.roots.reserved(),
            isolation: self.isolation.clone(),
        };
        let built = build_dataset(&source, &folder, options, &engines, &run_context);
        let card = built.map_err(|error| error.to_failure())?;
        let rejected_count = card.rows.rejected;
        let result = serde_json::to_value(card)
            .map_err(|error| Failure::new(Code::Internal, format!("what is to be stored is no JSON: {error}")))?;
        Ok(JobOutput { result, rejected_count })
    }
}
