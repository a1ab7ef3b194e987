//! How far a model's predictions have drifted; the truth is not needed for it.

use serde::{Deserialize, Serialize};

use super::fact_drift::{CategoricalStatistic, DRIFT_SCORE, FactDrift, exhibit};
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, PairCheck};
use crate::core::stats::{Counts, Distribution};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::facts::Fact;
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

/// What is compared.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Mode {
    /// Probabilities where there are two labels and probabilities are given, else the predicted labels.
    #[default]
    Auto,
    /// The predicted labels.
    Labels,
    /// The probabilities of every label.
    Probabilities,
}

/// How far a model's predictions have drifted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PredictionDrift {
    /// What is compared.
    pub mode: Mode,
    /// The score of predicted labels.
    pub statistic: CategoricalStatistic,
    /// Leaves out rows without a prediction; otherwise these are a category.
    pub ignore_na: bool,
    /// Labels with a smaller share of the reference's predictions are compared as one.
    pub min_category_size_ratio: f64,
    /// Predictions that each set must have.
    pub min_samples: u64,
}

impl Default for PredictionDrift {
    fn default() -> Self {
        Self {
            mode: Mode::Auto,
            statistic: CategoricalStatistic::CramersV,
            ignore_na: true,
            min_category_size_ratio: 0.01,
            min_samples: 10,
        }
    }
}

impl Check for PredictionDrift {
    const ABOUT: About = About {
        name: "prediction_drift",
        title: "Prediction drift",
        definition: "How much a model's predictions differ between both sets: Cramér's V of the predicted labels, or, where \
                     there are two labels and probabilities, the Kolmogorov-Smirnov statistic of the second label's \
                     probability; from 0 (the same) to 1.",
        family: Family::ModelEvaluation,
        needs: &[Need::Predictions],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(DRIFT_SCORE, Rule::AtMost, 0.15).at_level(0.05)]
    }
}

impl PairCheck for PredictionDrift {
    fn run(&self, reference: &Reference, incoming: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let (Some(known), Some(came)) = (reference.prediction_counts(), incoming.prediction_counts()) else {
            return Err(CheckError::new("one of the sets has no predictions"));
        };
        let labels = self.probabilities(&known, &came, reference.rows(), incoming)?;
        let mut findings = Findings::default();
        if labels.is_empty() {
            let facts = [known, came].map(|counts| Fact::Categories { counts });
            self.compare("Predictions", &facts, context, &mut findings)?;
            for measure in &mut findings.measures {
                measure.column = None;
            }
        }
        for label in labels {
            let facts = [reference.rows(), incoming].map(|set| of_probability(set, &label));
            self.compare(&format!("probability of {label}"), &facts, context, &mut findings)?;
            findings.notes.extend(reference.sample_note());
        }
        findings.notes.dedup();
        Ok(findings)
    }
}

impl PredictionDrift {
    /// Labels whose probabilities are compared; none if predicted labels are.
    fn probabilities(
        &self,
        known: &Counts,
        came: &Counts,
        reference: &Set,
        incoming: &Set,
    ) -> Result<Vec<String>, CheckError> {
        let of_both = |label: &&String| incoming.probabilities.contains_key(*label);
        let given: Vec<String> = reference.probabilities.keys().filter(of_both).cloned().collect();
        match self.mode {
            Mode::Labels => Ok(Vec::new()),
            Mode::Probabilities if given.is_empty() => {
                let error = CheckError::new("there are no probabilities of labels in both sets");
                Err(error.with_hint("name their columns: `probability_columns`"))
            }
            Mode::Probabilities => Ok(given),
            Mode::Auto => {
                let mut labels: Vec<&str> = known.iter().chain(came.iter()).map(|(label, _)| label).collect();
                labels.sort_unstable();
                labels.dedup();
                let second = labels.last().filter(|_| labels.len() == 2);
                Ok(given.into_iter().filter(|label| second.is_some_and(|second| second == label)).collect())
            }
        }
    }

