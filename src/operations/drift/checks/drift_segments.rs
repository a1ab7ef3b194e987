//! Parts in which incoming rows concentrate, or rows of the reference.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::segment_search::{Confirmation, How, Rows, Tested, drawn, exhibit_of};
use super::shown::example;
use super::{About, Check, CheckContext, CheckError, Family, Findings, PairCheck};
use crate::core::stats::segments::SegmentOptions;
use crate::core::stats::share;
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{self, Example, Exhibit};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;
use crate::operations::drift::values::Values;

const INCOMING_SHARE: &str = "incoming_share";
const REFERENCE_SHARE: &str = "reference_share";

/// Parts in which incoming rows concentrate, or rows of the reference.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct DriftSegments {
    /// Properties and columns that are paired at the most: those that tell the sets apart best.
    pub most_features: usize,
    /// Share of the rows that a part has at the least.
    pub min_share: f64,
    /// Whether a property or column may tell several parts.
    pub repeat_features: bool,
    /// Rows of either set that are searched; of more, so many are drawn.
    pub max_rows: usize,
    /// Level at which a part is confirmed.
    pub significance: f64,
    /// Parts that are tested and shown.
    pub show: usize,
    /// Rows that are shown of each.
    pub show_rows: usize,
}

impl Default for DriftSegments {
    fn default() -> Self {
        Self {
            most_features: 12,
            min_share: 0.05,
            repeat_features: false,
            max_rows: 2_500,
            significance: 0.05,
            show: 5,
            show_rows: 3,
        }
    }
}

impl Check for DriftSegments {
    const ABOUT: About = About {
        name: "drift_segments",
        title: "Where the drift is",
        definition: "Parts, told by one or two properties or columns, in which incoming rows concentrate, or rows of the \
                     reference: the largest share of either set among the rows of a part, of as many rows of both sets (0.5 \
                     where there is no drift). Parts are searched on one half of the rows, and the share is that of the other.",
        family: Family::Comparison,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        [INCOMING_SHARE, REFERENCE_SHARE].map(|name| Condition::new(name, Rule::AtMost, 0.75).or_warn()).into()
    }
}

/// Some rows of a set, by their places.
type Drawn<'s> = (&'s Set, Vec<usize>);

/// As many rows of both sets.
struct Balanced<'s> {
    reference: Drawn<'s>,
    incoming: Drawn<'s>,
}

impl PairCheck for DriftSegments {
    fn run(&self, reference: &Reference, incoming: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let known = reference.rows();
        if known.is_empty() || incoming.is_empty() {
            return Err(CheckError::new("one of the sets has no rows"));
        }
        let most = self.max_rows.min(known.len()).min(incoming.len());
        let places = |set: &Set| drawn((0..set.len()).collect(), most, context.seed);
        let balanced = Balanced { reference: (known, places(known)), incoming: (incoming, places(incoming)) };
        let mut findings = Findings::default();
        let rows = balanced.rows();
        if let Some(lack) = rows.lack() {
            let missing = [INCOMING_SHARE, REFERENCE_SHARE].map(|name| Measure::missing(name, lack.clone()));
            return Ok(Findings { measures: missing.into(), ..findings });
        }
        let how = self.how(context.seed);
        let (measure, exhibit) = self.concentration(Which::Incoming, &balanced, &rows, &how);
        findings.measures.push(measure);
        findings.exhibits.extend(exhibit);
        if !context.cancel.is_cancelled() {
            let (measure, exhibit) = self.concentration(Which::Reference, &balanced, &rows.reversed(), &how);
            findings.measures.push(measure);
            findings.exhibits.extend(exhibit);
        }
        findings.notes.extend(reference.sample_note());
        Ok(findings)
    }
}

impl Balanced<'_> {
    /// The rows of the reference, good, and the incoming ones below them, bad.
    fn rows(&self) -> Rows {
        let [known, came] = [&self.reference, &self.incoming];
        let mut columns = of_both((known, came), |set| set.properties());
        columns.extend(of_both((known, came), |set| &set.columns));
        let (known, came) = (self.reference.1.len(), self.incoming.1.len());
        let is_reference = [vec![true; known], vec![false; came]].concat();
        Rows::new(columns, &is_reference)
    }
}

/// Columns that both sets have, of one kind in both: rows of the reference, and incoming ones below them. What only one of
/// them has tells the sets apart by itself, and is not where a drift is.
fn of_both(
    ((known, known_places), (came, came_places)): (&Drawn<'_>, &Drawn<'_>),
    columns: impl Fn(&Set) -> &BTreeMap<String, Values>,
) -> Vec<(String, Values)> {
    let below = columns(came);
    let both = columns(known).iter().filter_map(|(name, values)| {
        let below = below.get(name)?.take(came_places);
        Some((name.clone(), values.take(known_places).then(&below)?))
    });
    both.collect()
}

impl DriftSegments {
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

