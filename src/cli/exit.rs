//! How a command ends: four ways, and the number of each.
//!
//! For: translating a failure into an exit code, here and nowhere else. Not for: saying it; the printer does. The one
//! decision: "done, and the answer is no" (1) is told apart from "could not do it" (2), because pipelines branch on it.

use std::io;
use std::process::ExitCode;

use crate::core::failure::{Code, Fails, Failure, Kind};

/// How a command ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Done: 0.
    Done,
    /// Done, and the answer is "no": a check failed, rows or files were rejected. 1.
    No,
    /// Could not do it: usage, input, storage, a bug. 2.
    Failed,
    /// Somebody stopped it, and nothing half done is left: 130.
    Interrupted,
}

impl ExitStatus {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::No => 1,
            Self::Failed => 2,
            Self::Interrupted => 130,
        }
    }
}

impl From<ExitStatus> for ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status.code())
    }
}

impl From<Kind> for ExitStatus {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Cancelled => Self::Interrupted,
            Kind::InvalidInput
            | Kind::NotFound
            | Kind::Conflict
            | Kind::Forbidden
            | Kind::TooLarge
            | Kind::Unsupported
            | Kind::Busy
            | Kind::Upstream
            | Kind::Internal => Self::Failed,
        }
    }
}

/// Why a command did not get to its end.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// It failed.
    #[error(transparent)]
    Failed(Failure),
    /// Its words could not be written.
    #[error("can't write to the output: {0}")]
    Output(#[from] io::Error),
}

/// What a command returns.
pub type CommandResult = Result<ExitStatus, CommandError>;

impl<E: Fails> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self::Failed(error.to_failure())
    }
}

impl CommandError {
    /// The failure to be told, if anything needs to be: a reader that has seen enough (`| head`) is none.
    pub fn failure(self) -> Option<Failure> {
        match self {
            Self::Failed(failure) => Some(failure),
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => None,
            Self::Output(_) => Some(Failure::new(Code::StorageFailure, self.to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_have_the_numbers_of_the_manual() {
        let codes =
            [ExitStatus::Done, ExitStatus::No, ExitStatus::Failed, ExitStatus::Interrupted].map(ExitStatus::code);
        assert_eq!(codes, [0, 1, 2, 130]);
    }

    #[test]
    fn every_code_of_failure_ends_with_2_and_a_cancelled_one_with_130() {
        for code in Code::ALL {
            let expected = if *code == Code::Cancelled { ExitStatus::Interrupted } else { ExitStatus::Failed };
            assert_eq!(ExitStatus::from(code.kind()), expected, "{code}");
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is() {
        assert_eq!(CommandError::from(io::Error::from(io::ErrorKind::BrokenPipe)).failure(), None);
        let full = CommandError::from(io::Error::from(io::ErrorKind::StorageFull)).failure().unwrap();
        assert_eq!(full.code, Code::StorageFailure);
    }
}
