//! Incoming texts that the reference has already.

use serde::{Deserialize, Serialize};

use super::shown::{ROWS_LISTED, beginning};
use super::{About, Check, CheckContext, CheckError, Family, Findings, PairCheck};
use crate::core::stats::{count_of, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Exhibit, Group, Groups};
use crate::operations::drift::outcome::Measure;
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

const LEAKED_SHARE: &str = "leaked_share";

/// Incoming texts that the reference has already.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Leakage {
    /// Groups that are shown.
    pub show: usize,
}

impl Default for Leakage {
    fn default() -> Self {
        Self { show: 10 }
    }
}

impl Check for Leakage {
    const ABOUT: About = About {
        name: "leakage",
        title: "Texts of the reference",
        definition: "Incoming rows whose text the reference has already; case, punctuation, stop words and white space make \
                     no difference. If the one is trained on and the other tested with, scores are too good.",
        family: Family::Comparison,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(LEAKED_SHARE, Rule::AtMost, 0.05)]
    }
}

impl PairCheck for Leakage {
    fn run(&self, reference: &Reference, incoming: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let known = reference.digests();
        let mut groups = Vec::new();
        for came in incoming.digests().chunk_by(|one, other| one.0 == other.0) {
            let Some((digest, _)) = came.first() else { continue };
            let begin = known.partition_point(|(known, _)| known < digest);
            let behind = known.get(begin..).unwrap_or_default();
            let same = behind.get(..behind.partition_point(|(known, _)| known == digest)).unwrap_or_default();
            if !same.is_empty() {
                groups.push((same, came));
            }
        }
        let leaked = count_of(groups.iter().map(|(_, came)| came.len()).sum());
        let measure = Measure::new(LEAKED_SHARE, share(leaked, count_of(incoming.len())))
            .from_n(Some(reference.len()), Some(count_of(incoming.len())));
        let mut findings = Findings { measures: vec![measure], ..Findings::default() };
        // Those of most incoming rows first, and then in the order of the rows.
        groups.sort_by_key(|(_, came)| (std::cmp::Reverse(came.len()), came.first().map(|(_, row)| *row)));
        let shown: Vec<Group> = groups.iter().take(self.show).map(|(same, came)| group(incoming, same, came)).collect();
        if !shown.is_empty() {
            let more = count_of(groups.len() - shown.len());
            findings.exhibits.push(Exhibit::Groups(Groups {
                title: "Texts of both sets".to_owned(),
                groups: shown,
                more,
            }));
        }
        Ok(findings)
    }
}

fn group(incoming: &Set, same: &[(u128, u64)], came: &[(u128, u64)]) -> Group {
    let rows = |digests: &[(u128, u64)]| digests.iter().take(ROWS_LISTED).map(|(_, row)| *row).collect();
    let first = came.first().and_then(|(_, row)| incoming.rows.binary_search(row).ok());
    Group {
        text: beginning(first.and_then(|place| incoming.text(place)).unwrap_or_default()),
        count: count_of(same.len() + came.len()),
        reference_rows: rows(same),
        incoming_rows: rows(came),
        labels: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, Planted, pair, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn planted_copies_are_found_on_both_sides_and_none_where_none_are() {
        for (planted, verdict) in [(0, Verdict::Pass), (5, Verdict::Pass), (8, Verdict::Fail)] {
            let known: Vec<String> = (0..50).map(|row| format!("Known text, number {row}.")).collect();
            let came: Vec<String> = (0..100)
                .map(|row| if row < planted { format!("known TEXT number {row}") } else { format!("fresh text {row}") })
                .collect();
            let incoming = set_of(came.iter().map(String::as_str));
            let Judged { findings, verdict: found } =
                pair(&Leakage::default(), Planted { reference: set_of(known.iter().map(String::as_str)), incoming })
                    .unwrap();
            assert!((value(&findings, LEAKED_SHARE) - f64::from(planted) / 100.0).abs() < 1e-12);
            assert_eq!(found, verdict);
            if planted > 0 {
                let Exhibit::Groups(groups) = &findings.exhibits[0] else { panic!("{findings:?}") };
                assert_eq!((&groups.groups[2].reference_rows, &groups.groups[2].incoming_rows), (&vec![2], &vec![2]));
            }
        }
    }
}
