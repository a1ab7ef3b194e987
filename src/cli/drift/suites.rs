//! `textmill drift suites`: presets and checks, with parameters and thresholds.

use clap::Args;

use super::words::figure;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::operations::drift::{Catalogue, CheckDescription, Condition, Otherwise, catalogue};

/// List presets and checks: definitions, parameters, conditions and thresholds
#[derive(Debug, Args)]
pub(super) struct SuitesArgs {}

pub(super) fn run(_args: &SuitesArgs, context: &Context) -> CommandResult {
    context.printer.outcome(&catalogue(), in_words)?;
    Ok(ExitStatus::Done)
}

fn in_words(catalogue: &Catalogue) -> String {
    let mut blocks = Vec::new();
    for suite in &catalogue.suites {
        let default = if suite.is_default { " (default)" } else { "" };
        blocks.push(format!("{}{default}: {}\n  {}", suite.suite, suite.description, suite.checks.join(" ")));
    }
    blocks.extend(catalogue.checks.iter().map(check));
    blocks.join("\n\n")
}

fn check(check: &CheckDescription) -> String {
    let mut lines = vec![format!("{} ({})", check.check, check.title), format!("  {}", check.definition)];
    if !check.needs.is_empty() {
        lines.push(format!("  needs {}", check.needs.join(", ")));
    }
    let parameters: Vec<_> = check.parameters.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    if !parameters.is_empty() {
        lines.push(format!("  parameters: {}", parameters.join(", ")));
    }
    lines.extend(check.conditions.iter().map(|condition| format!("  {}", in_a_line(condition))));
    lines.join("\n")
}

/// `label_drift.drift_score ≤ 0.15, or fail`
fn in_a_line(condition: &Condition) -> String {
    let otherwise = match condition.otherwise {
        Otherwise::Warn => "warn",
        Otherwise::Fail => "fail",
    };
    let chance = condition.significance.map(|level| format!("; p > {level} warns at most")).unwrap_or_default();
    let threshold = figure(condition.threshold);
    format!("{} {} {threshold}, or {otherwise}{chance}", condition.measure, condition.rule.sign())
}
