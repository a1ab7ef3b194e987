//! Texts that are there more than once.

use serde::{Deserialize, Serialize};

use super::equal_texts::equal_texts;
use super::shown::{beginning, numbers};
use super::{About, Check, CheckContext, CheckError, Family, Findings, OneSetCheck};
use crate::core::stats::{count_of, share};
use crate::core::text::comparable::NormalForm;
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Exhibit, Group, Groups};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;

const DUPLICATE_SHARE: &str = "duplicate_share";

/// Texts that are there more than once.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Duplicates {
    /// What makes no difference between two texts.
    pub form: NormalForm,
    /// Groups that are shown.
    pub show: usize,
}

impl Default for Duplicates {
    fn default() -> Self {
        Self { form: NormalForm::default(), show: 10 }
    }
}

impl Check for Duplicates {
    const ABOUT: About = About {
        name: "duplicates",
        title: "Duplicates",
        definition: "Rows whose text another row has already; case, punctuation, stop words and white space make no \
                     difference. The first copy does not count. What is there twice weighs twice in training, and if the \
                     copies part over training and test, scores lie.",
        family: Family::DataIntegrity,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(DUPLICATE_SHARE, Rule::AtMost, 0.05).or_warn()]
    }
}

impl OneSetCheck for Duplicates {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let (groups, different) = equal_texts(set, self.form, |_| true);
        let rows = count_of(set.len());
        // As deepchecks computes it, to the last bit.
        let measured = 1.0 - share(count_of(different), rows);
        let measure = Measure::new(DUPLICATE_SHARE, measured).from_rows(which, rows);
        let mut findings = Findings { measures: vec![measure], ..Findings::default() };
        if !groups.is_empty() {
            findings.exhibits.push(self.shown(which, set, &groups));
        }
        Ok(findings)
    }
}

impl Duplicates {
    fn shown(&self, which: Which, set: &Set, groups: &[Vec<usize>]) -> Exhibit {
        let group = |places: &Vec<usize>| {
            Group {
                text: places.first().map(|place| beginning(set.text(*place).unwrap_or_default())).unwrap_or_default(),
                count: count_of(places.len()),
                ..Group::default()
            }
            .with_rows(which, numbers(set, places))
        };
        let shown: Vec<Group> = groups.iter().take(self.show).map(group).collect();
        let more = count_of(groups.len() - shown.len());
        Exhibit::Groups(Groups { title: "Equal texts".to_owned(), groups: shown, more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, one, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    fn texts(planted: usize) -> Vec<String> {
        (0..100).map(|row| format!("text of row {}", if row < planted { 0 } else { row + 1000 })).collect()
    }

    #[test]
    fn copies_are_found_with_their_rows_and_the_first_one_does_not_count() {
        for (planted, share, verdict) in [(0, 0.0, Verdict::Pass), (5, 0.04, Verdict::Pass), (7, 0.06, Verdict::Warn)] {
            let set = set_of(texts(planted).iter().map(String::as_str));
            let Judged { findings, verdict: found } = one(&Duplicates::default(), &set).unwrap();
            assert!((value(&findings, DUPLICATE_SHARE) - share).abs() < 1e-12, "{planted}");
            assert_eq!(found, verdict, "{planted}");
            let rows: Vec<u64> = (0..planted as u64).collect();
            let shown = findings.exhibits.first().map(|exhibit| match exhibit {
                Exhibit::Groups(groups) => groups.groups[0].incoming_rows.clone(),
                other => panic!("{other:?}"),
            });
            assert_eq!(shown.unwrap_or_default(), rows);
        }
    }

    #[test]
    fn one_row_and_equal_rows_have_a_share() {
        let Judged { findings, .. } = one(&Duplicates::default(), &set_of(["only"])).unwrap();
        assert!(value(&findings, DUPLICATE_SHARE).abs() < 1e-12);
        let Judged { findings, .. } = one(&Duplicates::default(), &set_of(["same"; 1000])).unwrap();
        assert!((value(&findings, DUPLICATE_SHARE) - 0.999).abs() < 1e-12);
    }
}
