//! How far properties of the texts have drifted.

use serde::{Deserialize, Serialize};

use super::fact_drift::FactDrift;
use super::{About, Check, CheckContext, CheckError, Family, Findings, PairCheck};
use crate::operations::drift::condition::Condition;
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

/// How far properties of the texts have drifted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct PropertyDrift(FactDrift);

impl Check for PropertyDrift {
    const ABOUT: About = About {
        name: "property_drift",
        title: "Drift of text properties",
        definition: "How much properties of the texts (length, words, language, sentiment …) are distributed differently in \
                     both sets: the Kolmogorov-Smirnov statistic of numbers and Cramér's V of categories, from 0 (the same) to \
                     1. P-values are adjusted for the number of properties.",
        family: Family::Comparison,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        FactDrift::conditions()
    }
}

impl PairCheck for PropertyDrift {
    fn run(&self, reference: &Reference, incoming: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        self.0.compare(reference.property_facts(), incoming.property_facts(), context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::fact_drift::{DRIFT_SCORE, NumericStatistic};
    use crate::operations::drift::checks::planted::{Planted, measure_of, pair, texts};
    use crate::operations::drift::exhibit::Exhibit;
    use crate::operations::drift::verdict::Verdict;

    fn sets(reference_length: usize, incoming_length: usize, seed: u64) -> Planted {
        let mut random = fastrand::Rng::with_seed(seed);
        Planted {
            reference: texts(300, reference_length, &mut random),
            incoming: texts(200, incoming_length, &mut random),
        }
    }

    #[test]
    fn a_planted_drift_of_the_length_is_found_and_none_where_none_is() {
        for seed in 0..10 {
            let drifted = pair(&PropertyDrift::default(), sets(40, 60, seed)).unwrap();
            assert_eq!(drifted.verdict, Verdict::Fail, "{:?}", drifted.findings.measures);
            let score = measure_of(&drifted.findings, DRIFT_SCORE, "text_length");
            assert!(score.value.unwrap() > 0.2 && score.adjusted_p_value.unwrap() < 1e-6, "{score:?}");
            assert_eq!((score.reference_n, score.incoming_n), (Some(300), Some(200)));
            let same = pair(&PropertyDrift::default(), sets(40, 40, seed)).unwrap();
            assert_eq!(same.verdict, Verdict::Pass, "{:?}", same.findings.measures);
        }
    }

    #[test]
    fn the_distance_is_told_with_its_interval_and_can_be_the_score() {
        let found = pair(&PropertyDrift::default(), sets(40, 60, 1)).unwrap().findings;
        let beside = measure_of(&found, "earth_movers_distance", "text_length").clone();
        let check = PropertyDrift(FactDrift {
            numeric_statistic: NumericStatistic::EarthMoversDistance,
            ..FactDrift::default()
        });
        let found = pair(&check, sets(40, 60, 1)).unwrap().findings;
        let score = measure_of(&found, DRIFT_SCORE, "text_length");
        assert_eq!((score.value, score.interval), (beside.value, beside.interval));
        let [low, high] = score.interval.unwrap();
        assert!(low > 0.0 && low < score.value.unwrap() && score.value.unwrap() < high);
        assert!(score.p_value.unwrap() < 0.01);
    }

    #[test]
    fn too_few_values_have_no_score_and_a_note() {
        let mut planted = sets(40, 60, 1);
        planted.incoming = texts(99, 60, &mut fastrand::Rng::with_seed(1));
        let found = pair(&PropertyDrift::default(), planted).unwrap();
        let score = measure_of(&found.findings, DRIFT_SCORE, "text_length");
        assert_eq!(score.value, None);
        assert_eq!(score.note.as_deref(), Some("it takes 100 values on both sides; there are 300 and 99"));
        assert_eq!(found.verdict, Verdict::Pass);
    }

    #[test]
    fn those_that_drifted_most_are_shown() {
        let check = PropertyDrift(FactDrift { show: 1, ..FactDrift::default() });
        let found = pair(&check, sets(40, 60, 1)).unwrap().findings;
        assert_eq!(found.exhibits.len(), 1);
        assert!(matches!(found.exhibits[0], Exhibit::Distribution(_)), "{:?}", found.exhibits);
    }
}
