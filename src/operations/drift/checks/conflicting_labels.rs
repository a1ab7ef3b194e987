//! Equal texts with different labels.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::equal_texts::equal_texts;
use super::shown::{beginning, numbers};
use super::{About, Check, CheckContext, CheckError, Family, Findings, Need, OneSetCheck};
use crate::core::stats::{count_of, share};
use crate::core::text::comparable::NormalForm;
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Exhibit, Group, Groups};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;

const CONFLICTING_SHARE: &str = "conflicting_share";

/// Equal texts with different labels.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct ConflictingLabels {
    /// What makes no difference between two texts.
    pub form: NormalForm,
    /// Groups that are shown.
    pub show: usize,
}

impl Default for ConflictingLabels {
    fn default() -> Self {
        Self { form: NormalForm::default(), show: 10 }
    }
}

impl Check for ConflictingLabels {
    const ABOUT: About = About {
        name: "conflicting_labels",
        title: "Conflicting labels",
        definition: "Rows with a label whose text another row has with another label; case, punctuation, stop words and \
                     white space make no difference. One of the labels is wrong, or the text does not decide it.",
        family: Family::DataIntegrity,
        needs: &[Need::Labels],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(CONFLICTING_SHARE, Rule::AtMost, 0.0)]
    }
}

impl OneSetCheck for ConflictingLabels {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let labels: Vec<Option<String>> = (0..set.len()).map(|place| set.label(place)).collect();
        let (groups, _) = equal_texts(set, self.form, |place| labels[place].is_some());
        let of_group = |places: &[usize]| -> BTreeSet<&str> {
            places.iter().filter_map(|place| labels[*place].as_deref()).collect()
        };
        let groups: Vec<Vec<usize>> = groups.into_iter().filter(|places| of_group(places).len() > 1).collect();
        let labelled = count_of(labels.iter().flatten().count());
        let conflicting = count_of(groups.iter().map(Vec::len).sum());
        let measure = Measure::new(CONFLICTING_SHARE, share(conflicting, labelled)).from_rows(which, labelled);
        let mut findings = Findings { measures: vec![measure], ..Findings::default() };
        let shown = groups.iter().take(self.show).map(|places| {
            let first = places.first().map(|place| set.text(*place).unwrap_or_default());
            Group {
                text: beginning(first.unwrap_or_default()),
                count: count_of(places.len()),
                labels: of_group(places).into_iter().map(str::to_owned).collect(),
                ..Group::default()
            }
            .with_rows(which, numbers(set, places))
        });
        let shown: Vec<Group> = shown.collect();
        if !shown.is_empty() {
            let (title, more) = ("Equal texts, different labels".to_owned(), count_of(groups.len() - shown.len()));
            findings.exhibits.push(Exhibit::Groups(Groups { title, groups: shown, more }));
        }
        Ok(findings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, one, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn a_planted_conflict_is_found_and_equal_labels_or_none_are_no_conflict() {
        let set = || set_of(["The cat.", "cat!", "dog", "Dog", "bird"]);
        let Judged { findings, verdict } =
            one(&ConflictingLabels::default(), &set().with_labels(["a", "b", "a", "", "a"])).unwrap();
        assert!((value(&findings, CONFLICTING_SHARE) - 0.5).abs() < 1e-12, "two of four rows with a label");
        assert_eq!(verdict, Verdict::Fail);
        let Exhibit::Groups(groups) = &findings.exhibits[0] else { panic!("{findings:?}") };
        assert_eq!(
            (groups.groups[0].labels.as_slice(), groups.groups[0].incoming_rows.as_slice()),
            (&["a".to_owned(), "b".to_owned()][..], &[0, 1][..])
        );
        let Judged { findings, verdict } =
            one(&ConflictingLabels::default(), &set().with_labels(["a", "a", "b", "b", ""])).unwrap();
        assert!(value(&findings, CONFLICTING_SHARE).abs() < 1e-12 && findings.exhibits.is_empty());
        assert_eq!(verdict, Verdict::Pass);
    }
}
