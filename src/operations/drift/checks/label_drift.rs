//! How far the mix of labels has drifted.

use serde::{Deserialize, Serialize};

use super::fact_drift::{CategoricalStatistic, DRIFT_SCORE, bars};
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, PairCheck};
use crate::core::stats::{
    CategoryOptions, Counts, cramers_v_balanced, drift_categories, homogeneity, jensen_shannon_distance, psi,
};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::Exhibit;
use crate::operations::drift::outcome::Measure;
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

/// How far the mix of labels has drifted.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LabelDrift {
    /// The score.
    pub statistic: CategoricalStatistic,
    /// Scores as if all labels of the reference were equally frequent, so that a shift among rare ones is seen as well
    /// (`cramers_v` only).
    pub balance_classes: bool,
    /// Leaves out rows without a label; otherwise these are a category.
    pub ignore_na: bool,
    /// Labels with a smaller share of the reference are compared as one.
    pub min_category_size_ratio: f64,
    /// At most so many labels are compared by themselves.
    pub max_num_categories: Option<usize>,
    /// Labels that each set must have.
    pub min_samples: u64,
}

impl Default for LabelDrift {
    fn default() -> Self {
        Self {
            statistic: CategoricalStatistic::CramersV,
            balance_classes: false,
            ignore_na: false,
            min_category_size_ratio: 0.01,
            max_num_categories: None,
            min_samples: 10,
        }
    }
}

impl Check for LabelDrift {
    const ABOUT: About = About {
        name: "label_drift",
        title: "Label drift",
        definition: "How much the shares of labels differ between both sets: Cramér's V, corrected for bias, from 0 (the \
                     same) to 1; or the population stability index. Rows without a label count as one more label, and the \
                     score without them stands beside.",
        family: Family::Comparison,
        needs: &[Need::Labels],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(DRIFT_SCORE, Rule::AtMost, 0.15).at_level(0.05)]
    }
}

impl PairCheck for LabelDrift {
    fn run(&self, reference: &Reference, incoming: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let (Some(reference), Some(incoming)) = (reference.label_counts(), incoming.label_counts()) else {
            return Err(CheckError::new("one of the sets has no labels"));
        };
        let n = [&reference, &incoming].map(|counts| rows_of(counts, self.ignore_na));
        if n.iter().any(|n| *n < self.min_samples) {
            let message =
                format!("it takes {} labels on both sides; there are {} and {}", self.min_samples, n[0], n[1]);
            return Err(CheckError::new(message).with_hint("set `min_samples` lower, or give more rows"));
        }
        let mut measures = vec![self.score(DRIFT_SCORE, &reference, &incoming, self.ignore_na)];
        if !self.ignore_na && reference.missing + incoming.missing > 0 {
            measures.push(self.score("drift_score_without_missing", &reference, &incoming, true));
        }
        measures.extend(self.other_scores(&reference, &incoming));
        let bars = bars("Labels", &reference, &incoming);
        Ok(Findings { measures, exhibits: vec![Exhibit::Bars(bars)], ..Findings::default() })
    }
}

impl LabelDrift {
    /// One score, with or without the rows that have no label.
    fn score(&self, name: &str, reference: &Counts, incoming: &Counts, ignore_na: bool) -> Measure {
        let balanced = self.balance_classes && self.statistic == CategoricalStatistic::CramersV;
        let smallest = if balanced { 0.0 } else { self.min_category_size_ratio };
        let pairs = drift_categories(reference, incoming, &self.categories(ignore_na, smallest));
        let value = if balanced { cramers_v_balanced(&pairs) } else { self.statistic.score(&pairs) };
        let statistic = if balanced { "cramers_v_balanced" } else { self.statistic.name() };
        let n = [reference, incoming].map(|counts| Some(rows_of(counts, ignore_na)));
        let measure = Measure::new(name, value).by(statistic).from_n(n[0], n[1]);
        Measure { p_value: homogeneity(reference, incoming, ignore_na), ..measure }
    }

    /// The scores by which others know the same difference.
    fn other_scores(&self, reference: &Counts, incoming: &Counts) -> Vec<Measure> {
        let pairs =
            drift_categories(reference, incoming, &self.categories(self.ignore_na, self.min_category_size_ratio));
        let p_value = homogeneity(reference, incoming, self.ignore_na);
        let n = [reference, incoming].map(|counts| Some(rows_of(counts, self.ignore_na)));
        let psi = (self.statistic != CategoricalStatistic::Psi).then(|| Measure::new("psi", psi(&pairs)));
        let distance =
            jensen_shannon_distance(&pairs).map(|distance| Measure::new("jensen_shannon_distance", distance));
        let with_p = |measure: Measure| Measure { p_value, ..measure.from_n(n[0], n[1]) };
        psi.into_iter().chain(distance).map(with_p).collect()
    }

