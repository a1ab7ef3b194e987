//! `textmill drift suites`: presets and checks, with parameters and thresholds.

use clap::Args;

use super::words::figure;
use crate::cli::context::Context;
use crate::cli::exit::{CommandResult, ExitStatus};
use crate::operations::drift::{Catalogue, CheckDescription, Condition, Otherwise, catalogue};

/// List presets and checks: definitions, parameters, conditions and thresholds
#[derive(Debug, Args)]
pub(super) struct SuitesArgs {
    /// Print them as the page docs/drift-checks.md
    #[arg(long)]
    markdown: bool,
}

pub(super) fn run(args: &SuitesArgs, context: &Context) -> CommandResult {
    if args.markdown {
        context.printer.data(&page(&catalogue()))?;
        return Ok(ExitStatus::Done);
    }
    context.printer.outcome(&catalogue(), in_words)?;
    Ok(ExitStatus::Done)
}

/// The same as a page of the documentation.
fn page(catalogue: &Catalogue) -> String {
    let mut page = "# Checks\n\nMade by `textmill drift suites --markdown`; [drift.md](drift.md) says how they are used. A condition \
                    says what must hold, and what it comes to where it does not; `--threshold CHECK.MEASURE=NUMBER` sets \
                    another threshold, a suite of one's own other conditions and parameters.\n"
        .to_owned();
    let families = [
        ("data_integrity", "One set by itself"),
        ("comparison", "Incoming against reference"),
        ("model_evaluation", "A model's predictions"),
    ];
    for (family, title) in families {
        page.extend(["\n## ", title, "\n"]);
        for check in catalogue.checks.iter().filter(|check| check.family == family) {
            page.push_str(&section(check));
        }
    }
    page
}

fn section(check: &CheckDescription) -> String {
    let mut lines =
        vec![format!("\n### `{}`: {}\n", check.check, check.title), check.definition.to_owned(), String::new()];
    if !check.needs.is_empty() {
        lines.push(format!("- Needs {}", check.needs.join(", ")));
    }
    if check.conditions.is_empty() {
        lines.push("- No condition".to_owned());
    }
    lines.extend(check.conditions.iter().map(|condition| format!("- `{}`", in_a_line(condition))));
    let parameters: Vec<_> = check.parameters.iter().map(|(name, value)| format!("`{name} = {value}`")).collect();
    if !parameters.is_empty() {
        lines.push(format!("- Parameters: {}", parameters.join(", ")));
    }
    lines.join("\n") + "\n"
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
