//! An annotation as a job.

use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::runtime::Handle;

use super::options::AnnotationRequest;
use super::run::{TableAnnotation, annotate_table};
use crate::core::embeddings::Embedder;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::intake::LocalSource;
use crate::core::isolation::Isolation;
use crate::core::jobs::{JobContext, JobHandler, JobOutput};
use crate::core::storage::location::{Destination, Source};
use crate::core::storage::sandbox::DataRoots;
use crate::core::storage::uploads::Uploads;
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::KnowledgeBases;
use crate::operations::sources::no_bucket;

/// The kind of these jobs.
pub const KIND: &str = "annotation";

/// Gives the model of a name, or the default one; may block while it is read.
pub type Embedders = Arc<dyn Fn(Option<&str>) -> Result<Arc<dyn Embedder>, Failure> + Send + Sync>;

/// Runs annotations of tables.
pub struct AnnotationHandler {
    /// Where paths are resolved.
    pub roots: DataRoots,
    /// Where file ids are.
    pub uploads: Uploads,
    /// Reads files.
    pub isolation: Isolation,
    /// Whose lists say what is looked for.
    pub bases: KnowledgeBases,
    /// Who tells meanings.
    pub embedders: Embedders,
}

impl AnnotationHandler {
    fn source(&self, source: &Source) -> Result<LocalSource, Failure> {
        match source {
            Source::Path { path } => {
                let path = self.roots.resolve_existing(path).map_err(|error| error.to_failure())?;
                LocalSource::at(&path).map_err(|error| error.to_failure())
            }
            Source::File { file_id } => {
                let described = Handle::current().block_on(self.uploads.get(file_id));
                let meta = described.map_err(|error| error.to_failure())?.ok_or_else(|| {
                    Failure::new(Code::NotFound, format!("there is no uploaded file `{file_id}`"))
                        .with_hint("uploads expire; upload it again")
                })?;
                Ok(LocalSource::File { path: self.uploads.content_path(file_id), name: meta.name })
            }
            Source::Uri { uri } => Err(no_bucket(uri)),
        }
    }

    /// The folder that takes the outputs: without a destination they become artifacts.
    fn folder(&self, request: &AnnotationRequest, context: &JobContext) -> Result<PathBuf, Failure> {
        let folder = match &request.destination {
            Some(Destination::Path { path }) => self.roots.resolve_new(path).map_err(|error| error.to_failure())?,
            Some(Destination::Uri { uri }) => return Err(no_bucket(uri)),
            None => return Ok(context.artifact_dir.clone()),
        };
        std::fs::create_dir_all(&folder).map_err(|error| {
            let failure = format!("can't make the folder `{}`: {error}", folder.display());
            Failure::new(Code::StorageFailure, failure).with_hint("check free space and permissions of the folder")
        })?;
        Ok(folder)
    }
}

impl JobHandler for AnnotationHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let request: AnnotationRequest = serde_json::from_value(options)
            .map_err(|error| Failure::new(Code::InvalidParameter, format!("the job's options: {error}")))?;
        let base = self.bases.open(&request.knowledge_base).map_err(|error| error.to_failure())?;
        let source = self.source(&request.source)?;
        let output = self.folder(&request, context)?.join(output_name(&source));
        let model = request.options.model.as_deref();
        let embedder = request.options.meaning.then(|| (self.embedders)(model)).transpose()?;
        let (text_column, options) = (request.text_column.as_str(), &request.options);
        let annotation = TableAnnotation { base: &base, text_column, options, embedder };
        let run_context = RunContext {
            progress: Arc::clone(&context.progress),
            cancel: context.cancel.clone(),
            reserved: self.roots.reserved(),
            isolation: self.isolation.clone(),
        };
        let outcome =
            annotate_table(&source, &output, &annotation, &run_context).map_err(|error| error.to_failure())?;
        let rejected_count = outcome.rows_rejected;
        let result = serde_json::to_value(outcome)
            .map_err(|error| Failure::new(Code::Internal, format!("what is to be stored is no JSON: {error}")))?;
        Ok(JobOutput { result, rejected_count })
    }
}

/// `reviews.csv` becomes `reviews.csv.annotated.parquet`, so that no two inputs have the same output.
fn output_name(source: &LocalSource) -> String {
    let name = match source {
        LocalSource::File { name, .. } => name.rsplit(['/', '\\']).next().unwrap_or(name),
        LocalSource::Folder(_) => "table",
    };
    format!("{name}.annotated.parquet")
}
