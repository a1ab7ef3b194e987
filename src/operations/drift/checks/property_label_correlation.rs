//! Properties of the texts that give the label away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, OneSetCheck};
use crate::core::stats::count_of;
use crate::core::stats::pps::{Feature, PredictivePower, predictive_power};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Bar, Bars, Exhibit};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;
use crate::operations::drift::values::Values;

const PREDICTIVE_POWER: &str = "predictive_power";

/// Properties of the texts that give the label away.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PropertyLabelCorrelation {
    /// Fewest rows with a label and a value of the property.
    pub min_samples: u64,
    /// Properties that are shown.
    pub show: usize,
}

impl Default for PropertyLabelCorrelation {
    fn default() -> Self {
        Self { min_samples: 10, show: 20 }
    }
}

impl Check for PropertyLabelCorrelation {
    const ABOUT: About = About {
        name: "property_label_correlation",
        title: "Properties that give the label away",
        definition: "How well one property of the text alone tells the label: the predictive power score of a decision tree, \
                     from 0 (no better than guessing) to 1 (all of it). A model may learn the length of a text instead of what \
                     it says.",
        family: Family::DataIntegrity,
        needs: &[Need::Labels],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(PREDICTIVE_POWER, Rule::LessThan, 0.3).or_warn()]
    }
}

impl OneSetCheck for PropertyLabelCorrelation {
    fn run(&self, which: Which, set: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let classes = classes(set).ok_or_else(|| CheckError::new("the set has no labels"))?;
        // The generator that its rows are drawn with takes 32 bits.
        let seed = u32::try_from(context.seed & u64::from(u32::MAX)).unwrap_or_default();
        let mut powers: Vec<(&str, Option<f64>)> = Vec::new();
        let mut findings = Findings::default();
        for (property, values) in set.properties() {
            if context.cancel.is_cancelled() {
                break;
            }
            let (power, rows) = power(values, &classes, seed);
            let measure = if rows < self.min_samples {
                Measure::missing(PREDICTIVE_POWER, format!("it takes {} rows with a label", self.min_samples))
            } else {
                let note = format!("F1 {:.3}, of the better guess {:.3}", power.model_f1, power.baseline_f1);
                Measure::new(PREDICTIVE_POWER, power.score).noting(note)
            };
            powers.push((property, measure.value));
            let measure = measure.of(property).by("predictive_power_score").from_rows(which, rows);
            findings.measures.push(measure);
        }
        findings.exhibits.extend(self.bars(which, powers));
        Ok(findings)
    }
}

/// The class of each row, numbered in the order of their names; rows with several labels are of a class of their own.
fn classes(set: &Set) -> Option<Vec<Option<usize>>> {
    let labels = set.labels.as_ref()?;
    let names: Vec<Option<String>> = (0..set.len()).map(|place| labels.joined(place)).collect();
    let mut numbers: BTreeMap<&str, usize> = names.iter().flatten().map(|name| (name.as_str(), 0)).collect();
    (0..).zip(numbers.values_mut()).for_each(|(next, number)| *number = next);
    Some(names.iter().map(|name| numbers.get(name.as_deref()?).copied()).collect())
}

/// What a property tells of the classes, and of how many rows it could.
fn power(values: &Values, classes: &[Option<usize>], seed: u32) -> (PredictivePower, u64) {
    match values {
        Values::Numbers(numbers) => {
            let present = numbers.iter().zip(classes).filter(|(number, _)| !number.is_nan());
            let (numbers, classes): (Vec<f64>, Vec<usize>) =
                present.filter_map(|(number, class)| Some((*number, (*class)?))).unzip();
            (predictive_power(Feature::Numbers(&numbers), &classes, seed), count_of(classes.len()))
        }
        Values::Categories(categories) => {
            let present = categories.codes.iter().zip(classes);
            let (codes, classes): (Vec<usize>, Vec<usize>) =
                present.filter_map(|(code, class)| Some((usize::try_from((*code)?).ok()?, (*class)?))).unzip();
            (predictive_power(Feature::Categories(&codes), &classes, seed), count_of(classes.len()))
        }
    }
}

impl PropertyLabelCorrelation {
    fn bars(&self, which: Which, powers: Vec<(&str, Option<f64>)>) -> Option<Exhibit> {
        let mut powers: Vec<(&str, f64)> =
            powers.into_iter().filter_map(|(property, power)| Some((property, power?))).collect();
        // Stable: those of equal power stay in the order of their names.
        powers.sort_by(|one, other| other.1.total_cmp(&one.1));
        let more = count_of(powers.len().saturating_sub(self.show));
        let side = |side: Which, power: f64| (which == side).then_some(power);
        let bar = |(property, power): &(&str, f64)| Bar {
            category: (*property).to_owned(),
            reference: side(Which::Reference, *power),
            incoming: side(Which::Incoming, *power),
        };
        let bars: Vec<Bar> = powers.iter().take(self.show).map(bar).collect();
        let (title, unit) = ("Predictive power of each property".to_owned(), "score".to_owned());
        (!bars.is_empty()).then_some(Exhibit::Bars(Bars { title, unit, bars, more }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{measure_of, one, texts};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    /// Texts of which this share have the label that their length tells.
    fn set(told: f64, seed: u64) -> Set {
        let mut random = fastrand::Rng::with_seed(seed);
        let set = texts(400, 100, &mut random);
        let is_long = |place: usize| set.text(place).is_some_and(|text| text.len() > 100);
        let is_a: Vec<bool> =
            (0..400).map(|place| if random.f64() < told { is_long(place) } else { random.bool() }).collect();
        set.with_labels(is_a.into_iter().map(|is_a| if is_a { "a" } else { "b" }))
    }

    #[test]
    fn a_label_that_the_length_tells_is_found_and_one_that_nothing_tells_is_not() {
        for seed in 0..10 {
            let found = one(&PropertyLabelCorrelation::default(), &set(0.9, seed)).unwrap();
            assert_eq!(found.verdict, Verdict::Warn, "{:?}", found.findings.measures);
            assert!(measure_of(&found.findings, PREDICTIVE_POWER, "text_length").value.unwrap() > 0.6);
            let Exhibit::Bars(bars) = &found.findings.exhibits[0] else { panic!("{found:?}") };
            assert_eq!((bars.bars[0].category.as_str(), bars.bars[0].reference), ("text_length", None));
            assert_eq!(one(&PropertyLabelCorrelation::default(), &set(0.0, seed)).unwrap().verdict, Verdict::Pass);
        }
    }

    #[test]
    fn few_labels_tell_nothing_and_a_set_without_labels_is_an_error() {
        let texts: Vec<String> = (0..40).map(|row| "a".repeat(row + 1)).collect();
        let set = || set_of(texts.iter().map(String::as_str));
        let labels = (0..40).map(|row| ["a", "b", ""][if row < 4 { row % 2 } else { 2 }]);
        let found = one(&PropertyLabelCorrelation::default(), &set().with_labels(labels)).unwrap();
        let length = measure_of(&found.findings, PREDICTIVE_POWER, "text_length");
        assert_eq!((length.value, length.incoming_n, found.verdict), (None, Some(4), Verdict::Pass));
        assert!(one(&PropertyLabelCorrelation::default(), &set()).is_err());
    }
}
