//! `textmill report`: a stored outcome as a report, anew.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::Args;

use super::context::Context;
use super::exit::{CommandResult, ExitStatus};
use crate::core::failure::{Code, Failure};
use crate::operations::drift::DriftOutcome;
use crate::report::{DriftAbout, drift_junit, drift_markdown, drift_page};

/// Make the report of a check of incoming data from its outcome
///
/// Example: textmill report outcome.json --html report.html
///
/// The outcome is what `textmill drift check --json` prints, or the `result` of a job. Nothing is checked again.
#[derive(Debug, Args)]
pub(super) struct ReportArgs {
    /// The outcome, as JSON
    #[arg(value_name = "FILE")]
    outcome: PathBuf,
    /// Write it as a web page: one file that works anywhere
    #[arg(long, value_name = "FILE", required_unless_present_any = ["markdown", "junit"])]
    html: Option<PathBuf>,
    /// Write it as Markdown, short enough for a comment
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// Write it as `JUnit` XML: a test case a check
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Heading of the report [default: the data set, or the file that came in]
    #[arg(long, value_name = "TEXT")]
    title: Option<String>,
    /// When the check was done, e.g. 2026-03-02T10:00:00Z [default: not said]
    #[arg(long, value_name = "TIME")]
    when: Option<DateTime<Utc>>,
}

pub(super) fn run(args: &ReportArgs, context: &Context) -> CommandResult {
    let outcome = read(&args.outcome)?;
    let mut about = DriftAbout::of(&outcome, args.when);
    if let Some(title) = &args.title {
        about.title.clone_from(title);
    }
    if let Some(path) = &args.html {
        write(path, &drift_page(&outcome, &about)?)?;
    }
    if let Some(path) = &args.markdown {
        write(path, &drift_markdown(&outcome, &about))?;
    }
    if let Some(path) = &args.junit {
        write(path, &drift_junit(&outcome, &about)?)?;
    }
    let written: Vec<_> = [&args.html, &args.markdown, &args.junit].into_iter().flatten().collect();
    context.printer.outcome(&written, |written| {
        let names: Vec<_> = written.iter().map(|path| path.display().to_string()).collect();
        format!("written: {}", names.join(", "))
    })?;
    Ok(ExitStatus::Done)
}

fn read(path: &Path) -> Result<DriftOutcome, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::new(Code::NotFound, format!("can't read `{}`: {error}", path.display())))?;
    serde_json::from_str(&text).map_err(|error| {
        Failure::new(Code::MalformedInput, format!("`{}` is no outcome of a check: {error}", path.display()))
            .with_hint("it is what `textmill drift check --json` prints, or the `result` of a job")
    })
}

fn write(path: &Path, text: &str) -> Result<(), Failure> {
    std::fs::write(path, text).map_err(|error| {
        Failure::new(Code::StorageFailure, format!("can't write `{}`: {error}", path.display()))
            .with_hint("look at the folder and its permissions")
    })
}
