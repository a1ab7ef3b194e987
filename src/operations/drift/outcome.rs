//! What a run found: plain data, from which every page and sentence is made.
//!
//! The one decision: all checks say what they found in the same few forms: measures (numbers that conditions are about) and
//! exhibits (what one looks at to understand them). So a report knows no check by name, and a new check needs no new page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::condition::Rule;
use super::exhibit::Exhibit;
use super::verdict::Verdict;
use crate::core::stats::{count_of, real};

/// Version of the form of [`DriftOutcome`].
pub(super) const OUTCOME_FORMAT: u32 = 1;

/// What a run of checks found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DriftOutcome {
    /// Version of this form.
    pub format: u32,
    /// The worst verdict of all checks.
    pub verdict: Verdict,
    /// How many checks came to which verdict.
    pub verdicts: VerdictCounts,
    /// Name under which runs are compared over time.
    pub dataset: Option<String>,
    /// Name of the suite.
    pub suite: String,
    /// Columns of the texts.
    pub text_column: Vec<String>,
    /// Column of the labels.
    pub label_column: Option<String>,
    /// Column of the predictions.
    pub prediction_column: Option<String>,
    /// The reference; `null` where one set was checked alone.
    pub reference: Option<SideOutcome>,
    /// What came in; `null` where the reference was checked alone.
    pub incoming: Option<SideOutcome>,
    /// What every random choice began with.
    pub seed: u64,
    /// What the checks found, the worst first.
    pub checks: Vec<CheckOutcome>,
    /// Checks of the suite that need what is not there.
    pub not_run: Vec<NotRun>,
    /// The build that did it.
    pub build: String,
}

/// How many checks came to which verdict.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct VerdictCounts {
    /// All conditions hold.
    pub pass: u64,
    /// Something should be looked at.
    pub warn: u64,
    /// The data should not be used as it is.
    pub fail: u64,
    /// Broke off.
    pub error: u64,
}

impl VerdictCounts {
    /// Counts.
    pub fn of(checks: &[CheckOutcome]) -> Self {
        let mut counts = Self::default();
        for check in checks {
            match check.verdict {
                Verdict::Pass => counts.pass += 1,
                Verdict::Warn => counts.warn += 1,
                Verdict::Fail => counts.fail += 1,
                Verdict::Error => counts.error += 1,
            }
        }
        counts
    }
}

/// One of the two sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SideOutcome {
    /// The file, as it was named.
    pub source: String,
    /// SHA-256 of its bytes, as hexadecimal digits.
    pub sha256: String,
    /// Whether it is a saved profile instead of rows.
    pub is_profile: bool,
    /// Rows that were looked at; of a profile those it was made of.
    pub rows: u64,
    /// Rows of the file; more than `rows` where a sample was asked for.
    pub rows_in_file: u64,
    /// Rows that can't be read.
    pub rejected: u64,
    /// Where and why the first of them.
    pub first_reject: Option<String>,
    /// Rows whose text is missing or empty.
    pub without_text: u64,
    /// Columns besides text, label and prediction, and what is done with them.
    pub columns: BTreeMap<String, ColumnUse>,
}

/// What is done with a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnUse {
    /// Compared as numbers.
    Numeric,
    /// Compared as categories.
    Categorical,
    /// Too many different values for categories, and no numbers.
    Ignored,
    /// Counts or names rows.
    Identifier,
}

/// Which of the sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// What is known to be good.
    Reference,
    /// What came in.
    Incoming,
}

impl Which {
    /// As JSON says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reference => "reference",
            Self::Incoming => "incoming",
        }
    }
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CheckOutcome {
    /// Its name, e.g. `label_drift`.
    pub check: String,
    /// Its name for people.
    pub title: String,
    /// What it computes, and why one wants to know.
    pub definition: String,
    /// The set that it looked at; `null` where it compares both.
    pub set: Option<Which>,
    /// What it comes to.
    pub verdict: Verdict,
    /// Parameters that it ran with.
    #[schema(value_type = Object)]
    pub parameters: serde_json::Map<String, serde_json::Value>,
    /// The numbers that it found.
    pub measures: Vec<Measure>,
    /// What must hold, and whether it does.
    pub conditions: Vec<ConditionOutcome>,
    /// What one looks at to understand them.
    pub exhibits: Vec<Exhibit>,
    /// What somebody should know about these numbers.
    pub notes: Vec<String>,
    /// Why it broke off.
    pub error: Option<CheckFailure>,
}

