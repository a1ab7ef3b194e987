//! Parts of a set whose labels are missing, told by properties of the texts.

use serde::{Deserialize, Serialize};

use super::segment_search::{CONFIRMED_RATIO, How, Rows, Searched, Words, drawn, taken};
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, OneSetCheck};
use crate::core::stats::segments::SegmentOptions;
use crate::core::stats::{count_of, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;
use crate::operations::drift::values::Values;

/// Parts of a set whose labels are missing, told by properties of the texts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UnderAnnotatedSegments {
    /// Share of rows with a label above which nothing is searched.
    pub annotation_threshold: f64,
    /// Properties that are paired at the most: those that tell most of the labels.
    pub most_features: usize,
    /// Share of the rows that a part has at the least.
    pub min_share: f64,
    /// Whether a property may tell several parts.
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

impl Default for UnderAnnotatedSegments {
    fn default() -> Self {
        Self {
            annotation_threshold: 0.95,
            most_features: 12,
            min_share: 0.05,
            repeat_features: false,
            max_rows: 10_000,
            significance: 0.05,
            show: 5,
            show_rows: 3,
        }
    }
}

impl Check for UnderAnnotatedSegments {
    const ABOUT: About = About {
        name: "under_annotated_segments",
        title: "Texts without labels",
        definition: "Parts of the set, told by one or two properties of the texts, of which a smaller share has a label than of \
                     all rows: the labels are not a fair sample there. The share of the worst part beside that of all, on rows on \
                     which the part was not searched; searched where at most 95 % have a label.",
        family: Family::DataIntegrity,
        needs: &[Need::Labels],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(CONFIRMED_RATIO, Rule::GreaterThan, 0.8).or_warn()]
    }
}

impl OneSetCheck for UnderAnnotatedSegments {
    fn run(&self, which: Which, set: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        self.search(which, set, || set.properties().iter().collect(), context)
    }
}

impl UnderAnnotatedSegments {
    /// Searches by some columns, which are asked for where labels are missing at all.
    pub(super) fn search<'s>(
        &self,
        which: Which,
        set: &'s Set,
        columns: impl FnOnce() -> Vec<(&'s String, &'s Values)>,
        context: &CheckContext<'_>,
    ) -> Result<Findings, CheckError> {
        let labels = set.labels.as_ref().ok_or_else(|| CheckError::new("the set has no labels"))?;
        let has_label = |place: usize| !labels.codes(place).is_empty();
        let annotated = share(count_of((0..set.len()).filter(|place| has_label(*place)).count()), count_of(set.len()));
        let measure = Measure::new("annotated_share", annotated).from_rows(which, count_of(set.len()));
        if set.is_empty() || annotated > self.annotation_threshold {
            let percent = self.annotation_threshold * 100.0;
            let confirmed = Measure::missing(CONFIRMED_RATIO, format!("not searched: over {percent} % have a label"));
            return Ok(Findings { measures: vec![measure, confirmed], ..Findings::default() });
        }
        let places = drawn((0..set.len()).collect(), self.max_rows, context.seed);
        let is_good: Vec<bool> = places.iter().map(|place| has_label(*place)).collect();
        let rows = Rows::new(taken(columns(), &places), &is_good);
        let words = Words { title: "Parts where labels are missing", score: "share of rows with a label" };
        let searched = Searched { set, which, places, rows };
        let mut findings = searched.findings(&self.how(context.seed), words, context);
        findings.measures.insert(0, measure);
        Ok(findings)
    }

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{one, texts, value};
    use crate::operations::drift::exhibit::Exhibit;
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    /// Texts of which `planted` of the long ones, and a tenth of all, lack a label.
    fn set(planted: f64, seed: u64) -> Set {
        let mut random = fastrand::Rng::with_seed(seed);
        let set = texts(500, 200, &mut random);
        let is_missing =
            |text: &str, random: &mut fastrand::Rng| random.f64() < 0.1 || text.len() > 220 && random.f64() < planted;
        let rows = (0..set.len()).map(|place| set.text(place).unwrap_or_default());
        let labels: Vec<&str> = rows.map(|text| if is_missing(text, &mut random) { "" } else { "a" }).collect();
        set.with_labels(labels)
    }

    #[test]
    fn a_planted_part_without_labels_is_found_and_none_where_none_is() {
        let mut alarms = 0;
        for seed in 0..20 {
            let found = one(&UnderAnnotatedSegments::default(), &set(0.8, seed)).unwrap();
            assert_eq!(found.verdict, Verdict::Warn, "{:?}", found.findings.measures);
            assert!(value(&found.findings, CONFIRMED_RATIO) < 0.6);
            let Exhibit::Segments(segments) = &found.findings.exhibits[0] else { panic!("{found:?}") };
            let by_length = segments.segments.iter().find(|segment| segment.rule.contains("text_length"));
            assert!(by_length.unwrap().examples.iter().all(|row| row.text.chars().count() > 190), "{segments:?}");
            let verdict = one(&UnderAnnotatedSegments::default(), &set(0.0, seed)).unwrap().verdict;
            alarms += u32::from(verdict != Verdict::Pass);
        }
        assert!(alarms <= 4, "{alarms} of 20");
    }

    #[test]
    fn a_set_that_has_nearly_all_labels_is_not_searched_and_one_without_a_column_can_t_be() {
        let texts: Vec<String> = (0..40).map(|row| format!("text {row}")).collect();
        let set = || set_of(texts.iter().map(String::as_str));
        let labels = (0..40).map(|row| if row == 7 { "" } else { "a" });
        let found = one(&UnderAnnotatedSegments::default(), &set().with_labels(labels)).unwrap();
        assert!((value(&found.findings, "annotated_share") - 0.975).abs() < 1e-12);
        assert_eq!((found.verdict, found.findings.exhibits.len()), (Verdict::Pass, 0));
        assert!(one(&UnderAnnotatedSegments::default(), &set()).is_err());
        let few = set_of(["a", "b"]).with_labels(["", "x"]);
        assert_eq!(one(&UnderAnnotatedSegments::default(), &few).unwrap().verdict, Verdict::Pass);
    }
}
