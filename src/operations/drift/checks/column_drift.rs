//! How far columns besides text, label and prediction have drifted.

use serde::{Deserialize, Serialize};

use super::fact_drift::FactDrift;
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, PairCheck};
use crate::operations::drift::condition::Condition;
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

/// How far columns besides text, label and prediction have drifted.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct ColumnDrift(FactDrift);

impl Check for ColumnDrift {
    const ABOUT: About = About {
        name: "column_drift",
        title: "Drift of other columns",
        definition: "How much the columns besides text and label are distributed differently in both sets: Cramér's V of \
                     categories and the Kolmogorov-Smirnov statistic of numbers, from 0 (the same) to 1. P-values are adjusted \
                     for the number of columns.",
        family: Family::Comparison,
        needs: &[Need::Columns(1)],
    };

    fn conditions() -> Vec<Condition> {
        FactDrift::conditions()
    }
}

impl PairCheck for ColumnDrift {
    fn run(&self, reference: &Reference, incoming: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        self.0.compare(reference.column_facts(), incoming.column_facts(), context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::fact_drift::DRIFT_SCORE;
    use crate::operations::drift::checks::planted::{Planted, categories, measure_of, pair, texts};
    use crate::operations::drift::values::Values;
    use crate::operations::drift::verdict::Verdict;

    fn set(channels: &[f64], mean: f64, random: &mut fastrand::Rng) -> Set {
        let channels = categories(300, channels, random);
        let price = (0..300).map(|_| mean + random.f64()).collect();
        texts(300, 20, random).with_column("channel", channels).with_column("price", Values::Numbers(price))
    }

    #[test]
    fn a_planted_drift_of_a_column_is_found_in_that_column_alone() {
        for seed in 0..20 {
            let mut random = fastrand::Rng::with_seed(seed);
            let reference = set(&[0.6, 0.4], 5.0, &mut random);
            let incoming = set(&[0.3, 0.7], 5.0, &mut random);
            let found = pair(&ColumnDrift::default(), Planted { reference, incoming }).unwrap();
            assert_eq!(found.verdict, Verdict::Fail);
            let channel = measure_of(&found.findings, DRIFT_SCORE, "channel");
            assert!(channel.value.unwrap() > 0.2 && channel.statistic.as_deref() == Some("cramers_v"));
            assert!(measure_of(&found.findings, DRIFT_SCORE, "price").value.unwrap() < 0.2);

            let reference = set(&[0.6, 0.4], 5.0, &mut random);
            let incoming = set(&[0.6, 0.4], 5.5, &mut random);
            let found = pair(&ColumnDrift::default(), Planted { reference, incoming }).unwrap();
            assert!(measure_of(&found.findings, DRIFT_SCORE, "price").value.unwrap() > 0.3);
            assert!(measure_of(&found.findings, DRIFT_SCORE, "channel").value.unwrap() < 0.2);
        }
    }

    #[test]
    fn a_column_that_did_not_come_has_no_score_and_a_note() {
        let mut random = fastrand::Rng::with_seed(1);
        let planted = Planted { reference: set(&[0.6, 0.4], 5.0, &mut random), incoming: texts(300, 20, &mut random) };
        let found = pair(&ColumnDrift::default(), planted).unwrap();
        let channel = measure_of(&found.findings, DRIFT_SCORE, "channel");
        assert_eq!((channel.value, channel.note.as_deref()), (None, Some("the incoming set does not have it")));
    }
}