/// A number that a check found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Measure {
    /// What it is, e.g. `drift_score`; conditions are about names.
    pub name: String,
    /// The column, property, label or segment that it is of.
    pub column: Option<String>,
    /// How it was computed, e.g. `kolmogorov_smirnov`.
    pub statistic: Option<String>,
    /// The number; `null` where there is too little to compute it.
    pub value: Option<f64>,
    /// Values of the reference behind it.
    pub reference_n: Option<u64>,
    /// Values of the incoming set behind it.
    pub incoming_n: Option<u64>,
    /// How probable a number as large is without any difference.
    pub p_value: Option<f64>,
    /// The same, adjusted for all measures of this name in the check (Benjamini and Hochberg).
    pub adjusted_p_value: Option<f64>,
    /// 95 % interval of the number.
    pub interval: Option<[f64; 2]>,
    /// What somebody should know about it, e.g. why there is no number.
    pub note: Option<String>,
}

impl Measure {
    /// A number of a name; what is not finite is no number.
    pub fn new(name: &str, value: f64) -> Self {
        Self { name: name.to_owned(), value: Some(value).filter(|value| value.is_finite()), ..Self::default() }
    }

    /// A count of a name.
    pub fn from_count(name: &str, count: usize) -> Self {
        Self::new(name, real(count_of(count)))
    }

    /// A number that can't be had, and why.
    pub fn missing(name: &str, note: impl Into<String>) -> Self {
        Self { name: name.to_owned(), note: Some(note.into()), ..Self::default() }
    }

    /// Of a column.
    #[must_use]
    pub fn of(self, column: impl Into<String>) -> Self {
        Self { column: Some(column.into()), ..self }
    }

    /// How it was computed.
    #[must_use]
    pub fn by(self, statistic: &str) -> Self {
        Self { statistic: Some(statistic.to_owned()), ..self }
    }

    /// From how many values of both sets.
    #[must_use]
    pub fn from_n(self, reference: Option<u64>, incoming: Option<u64>) -> Self {
        Self { reference_n: reference, incoming_n: incoming, ..self }
    }

    /// From how many values of one set.
    #[must_use]
    pub fn from_rows(self, set: Which, rows: u64) -> Self {
        match set {
            Which::Reference => self.from_n(Some(rows), None),
            Which::Incoming => self.from_n(None, Some(rows)),
        }
    }

    /// How probable it is by chance.
    #[must_use]
    pub fn with_p(self, p_value: f64) -> Self {
        Self { p_value: Some(p_value).filter(|value| value.is_finite()), ..self }
    }

    /// Between which bounds it is, at 95 %.
    #[must_use]
    pub fn within(self, interval: [f64; 2]) -> Self {
        Self { interval: Some(interval).filter(|bounds| bounds.iter().all(|bound| bound.is_finite())), ..self }
    }

    /// What somebody should know about it.
    #[must_use]
    pub fn noting(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }
}

/// What a condition came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConditionOutcome {
    /// The measures that it is about.
    pub measure: String,
    /// How they are compared.
    pub rule: Rule,
    /// With what.
    pub threshold: f64,
    /// Level above which an (adjusted) p-value makes it a warning at most.
    pub significance: Option<f64>,
    /// The worst value; `null` where no measure has one.
    pub observed: Option<f64>,
    /// The column that it is of.
    pub column: Option<String>,
    /// Columns for which it does not hold.
    pub broken_by: Vec<String>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// Why a check broke off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CheckFailure {
    /// What failed, on what, why.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

/// A check of the suite that was not run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotRun {
    /// Its name.
    pub check: String,
    /// Its name for people.
    pub title: String,
    /// What is not there.
    pub reason: String,
    /// How to get it.
    pub hint: Option<String>,
}