    /// Where rows of one of the sets, which are the bad ones, concentrate.
    fn concentration(
        &self,
        which: Which,
        balanced: &Balanced<'_>,
        rows: &Rows,
        how: &How,
    ) -> (Measure, Option<Exhibit>) {
        let confirmation = rows.confirm(how);
        let segments = confirmation.confirmed(self.significance).into_iter().map(|tested| exhibit::Segment {
            rule: rows.rule(&tested.segment),
            score: 1.0 - tested.score(),
            rows: tested.held_out[1],
            share: share(tested.held_out[1], confirmation.held_out[1]),
            examples: balanced.examples(which, rows, tested, self.show_rows),
        });
        let (title, score) = match which {
            Which::Incoming => ("Where incoming rows concentrate", "share of incoming rows"),
            Which::Reference => ("Where rows of the reference concentrate", "share of the reference's rows"),
        };
        let average = 1.0 - confirmation.average();
        let exhibit = exhibit_of(title.to_owned(), score, average, segments.collect());
        (self.measure(which, rows, &confirmation), exhibit)
    }

    fn measure(&self, which: Which, rows: &Rows, confirmation: &Confirmation) -> Measure {
        let name = match which {
            Which::Incoming => INCOMING_SHARE,
            Which::Reference => REFERENCE_SHARE,
        };
        let n = |[others, all]: [u64; 2]| match which {
            Which::Incoming => [others, all - others],
            Which::Reference => [all - others, others],
        };
        let (measure, n) = match confirmation.confirmed(self.significance).first() {
            Some(worst) => {
                let measure = Measure::new(name, 1.0 - worst.score()).noting(rows.rule(&worst.segment));
                (measure, n(worst.held_out))
            }
            None => (Measure::missing(name, "no part has more of them than by chance"), n(confirmation.held_out)),
        };
        let measure = measure.from_n(Some(n[0]), Some(n[1])).by("search_one_half_test_the_other");
        Measure { p_value: confirmation.p_value(), ..measure }
    }
}

impl Balanced<'_> {
    /// Rows of one of the sets that are in a part.
    fn examples(&self, which: Which, rows: &Rows, tested: &Tested, most: usize) -> Vec<Example> {
        let ((set, places), above) = match which {
            Which::Reference => (&self.reference, 0),
            Which::Incoming => (&self.incoming, self.reference.1.len()),
        };
        let of_set = rows.bad(&tested.segment.unsearched, most).map(|row| places[row - above]);
        of_set.map(|place| example(which, set, place, None)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Planted, measure, pair, texts};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::values::Categories;
    use crate::operations::drift::verdict::Verdict;

    /// Rows with two columns, of which the amounts of one category are so much larger.
    fn set(rows: usize, moved: f64, random: &mut fastrand::Rng) -> Set {
        let names: Vec<Option<&str>> = (0..rows).map(|row| Some(if row % 4 == 0 { "phone" } else { "web" })).collect();
        let by = |row: usize| if row.is_multiple_of(4) { moved } else { 0.0 };
        let amounts = (0..rows).map(|row| by(row) + random.f64()).collect();
        let channel = Values::Categories(Categories::of(names.into_iter()));
        texts(rows, 40, random).with_column("amount", Values::Numbers(amounts)).with_column("channel", channel)
    }

    fn planted(moved: f64, seed: u64) -> Planted {
        let mut random = fastrand::Rng::with_seed(seed);
        Planted { reference: set(500, 0.0, &mut random), incoming: set(300, moved, &mut random) }
    }

    #[test]
    fn a_part_that_moved_is_found_on_both_sides_and_none_where_none_did() {
        let mut alarms = 0;
        for seed in 0..20 {
            let found = pair(&DriftSegments::default(), planted(3.0, seed)).unwrap();
            assert_eq!(found.verdict, Verdict::Warn, "{:?}", found.findings.measures);
            let share = measure(&found.findings, INCOMING_SHARE);
            assert!(share.value.unwrap() > 0.8 && share.p_value.unwrap() < 1e-4, "{share:?}");
            let Exhibit::Segments(segments) = &found.findings.exhibits[0] else { panic!("{found:?}") };
            assert!(segments.segments[0].rule.contains("amount > "), "{segments:?}");
            let examples = &segments.segments[0].examples;
            assert!(!examples.is_empty() && examples.iter().all(|row| row.set == Which::Incoming && row.row % 4 == 0));
            let verdict = pair(&DriftSegments::default(), planted(0.0, seed)).unwrap().verdict;
            alarms += u32::from(verdict != Verdict::Pass);
        }
        assert!(alarms <= 4, "{alarms} of 20");
    }

    #[test]
    fn equal_sets_have_no_part_where_one_concentrates() {
        let twice = || set(200, 0.0, &mut fastrand::Rng::with_seed(1));
        let found = pair(&DriftSegments::default(), Planted { reference: twice(), incoming: twice() }).unwrap();
        assert_eq!((found.verdict, found.findings.exhibits.len()), (Verdict::Pass, 0));
        assert_eq!(measure(&found.findings, INCOMING_SHARE).value, None);
    }

    #[test]
    fn few_rows_are_not_searched_and_none_are_an_error() {
        let sets = |rows: usize| Planted { reference: set_of(vec!["a"; 3]), incoming: set_of(vec!["b"; rows]) };
        let found = pair(&DriftSegments::default(), sets(2)).unwrap();
        assert_eq!((found.verdict, measure(&found.findings, REFERENCE_SHARE).value), (Verdict::Pass, None));
        assert!(pair(&DriftSegments::default(), sets(0)).is_err());
    }
}
