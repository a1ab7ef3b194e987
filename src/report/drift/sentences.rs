//! What a check says in a sentence, for page, comment and pipeline alike.
//!
//! The one decision: a sentence is made of measures and conditions, never of a check's name, so that a new check has
//! sentences from its first day.

use super::figures::{NONE, capital, compared_probability, number, probability, words};
use crate::core::figures::{count, counted};
use crate::operations::drift::{CheckOutcome, ConditionOutcome, DriftOutcome, Measure, Rule, Verdict, Which};

/// Columns named in a sentence.
const NAMED: usize = 4;

/// A check in a line of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DriftLine {
    /// What it comes to.
    pub(super) verdict: Verdict,
    /// Name of the check, for people.
    pub(super) title: String,
    /// The set it looked at: `reference`, `incoming`, `both`.
    pub(super) set: &'static str,
    /// Its worst measure: `drift score of text_length`.
    pub(super) measure: String,
    /// The value of that.
    pub(super) value: String,
    /// What is asked of it: `< 0.2`.
    pub(super) threshold: String,
    /// How probable that is by chance; adjusted where there are several.
    pub(super) p_value: String,
}

/// All checks as lines, the worst first.
pub(super) fn lines(outcome: &DriftOutcome) -> Vec<DriftLine> {
    outcome.checks.iter().map(line).collect()
}

/// What came of a run: `21 checks: 2 fail, 3 warn, 16 pass; 2 were not run.`
pub(super) fn verdict(outcome: &DriftOutcome) -> String {
    let counts = &outcome.verdicts;
    let said = |number: u64, one: &str, many: &str| {
        (number > 0).then(|| format!("{} {}", count(number), if number == 1 { one } else { many }))
    };
    let parts = [
        said(counts.fail, "fails", "fail"),
        said(counts.warn, "warns", "warn"),
        said(counts.error, "broke off", "broke off"),
        said(counts.pass, "passes", "pass"),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    let not_run = outcome.not_run.len() as u64;
    let were = if not_run == 1 { "was" } else { "were" };
    let rest = if not_run == 0 { ".".to_owned() } else { format!("; {} {were} not run.", count(not_run)) };
    if parts.is_empty() {
        return format!("No check was run{rest}");
    }
    format!("{}: {}{rest}", counted(outcome.checks.len() as u64, "check"), parts.join(", "))
}

/// What to do with the data, in some words.
pub(super) fn headline(outcome: &DriftOutcome) -> &'static str {
    let counts = &outcome.verdicts;
    match () {
        () if outcome.checks.is_empty() => "Nothing was checked",
        () if counts.fail > 0 => "Do not use this data as it is",
        () if counts.error > 0 => "Not everything could be checked",
        () if counts.warn > 0 => "Look before you use this data",
        () => "Nothing speaks against this data",
    }
}

/// The verdict that the headline is about: what is known to be wrong counts more than what is not known.
pub(super) fn told(outcome: &DriftOutcome) -> Verdict {
    match () {
        () if outcome.verdicts.fail > 0 => Verdict::Fail,
        () if outcome.checks.is_empty() => Verdict::Warn,
        () => outcome.verdict,
    }
}

/// In which order checks are to be looked at: what breaks off says nothing about the data, so failures go before it.
pub(super) fn urgency(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Fail => 0,
        Verdict::Error => 1,
        Verdict::Warn => 2,
        Verdict::Pass => 3,
    }
}

fn line(check: &CheckOutcome) -> DriftLine {
    let condition = worst(check);
    let measure = condition.and_then(|condition| behind(check, condition));
    let p_value = measure.and_then(|measure| measure.adjusted_p_value.or(measure.p_value));
    let none = || NONE.to_owned();
    DriftLine {
        verdict: check.verdict,
        title: check.title.clone(),
        set: set_name(check.set),
        measure: condition
            .map_or_else(String::new, |condition| named(&condition.measure, condition.column.as_deref(), "")),
        value: condition.and_then(|condition| condition.observed).map_or_else(none, number),
        threshold: condition.map_or_else(String::new, asked),
        p_value: p_value.map_or_else(none, probability),
    }
}

/// `reference`, `incoming`, `both`.
pub(super) fn set_name(set: Option<Which>) -> &'static str {
    set.map_or("both", Which::as_str)
}

/// The condition that decides; of those of one verdict the first.
fn worst(check: &CheckOutcome) -> Option<&ConditionOutcome> {
    check.conditions.iter().rev().max_by_key(|condition| condition.verdict)
}