    fn categories(&self, ignore_na: bool, smallest: f64) -> CategoryOptions {
        CategoryOptions {
            ignore_na,
            min_category_size_ratio: smallest,
            max_num_categories: self.max_num_categories,
            ..CategoryOptions::default()
        }
    }
}

fn rows_of(counts: &Counts, ignore_na: bool) -> u64 {
    counts.total() + if ignore_na { 0 } else { counts.missing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Planted, labels, measure, pair, texts};
    use crate::operations::drift::verdict::Verdict;

    fn sets(reference: &[f64], incoming: &[f64], seed: u64) -> Planted {
        let mut random = fastrand::Rng::with_seed(seed);
        let (known, came) = (labels(400, reference, &mut random), labels(300, incoming, &mut random));
        let with = |labels: &[String]| {
            texts(labels.len(), 20, &mut fastrand::Rng::with_seed(1)).with_labels(labels.iter().map(String::as_str))
        };
        Planted { reference: with(&known), incoming: with(&came) }
    }

    #[test]
    fn a_planted_drift_of_labels_is_found_and_none_where_none_is() {
        for seed in 0..20 {
            let drifted = pair(&LabelDrift::default(), sets(&[0.7, 0.2, 0.1], &[0.4, 0.3, 0.3], seed)).unwrap();
            assert_eq!(drifted.verdict, Verdict::Fail, "{:?}", drifted.findings.measures);
            let same = pair(&LabelDrift::default(), sets(&[0.7, 0.2, 0.1], &[0.7, 0.2, 0.1], seed)).unwrap();
            assert_eq!(same.verdict, Verdict::Pass, "{:?}", same.findings.measures);
        }
    }

    #[test]
    fn missing_labels_are_a_category_and_the_score_without_them_stands_beside() {
        let with = |missing: usize| {
            let labels = (0..200).map(|row| {
                if row < missing {
                    ""
                } else if row % 2 == 0 {
                    "a"
                } else {
                    "b"
                }
            });
            texts(200, 20, &mut fastrand::Rng::with_seed(1)).with_labels(labels)
        };
        let found = pair(&LabelDrift::default(), Planted { reference: with(0), incoming: with(80) }).unwrap();
        assert!(measure(&found.findings, DRIFT_SCORE).value.unwrap() > 0.3);
        let without = measure(&found.findings, "drift_score_without_missing");
        assert_eq!((without.value, without.incoming_n), (Some(0.0), Some(120)));
        let ignoring = LabelDrift { ignore_na: true, ..LabelDrift::default() };
        let found = pair(&ignoring, Planted { reference: with(0), incoming: with(80) }).unwrap();
        assert_eq!(measure(&found.findings, DRIFT_SCORE).value, Some(0.0));
    }

    #[test]
    fn balancing_shows_a_shift_among_rare_labels() {
        let of = |counts: [usize; 3]| {
            let labels: Vec<&str> =
                ["a", "b", "c"].into_iter().zip(counts).flat_map(|(label, rows)| vec![label; rows]).collect();
            texts(labels.len(), 20, &mut fastrand::Rng::with_seed(1)).with_labels(labels)
        };
        let score = |check: LabelDrift| {
            let planted = Planted { reference: of([970, 10, 20]), incoming: of([940, 25, 35]) };
            measure(&pair(&check, planted).unwrap().findings, DRIFT_SCORE).value.unwrap()
        };
        let balanced = score(LabelDrift { balance_classes: true, ..LabelDrift::default() });
        assert!(balanced > 0.15 && score(LabelDrift::default()) < 0.1, "{balanced}");
    }

    #[test]
    fn too_few_labels_are_an_error_that_says_how_many_there_are() {
        let few = |rows| texts(rows, 20, &mut fastrand::Rng::with_seed(1)).with_labels(vec!["a"; rows]);
        let error = pair(&LabelDrift::default(), Planted { reference: few(9), incoming: few(30) }).unwrap_err();
        assert_eq!(error.message, "it takes 10 labels on both sides; there are 9 and 30");
    }
}
