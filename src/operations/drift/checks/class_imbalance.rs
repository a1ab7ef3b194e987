//! Whether some labels are so rare that nothing can be learnt of them.

use serde::{Deserialize, Serialize};

use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, OneSetCheck};
use crate::core::stats::{count_of, normalised_entropy, real, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Bar, Bars, Exhibit};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;

/// Whether some labels are so rare that nothing can be learnt of them.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ClassImbalance {
    /// Labels that are shown.
    pub show: usize,
}

impl Default for ClassImbalance {
    fn default() -> Self {
        Self { show: 20 }
    }
}

impl Check for ClassImbalance {
    const ABOUT: About = About {
        name: "class_imbalance",
        title: "Class imbalance",
        definition: "How evenly rows are spread over labels: rows of the rarest label for each row of the most frequent one, \
                     and the entropy of the labels' shares from 0 (all rows have one label) to 1 (all labels are as frequent).",
        family: Family::DataIntegrity,
        needs: &[Need::Labels],
    };

    fn conditions() -> Vec<Condition> {
        vec![
            Condition::new("labels", Rule::AtLeast, 2.0).or_warn(),
            Condition::new("rarest_to_most_frequent", Rule::AtLeast, 0.1).or_warn(),
        ]
    }
}

impl OneSetCheck for ClassImbalance {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let Some(counts) = set.label_counts() else { return Err(CheckError::new("the set has no labels")) };
        let ranked = counts.by_frequency();
        let (Some((_, most)), Some((rarest, least))) = (ranked.first(), ranked.last()) else {
            return Err(CheckError::new("no row has a label"));
        };
        let rows = counts.total();
        let entropy = normalised_entropy(&ranked.iter().map(|(_, rows)| *rows).collect::<Vec<_>>());
        let mut measures = vec![
            Measure::new("labels", real(count_of(ranked.len()))),
            Measure::new("rarest_to_most_frequent", share(*least, *most)).noting(format!("rarest: `{rarest}`")),
            Measure::new("smallest_share", share(*least, rows)),
            Measure::new("largest_share", share(*most, rows)),
        ];
        measures.push(match entropy {
            Some(entropy) => Measure::new("normalised_entropy", entropy),
            None => Measure::missing("normalised_entropy", "there is but one label"),
        });
        let n = |side| (which == side).then_some(rows);
        let of_side = |measure: Measure| measure.from_n(n(Which::Reference), n(Which::Incoming));
        let measures = measures.into_iter().map(of_side).collect();
        Ok(Findings { measures, exhibits: vec![self.bars(&ranked, which)], ..Findings::default() })
    }
}

impl ClassImbalance {
    fn bars(&self, ranked: &[(&str, u64)], which: Which) -> Exhibit {
        let rows = |rows: u64, side| (which == side).then_some(real(rows));
        let bar = |(label, number): &(&str, u64)| Bar {
            category: (*label).to_owned(),
            reference: rows(*number, Which::Reference),
            incoming: rows(*number, Which::Incoming),
        };
        Exhibit::Bars(Bars {
            title: "Rows of each label".to_owned(),
            unit: "rows".to_owned(),
            bars: ranked.iter().take(self.show).map(bar).collect(),
            more: count_of(ranked.len().saturating_sub(self.show)),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{labels, measure, one, texts};
    use crate::operations::drift::verdict::Verdict;

    fn set(shares: &[f64], seed: u64) -> Set {
        let mut random = fastrand::Rng::with_seed(seed);
        let labels = labels(400, shares, &mut random);
        texts(400, 20, &mut random).with_labels(labels.iter().map(String::as_str))
    }

    #[test]
    fn a_planted_imbalance_is_found_and_none_where_none_is() {
        for seed in 0..20 {
            let uneven = one(&ClassImbalance::default(), &set(&[0.97, 0.03], seed)).unwrap();
            assert_eq!(uneven.verdict, Verdict::Warn, "{:?}", uneven.findings.measures);
            let even = one(&ClassImbalance::default(), &set(&[0.5, 0.3, 0.2], seed)).unwrap();
            assert_eq!(even.verdict, Verdict::Pass, "{:?}", even.findings.measures);
            assert!(measure(&even.findings, "normalised_entropy").value.unwrap() > 0.9);
        }
    }

    #[test]
    fn one_label_is_a_warning_and_none_an_error() {
        let found = one(&ClassImbalance::default(), &set(&[1.0], 1)).unwrap();
        assert_eq!(found.verdict, Verdict::Warn);
        let none = texts(3, 20, &mut fastrand::Rng::with_seed(1)).with_labels(["", "", ""]);
        assert_eq!(one(&ClassImbalance::default(), &none).unwrap_err().message, "no row has a label");
    }
}
