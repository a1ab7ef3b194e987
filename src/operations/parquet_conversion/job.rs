//! A conversion as a job, run as a whole or divided: turns what the request names into places, runs it, and hands over
//! the outcome.

use std::path::PathBuf;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::error::ConversionError;
use super::options::ConversionRequest;
use super::outcome::ConversionOutcome;
use super::parts::{Divided, Part, SharedWork};
use super::run::{UNIT, convert};
use crate::core::failure::{Code, Fails, Failure};
use crate::core::isolation::Isolation;
use crate::core::jobs::{Divide, Division, JobContext, JobHandler, JobOutput, PartOutput};
use crate::core::progress::Progress;
use crate::core::storage::location::Destination;
use crate::operations::context::RunContext;
use crate::operations::sources::{Sources, no_bucket};

/// The kind of these jobs.
pub const KIND: &str = "conversion";

/// Runs conversions.
#[derive(Debug)]
pub struct ConversionHandler {
    sources: Sources,
    isolation: Isolation,
}

impl ConversionHandler {
    /// Files are read through `isolation`.
    pub fn new(sources: Sources, isolation: Isolation) -> Self {
        Self { sources, isolation }
    }

    /// `None`: the outputs become artifacts.
    fn destination(&self, request: &ConversionRequest) -> Result<Option<PathBuf>, Failure> {
        match &request.destination {
            Some(Destination::Path { path }) => {
                self.sources.roots.resolve_new(path).map(Some).map_err(|error| error.to_failure())
            }
            Some(Destination::Uri { uri }) => Err(no_bucket(uri)),
            None => Ok(None),
        }
    }

    fn run_context(&self, context: &JobContext) -> RunContext {
        RunContext {
            progress: Arc::clone(&context.progress),
            cancel: context.cancel.clone(),
            reserved: self.sources.roots.reserved(),
            isolation: self.isolation.clone(),
        }
    }

    /// Does something with a job that may be shared among workers.
    fn shared<T>(
        &self,
        request: &ConversionRequest,
        context: &JobContext,
        work: impl FnOnce(&SharedWork<'_>) -> Result<T, ConversionError>,
    ) -> Result<T, Failure> {
        let (source, destination) = (self.sources.local(&request.source)?, self.destination(request)?);
        let shared = SharedWork {
            source: &source,
            destination: destination.as_deref(),
            options: &request.options,
            shared: &context.shared_dir,
        };
        work(&shared).map_err(|error| error.to_failure())
    }
}

impl JobHandler for ConversionHandler {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn run(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let request: ConversionRequest = parse(options)?;
        let source = self.sources.local(&request.source)?;
        let destination = self.destination(&request)?.unwrap_or_else(|| context.artifact_dir.clone());
        let outcome = convert(&source, &destination, &request.options, &self.run_context(context));
        output(&outcome.map_err(|error| error.to_failure())?)
    }

    fn divides(&self) -> Option<&dyn Divide> {
        Some(self)
    }
}

/// What a part is asked for.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PartOptions {
    /// The whole job.
    request: ConversionRequest,
    /// Which of its files.
    part: Part,
}

impl Divide for ConversionHandler {
    fn divide(&self, context: &JobContext, options: &Value) -> Result<Option<Division>, Failure> {
        let request: ConversionRequest = parse(options.clone())?;
        let divided =
            self.shared(&request, context, |work| work.divide(context.job_id.as_str(), &self.run_context(context)))?;
        let Some(Divided { parts, bytes }) = divided else { return Ok(None) };
        let options = |part| to_value(&PartOptions { request: request.clone(), part });
        Ok(Some(Division {
            parts: parts.into_iter().map(options).collect::<Result<_, _>>()?,
            progress: Progress { done: 0, total: Some(bytes), unit: UNIT.to_owned(), message: None },
        }))
    }

    fn run_part(&self, context: &JobContext, options: Value) -> Result<JobOutput, Failure> {
        let PartOptions { request, part } = parse(options)?;
        let summary = self.shared(&request, context, |work| {
            work.run_part(&part, &context.artifact_dir, &self.run_context(context))
        })?;
        Ok(JobOutput { result: json!({ "summary": summary }), rejected_count: summary.rejected_count() })
    }

    fn merge(&self, context: &JobContext, options: Value, parts: Vec<PartOutput>) -> Result<JobOutput, Failure> {
        let request: ConversionRequest = parse(options)?;
        let mut parts = parts;
        parts.sort_by_key(|part| part.number);
        let parts: Vec<_> = parts.into_iter().map(|part| part.artifact_dir).collect();
        let outcome = self
            .shared(&request, context, |work| work.merge(&parts, &context.artifact_dir, &self.run_context(context)))?;
        output(&outcome)
    }
}

fn parse<T: DeserializeOwned>(options: Value) -> Result<T, Failure> {
    serde_json::from_value(options)
        .map_err(|error| Failure::new(Code::InvalidParameter, format!("the job's options: {error}")))
}

fn output(outcome: &ConversionOutcome) -> Result<JobOutput, Failure> {
    Ok(JobOutput { result: to_value(outcome)?, rejected_count: outcome.rejected_count() })
}

fn to_value(value: &impl Serialize) -> Result<Value, Failure> {
    serde_json::to_value(value)
        .map_err(|error| Failure::new(Code::Internal, format!("what is to be stored is no JSON: {error}")))
}
