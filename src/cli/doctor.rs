//! `textmill doctor`: is this machine ready, and if not, what to do.
//!
//! For: checks that a person would do one by one, each with its remedy. Not for: repairing anything. The one decision:
//! a check looks and leaves nothing behind, so that it can run beside a working service.

mod checks;
mod queue;

use clap::Args;
use serde::Serialize;

use super::context::Context;
use super::exit::{CommandResult, ExitStatus};
use super::table::Table;
use crate::config::Loaded;

/// Check configuration, folders, database, workers, port and limits of this machine
///
/// Example: textmill doctor --json
///
/// Exits with 1 if any check fails.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Ok,
    /// Works, and may not do so for long.
    Warn,
    /// Does not work.
    Fail,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Finding {
    /// Which check.
    pub(super) check: &'static str,
    pub(super) verdict: Verdict,
    /// What is so.
    pub(super) detail: String,
    /// What to do about it; `null` when nothing is to be done.
    pub(super) remedy: Option<String>,
}

impl Finding {
    pub(super) fn ok(check: &'static str, detail: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Ok, detail: detail.into(), remedy: None }
    }

    pub(super) fn warn(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Warn, detail: detail.into(), remedy: Some(remedy.into()) }
    }

    pub(super) fn fail(check: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { check, verdict: Verdict::Fail, detail: detail.into(), remedy: Some(remedy.into()) }
    }
}

/// A check of what the configuration names.
type ConfigCheck = fn(&Loaded) -> Vec<Finding>;

/// Checks that need a valid configuration, in the order in which they are shown.
const CONFIG_CHECKS: &[ConfigCheck] =
    &[checks::state_dir, queue::locks, checks::free_space, queue::database, checks::data_roots, checks::port];

/// Checks of the machine alone.
const MACHINE_CHECKS: &[fn() -> Finding] = &[checks::open_files, checks::machine];

/// What `doctor` prints.
#[derive(Debug, Serialize)]
struct Diagnosis {
    /// The worst of all checks.
    verdict: Verdict,
    checks: Vec<Finding>,
}

pub(super) fn run(_args: &DoctorArgs, context: &Context) -> CommandResult {
    let diagnosis = diagnose(context);
    context.printer.outcome(&diagnosis, table)?;
    Ok(if diagnosis.verdict == Verdict::Fail { ExitStatus::No } else { ExitStatus::Done })
}

fn diagnose(context: &Context) -> Diagnosis {
    let mut checks = vec![checks::build()];
    match context.load_config() {
        Ok(loaded) => {
            checks.push(checks::configuration(&loaded));
            checks.extend(CONFIG_CHECKS.iter().flat_map(|check| check(&loaded)));
        }
        Err(failure) => checks.push(Finding::fail(
            "configuration",
            failure.detail.trim_start_matches("configuration: "),
            failure.hint.unwrap_or_else(|| "correct it; state, data roots and port were not looked at".to_owned()),
        )),
    }
    checks.extend(MACHINE_CHECKS.iter().map(|check| check()));
    Diagnosis { verdict: worst(&checks), checks }
}

fn worst(findings: &[Finding]) -> Verdict {
    let any = |verdict| findings.iter().any(|finding| finding.verdict == verdict);
    if any(Verdict::Fail) {
        Verdict::Fail
    } else if any(Verdict::Warn) {
        Verdict::Warn
    } else {
        Verdict::Ok
    }
}

fn table(diagnosis: &Diagnosis) -> String {
    let mut table = Table::new(["", "CHECK", "FOUND"]);
    for finding in &diagnosis.checks {
        let verdict = match finding.verdict {
            Verdict::Ok => "ok",
            Verdict::Warn => "warn",
            Verdict::Fail => "FAIL",
        };
        let mut lines = finding.detail.lines().map(str::trim);
        table.row([verdict, finding.check, lines.next().unwrap_or_default()]);
        lines.for_each(|line| table.row(["", "", line]));
        if let Some(remedy) = &finding.remedy {
            table.row(["", "", &format!("-> {remedy}")]);
        }
    }
    table.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_finding_is_the_verdict() {
        let (ok, warn) = (Finding::ok("a", "x"), Finding::warn("b", "x", "y"));
        assert_eq!(worst(std::slice::from_ref(&ok)), Verdict::Ok);
        assert_eq!(worst(&[warn.clone(), ok.clone()]), Verdict::Warn);
        assert_eq!(worst(&[ok, Finding::fail("c", "x", "y"), warn]), Verdict::Fail);
    }

    #[test]
    fn the_remedy_stands_under_what_was_found() {
        let checks =
            vec![Finding::ok("port", "127.0.0.1:8000 is free"), Finding::fail("state", "two\n  lines", "do it")];
        let table = table(&Diagnosis { verdict: worst(&checks), checks });
        assert_eq!(
            table,
            "      CHECK  FOUND\nok    port   127.0.0.1:8000 is free\nFAIL  state  two\n             lines\n             -> do it\n"
        );
    }
}
