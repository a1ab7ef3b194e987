//! An outcome on a terminal: the verdict, a line a check, what was not run and why.

use crate::cli::table::Table;
use crate::core::figures::{count, counted};
use crate::operations::drift::{
    CheckOutcome, ConditionOutcome, DriftOutcome, Measure, NotRun, SideOutcome, Verdict, Which,
};

/// Columns that break a condition and are named.
const MOST_COLUMNS: usize = 3;
/// Notes of checks that are told.
const MOST_NOTES: usize = 20;

/// What came of a run, for people.
pub(super) fn in_words(outcome: &DriftOutcome) -> String {
    let mut lines = vec![verdict(outcome)];
    lines.extend(sides(outcome));
    if !outcome.checks.is_empty() {
        lines.extend([String::new(), table(outcome).to_string().trim_end().to_owned()]);
    }
    lines.extend(outcome.checks.iter().filter_map(error));
    lines.extend(notes(outcome));
    lines.extend(not_run(&outcome.not_run));
    lines.join("\n")
}

/// `FAIL: 2 of 17 checks fail, 1 warns`
fn verdict(outcome: &DriftOutcome) -> String {
    if outcome.checks.is_empty() {
        return "No check was run.".to_owned();
    }
    let counts = outcome.verdicts;
    let total = counts.pass + counts.warn + counts.fail + counts.error;
    let told = [(counts.error, "broke off"), (counts.fail, "failed"), (counts.warn, "warned")];
    let told: Vec<_> = told
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{} {what}", count(number)))
        .collect();
    let told = if told.is_empty() { "all passed".to_owned() } else { told.join(", ") };
    format!("{}: {}, {told}", outcome.verdict.as_str().to_uppercase(), counted(total, "check"))
}

fn sides(outcome: &DriftOutcome) -> Vec<String> {
    let sides = [("reference", &outcome.reference), ("incoming", &outcome.incoming)];
    sides.into_iter().filter_map(|(name, side)| side.as_ref().map(|side| told(name, side))).collect()
}

fn told(name: &str, side: &SideOutcome) -> String {
    let profile = if side.is_profile { " (profile)" } else { "" };
    let mut rows = counted(side.rows, "row");
    if side.rows < side.rows_in_file {
        rows = format!("{rows} of {} chosen by the seed", count(side.rows_in_file));
    }
    let without = match side.without_text {
        0 => String::new(),
        number => format!(", {} without a text", count(number)),
    };
    format!("  {name:<9}  {}{profile}: {rows}{without}", side.source)
}

/// A line a check, the worst first.
fn table(outcome: &DriftOutcome) -> Table {
    let mut table = Table::new(["VERDICT", "CHECK", "SET", "MEASURE", "VALUE", "WANTED", "P", "OF"]);
    for check in &outcome.checks {
        // Of those that are as bad, the first one.
        let worst = check.conditions.iter().rev().max_by_key(|condition| condition.verdict);
        let measure = worst.and_then(|condition| measure_of(check, condition));
        table.row([
            check.verdict.as_str().to_owned(),
            check.check.clone(),
            check.set.map_or_else(|| "both".to_owned(), |set: Which| set.as_str().to_owned()),
            worst.map(|condition| condition.measure.clone()).unwrap_or_default(),
            worst.and_then(|condition| condition.observed).map(figure).unwrap_or_default(),
            worst.map(wanted).unwrap_or_default(),
            measure.and_then(p_value).map(figure).unwrap_or_default(),
            worst.map(columns).unwrap_or_default(),
        ]);
    }
    table
}

/// The measure that a condition observed.
fn measure_of<'c>(check: &'c CheckOutcome, condition: &ConditionOutcome) -> Option<&'c Measure> {
    check.measures.iter().find(|measure| measure.name == condition.measure && measure.column == condition.column)
}

fn p_value(measure: &Measure) -> Option<f64> {
    measure.adjusted_p_value.or(measure.p_value)
}

fn wanted(condition: &ConditionOutcome) -> String {
    format!("{} {}", condition.rule.sign(), figure(condition.threshold))
}

/// Which columns break the condition; if none, which came nearest.
fn columns(condition: &ConditionOutcome) -> String {
    if condition.broken_by.is_empty() {
        return condition.column.clone().unwrap_or_default();
    }
    let named = condition.broken_by.iter().take(MOST_COLUMNS).cloned().collect::<Vec<_>>().join(", ");
    match condition.broken_by.len().saturating_sub(MOST_COLUMNS) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

/// Four digits that say something; whole numbers as they are.
pub(super) fn figure(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    if value != 0.0 && value.abs() < 0.0001 { format!("{value:.1e}") } else { format!("{value:.4}") }
}

fn error(check: &CheckOutcome) -> Option<String> {
    let failure = check.error.as_ref()?;
    let next = failure.hint.as_ref().map(|hint| format!("\n    {hint}")).unwrap_or_default();
    Some(format!("\n{}: {}{next}", check.title, failure.message))
}

/// What somebody should know of checks that did not pass.
fn notes(outcome: &DriftOutcome) -> Vec<String> {
    let notes = outcome.checks.iter().filter(|check| check.verdict > Verdict::Pass).flat_map(|check| {
        let of_measures = check.measures.iter().filter(|measure| is_broken(check, measure)).filter_map(|measure| {
            let note = measure.note.as_ref()?;
            let column = measure.column.as_ref().map(|column| format!(" of {column}")).unwrap_or_default();
            Some(format!("  {}: {}{column}: {note}", check.title, measure.name))
        });
        let own = check.notes.iter().map(|note| format!("  {}: {note}", check.title));
        of_measures.chain(own).collect::<Vec<_>>()
    });
    let mut lines: Vec<_> = notes.take(MOST_NOTES).collect();
    if !lines.is_empty() {
        lines.insert(0, String::new());
    }
    lines
}

/// Whether a condition does not hold for the measure.
fn is_broken(check: &CheckOutcome, measure: &Measure) -> bool {
    let of_column = |names: &[String]| measure.column.as_ref().is_none_or(|column| names.contains(column));
    check.conditions.iter().any(|condition| {
        condition.measure == measure.name && condition.verdict > Verdict::Pass && of_column(&condition.broken_by)
    })
}

fn not_run(not_run: &[NotRun]) -> Vec<String> {
    if not_run.is_empty() {
        return Vec::new();
    }
    let told = not_run.iter().map(|check| {
        let next = check.hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default();
        format!("  {}: {}{next}", check.title, check.reason)
    });
    ["\nNot run:".to_owned()].into_iter().chain(told).collect()
}
