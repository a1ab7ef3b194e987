//! Why a file was not converted, and the line in the outcome that follows.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use parquet::errors::ParquetError;

use super::error::ConversionError;
use super::outcome::{FileOutcome, FileStatus};
use crate::core::archive::ArchiveError;
use crate::core::failure::{Code, Fails, Failure};
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::InputError;

/// Why a file was not converted.
pub(super) enum Stop {
    /// It is not a table.
    Table(TableError),
    /// Its table has no Parquet form.
    NoParquet(String),
    /// Its output can't stand where it belongs.
    Blocked(String),
    /// Its reader panicked.
    Panicked,
    /// The destination can't be written.
    Output(io::Error),
    /// The run must end.
    Run(ConversionError),
}

impl From<TableError> for Stop {
    fn from(error: TableError) -> Self {
        match error {
            TableError::Rejects(source) => Self::Output(source),
            other => Self::Table(other),
        }
    }
}

impl From<ArchiveError> for Stop {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Cancelled => Self::Run(ConversionError::Cancelled),
            ArchiveError::Write(source) => Self::Output(io::Error::new(source.kind(), source)),
            other => Self::Table(TableError::Told(other.to_failure())),
        }
    }
}

/// A schema that Parquet refuses is the file's fault, everything else the destination's.
impl From<ParquetError> for Stop {
    fn from(error: ParquetError) -> Self {
        let source = match error {
            ParquetError::ArrowError(what) | ParquetError::NYI(what) => return Self::NoParquet(what),
            ParquetError::External(source) => io::Error::other(source),
            other => io::Error::other(other),
        };
        Self::Output(source)
    }
}

impl From<ConversionError> for Stop {
    fn from(error: ConversionError) -> Self {
        Self::Run(error)
    }
}

/// A reader that panics has met a file that it was not made for; the run goes on without it.
pub(super) fn guarded(work: impl FnOnce() -> Result<(), Stop>) -> Result<(), Stop> {
    // What the panic said is told by the panic hook.
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(Stop::Panicked))
}

/// The file's line in the outcome; only a run that must end is an error here.
pub(super) fn settle(
    mut outcome: FileOutcome,
    done: Result<(), Stop>,
    destination: &Path,
) -> Result<FileOutcome, ConversionError> {
    match done {
        Ok(()) => {}
        Err(Stop::Run(error)) => return Err(error),
        Err(Stop::Output(error)) => return Err(ConversionError::write("write to", destination)(error)),
        Err(Stop::Table(TableError::Input(InputError::Cancelled))) => return Err(ConversionError::Cancelled),
        Err(Stop::Table(TableError::Empty)) => {
            outcome.status = FileStatus::Skipped;
            outcome.reason = Some("the file holds no data".to_owned());
        }
        Err(Stop::Table(error)) => fail(&mut outcome, error.to_failure()),
        Err(Stop::Blocked(obstacle)) => {
            let failure = Failure::new(Code::AlreadyExists, obstacle);
            fail(&mut outcome, failure.with_hint("remove it, or use another destination"));
        }
        Err(Stop::Panicked) => {
            let failure =
                Failure::new(Code::Internal, "the reader broke down on this file, which is a fault of textmill")
                    .with_hint("please report it with the file, if you may share it");
            fail(&mut outcome, failure);
        }
        Err(Stop::NoParquet(what)) => {
            let failure = Failure::new(Code::UnsupportedFormat, format!("the table has no Parquet form: {what}"));
            fail(&mut outcome, failure);
        }
    }
    Ok(outcome)
}

fn fail(outcome: &mut FileOutcome, failure: Failure) {
    outcome.status = FileStatus::Failed;
    outcome.error = Some(failure);
}
