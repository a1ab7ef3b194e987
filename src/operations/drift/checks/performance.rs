//! Whether a model's predictions are worse than they were, label by label.

use serde::{Deserialize, Serialize};

use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, PairCheck};
use crate::core::stats::{
    ClassAnswers, Resampling, answers_by_class, interval, null_p_value, proportions, right_answers, share,
};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Bar, Bars, Exhibit};
use crate::operations::drift::outcome::Measure;
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

/// Whether a model's predictions are worse than they were.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Performance {
    /// Rows of a label that each set must have.
    pub min_rows_per_class: u64,
    /// Labels that are shown.
    pub show: usize,
}

impl Default for Performance {
    fn default() -> Self {
        Self { min_rows_per_class: 30, show: 20 }
    }
}

/// A score of a label.
type ScoreOf = fn(&ClassAnswers) -> f64;

/// The scores of a label, and the measures of how much worse they are.
const SCORES: [(&str, ScoreOf); 3] = [
    ("f1_degradation", ClassAnswers::f1),
    ("precision_degradation", ClassAnswers::precision),
    ("recall_degradation", ClassAnswers::recall),
];

impl Check for Performance {
    const ABOUT: About = About {
        name: "performance",
        title: "Performance against the reference",
        definition: "How much worse a model's predictions are in the incoming set: the part of each label's F1, precision and \
                     recall, and of the share of right predictions, that is lost; below 0 where they are better.",
        family: Family::ModelEvaluation,
        needs: &[Need::Labels, Need::Predictions],
    };

    fn conditions() -> Vec<Condition> {
        let names = SCORES.iter().map(|(name, _)| *name).chain(["accuracy_degradation"]);
        names.map(|name| Condition::new(name, Rule::LessThan, 0.1).at_level(0.05)).collect()
    }
}

impl PairCheck for Performance {
    fn run(&self, reference: &Reference, incoming: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let (Some(known), Some(came)) = (reference.confusion(), incoming.confusion()) else {
            return Err(CheckError::new("one of the sets has no labels or no predictions"));
        };
        if known.is_empty() || came.is_empty() {
            return Err(CheckError::new("no row of one of the sets has both a label and a prediction"));
        }
        let (before, after) = (answers_by_class(&known), answers_by_class(&came));
        let mut findings = Findings::default();
        let mut bars = Vec::new();
        for (label, before) in &before {
            let after = after.get(label).copied().unwrap_or_default();
            findings.measures.extend(self.degradations(label, before, &after, context.seed));
            if before.rows() + after.rows() > 0 {
                let [reference, incoming] = [before, &after].map(|answers| (answers.rows() > 0).then(|| answers.f1()));
                bars.push(Bar { category: (*label).to_owned(), reference, incoming });
            }
        }
        findings.measures.push(of_all(right_answers(&known), right_answers(&came)));
        findings.exhibits.push(self.bars(bars));
        Ok(findings)
    }
}

impl Performance {
    /// How much of each score of a label is lost.
    fn degradations(&self, label: &str, before: &ClassAnswers, after: &ClassAnswers, seed: u64) -> Vec<Measure> {
        let n = [before.rows(), after.rows()];
        let resampling = Resampling { seed, ..Resampling::default() };
        let measure = |(name, score): &(&str, fn(&ClassAnswers) -> f64)| {
            let lost = |before: &ClassAnswers, after: &ClassAnswers| degradation(score(before), score(after));
            let measure = match lost(before, after) {
                _ if n.iter().any(|n| *n < self.min_rows_per_class) => {
                    Measure::missing(name, format!("it takes {} rows on both sides", self.min_rows_per_class))
                }
                None => Measure::missing(name, "the reference scores 0"),
                Some(value) => Measure {
                    p_value: p_value(name, before, after, || null_p_value(before, after, &resampling, lost)),
                    interval: interval(before, after, &resampling, lost),
                    note: Some(format!("{:.3} → {:.3}", score(before), score(after))),
                    ..Measure::new(name, value)
                },
            };
            measure.of(label).from_n(Some(n[0]), Some(n[1]))
        };
        SCORES.iter().map(measure).collect()
    }

