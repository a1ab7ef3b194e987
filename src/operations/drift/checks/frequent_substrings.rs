//! Boiler-plate: the same words in many texts.

use serde::{Deserialize, Serialize};

use super::shown::numbers;
use super::{About, Check, CheckContext, CheckError, Family, Findings, OneSetCheck};
use crate::core::stats::count_of;
use crate::core::text::frequent_phrases::{Phrase, PhraseRules, frequent_phrases};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Exhibit, Group, Groups};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;

const FREQUENT_SUBSTRINGS: &str = "frequent_substrings";

/// Boiler-plate: the same words in many texts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct FrequentSubstrings {
    /// Fewest words.
    pub min_words: usize,
    /// Fewest occurrences for each text.
    pub min_frequency: f64,
    /// Occurrences for each text from which on a substring is told however many there are.
    pub significant_frequency: f64,
    /// A part is told in the stead of the whole if it is more frequent by more than that.
    pub margin: f64,
    /// Those before the largest relative drop of frequency are told, if it is larger than that.
    pub min_drop: f64,
    /// Sentences that are looked at, at the beginning and at the end of a text.
    pub sentences: usize,
    /// Substrings that are shown.
    pub show: usize,
}

impl Default for FrequentSubstrings {
    fn default() -> Self {
        let PhraseRules { min_words, min_frequency, significant_frequency, margin, min_drop, sentences } =
            PhraseRules::default();
        Self { min_words, min_frequency, significant_frequency, margin, min_drop, sentences, show: 10 }
    }
}

impl Check for FrequentSubstrings {
    const ABOUT: About = About {
        name: "frequent_substrings",
        title: "Frequent substrings",
        definition: "Runs of four and more words that one text in twenty has: headers, signatures and templates, from which \
                     a model learns the source of a text and not what it says. Several occurrences in a text all count.",
        family: Family::DataIntegrity,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(FREQUENT_SUBSTRINGS, Rule::LessThan, 1.0).or_warn()]
    }
}

impl OneSetCheck for FrequentSubstrings {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let texts: Vec<&str> = (0..set.len()).map(|place| set.text(place).unwrap_or_default()).collect();
        let phrases = frequent_phrases(&texts, &self.rules());
        let rows = count_of(set.len());
        let mut measures = vec![Measure::from_count(FREQUENT_SUBSTRINGS, phrases.len()).from_rows(which, rows)];
        let shown = || phrases.iter().take(self.show);
        measures.extend(shown().map(|phrase| {
            let note = format!("{} occurrences in {} rows", phrase.occurrences, phrase.texts.len());
            Measure::new("frequency", phrase.frequency).of(phrase.text.as_str()).from_rows(which, rows).noting(note)
        }));
        let group = |phrase: &Phrase| {
            Group { text: phrase.text.clone(), count: count_of(phrase.texts.len()), ..Group::default() }
                .with_rows(which, numbers(set, &phrase.texts))
        };
        let groups: Vec<Group> = shown().map(group).collect();
        let mut findings = Findings { measures, ..Findings::default() };
        if !groups.is_empty() {
            let (title, more) = ("Words that many rows have".to_owned(), count_of(phrases.len() - groups.len()));
            findings.exhibits.push(Exhibit::Groups(Groups { title, groups, more }));
        }
        Ok(findings)
    }
}

impl FrequentSubstrings {
    fn rules(&self) -> PhraseRules {
        let Self { min_words, min_frequency, significant_frequency, margin, min_drop, sentences, show: _ } = *self;
        PhraseRules { min_words, min_frequency, significant_frequency, margin, min_drop, sentences }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, one, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn a_planted_signature_is_found_with_its_rows() {
        for (planted, verdict) in [(0, Verdict::Pass), (4, Verdict::Pass), (5, Verdict::Warn), (40, Verdict::Warn)] {
            let texts: Vec<String> = (0..100)
                .map(|row| format!("row {row} says {row}{}", if row < planted { " Sent from my phone" } else { "" }))
                .collect();
            let Judged { findings, verdict: found } =
                one(&FrequentSubstrings::default(), &set_of(texts.iter().map(String::as_str))).unwrap();
            assert_eq!((value(&findings, FREQUENT_SUBSTRINGS) > 0.0, found), (planted >= 5, verdict), "{planted}");
            if let Some(Exhibit::Groups(groups)) = findings.exhibits.first() {
                let group = &groups.groups[0];
                assert_eq!((group.text.as_str(), group.count), ("Sent from my phone", planted));
                assert_eq!(group.incoming_rows, (0..planted).collect::<Vec<u64>>());
            }
        }
    }
}
