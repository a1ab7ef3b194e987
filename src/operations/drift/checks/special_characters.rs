//! Rows that are full of odd characters.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::shown::example;
use super::{About, Check, CheckContext, CheckError, Family, Findings, OneSetCheck};
use crate::core::stats::{count_of, real, share};
use crate::core::text::characters::is_alphanumeric;
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Bar, Bars, Examples, Exhibit};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::set::Set;

const FULL_SHARE: &str = "share_of_full_rows";

/// Rows that are full of odd characters.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct SpecialCharacters {
    /// Share of odd characters above which a row is full of them.
    pub max_share: f64,
    /// Characters and rows that are shown.
    pub show: usize,
}

impl Default for SpecialCharacters {
    fn default() -> Self {
        Self { max_share: 0.2, show: 10 }
    }
}

impl Check for SpecialCharacters {
    const ABOUT: About = About {
        name: "special_characters",
        title: "Special characters",
        definition: "Rows in which more than a fifth of the characters is neither letter nor number, nor space, nor \
                     punctuation of ASCII: wrong encodings, mark-up, or nothing but emoji.",
        family: Family::DataIntegrity,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(FULL_SHARE, Rule::AtMost, 0.05)]
    }
}

impl OneSetCheck for SpecialCharacters {
    fn run(&self, which: Which, set: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let mut rows_by_character: BTreeMap<char, u64> = BTreeMap::new();
        let mut shares: Vec<(usize, f64)> = Vec::new();
        for place in 0..set.len() {
            let text = set.text(place).unwrap_or_default();
            let mut odd: Vec<char> = text.chars().filter(|character| is_special(*character)).collect();
            if odd.is_empty() {
                continue;
            }
            shares.push((place, share(count_of(odd.len()), count_of(text.chars().count()))));
            odd.sort_unstable();
            odd.dedup();
            for character in odd {
                *rows_by_character.entry(character).or_default() += 1;
            }
        }
        let rows = count_of(set.len());
        let full = count_of(shares.iter().filter(|(_, share)| *share > self.max_share).count());
        let measure = |name, count| Measure::new(name, share(count, rows)).from_rows(which, rows);
        let measures = vec![measure(FULL_SHARE, full), measure("share_of_rows_with_any", count_of(shares.len()))];
        let mut findings = Findings { measures, ..Findings::default() };
        if !shares.is_empty() {
            findings.exhibits = vec![self.bars(which, &rows_by_character), self.examples(which, set, shares)];
        }
        Ok(findings)
    }
}

impl SpecialCharacters {
    fn bars(&self, which: Which, rows: &BTreeMap<char, u64>) -> Exhibit {
        let mut ranked: Vec<(char, u64)> = rows.iter().map(|(character, rows)| (*character, *rows)).collect();
        // Stable: equally frequent ones stay in the order of their code points.
        ranked.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
        let bars = ranked.iter().take(self.show).map(|(character, rows)| Bar {
            category: named(*character),
            reference: (which == Which::Reference).then(|| real(*rows)),
            incoming: (which == Which::Incoming).then(|| real(*rows)),
        });
        let bars: Vec<Bar> = bars.collect();
        let more = count_of(ranked.len() - bars.len());
        Exhibit::Bars(Bars { title: "Special characters".to_owned(), unit: "rows".to_owned(), bars, more })
    }

    fn examples(&self, which: Which, set: &Set, mut shares: Vec<(usize, f64)>) -> Exhibit {
        shares.sort_by(|one, other| other.1.total_cmp(&one.1));
        let shown = shares.iter().take(self.show);
        let rows: Vec<_> = shown.map(|(place, share)| example(which, set, *place, Some(share.to_string()))).collect();
        let more = count_of(shares.len() - rows.len());
        Exhibit::Examples(Examples { title: "Rows with the largest share of them".to_owned(), rows, more })
    }
}

/// A character with its number, since many can't be seen.
pub(super) fn named(character: char) -> String {
    let number = u32::from(character);
    if character.is_control() { format!("U+{number:04X}") } else { format!("{character} U+{number:04X}") }
}

fn is_special(character: char) -> bool {
    character != ' ' && !character.is_ascii_punctuation() && !is_alphanumeric(character)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, one, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn planted_rows_of_symbols_are_found_and_punctuation_is_usual() {
        for (planted, verdict) in [(0, Verdict::Pass), (5, Verdict::Pass), (6, Verdict::Fail)] {
            let texts = (0..100).map(|row| if row < planted { "☃☃ ok" } else { "well, (really) fine!" });
            let Judged { findings, verdict: found } = one(&SpecialCharacters::default(), &set_of(texts)).unwrap();
            assert!((value(&findings, FULL_SHARE) - f64::from(planted) / 100.0).abs() < 1e-12);
            assert_eq!((found, findings.exhibits.is_empty()), (verdict, planted == 0));
        }
    }

    #[test]
    fn characters_are_ranked_by_rows_and_named() {
        let Judged { findings, .. } = one(&SpecialCharacters::default(), &set_of(["€ €", "€\t", "plain", ""])).unwrap();
        assert!((value(&findings, "share_of_rows_with_any") - 0.5).abs() < 1e-12);
        let Exhibit::Bars(bars) = &findings.exhibits[0] else { panic!("{findings:?}") };
        let bars: Vec<_> = bars.bars.iter().map(|bar| (bar.category.as_str(), bar.incoming)).collect();
        assert_eq!(bars, [("€ U+20AC", Some(2.0)), ("U+0009", Some(1.0))]);
    }
}