    fn compare(
        &self,
        what: &str,
        [reference, incoming]: &[Fact; 2],
        context: &CheckContext<'_>,
        findings: &mut Findings,
    ) -> Result<(), CheckError> {
        let n = [reference.present(), incoming.present()];
        if n.iter().any(|n| *n < self.min_samples) {
            let message =
                format!("it takes {} predictions on both sides; there are {} and {}", self.min_samples, n[0], n[1]);
            return Err(CheckError::new(message).with_hint("set `min_samples` lower, or give more rows"));
        }
        let drift = FactDrift {
            categorical_statistic: self.statistic,
            ignore_na: self.ignore_na,
            min_category_size_ratio: self.min_category_size_ratio,
            min_samples: self.min_samples,
            ..FactDrift::default()
        };
        findings.measures.extend(drift.measures(what, reference, incoming, context.seed));
        findings.exhibits.extend(exhibit(what, reference, incoming));
        Ok(())
    }
}

fn of_probability(set: &Set, label: &str) -> Fact {
    let values = set.probabilities.get(label).map(Vec::as_slice).unwrap_or_default();
    let distribution = Distribution::from_values(values.iter().copied());
    let missing = crate::core::stats::count_of(values.len()) - distribution.len();
    Fact::Numbers { distribution, missing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Planted, labels, measure, measure_of, pair, texts};
    use crate::operations::drift::verdict::Verdict;

    fn set(shares: &[f64], random: &mut fastrand::Rng) -> Set {
        let predicted = labels(300, shares, random);
        texts(300, 20, random).with_predictions(predicted.iter().map(String::as_str))
    }

    #[test]
    fn a_planted_drift_of_predictions_is_found_and_none_where_none_is() {
        for seed in 0..20 {
            let mut random = fastrand::Rng::with_seed(seed);
            let reference = set(&[0.6, 0.3, 0.1], &mut random);
            let incoming = set(&[0.3, 0.3, 0.4], &mut random);
            let found = pair(&PredictionDrift::default(), Planted { reference, incoming }).unwrap();
            assert_eq!(found.verdict, Verdict::Fail, "{:?}", found.findings.measures);
            let reference = set(&[0.6, 0.3, 0.1], &mut random);
            let incoming = set(&[0.6, 0.3, 0.1], &mut random);
            let found = pair(&PredictionDrift::default(), Planted { reference, incoming }).unwrap();
            assert_eq!(found.verdict, Verdict::Pass, "{:?}", found.findings.measures);
        }
    }

    #[test]
    fn of_two_labels_with_probabilities_those_are_compared() {
        let mut random = fastrand::Rng::with_seed(1);
        let mut with = |shift: f64| {
            let mut set = set(&[0.5, 0.5], &mut random);
            let probabilities = (0..300).map(|_| (random.f64() * 0.5 + shift).min(1.0)).collect();
            set.probabilities.insert("1".to_owned(), probabilities);
            set
        };
        let (reference, incoming) = (with(0.0), with(0.3));
        let found = pair(&PredictionDrift::default(), Planted { reference, incoming }).unwrap();
        assert_eq!(found.verdict, Verdict::Fail);
        let score = measure_of(&found.findings, DRIFT_SCORE, "probability of 1");
        assert_eq!(score.statistic.as_deref(), Some("kolmogorov_smirnov"));

        let (reference, incoming) = (with(0.0), with(0.3));
        let check = PredictionDrift { mode: Mode::Labels, ..PredictionDrift::default() };
        let found = pair(&check, Planted { reference, incoming }).unwrap();
        assert_eq!(measure(&found.findings, DRIFT_SCORE).statistic.as_deref(), Some("cramers_v"));
        assert_eq!(found.verdict, Verdict::Pass);
    }

    #[test]
    fn probabilities_that_are_not_there_can_t_be_compared() {
        let mut random = fastrand::Rng::with_seed(1);
        let planted = Planted { reference: set(&[1.0], &mut random), incoming: set(&[1.0], &mut random) };
        let check = PredictionDrift { mode: Mode::Probabilities, ..PredictionDrift::default() };
        assert!(pair(&check, planted).unwrap_err().hint.unwrap().contains("probability_columns"));
    }
}
