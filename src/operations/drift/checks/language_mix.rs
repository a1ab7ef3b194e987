//! Whether texts come in other languages than before.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::fact_drift::{DRIFT_SCORE, FactDrift, bars};
use super::shown::beginning;
use super::unseen_categories::places_of;
use super::{About, Check, CheckContext, CheckError, Family, Findings, PairCheck};
use crate::core::stats::{Counts, proportions, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Example, Examples, Exhibit};
use crate::operations::drift::facts::Fact;
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

/// The property that tells the language.
const LANGUAGE: &str = "language";

/// Whether texts come in other languages than before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct LanguageMix {
    /// Share of the reference below which a language counts as new.
    pub rare_share: f64,
    /// Rows that are shown.
    pub show: usize,
}

impl Default for LanguageMix {
    fn default() -> Self {
        Self { rare_share: 0.001, show: 10 }
    }
}

impl Check for LanguageMix {
    const ABOUT: About = About {
        name: "language_mix",
        title: "Languages",
        definition: "How much the shares of languages differ between both sets (Cramér's V; texts in no language that is sure \
                     are one more), and the share of incoming texts in a language that hardly any text of the reference is in.",
        family: Family::Comparison,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![
            Condition::new(DRIFT_SCORE, Rule::LessThan, 0.2).at_level(0.05),
            Condition::new("new_language_share", Rule::AtMost, 0.01).or_warn(),
        ]
    }
}

impl PairCheck for LanguageMix {
    fn run(&self, reference: &Reference, incoming: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let (known, came) = (reference.property_facts().get(LANGUAGE), incoming.property_facts().get(LANGUAGE));
        let (Some(Fact::Categories { counts: known }), Some(Fact::Categories { counts: came })) = (known, came) else {
            let note = "languages of the texts were not told: `language` is not among the properties";
            return Ok(Findings { measures: vec![Measure::missing(DRIFT_SCORE, note)], ..Findings::default() });
        };
        let mut findings = self.compared(known, came);
        let new = self.new_languages(known, came);
        if !new.is_empty() {
            findings.exhibits.push(self.examples(&new, came, incoming));
        }
        Ok(findings)
    }
}

impl LanguageMix {
    fn compared(&self, known: &Counts, came: &Counts) -> Findings {
        let drift = FactDrift { ignore_na: false, ..FactDrift::default() };
        let n = [known, came].map(|counts| counts.total() + counts.missing);
        let new = self.new_languages(known, came);
        let rows_in = |counts: &Counts| new.iter().map(|language| counts.of(language)).sum::<u64>();
        let new_share = Measure::new("new_language_share", share(rows_in(came), n[1]));
        let new_share = Measure {
            p_value: proportions([rows_in(known), n[0]], [rows_in(came), n[1]]),
            note: (!new.is_empty()).then(|| new.iter().copied().collect::<Vec<_>>().join(", ")),
            ..new_share
        };
        let measures = drift.of_categories(known, came).into_iter().chain([new_share]);
        Findings {
            measures: measures.map(|measure| measure.from_n(Some(n[0]), Some(n[1]))).collect(),
            exhibits: vec![Exhibit::Bars(bars("Languages", known, came))],
            notes: Vec::new(),
        }
    }

    /// Languages that came, and that the reference hardly has.
    fn new_languages<'c>(&self, known: &Counts, came: &'c Counts) -> BTreeSet<&'c str> {
        let rows = known.total() + known.missing;
        let is_new = |language: &str| share(known.of(language), rows) < self.rare_share || known.of(language) == 0;
        came.iter().map(|(language, _)| language).filter(|language| is_new(language)).collect()
    }

    /// Rows in the new languages, those of the most frequent one first.
    fn examples(&self, new: &BTreeSet<&str>, came: &Counts, incoming: &Set) -> Exhibit {
        let languages = came.by_frequency().into_iter().filter(|(language, _)| new.contains(language));
        let mut rows = Vec::new();
        let mut of_new = 0;
        for (language, number) in languages {
            of_new += number;
            let places = places_of(incoming.properties().get(LANGUAGE), language);
            let room = self.show.saturating_sub(rows.len());
            rows.extend(places.take(room).map(|place| Example {
                set: Which::Incoming,
                row: incoming.rows[place],
                text: beginning(incoming.text(place).unwrap_or_default()),
                note: Some(language.to_owned()),
            }));
        }
        let more = of_new.saturating_sub(crate::core::stats::count_of(rows.len()));
        Exhibit::Examples(Examples { title: "Texts in new languages".to_owned(), rows, more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{judged, measure};
    use crate::operations::drift::verdict::Verdict;

    fn found(known: &[(&str, u64)], came: &[(&str, u64)]) -> Findings {
        let counts =
            |rows: &[(&str, u64)]| Counts::new(rows.iter().map(|(language, rows)| ((*language).to_owned(), *rows)), 10);
        LanguageMix::default().compared(&counts(known), &counts(came))
    }

    #[test]
    fn another_mix_is_found_and_the_same_one_is_not() {
        let drifted = found(&[("en", 900), ("de", 90)], &[("en", 500), ("de", 490)]);
        assert_eq!(judged::<LanguageMix>(&drifted), Verdict::Fail);
        assert_eq!(measure(&drifted, "new_language_share").value, Some(0.0));
        let same = found(&[("en", 900), ("de", 90)], &[("en", 450), ("de", 45)]);
        assert_eq!(judged::<LanguageMix>(&same), Verdict::Pass);
    }

    #[test]
    fn a_language_that_the_reference_hardly_has_is_told() {
        let drifted = found(&[("en", 99_990), ("fr", 10)], &[("en", 960), ("fr", 20), ("pl", 10)]);
        let new = measure(&drifted, "new_language_share");
        assert_eq!((new.value, new.note.as_deref()), (Some(0.03), Some("fr, pl")));
        assert!(new.p_value.unwrap() < 1e-6);
        assert_eq!(judged::<LanguageMix>(&drifted), Verdict::Warn);
    }
}
