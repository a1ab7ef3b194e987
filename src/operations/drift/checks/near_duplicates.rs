//! Rows whose texts are nearly the same.
//!
//! The one decision: equal texts count once, they are the business of `duplicates`; so the two shares add up.

use serde::{Deserialize, Serialize};

use super::equal_texts::different_texts;
use super::shown::{beginning, numbers};
use super::{About, Check, CheckContext, CheckError, Family, Findings, OneSetCheck};
use crate::core::stats::minhash::{NearGroup, ShingledTexts};
use crate::core::stats::{count_of, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Exhibit, Group, Groups};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;

const NEAR_DUPLICATE_SHARE: &str = "near_duplicate_share";
/// Likeness from which on texts are nearly the same; the candidates of `minhash` are made for it.
pub(super) const NEARLY_THE_SAME: f64 = 0.8;

/// Rows whose texts are nearly the same.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NearDuplicates {
    /// Share of common runs of three words from which on two texts are nearly the same.
    pub min_likeness: f64,
    /// Groups that are shown.
    pub show: usize,
}

impl Default for NearDuplicates {
    fn default() -> Self {
        Self { min_likeness: NEARLY_THE_SAME, show: 10 }
    }
}

impl Check for NearDuplicates {
    const ABOUT: About = About {
        name: "near_duplicates",
        title: "Near-duplicates",
        definition: "Different texts of which another row has nearly the same: four fifths of their runs of three words are \
                     common to both (Jaccard's index; candidates by MinHash, each measured). Templates with another name in \
                     them teach a model the template, and in training and test they are a leak.",
        family: Family::DataIntegrity,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(NEAR_DUPLICATE_SHARE, Rule::AtMost, 0.05).or_warn()]
    }
}

impl OneSetCheck for NearDuplicates {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let different = different_texts(set);
        let groups = shingled(set, &different).groups(self.min_likeness);
        let near = groups.iter().map(|group| group.rows.len() - 1).sum();
        let texts = count_of(different.len());
        let measure = Measure::new(NEAR_DUPLICATE_SHARE, share(count_of(near), texts)).from_rows(which, texts);
        let mut findings = Findings { measures: vec![measure], ..Findings::default() };
        if !groups.is_empty() {
            findings.exhibits.push(self.shown(which, set, &groups));
        }
        Ok(findings)
    }
}

impl NearDuplicates {
    fn shown(&self, which: Which, set: &Set, groups: &[NearGroup]) -> Exhibit {
        let group = |group: &NearGroup| {
            let places: Vec<usize> = group.rows.iter().filter_map(|place| usize::try_from(*place).ok()).collect();
            let first = places.first().and_then(|place| set.text(*place)).unwrap_or_default();
            Group { text: beginning(first), count: count_of(places.len()), ..Group::default() }
                .with_rows(which, numbers(set, &places))
        };
        let shown: Vec<Group> = groups.iter().take(self.show).map(group).collect();
        let more = count_of(groups.len() - shown.len());
        Exhibit::Groups(Groups { title: "Texts that are nearly the same".to_owned(), groups: shown, more })
    }
}

/// The texts of rows at these places as sets of runs of words, known by their places.
pub(super) fn shingled(set: &Set, places: &[usize]) -> ShingledTexts {
    let text = |place: &usize| Some((u32::try_from(*place).ok()?, set.text(*place)?));
    ShingledTexts::of(places.iter().filter_map(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, one, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    /// A text of its own for each number.
    fn text(number: usize) -> String {
        let mut random = fastrand::Rng::with_seed(number as u64);
        (0..20).map(|_| format!("w{}", random.u32(..500))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn planted_near_copies_are_found_and_none_where_none_are() {
        for (planted, verdict) in [(0, Verdict::Pass), (5, Verdict::Pass), (20, Verdict::Warn)] {
            let copies = (0..planted).map(|number| format!("{} indeed", text(number)));
            let texts: Vec<String> = (0..100).map(text).chain(copies).collect();
            let set = set_of(texts.iter().map(String::as_str));
            let Judged { findings, verdict: found } = one(&NearDuplicates::default(), &set).unwrap();
            let expected = share(count_of(planted), count_of(texts.len()));
            assert!((value(&findings, NEAR_DUPLICATE_SHARE) - expected).abs() < 1e-12);
            assert_eq!(found, verdict);
            if planted > 0 {
                let Exhibit::Groups(groups) = &findings.exhibits[0] else { panic!("{findings:?}") };
                assert_eq!(groups.groups[0].incoming_rows, [0, 100]);
            }
        }
    }

    #[test]
    fn equal_texts_are_no_near_duplicates() {
        let Judged { findings, .. } = one(&NearDuplicates::default(), &set_of([text(1).as_str(); 50])).unwrap();
        assert_eq!(value(&findings, NEAR_DUPLICATE_SHARE).to_bits(), 0);
        let none: [&str; 0] = [];
        let Judged { findings, .. } = one(&NearDuplicates::default(), &set_of(none)).unwrap();
        assert!(findings.exhibits.is_empty());
    }
}
