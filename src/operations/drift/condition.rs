//! What must hold of the numbers that a check finds, so that somebody else than a reader can decide.
//!
//! The one decision: a condition is about measures by their name, for all columns at once, and it is data: a suite replaces
//! a threshold without touching the check. A drift that is over its threshold and may well be chance is a warning: small
//! batches would fail now and then for no reason else.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::outcome::{ConditionOutcome, Measure};
use super::verdict::Verdict;

/// How an observed value is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// The value is smaller than the threshold.
    LessThan,
    /// The value is at most the threshold.
    AtMost,
    /// The value is larger than the threshold.
    GreaterThan,
    /// The value is at least the threshold.
    AtLeast,
}

impl Rule {
    fn holds(self, observed: f64, threshold: f64) -> bool {
        match self {
            Self::LessThan => observed < threshold,
            Self::AtMost => observed <= threshold,
            Self::GreaterThan => observed > threshold,
            Self::AtLeast => observed >= threshold,
        }
    }

    /// The sign between value and threshold, for people.
    pub fn sign(self) -> &'static str {
        match self {
            Self::LessThan => "<",
            Self::AtMost => "≤",
            Self::GreaterThan => ">",
            Self::AtLeast => "≥",
        }
    }

    /// Whether small values are the bad ones.
    fn wants_much(self) -> bool {
        matches!(self, Self::GreaterThan | Self::AtLeast)
    }
}

/// What it comes to where a condition does not hold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Otherwise {
    /// A warning.
    Warn,
    /// A failure.
    #[default]
    Fail,
}

impl From<Otherwise> for Verdict {
    fn from(otherwise: Otherwise) -> Self {
        match otherwise {
            Otherwise::Warn => Self::Warn,
            Otherwise::Fail => Self::Fail,
        }
    }
}

/// What must hold of all measures of a name.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// Name of the measures, e.g. `drift_score`.
    pub measure: String,
    /// How they are compared with the threshold.
    pub rule: Rule,
    /// The threshold.
    pub threshold: f64,
    /// What it comes to where it does not hold.
    #[serde(default)]
    pub otherwise: Otherwise,
    /// Level of the (adjusted) p-value above which a measure that does not hold may be chance, and is a warning at most;
    /// `null`: the p-value is not looked at. Measures without a p-value are not concerned.
    #[serde(default)]
    pub significance: Option<f64>,
}

impl Condition {
    /// A condition whose failure is a failure.
    pub fn new(measure: &str, rule: Rule, threshold: f64) -> Self {
        let otherwise = Otherwise::Fail;
        Self { measure: measure.to_owned(), rule, threshold, otherwise, significance: None }
    }

    /// The same, as a warning.
    #[must_use]
    pub fn or_warn(self) -> Self {
        Self { otherwise: Otherwise::Warn, ..self }
    }

    /// The same; what may be chance at this level is a warning at most.
    #[must_use]
    pub fn at_level(self, significance: f64) -> Self {
        Self { significance: Some(significance), ..self }
    }

    /// What the condition comes to. Measures without a value are left out.
    pub(super) fn judge(&self, measures: &[Measure]) -> ConditionOutcome {
        let concerned = measures.iter().filter(|measure| measure.name == self.measure);
        let mut worst: Option<(&Measure, f64)> = None;
        let mut verdict = Verdict::Pass;
        let mut broken = Vec::new();
        for (measure, value) in concerned.filter_map(|measure| Some((measure, measure.value?))) {
            if worst.is_none_or(|(_, worst)| if self.rule.wants_much() { value < worst } else { value > worst }) {
                worst = Some((measure, value));
            }
            if !self.rule.holds(value, self.threshold) {
                verdict = verdict.max(self.verdict_of(measure));
                broken.extend(measure.column.clone());
            }
        }
        ConditionOutcome {
            measure: self.measure.clone(),
            rule: self.rule,
            threshold: self.threshold,
            significance: self.significance,
            observed: worst.map(|(_, value)| value),
            column: worst.and_then(|(measure, _)| measure.column.clone()),
            broken_by: broken,
            verdict,
        }
    }

    fn verdict_of(&self, measure: &Measure) -> Verdict {
        let p_value = measure.adjusted_p_value.or(measure.p_value);
        match (self.significance, p_value) {
            (Some(level), Some(p_value)) if p_value > level => Verdict::Warn,
            _ => self.otherwise.into(),
        }
    }
}