    fn bars(&self, mut bars: Vec<Bar>) -> Exhibit {
        let lost = |bar: &Bar| bar.reference.unwrap_or_default() - bar.incoming.unwrap_or_default();
        bars.sort_by(|a, b| lost(b).total_cmp(&lost(a)).then_with(|| a.category.cmp(&b.category)));
        let more = crate::core::stats::count_of(bars.len().saturating_sub(self.show));
        bars.truncate(self.show);
        Exhibit::Bars(Bars { title: "F1 of each label".to_owned(), unit: "score".to_owned(), bars, more })
    }
}

/// The part of a score that is lost; none where there was nothing to lose.
fn degradation(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| (before - after) / before)
}

/// How probable the difference is by chance: shares have a test, F1 is drawn again.
fn p_value(
    name: &str,
    before: &ClassAnswers,
    after: &ClassAnswers,
    drawn: impl FnOnce() -> Option<f64>,
) -> Option<f64> {
    let of = |among: fn(&ClassAnswers) -> u64| proportions([before.hits, among(before)], [after.hits, among(after)]);
    match name {
        "precision_degradation" => of(ClassAnswers::predicted),
        "recall_degradation" => of(ClassAnswers::rows),
        _ => drawn(),
    }
}

/// How much of the share of right predictions is lost.
fn of_all(before: [u64; 2], after: [u64; 2]) -> Measure {
    let [was, is] = [before, after].map(|[right, rows]| share(right, rows));
    let name = "accuracy_degradation";
    let measure = match degradation(was, is) {
        Some(value) => Measure::new(name, value).noting(format!("{was:.3} → {is:.3}")),
        None => Measure::missing(name, "no prediction for the reference is right"),
    };
    Measure { p_value: proportions(before, after), ..measure.from_n(Some(before[1]), Some(after[1])) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Planted, answered, measure, measure_of, pair};
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn a_planted_degradation_is_found_and_none_where_none_is() {
        for seed in 0..20 {
            let mut random = fastrand::Rng::with_seed(seed);
            let planted =
                Planted { reference: answered(600, 0.95, &mut random), incoming: answered(400, 0.7, &mut random) };
            let found = pair(&Performance::default(), planted).unwrap();
            assert_eq!(found.verdict, Verdict::Fail);
            let lost = measure_of(&found.findings, "recall_degradation", "a");
            assert!((0.1..0.45).contains(&lost.value.unwrap()) && lost.p_value.unwrap() < 0.01, "{lost:?}");
            let f1 = measure_of(&found.findings, "f1_degradation", "a");
            let [low, high] = f1.interval.unwrap();
            assert!(low <= f1.value.unwrap() && f1.value.unwrap() <= high && f1.p_value.unwrap() < 0.01, "{f1:?}");
            let planted =
                Planted { reference: answered(600, 0.95, &mut random), incoming: answered(400, 0.95, &mut random) };
            let found = pair(&Performance::default(), planted).unwrap();
            assert_eq!(found.verdict, Verdict::Pass, "{:?}", found.findings.measures);
        }
    }

    #[test]
    fn a_label_of_few_rows_has_no_score_and_all_rows_have_one() {
        let mut random = fastrand::Rng::with_seed(1);
        let planted = Planted { reference: answered(600, 0.9, &mut random), incoming: answered(40, 0.9, &mut random) };
        let found = pair(&Performance::default(), planted).unwrap().findings;
        let few = measure_of(&found, "f1_degradation", "b");
        assert_eq!((few.value, few.note.as_deref()), (None, Some("it takes 30 rows on both sides")));
        assert_eq!(measure(&found, "accuracy_degradation").incoming_n, Some(40));
    }
}
