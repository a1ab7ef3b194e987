//! Words that the reference does not have.

use serde::{Deserialize, Serialize};

use super::novelty::{Novelty, novelty, ranked};
use super::shown::example;
use super::{About, Check, CheckContext, CheckError, Family, Findings, PairCheck};
use crate::core::stats::count_of;
use crate::core::text::comparable::ComparableWords;
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Exhibit, Word, Words};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

const EXCESS: &str = "new_word_excess";

/// Words that the reference does not have.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct NewWords {
    /// Whether words with a digit in them count: numbers, dates and codes are mostly new, and say nothing.
    pub with_digits: bool,
    /// Words that are shown.
    pub show: usize,
    /// Rows that are shown of each.
    pub show_rows: usize,
}

impl Default for NewWords {
    fn default() -> Self {
        Self { with_digits: false, show: 50, show_rows: 3 }
    }
}

impl Check for NewWords {
    const ABOUT: About = About {
        name: "new_words",
        title: "New words",
        definition: "The share of incoming words that the reference does not have, beside the share that is expected anyway: \
                     that of words which only one row of the reference has. What is beyond it is new vocabulary. Words with \
                     digits are left out.",
        family: Family::Comparison,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(EXCESS, Rule::AtMost, 0.05).at_level(0.05)]
    }
}

impl PairCheck for NewWords {
    fn run(&self, reference: &Reference, incoming: &Set, _context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let known = reference.words();
        let units = |text: &str| -> Vec<String> {
            let words = ComparableWords::of(text);
            let counted = words.iter().filter(|word| self.with_digits || !word.chars().any(char::is_numeric));
            counted.map(str::to_owned).collect()
        };
        let found = novelty(reference, incoming, units, |word| known.get(word).copied().unwrap_or_default());
        let mut words = ranked(&found.rows, self.show_rows);
        let types = words.len();
        words.truncate(self.show);
        let shown = words.into_iter().map(|(word, count, places)| Word {
            word,
            reference: Some(0),
            incoming: Some(count),
            weight: None,
            examples: places.into_iter().map(|place| example(Which::Incoming, incoming, place, None)).collect(),
        });
        let mut findings = Findings { measures: measures(&found, types), ..Findings::default() };
        if types > 0 {
            let more = count_of(types.saturating_sub(self.show));
            let title = "Words that the reference does not have".to_owned();
            findings.exhibits.push(Exhibit::Words(Words { title, words: shown.collect(), more }));
        }
        findings.notes.extend(reference.sample_note());
        Ok(findings)
    }
}

fn measures(found: &Novelty<String>, types: usize) -> Vec<Measure> {
    let words = found.rows.iter().map(|row| row.all).sum();
    let excess = Measure::new(EXCESS, found.excess.incoming - found.excess.reference);
    let measures = [
        match found.excess.p_value {
            Some(p_value) => excess.with_p(p_value).by("ratio_of_rows"),
            None => excess,
        },
        Measure::new("new_word_share", found.excess.incoming),
        Measure::new("expected_share", found.excess.reference),
        Measure::from_count("new_words", types),
    ];
    measures.map(|measure| measure.from_n(None, Some(words))).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Judged, Planted, pair, value};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    /// Words as frequent as words are: the n-th is there 1/n as often as the first.
    fn texts(rows: usize, planted: f64, random: &mut fastrand::Rng) -> Vec<String> {
        let word = |random: &mut fastrand::Rng| {
            if random.f64() < planted {
                return format!("new{}", char::from(b'a' + random.u8(..20)));
            }
            let rank = (random.f64() * 3000_f64.ln()).exp();
            let letters: String = format!("{rank:.0}").bytes().map(|digit| char::from(digit - b'0' + b'a')).collect();
            format!("w{letters}")
        };
        (0..rows).map(|_| (0..12).map(|_| word(random)).collect::<Vec<_>>().join(" ")).collect()
    }

    fn run(planted: f64, seed: u64) -> Judged {
        let mut random = fastrand::Rng::with_seed(seed);
        let known = texts(150, 0.0, &mut random);
        let came = texts(100, planted, &mut random);
        let incoming = set_of(came.iter().map(String::as_str));
        pair(&NewWords::default(), Planted { reference: set_of(known.iter().map(String::as_str)), incoming }).unwrap()
    }

    #[test]
    fn planted_words_are_found_and_what_a_small_reference_lacks_is_expected() {
        let (mut alarms, mut false_alarms) = (0, 0);
        for seed in 0..60 {
            let Judged { findings, verdict } = run(0.15, seed);
            assert_eq!(verdict, Verdict::Fail, "{:?}", findings.measures);
            let Exhibit::Words(words) = &findings.exhibits[0] else { panic!("{findings:?}") };
            assert!(words.words[0].word.starts_with("new") && words.words[0].examples.len() == 3);
            let Judged { findings, verdict } = run(0.0, seed);
            alarms += u32::from(verdict != Verdict::Pass);
            assert!(value(&findings, "new_word_share") > 0.02, "words are new, and that is expected");
            false_alarms += u32::from(findings.measures[0].p_value.unwrap() <= 0.05);
        }
        assert!(alarms <= 2 && false_alarms <= 8, "{alarms} and {false_alarms} of 60");
    }

    #[test]
    fn equal_sets_have_no_new_words_and_numbers_are_left_out() {
        let Judged { findings, verdict } = pair(
            &NewWords::default(),
            Planted { reference: set_of(["a cat", "b"]), incoming: set_of(["A cat!", "b 77 4x"]) },
        )
        .unwrap();
        assert_eq!((value(&findings, "new_words").to_bits(), verdict), (0, Verdict::Pass));
        assert!(findings.exhibits.is_empty());
    }
}
