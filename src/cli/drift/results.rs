//! What is done with the outcome of a check besides printing it: files, and the exit status.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::cli::exit::{CommandError, ExitStatus};
use crate::core::failure::{Code, Failure};
use crate::operations::drift::{DriftOutcome, Verdict};
use crate::report::{self, DriftAbout};

/// What to do with the outcome besides printing it.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Results")]
pub(in crate::cli) struct ResultArgs {
    /// Write the report as a web page, one file, to look at and to send on
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// Write the report as Markdown, short enough for a comment
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) markdown: Option<PathBuf>,
    /// Write the checks as `JUnit` XML, for CI: a test case a check
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) junit: Option<PathBuf>,
    /// Write properties and vectors of each row into this folder, a Parquet file a set
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) save_properties: Option<PathBuf>,
    /// Write the numbers as flat JSON, for `dvc metrics`
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) metrics_out: Option<PathBuf>,
    /// Which verdict is the answer "no", exit code 1; a check that breaks off always is
    #[arg(long, value_enum, default_value_t, value_name = "VERDICT")]
    pub(in crate::cli) fail_on: FailOn,
    /// Exit with 0 whatever the verdict
    #[arg(long)]
    pub(in crate::cli) exit_zero: bool,
}

/// From which verdict on the answer is "no".
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FailOn {
    /// A warning is enough.
    Warn,
    /// A failure.
    #[default]
    Fail,
}

impl ResultArgs {
    /// Writes the files that were asked for.
    ///
    /// # Errors
    /// When one of them can't be written.
    pub(super) fn write(&self, outcome: &DriftOutcome) -> Result<(), CommandError> {
        let about = DriftAbout::of(outcome, None);
        if let Some(path) = &self.html {
            write(path, &report::drift_page(outcome, &about)?)?;
        }
        if let Some(path) = &self.markdown {
            write(path, &report::drift_markdown(outcome, &about))?;
        }
        if let Some(path) = &self.junit {
            write(path, &report::drift_junit(outcome, &about)?)?;
        }
        if let Some(path) = &self.metrics_out {
            write(path, &format!("{:#}\n", serde_json::json!(metrics(outcome))))?;
        }
        Ok(())
    }

    /// How the command ends.
    pub(super) fn status(&self, outcome: &DriftOutcome) -> ExitStatus {
        let worst_yes = match self.fail_on {
            FailOn::Warn => Verdict::Pass,
            FailOn::Fail => Verdict::Warn,
        };
        if outcome.verdict <= worst_yes || self.exit_zero { ExitStatus::Done } else { ExitStatus::No }
    }
}

/// Numbers alone, one level deep: what tools that compare metrics understand.
fn metrics(outcome: &DriftOutcome) -> BTreeMap<String, serde_json::Number> {
    let counts = outcome.verdicts;
    let counts = [("pass", counts.pass), ("warn", counts.warn), ("fail", counts.fail), ("error", counts.error)];
    let counts = counts.into_iter().map(|(verdict, checks)| (format!("checks.{verdict}"), checks.into()));
    let scores = outcome.scores().into_iter().filter_map(|(name, score)| {
        let number = serde_json::Number::from_f64(score)?;
        Some((name, number))
    });
    counts.chain(scores).collect()
}

fn write(path: &Path, text: &str) -> Result<(), CommandError> {
    let failed = |error: std::io::Error| {
        Failure::new(Code::StorageFailure, format!("can't write `{}`: {error}", path.display()))
            .with_hint("the check itself is done; look at the folder and its permissions")
    };
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).map_err(failed)?;
    }
    Ok(std::fs::write(path, text).map_err(failed)?)
}
