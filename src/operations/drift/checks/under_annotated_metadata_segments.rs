//! Parts of a set whose labels are missing, told by its other columns.

use serde::{Deserialize, Serialize};

use super::segment_search::CONFIRMED_RATIO;
use super::under_annotated_segments::UnderAnnotatedSegments;
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, OneSetCheck};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::outcome::Which;
use crate::operations::drift::set::Set;

/// Parts of a set whose labels are missing, told by its other columns.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct UnderAnnotatedMetadataSegments {
    /// Share of rows with a label above which nothing is searched.
    pub annotation_threshold: f64,
    /// Columns that are paired at the most: those that tell most of the labels.
    pub most_features: usize,
    /// Share of the rows that a part has at the least.
    pub min_share: f64,
    /// Whether a column may tell several parts.
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

impl Default for UnderAnnotatedMetadataSegments {
    fn default() -> Self {
        let of_properties = UnderAnnotatedSegments::default();
        Self {
            annotation_threshold: of_properties.annotation_threshold,
            most_features: of_properties.most_features,
            min_share: of_properties.min_share,
            repeat_features: true,
            max_rows: of_properties.max_rows,
            significance: of_properties.significance,
            show: of_properties.show,
            show_rows: of_properties.show_rows,
        }
    }
}

impl Check for UnderAnnotatedMetadataSegments {
    const ABOUT: About = About {
        name: "under_annotated_metadata_segments",
        title: "Rows without labels",
        definition: "Parts of the set, told by one or two other columns, of which a smaller share has a label than of all rows: \
                     the labels are not a fair sample there. The share of the worst part beside that of all, on rows on which \
                     the part was not searched; searched where at most 95 % have a label.",
        family: Family::DataIntegrity,
        needs: &[Need::Labels, Need::Columns(2)],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(CONFIRMED_RATIO, Rule::GreaterThan, 0.8).or_warn()]
    }
}

impl OneSetCheck for UnderAnnotatedMetadataSegments {
    fn run(&self, which: Which, set: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let how = UnderAnnotatedSegments {
            annotation_threshold: self.annotation_threshold,
            most_features: self.most_features,
            min_share: self.min_share,
            repeat_features: self.repeat_features,
            max_rows: self.max_rows,
            significance: self.significance,
            show: self.show,
            show_rows: self.show_rows,
        };
        how.search(which, set, || set.columns.iter().collect(), context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{categories, one, texts, value};
    use crate::operations::drift::exhibit::Exhibit;
    use crate::operations::drift::values::Values;
    use crate::operations::drift::verdict::Verdict;

    /// Rows with two columns; `planted` of those of one category, and a tenth of all, lack a label.
    fn set(planted: f64, seed: u64) -> Set {
        let mut random = fastrand::Rng::with_seed(seed);
        let channel = categories(500, &[0.8, 0.2], &mut random);
        let Values::Categories(names) = &channel else { panic!("{channel:?}") };
        let is_missing = |row: usize, random: &mut fastrand::Rng| {
            random.f64() < 0.1 || names.name(row) == Some("1") && random.f64() < planted
        };
        let labels: Vec<&str> = (0..500).map(|row| if is_missing(row, &mut random) { "" } else { "a" }).collect();
        let set = texts(500, 30, &mut random).with_labels(labels).with_column("channel", channel);
        set.with_column("amount", Values::Numbers((0..500).map(|_| random.f64()).collect()))
    }

    #[test]
    fn a_planted_part_without_labels_is_found_and_none_where_none_is() {
        let mut alarms = 0;
        for seed in 0..20 {
            let found = one(&UnderAnnotatedMetadataSegments::default(), &set(0.8, seed)).unwrap();
            assert_eq!(found.verdict, Verdict::Warn, "{:?}", found.findings.measures);
            assert!(value(&found.findings, CONFIRMED_RATIO) < 0.6);
            let Exhibit::Segments(segments) = &found.findings.exhibits[0] else { panic!("{found:?}") };
            assert!(segments.segments[0].rule.contains("channel is \"1\""), "{segments:?}");
            let verdict = one(&UnderAnnotatedMetadataSegments::default(), &set(0.0, seed)).unwrap().verdict;
            alarms += u32::from(verdict != Verdict::Pass);
        }
        assert!(alarms <= 4, "{alarms} of 20");
    }

    #[test]
    fn a_set_without_a_label_column_can_t_be_searched() {
        let set = Set { labels: None, ..set(0.0, 1) };
        let error = one(&UnderAnnotatedMetadataSegments::default(), &set).unwrap_err();
        assert_eq!(error.message, "the set has no labels");
    }
}
