//! Incoming rows whose text is nearly one of the reference.
//!
//! The one decision: rows whose text is equal to one of the reference are left out, they are the business of `leakage`; so the
//! two shares add up.

use serde::{Deserialize, Serialize};

use super::near_duplicates::{NEARLY_THE_SAME, shingled};
use super::shown::{beginning, example};
use super::{About, Check, CheckContext, CheckError, Family, Findings, PairCheck};
use crate::core::stats::minhash::NearMatch;
use crate::core::stats::{count_of, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Example, Examples, Exhibit};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

const NEARLY_LEAKED_SHARE: &str = "nearly_leaked_share";

/// Incoming rows whose text is nearly one of the reference.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NearLeakage {
    /// Share of common runs of three words from which on two texts are nearly the same.
    pub min_likeness: f64,
    /// Rows that are shown.
    pub show: usize,
}

impl Default for NearLeakage {
    fn default() -> Self {
        Self { min_likeness: NEARLY_THE_SAME, show: 20 }
    }
}

impl Check for NearLeakage {
    const ABOUT: About = About {
        name: "near_leakage",
        title: "Near-copies of the reference",
        definition: "Incoming rows whose text is not in the reference, but nearly: four fifths of the runs of three words are \
                     common to both (Jaccard's index; candidates by MinHash, each measured). If one set is to test what the \
                     other trains, scores on such rows are better than they will be.",
        family: Family::Comparison,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(NEARLY_LEAKED_SHARE, Rule::AtMost, 0.05)]
    }
}

impl PairCheck for NearLeakage {
    fn run(&self, reference: &Reference, incoming: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let known = reference.rows();
        let fresh = fresh_places(reference, incoming);
        let all: Vec<usize> = (0..known.len()).collect();
        let mut matches = shingled(known, &all).matches(&shingled(incoming, &fresh), self.min_likeness);
        let measure = Measure::new(NEARLY_LEAKED_SHARE, share(count_of(matches.len()), count_of(incoming.len())))
            .from_n(Some(count_of(known.len())), Some(count_of(incoming.len())));
        let mut findings = Findings { measures: vec![measure], ..Findings::default() };
        if !matches.is_empty() {
            // Stable: equally alike ones stay in the order of the rows.
            matches.sort_by(|one, other| other.likeness.total_cmp(&one.likeness));
            let shown = matches.iter().take(self.show).filter_map(|found| shown(known, incoming, found));
            let rows: Vec<Example> = shown.collect();
            let more = count_of(matches.len() - rows.len());
            let title = "Rows whose text is nearly one of the reference".to_owned();
            findings.exhibits.push(Exhibit::Examples(Examples { title, rows, more }));
        }
        findings.notes.extend(reference.sample_note());
        Ok(findings)
    }
}

/// Places of the incoming rows whose text the reference does not have.
fn fresh_places(reference: &Reference, incoming: &Set) -> Vec<usize> {
    let known = reference.digests();
    let is_fresh = |digest: u128| {
        let at = known.partition_point(|(other, _)| *other < digest);
        known.get(at).is_none_or(|(other, _)| *other != digest)
    };
    let fresh = incoming.digests().iter().filter(|(digest, _)| is_fresh(*digest));
    let mut places: Vec<usize> = fresh.filter_map(|(_, row)| incoming.rows.binary_search(row).ok()).collect();
    places.sort_unstable();
    places
}

fn shown(known: &Set, incoming: &Set, found: &NearMatch) -> Option<Example> {
    let [place, original] = [found.incoming, found.reference].map(usize::try_from);
    let (place, original) = (place.ok()?, original.ok()?);
    let text = beginning(known.text(original).unwrap_or_default());
    let note = format!("{:.2} like row {} of the reference: {text}", found.likeness, known.rows[original]);
    Some(example(Which::Incoming, incoming, place, Some(note)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, Planted, pair, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    fn text(number: usize) -> String {
        let mut random = fastrand::Rng::with_seed(number as u64);
        (0..20).map(|_| format!("w{}", random.u32(..500))).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn planted_near_copies_are_found_and_none_where_none_are() {
        let known: Vec<String> = (0..50).map(text).collect();
        for (planted, verdict) in [(0, Verdict::Pass), (4, Verdict::Pass), (8, Verdict::Fail)] {
            let copies = (0..planted).map(|number| format!("{} indeed", text(number)));
            let came: Vec<String> = copies.chain((planted..100).map(|number| text(1000 + number))).collect();
            let incoming = set_of(came.iter().map(String::as_str));
            let Judged { findings, verdict: found } = pair(
                &NearLeakage::default(),
                Planted { reference: set_of(known.iter().map(String::as_str)), incoming },
            )
            .unwrap();
            let expected = share(count_of(planted), 100);
            assert!((value(&findings, NEARLY_LEAKED_SHARE) - expected).abs() < 1e-12);
            assert_eq!(found, verdict);
            if planted > 0 {
                let Exhibit::Examples(examples) = &findings.exhibits[0] else { panic!("{findings:?}") };
                let first = &examples.rows[0];
                assert!(first.text.ends_with("indeed") && first.note.as_ref().unwrap().contains("of the reference"));
            }
        }
    }

    #[test]
    fn equal_texts_are_leakage_and_no_near_copies() {
        let one = text(7);
        let Judged { findings, verdict } = pair(
            &NearLeakage::default(),
            Planted { reference: set_of([one.as_str()]), incoming: set_of([one.to_uppercase().as_str()]) },
        )
        .unwrap();
        assert_eq!((value(&findings, NEARLY_LEAKED_SHARE).to_bits(), verdict), (0, Verdict::Pass));
    }
}
