//! Parts of a set in which a model's predictions are worse than elsewhere.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::segment_search::{CONFIRMED_RATIO, How, Rows, Searched, Words, drawn, taken};
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, OneSetCheck};
use crate::core::stats::segments::SegmentOptions;
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::outcome::Which;
use crate::operations::drift::set::Set;

/// The least probability of a label whose logarithm is taken.
const LEAST_PROBABILITY: f64 = 1e-15;

/// Parts of a set in which a model's predictions are worse than elsewhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct WeakSegments {
    /// Properties and columns that are paired at the most: those that tell most of the mistakes.
    pub most_features: usize,
    /// Share of the rows that a part has at the least.
    pub min_share: f64,
    /// Whether a property or column may tell several parts.
    pub repeat_features: bool,
    /// Rows that are searched; of more, so many are drawn.
    pub max_rows: usize,
    /// Level at which a part is confirmed.
    pub significance: f64,
    /// Parts that are tested and shown.
    pub show: usize,
    /// Rows that are shown of each.
    pub show_rows: usize,
}

impl Default for WeakSegments {
    fn default() -> Self {
        Self {
            most_features: 12,
            min_share: 0.05,
            repeat_features: false,
            max_rows: 5_000,
            significance: 0.05,
            show: 5,
            show_rows: 3,
        }
    }
}

impl Check for WeakSegments {
    const ABOUT: About = About {
        name: "weak_segments",
        title: "Weak parts",
        definition: "Parts of the set, told by one or two properties or columns, in which a smaller share of predictions is right \
                     than in all rows. The share of the worst part beside that of all, on rows on which the part was not \
                     searched. Where the probabilities of labels are given, parts are searched by how probable the true one was.",
        family: Family::ModelEvaluation,
        needs: &[Need::Labels, Need::Predictions],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(CONFIRMED_RATIO, Rule::GreaterThan, 0.8).or_warn()]
    }
}

impl OneSetCheck for WeakSegments {
    fn run(&self, which: Which, set: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let (Some(labels), Some(predictions)) = (&set.labels, &set.predictions) else {
            return Err(CheckError::new("the set has no labels or no predictions"));
        };
        let is_answered = |place: &usize| !labels.codes(*place).is_empty() && !predictions.codes(*place).is_empty();
        let answered: Vec<usize> = (0..set.len()).filter(is_answered).collect();
        if answered.is_empty() {
            return Err(CheckError::new("no row has both a label and a prediction"));
        }
        let places = drawn(answered, self.max_rows, context.seed);
        let is_right: Vec<bool> =
            places.iter().map(|place| labels.joined(*place) == predictions.joined(*place)).collect();
        let certainty = certainty(set, &places);
        let is_certain = certainty.is_some();
        let columns = set.properties().iter().chain(&set.columns);
        let rows = Rows::new(taken(columns, &places), &is_right).grown_by(certainty);
        let words = Words { title: "Parts where predictions are wrong", score: "share of right predictions" };
        let searched = Searched { set, which, places, rows };
        let mut findings = searched.findings(&self.how(context.seed), words, context);
        if !is_certain && !set.probabilities.is_empty() {
            let note = "some label has no probability: parts were searched by right and wrong predictions";
            findings.notes.push(note.to_owned());
        }
        Ok(findings)
    }
}

impl WeakSegments {
    fn how(&self, seed: u64) -> How {
        let (min_share, most_features, repeat_features) = (self.min_share, self.most_features, self.repeat_features);
        How {
            options: SegmentOptions { min_share, most_features, repeat_features, ..SegmentOptions::default() },
            significance: self.significance,
            show: self.show,
            show_rows: self.show_rows,
            seed,
        }
    }
}

