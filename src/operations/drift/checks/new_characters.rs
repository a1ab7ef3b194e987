//! Characters that the reference does not have.

use serde::{Deserialize, Serialize};

use super::novelty::{NewInRow, novelty, ranked};
use super::shown::example;
use super::special_characters::named;
use super::{About, Check, CheckContext, CheckError, Family, Findings, PairCheck};
use crate::core::stats::{count_of, share};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Examples, Exhibit, Word, Words};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

const EXCESS: &str = "new_character_excess";

/// Characters that the reference does not have.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewCharacters {
    /// Characters and rows that are shown.
    pub show: usize,
}

impl Default for NewCharacters {
    fn default() -> Self {
        Self { show: 20 }
    }
}

impl Check for NewCharacters {
    const ABOUT: About = About {
        name: "new_characters",
        title: "New characters",
        definition: "The share of incoming characters that the reference does not have, beside the share that is expected \
                     anyway: that of characters which only one row of the reference has. Another script, another encoding, \
                     or other quotation marks.",
        family: Family::Comparison,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(EXCESS, Rule::AtMost, 0.01).at_level(0.05)]
    }
}

impl PairCheck for NewCharacters {
    fn run(&self, reference: &Reference, incoming: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let known = reference.characters();
        let units = |text: &str| -> Vec<char> { text.chars().collect() };
        let found = novelty(reference, incoming, units, |character| known.get(character).copied().unwrap_or_default());
        let all = found.rows.iter().map(|row| row.all).sum();
        let mut with_new: Vec<&NewInRow<char>> = found.rows.iter().filter(|row| !row.new.is_empty()).collect();
        let rows = count_of(found.rows.len());
        let excess = Measure::new(EXCESS, found.excess.incoming - found.excess.reference).from_n(None, Some(all));
        let characters = ranked(&found.rows, 1);
        let measures = vec![
            match found.excess.p_value {
                Some(p_value) => excess.with_p(p_value).by("ratio_of_rows"),
                None => excess,
            },
            Measure::new("new_character_share", found.excess.incoming).from_n(None, Some(all)),
            Measure::new("expected_share", found.excess.reference).from_n(None, Some(all)),
            Measure::new("share_of_rows_with_any", share(count_of(with_new.len()), rows)).from_n(None, Some(rows)),
            Measure::from_count("new_characters", characters.len()).from_n(None, Some(all)),
        ];
        let mut findings = Findings { measures, ..Findings::default() };
        if !with_new.is_empty() {
            // Stable: rows with equal shares stay in their order.
            with_new.sort_by(|one, other| of_row(other).total_cmp(&of_row(one)));
            findings.exhibits = vec![self.characters(incoming, characters), self.examples(incoming, &with_new)];
        }
        findings.notes.extend(reference.sample_note());
        Ok(findings)
    }
}

fn of_row(row: &NewInRow<char>) -> f64 {
    share(count_of(row.new.len()), row.all)
}

impl NewCharacters {
    fn characters(&self, incoming: &Set, found: Vec<(char, u64, Vec<usize>)>) -> Exhibit {
        let more = count_of(found.len().saturating_sub(self.show));
        let words = found.into_iter().take(self.show).map(|(character, count, places)| Word {
            word: named(character),
            reference: Some(0),
            incoming: Some(count),
            weight: None,
            examples: places.into_iter().map(|place| example(Which::Incoming, incoming, place, None)).collect(),
        });
        let title = "Characters that the reference does not have".to_owned();
        Exhibit::Words(Words { title, words: words.collect(), more })
    }

    fn examples(&self, incoming: &Set, rows: &[&NewInRow<char>]) -> Exhibit {
        let shown = rows.iter().take(self.show);
        let note = |row: &NewInRow<char>| Some(of_row(row).to_string());
        let shown: Vec<_> = shown.map(|row| example(Which::Incoming, incoming, row.place, note(row))).collect();
        let more = count_of(rows.len() - shown.len());
        Exhibit::Examples(Examples { title: "Rows with the largest share of them".to_owned(), rows: shown, more })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, Planted, pair, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    #[test]
    fn planted_characters_are_found_with_their_rows_and_shares() {
        let known: Vec<String> = (0..100).map(|row| format!("plain text {row}")).collect();
        for (planted, verdict) in [(0, Verdict::Pass), (50, Verdict::Fail)] {
            let came: Vec<String> =
                (0..100).map(|row| if row < planted { "plain жд".to_owned() } else { format!("text {row}") }).collect();
            let incoming = set_of(came.iter().map(String::as_str));
            let Judged { findings, verdict: found } = pair(
                &NewCharacters::default(),
                Planted { reference: set_of(known.iter().map(String::as_str)), incoming },
            )
            .unwrap();
            assert_eq!(found, verdict, "{:?}", findings.measures);
            assert!((value(&findings, "share_of_rows_with_any") - f64::from(planted) / 100.0).abs() < 1e-12);
            if planted > 0 {
                let Exhibit::Words(words) = &findings.exhibits[0] else { panic!("{findings:?}") };
                assert_eq!((words.words[0].word.as_str(), words.words[0].incoming), ("д U+0434", Some(50)));
                let Exhibit::Examples(rows) = &findings.exhibits[1] else { panic!("{findings:?}") };
                assert_eq!((rows.rows[0].row, rows.rows[0].note.as_deref()), (0, Some("0.25")));
            }
        }
    }
}
