//! The numbers of an outcome under flat names, for those who follow them over time.
//!
//! The one decision: a number's name says where it comes from (`check.measure.column`) and is the same in every run, so that
//! runs can be laid side by side. What was found in the reference alone begins with `reference.`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::{CheckOutcome, DriftOutcome, Measure, VerdictCounts, Which};
use super::verdict::Verdict;

/// What is kept of a run when nobody wants its details any more.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DriftSummary {
    /// The worst verdict of all checks.
    pub verdict: Verdict,
    /// How many checks came to which verdict.
    pub verdicts: VerdictCounts,
    /// Name under which runs are compared over time.
    pub dataset: Option<String>,
    /// Name of the suite.
    pub suite: String,
    /// Rows of the reference that were looked at.
    pub reference_rows: Option<u64>,
    /// Rows of the incoming set that were looked at.
    pub incoming_rows: Option<u64>,
    /// What each check came to, by its name; that of the reference alone behind `reference.`.
    pub checks: BTreeMap<String, Verdict>,
    /// The numbers of all checks, by `check.measure` or `check.measure.column`.
    #[schema(example = json!({"label_drift.drift_score": 0.09, "property_drift.drift_score.text_length": 0.31}))]
    pub scores: BTreeMap<String, f64>,
}

/// An outcome and its summary, as jobs keep it and the command line prints it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct DriftResult<'a> {
    /// What lists show.
    pub summary: DriftSummary,
    /// Everything.
    #[serde(flatten)]
    pub outcome: &'a DriftOutcome,
}

impl DriftOutcome {
    /// The same, with its summary.
    pub fn with_summary(&self) -> DriftResult<'_> {
        DriftResult { summary: self.summary(), outcome: self }
    }

    /// What is kept when nobody wants the details any more.
    pub fn summary(&self) -> DriftSummary {
        DriftSummary {
            verdict: self.verdict,
            verdicts: self.verdicts,
            dataset: self.dataset.clone(),
            suite: self.suite.clone(),
            reference_rows: self.reference.as_ref().map(|side| side.rows),
            incoming_rows: self.incoming.as_ref().map(|side| side.rows),
            checks: self.checks.iter().map(|check| (name_of(check), check.verdict)).collect(),
            scores: self.scores(),
        }
    }

    /// The numbers of all checks by their flat names; those that could not be had are left out.
    pub fn scores(&self) -> BTreeMap<String, f64> {
        let of_check = |check: &CheckOutcome| {
            let name = name_of(check);
            let scores = check.measures.iter().filter_map(move |measure| Some((flat(&name, measure), measure.value?)));
            scores.collect::<Vec<_>>()
        };
        self.checks.iter().flat_map(of_check).collect()
    }
}

/// A check's name; what it says of the reference is told apart.
fn name_of(check: &CheckOutcome) -> String {
    match check.set {
        Some(Which::Reference) => format!("reference.{}", check.check),
        Some(Which::Incoming) | None => check.check.clone(),
    }
}

fn flat(check: &str, measure: &Measure) -> String {
    match &measure.column {
        Some(column) => format!("{check}.{}.{column}", measure.name),
        None => format!("{check}.{}", measure.name),
    }
}