/// The measure that a condition observed.
fn behind<'c>(check: &'c CheckOutcome, condition: &ConditionOutcome) -> Option<&'c Measure> {
    check.measures.iter().find(|measure| {
        measure.name == condition.measure && measure.column == condition.column && measure.value == condition.observed
    })
}

/// `drift score of text_length`, the column within `quote`.
fn named(measure: &str, column: Option<&str>, quote: &str) -> String {
    let measure = words(measure);
    column.map_or_else(|| measure.clone(), |column| format!("{measure} of {quote}{column}{quote}"))
}

/// What a condition asks: `< 0.2`.
pub(super) fn asked(condition: &ConditionOutcome) -> String {
    format!("{} {}", condition.rule.sign(), number(condition.threshold))
}

/// What a condition asks, in words: `less than 0.2`.
fn asked_in_words(condition: &ConditionOutcome) -> String {
    let rule = match condition.rule {
        Rule::LessThan => "less than",
        Rule::AtMost => "at most",
        Rule::GreaterThan => "more than",
        Rule::AtLeast => "at least",
    };
    format!("{rule} {}", number(condition.threshold))
}

/// What a check found, in one sentence or two; names are in backticks.
pub(super) fn finding(check: &CheckOutcome) -> String {
    if let Some(error) = &check.error {
        return format!("It broke off: {}.", error.message.trim_end_matches('.'));
    }
    match worst(check) {
        None => match check.measures.iter().find(|measure| measure.value.is_some()) {
            Some(measure) => format!("{}. Nothing is asked of it.", measured(measure)),
            None => "It has nothing to say.".to_owned(),
        },
        Some(condition) => of_condition(check, condition),
    }
}

fn measured(measure: &Measure) -> String {
    let value = measure.value.map_or_else(|| NONE.to_owned(), number);
    capital(&format!("{}: {value}", named(&measure.name, measure.column.as_deref(), "`")))
}

fn of_condition(check: &CheckOutcome, condition: &ConditionOutcome) -> String {
    let name = capital(&named(&condition.measure, condition.column.as_deref(), "`"));
    let Some(observed) = condition.observed else {
        return format!("{}: there is too little to compute it.", capital(&words(&condition.measure)));
    };
    let measure = behind(check, condition);
    let note = measure.and_then(|measure| measure.note.as_deref());
    let note = note.map(|note| format!(": {}", note.trim_end_matches('.'))).unwrap_or_default();
    let said = format!("{name}: {}, where {} is asked{note}.", number(observed), asked_in_words(condition));
    if condition.verdict == Verdict::Pass {
        return said;
    }
    [Some(said), chance(condition, measure), others(condition)].into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// Whether what was observed may have come about by itself.
fn chance(condition: &ConditionOutcome, measure: Option<&Measure>) -> Option<String> {
    let level = condition.significance?;
    let measure = measure?;
    let (name, p_value) = match (measure.adjusted_p_value, measure.p_value) {
        (Some(adjusted), _) => ("adjusted p", adjusted),
        (None, p_value) => ("p", p_value?),
    };
    (p_value > level).then(|| format!("It may well be chance ({name} {}).", compared_probability(p_value)))
}

/// The other columns for which a condition does not hold.
fn others(condition: &ConditionOutcome) -> Option<String> {
    let others: Vec<_> =
        condition.broken_by.iter().filter(|column| Some(*column) != condition.column.as_ref()).collect();
    if others.is_empty() {
        return None;
    }
    let mut names: Vec<_> = others.iter().take(NAMED).map(|column| format!("`{column}`")).collect();
    if others.len() > NAMED {
        names.push(format!("{} more", count((others.len() - NAMED) as u64)));
    }
    let last = names.pop().unwrap_or_default();
    let list = if names.is_empty() { last } else { format!("{} and {last}", names.join(", ")) };
    Some(format!("It does not hold for {list} either."))
}

/// A condition in a line: what is asked, and what was observed.
pub(super) fn condition(condition: &ConditionOutcome) -> String {
    let observed = condition.observed.map_or_else(|| "no value".to_owned(), number);
    let of = condition.column.as_ref().map(|column| format!(" of `{column}`")).unwrap_or_default();
    let broken = match condition.broken_by.len() {
        0 => String::new(),
        number => format!("; it does not hold for {}", counted(number as u64, "column")),
    };
    let level = condition.significance.map(|level| format!("; a warning at most where p > {}", number(level)));
    let (name, asked) = (capital(&words(&condition.measure)), asked_in_words(condition));
    format!("{name}: {asked}. The worst is {observed}{of}{broken}{}.", level.unwrap_or_default())
}
