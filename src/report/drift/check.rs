//! A check as a section of the page, and as a line of its table.

use serde_json::Value;

use super::exhibit::Shown;
use super::figures::{NONE, capital, count_or_none, number, probability, words};
use super::sentences;
use crate::operations::drift::{CheckOutcome, ConditionOutcome, Measure, NotRun, Verdict};
use crate::report::prose::Prose;
use crate::report::text::sentence;

/// A verdict: what it looks like and what it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign {
    /// Class that gives colour, and name of the sign.
    pub(super) tone: &'static str,
    /// The word.
    pub(super) word: &'static str,
}

impl From<Verdict> for Sign {
    fn from(verdict: Verdict) -> Self {
        let tone = match verdict {
            Verdict::Pass => "good",
            Verdict::Warn => "look",
            Verdict::Fail => "bad",
            Verdict::Error => "note",
        };
        Self { tone, word: verdict.as_str() }
    }
}

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) index: usize,
    pub(super) sign: Sign,
    pub(super) name: String,
    pub(super) title: String,
    pub(super) definition: String,
    pub(super) set: &'static str,
    pub(super) is_open: bool,
    pub(super) finding: Prose,
    pub(super) hint: Option<Prose>,
    pub(super) conditions: Vec<(Sign, Prose)>,
    pub(super) notes: Vec<Prose>,
    pub(super) exhibits: Vec<Shown>,
    pub(super) measures: MeasureTable,
    pub(super) parameters: Vec<(String, String)>,
    pub(super) cuts: String,
}

impl Section {
    pub(super) fn new(index: usize, check: &CheckOutcome, cuts: &[String]) -> Self {
        let condition =
            |condition: &ConditionOutcome| (condition.verdict.into(), Prose::new(&sentences::condition(condition)));
        let parameter = |(name, value): (&String, &Value)| (words(name), parameter(value));
        Self {
            index,
            sign: check.verdict.into(),
            name: check.check.clone(),
            title: check.title.clone(),
            definition: check.definition.clone(),
            set: sentences::set_name(check.set),
            is_open: check.verdict != Verdict::Pass,
            finding: Prose::new(&sentences::finding(check)),
            hint: check.error.as_ref().and_then(|error| error.hint.as_deref()).map(|hint| Prose::new(&sentence(hint))),
            conditions: check.conditions.iter().map(condition).collect(),
            notes: check.notes.iter().map(|note| Prose::new(&sentence(note))).collect(),
            exhibits: check.exhibits.iter().map(Shown::new).collect(),
            measures: MeasureTable::new(check),
            parameters: check.parameters.iter().map(parameter).collect(),
            cuts: cuts.join("; "),
        }
    }
}

fn parameter(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(value) => value.as_f64().map_or_else(|| value.to_string(), number),
        Value::Null => NONE.to_owned(),
        other => other.to_string(),
    }
}

/// The numbers of a check; columns that no number fills are left out.
#[derive(Debug)]
pub(super) struct MeasureTable {
    pub(super) headings: Vec<&'static str>,
    pub(super) rows: Vec<MeasureRow>,
}

#[derive(Debug)]
pub(super) struct MeasureRow {
    pub(super) name: String,
    pub(super) column: Option<String>,
    /// Worst of the conditions that it does not fulfil.
    pub(super) sign: Option<Sign>,
    pub(super) cells: Vec<String>,
    pub(super) note: Option<Prose>,
}

/// Heading of a column, and what stands in it.
type Column = (&'static str, fn(&Measure) -> Option<String>);

const COLUMNS: [Column; 7] = [
    ("value", |measure| Some(measure.value.map_or_else(|| NONE.to_owned(), number))),
    ("95 %", |measure| measure.interval.map(|[low, high]| format!("{} to {}", number(low), number(high)))),
    ("p", |measure| measure.p_value.map(probability)),
    ("adjusted p", |measure| measure.adjusted_p_value.map(probability)),
    ("reference n", |measure| measure.reference_n.map(|n| count_or_none(Some(n)))),
    ("incoming n", |measure| measure.incoming_n.map(|n| count_or_none(Some(n)))),
    ("computed by", |measure| measure.statistic.as_deref().map(words)),
];

impl MeasureTable {
    fn new(check: &CheckOutcome) -> Self {
        let is_filled = |(_, cell): &&Column| check.measures.iter().any(|measure| cell(measure).is_some());
        let columns: Vec<_> = COLUMNS.iter().filter(is_filled).collect();
        let row = |measure: &Measure| MeasureRow {
            name: capital(&words(&measure.name)),
            column: measure.column.clone(),
            sign: broken(check, measure),
            cells: columns.iter().map(|(_, cell)| cell(measure).unwrap_or_default()).collect(),
            note: measure.note.as_deref().map(|note| Prose::new(&sentence(note))),
        };
        Self {
            headings: columns.iter().map(|(heading, _)| *heading).collect(),
            rows: check.measures.iter().map(row).collect(),
        }
    }
}

fn broken(check: &CheckOutcome, measure: &Measure) -> Option<Sign> {
    let of_measure = check.conditions.iter().filter(|condition| condition.measure == measure.name);
    let is_broken = |condition: &&ConditionOutcome| match &measure.column {
        Some(column) => condition.broken_by.contains(column),
        None => condition.verdict > Verdict::Pass && condition.observed == measure.value,
    };
    of_measure.filter(is_broken).map(|condition| condition.verdict).max().map(Sign::from)
}

/// A check that was not run.
#[derive(Debug)]
pub(super) struct Left {
    pub(super) title: String,
    pub(super) reason: Prose,
    pub(super) hint: Option<Prose>,
}

impl Left {
    pub(super) fn new(left: &NotRun) -> Self {
        Self {
            title: left.title.clone(),
            reason: Prose::new(&sentence(&left.reason)),
            hint: left.hint.as_deref().map(|hint| Prose::new(&sentence(hint))),
        }
    }
}