/// The logarithm of how probable the true label of each row was held; none unless every one of them has a probability.
fn certainty(set: &Set, places: &[usize]) -> Option<Vec<f64>> {
    let by_label: BTreeMap<&str, &Vec<f64>> =
        set.probabilities.iter().map(|(label, column)| (label.as_str(), column)).collect();
    let of_row = |place: &usize| {
        let probability = *by_label.get(set.label(*place)?.as_str())?.get(*place)?;
        (!probability.is_nan()).then(|| probability.clamp(LEAST_PROBABILITY, 1.0).ln())
    };
    places.iter().map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{answered, categories, one, value};
    use crate::operations::drift::exhibit::Exhibit;
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::values::Values;
    use crate::operations::drift::verdict::Verdict;

    /// Rows of which nine in ten are right, but only `right` of those of one category.
    fn set(right: f64, seed: u64) -> Set {
        let mut random = fastrand::Rng::with_seed(seed);
        let set = answered(600, 0.9, &mut random);
        let channel = categories(600, &[0.8, 0.2], &mut random);
        let Values::Categories(names) = &channel else { panic!("{channel:?}") };
        let is_kept: Vec<bool> = (0..600).map(|row| names.name(row) != Some("1") || random.f64() < right).collect();
        let label = |row: usize| set.label(row).unwrap();
        let predicted = |row: usize| set.predictions.as_ref().and_then(|labels| labels.joined(row)).unwrap();
        let wrong = |row: usize| if label(row) == "a" { "b".to_owned() } else { "a".to_owned() };
        let predictions: Vec<String> =
            (0..600).map(|row| if is_kept[row] { predicted(row) } else { wrong(row) }).collect();
        set.with_predictions(predictions.iter().map(String::as_str)).with_column("channel", channel)
    }

    #[test]
    fn a_planted_weak_part_is_found_and_none_where_none_is() {
        let mut alarms = 0;
        for seed in 0..20 {
            let found = one(&WeakSegments::default(), &set(0.3, seed)).unwrap();
            assert_eq!(found.verdict, Verdict::Warn, "{:?}", found.findings.measures);
            assert!(value(&found.findings, CONFIRMED_RATIO) < 0.7);
            let Exhibit::Segments(segments) = &found.findings.exhibits[0] else { panic!("{found:?}") };
            assert!(segments.segments[0].rule.contains("channel is \"1\""), "{segments:?}");
            let verdict = one(&WeakSegments::default(), &set(1.0, seed)).unwrap().verdict;
            alarms += u32::from(verdict != Verdict::Pass);
        }
        assert!(alarms <= 4, "{alarms} of 20");
    }

    #[test]
    fn probabilities_of_the_true_label_are_searched_where_every_label_has_them() {
        let with = |labels: &[&str]| {
            let mut set = set(0.3, 1);
            let places: Vec<usize> = (0..set.len()).collect();
            let right = |place: &usize| set.label(*place) == set.predictions.as_ref().unwrap().joined(*place);
            let held: Vec<f64> = places.iter().map(|place| if right(place) { 0.8 } else { 0.2 }).collect();
            set.probabilities = labels.iter().map(|label| ((*label).to_owned(), held.clone())).collect();
            set
        };
        let set = with(&["a", "b"]);
        let certainty = certainty(&set, &[0, 1, 2]).unwrap();
        assert!(certainty.iter().all(|held| (held.exp() - 0.8).abs() < 1e-12 || (held.exp() - 0.2).abs() < 1e-12));
        let found = one(&WeakSegments::default(), &set).unwrap();
        assert_eq!((found.verdict, found.findings.notes.len()), (Verdict::Warn, 0));
        let found = one(&WeakSegments::default(), &with(&["a"])).unwrap();
        assert_eq!((found.verdict, found.findings.notes.len()), (Verdict::Warn, 1));
    }

    #[test]
    fn rows_without_an_answer_are_an_error() {
        let error = one(&WeakSegments::default(), &set_of(["a", "b"])).unwrap_err();
        assert_eq!(error.message, "the set has no labels or no predictions");
        let none = set_of(["a", "b"]).with_labels(["x", ""]).with_predictions(["", "x"]);
        assert!(one(&WeakSegments::default(), &none).is_err());
    }
}
