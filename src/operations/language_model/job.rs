//! Building a language model as a job.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::build::build_model;
use super::error::LanguageModelError;
use super::info::LanguageModelInfo;
use super::model::LanguageModel;
use super::options::LanguageModelRequest;
use super::store::LanguageModels;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{JobContext, JobHandler, JobOutput};
use crate::core::storage::atomic::Place;
use crate::operations::context::RunContext;
use crate::operations::sources::Sources;

/// The kind of these jobs.
pub const KIND: &str = "language_model";

/// What came of a build, as plain data.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LanguageModelOutcome {
    /// The model.
    pub model: LanguageModelInfo,
    /// Names of the files that were written: the model, then its tables.
    pub outputs: Vec<String>,
}

/// Runs builds.
#[derive(Debug)]
pub struct LanguageModelHandler {
    /// Where tables are found.
    pub sources: Sources,
    /// Reads files.
    pub isolation: Isolation,
    /// Takes the models.
    pub models: LanguageModels,
}

impl LanguageModelHandler {
    /// The folder that takes the outputs: without a destination they become artifacts.
    fn folder(&self, request: &LanguageModelRequest, context: &JobContext) -> Result<PathBuf, Failure> {
        let Some(destination) = &request.destination else { return Ok(context.artifact_dir.clone()) };
        let folder = self.sources.folder(destination)?;
        let made = fs::create_dir_all(&folder).map_err(LanguageModelError::at("make the folder", &folder));
        made.map_err(|error| error.to_failure())?;
        Ok(folder)
    }

    fn build(
        &self,
        request: &LanguageModelRequest,
        folder: &Path,
        context: &RunContext,
    ) -> Result<LanguageModelOutcome, Failure> {
        let source = self.sources.local(&request.source)?;
        let made = || {
            let claim = self.models.claim(&request.name)?;
            build_model(&source, &request.text_column, claim.path(), &request.options, context)?;
            let file = folder.join(format!("{}.lm", request.name));
            copy(claim.path(), &file)?;
            // What was built is what is told, whatever takes the name now.
            drop(claim);
            let model = LanguageModel::open(&file)?;
            let mut outputs = vec![file.clone()];
            outputs.extend(write_tables(&model, &file, &context.cancel)?);
            Ok(LanguageModelOutcome { model: model.info().clone(), outputs: names(&outputs) })
        };
        made().map_err(|error: LanguageModelError| error.to_failure())
    }
}

impl JobHandler for LanguageModelHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let request: LanguageModelRequest = serde_json::from_value(options)
            .map_err(|error| Failure::new(Code::InvalidParameter, format!("the job's options: {error}")))?;
        let folder = self.folder(&request, context)?;
        let run_context = RunContext {
            progress: Arc::clone(&context.progress),
            cancel: context.cancel.clone(),
            reserved: self.sources.roots.reserved(),
            isolation: self.isolation.clone(),
        };
        let outcome = self.build(&request, &folder, &run_context)?;
        let rejected_count = outcome.model.rows_rejected;
        let result = serde_json::to_value(outcome)
            .map_err(|error| Failure::new(Code::Internal, format!("what is to be stored is no JSON: {error}")))?;
        Ok(JobOutput { result, rejected_count })
    }
}

/// Writes what others load beside the file of a model: `a.lm` has `a.vocabulary.parquet` and, if it has co-occurrences,
/// `a.cooccurrence.parquet`.
///
/// # Errors
/// When one can't be written, or somebody said stop.
fn write_tables(
    model: &LanguageModel,
    file: &Path,
    cancel: &CancellationToken,
) -> Result<Vec<PathBuf>, LanguageModelError> {
    let vocabulary = file.with_extension("vocabulary.parquet");
    model.write_vocabulary(&vocabulary)?;
    if model.info().cooccurrences.is_none() {
        return Ok(vec![vocabulary]);
    }
    let matrix = file.with_extension("cooccurrence.parquet");
    model.write_cooccurrences(&matrix, cancel)?;
    Ok(vec![vocabulary, matrix])
}

fn copy(from: &Path, to: &Path) -> Result<(), LanguageModelError> {
    let (place, file) = Place::beside(to).map_err(LanguageModelError::at("write", to))?;
    fs::copy(from, place.scratch()).map_err(LanguageModelError::at("write", to))?;
    place.publish(&file).map_err(LanguageModelError::at("write", to))
}

fn names(paths: &[PathBuf]) -> Vec<String> {
    paths.iter().filter_map(|path| Some(path.file_name()?.to_string_lossy().into_owned())).collect()
}
