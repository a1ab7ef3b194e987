//! What an attempt at a job is: the whole of it, a part, or putting its parts together.
//!
//! The one decision: the row tells. A job with a parent is a part, a divided one is put together, any other is run whole
//! or divided now.

use std::fs;

use serde_json::Value;

use super::attempt::{Attempt, Last, blocking, cannot};
use crate::core::failure::{Code, Fails as _, Failure};
use crate::core::jobs::artifacts;
use crate::core::jobs::handler::{Divide, Division, JobContext, JobHandler, JobOutput, PartOutput};
use crate::core::jobs::model::{Job, Status};

/// What is to be done now.
#[derive(Debug)]
pub(super) enum Stage {
    /// All of it, or dividing it.
    Whole {
        /// Whether there is anybody to share it with.
        may_divide: bool,
    },
    /// One part.
    Part,
    /// Putting the parts together.
    Merge(Vec<PartOutput>),
    /// Nothing: its parts did not come to a good end.
    Over(Box<Last>),
}

/// What became of it.
#[derive(Debug)]
pub(super) enum Handled {
    /// It is done.
    Output(JobOutput),
    /// Its parts come first.
    Divided(Division),
    /// It ends without having been done.
    Ends(Box<Last>),
}

impl Attempt {
    /// Finds out what is to be done, and makes the folder for what is shared.
    pub(super) async fn stage(&self) -> Result<Stage, Failure> {
        let job = &self.claim.job;
        if job.parent_id.is_some() {
            return Ok(Stage::Part);
        }
        if job.is_divided {
            let parts = self.worker.store.parts(&job.id).await.map_err(|error| error.to_failure())?;
            return Ok(self.put_together(parts));
        }
        let may_divide = self.handler.divides().is_some() && self.has_company().await?;
        if may_divide {
            let (folders, id) = (self.worker.folders.clone(), job.id.clone());
            let made = blocking(move || {
                // What an earlier attempt left there is not this one's.
                folders.remove_shared(&id)?;
                fs::create_dir_all(folders.shared(&id))
            });
            made.await.map_err(|error| cannot("make the folder that parts share", &error))?;
        }
        Ok(Stage::Whole { may_divide })
    }

    /// One machine with one process uses all its cores for one job anyway.
    async fn has_company(&self) -> Result<bool, Failure> {
        if self.worker.store.is_shared() {
            return Ok(true);
        }
        let workers = self.worker.store.workers().await.map_err(|error| error.to_failure())?;
        Ok(workers.iter().filter(|worker| worker.is_alive).count() > 1)
    }

    fn put_together(&self, parts: Vec<Job>) -> Stage {
        let of = parts.len();
        if let Some(failed) = parts.iter().find(|part| part.status == Status::Failed) {
            return Stage::Over(Box::new(Last::Failed(failure_of(failed, of))));
        }
        if parts.iter().any(|part| part.status != Status::Succeeded) {
            return Stage::Over(Box::new(Last::Cancelled));
        }
        let output = |part: Job| PartOutput {
            number: part.part.unwrap_or_default(),
            artifact_dir: self.worker.folders.published(&part.id),
            result: part.result.unwrap_or_default(),
        };
        Stage::Merge(parts.into_iter().map(output).collect())
    }
}

/// Why the whole job fails: the part's failure, and which part that was.
fn failure_of(part: &Job, of: usize) -> Failure {
    let number = part.part.unwrap_or_default();
    match &part.error {
        Some(failure) => Failure { detail: format!("part {number} of {of}: {}", failure.detail), ..failure.clone() },
        None => Failure::new(Code::Internal, format!("part {number} of {of} failed without saying why")),
    }
}

impl Stage {
    /// Does it, on a thread that may block.
    pub(super) fn run(
        self,
        handler: &dyn JobHandler,
        context: &JobContext,
        options: Value,
    ) -> Result<Handled, Failure> {
        match (self, handler.divides()) {
            (Self::Over(last), _) => Ok(Handled::Ends(last)),
            (Self::Whole { may_divide: true }, Some(divide)) => run_or_divide(handler, divide, context, options),
            (Self::Whole { .. }, _) => handler.run(context, options).map(Handled::Output),
            (Self::Part, Some(divide)) => divide.run_part(context, options).map(Handled::Output),
            (Self::Merge(parts), Some(divide)) => divide.merge(context, options, parts).map(Handled::Output),
            (Self::Part | Self::Merge(_), None) => {
                Err(Failure::new(Code::Internal, "this textmill knows no parts of this kind of job")
                    .with_hint("another version divided it; send the job again"))
            }
        }
    }
}

fn run_or_divide(
    handler: &dyn JobHandler,
    divide: &dyn Divide,
    context: &JobContext,
    options: Value,
) -> Result<Handled, Failure> {
    if let Some(division) = divide.divide(context, &options)?
        && !division.parts.is_empty()
    {
        return Ok(Handled::Divided(division));
    }
    artifacts::remove(&context.shared_dir).map_err(|error| cannot("remove the folder that parts share", &error))?;
    handler.run(context, options).map(Handled::Output)
}
