//! How well the words of a text tell which set it is of, and which words those are.
//!
//! The one decision: what is shown as characteristic comes from the classifier whose score is judged, and only where it tells
//! more than chance; otherwise its words are noise.

use serde::{Deserialize, Serialize};

use super::shown::example;
use super::{About, Check, CheckContext, CheckError, Family, Findings, PairCheck};
use crate::core::stats::count_of;
use crate::core::stats::words_classifier::{CharacteristicWord, WordsDrift, WordsOptions, words_classifier};
use crate::operations::drift::condition::{Condition, Rule};
use crate::operations::drift::exhibit::{Examples, Exhibit, Word, Words};
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;

const AUC: &str = "auc";
/// Texts that each set must have.
const MIN_TEXTS: usize = 10;

/// How well the words of a text tell which set it is of.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct TextDrift {
    /// Level of the p-value up to which words and rows are shown.
    pub show_at_level: f64,
    /// Characteristic words of each set that are shown.
    pub show: usize,
    /// Typical rows of each set that are shown.
    pub show_rows: usize,
}

impl Default for TextDrift {
    fn default() -> Self {
        let WordsOptions { words, texts, .. } = WordsOptions::default();
        Self { show_at_level: 0.05, show: words, show_rows: texts }
    }
}

impl Check for TextDrift {
    const ABOUT: About = About {
        name: "text_drift",
        title: "Text drift",
        definition: "How well a linear classifier of words (TF-IDF) tells incoming texts from those of the reference, tried on \
                     the half that it did not learn from: the area under its ROC curve, from 0.5 (not at all) to 1. The words \
                     that weigh most are what the sets differ by.",
        family: Family::Comparison,
        needs: &[],
    };

    fn conditions() -> Vec<Condition> {
        vec![Condition::new(AUC, Rule::AtMost, 0.55).at_level(0.05)]
    }
}

/// A set and those of its rows that have a text.
struct Side<'a> {
    which: Which,
    set: &'a Set,
    places: Vec<usize>,
    texts: Vec<&'a str>,
}

impl<'a> Side<'a> {
    fn of(which: Which, set: &'a Set) -> Self {
        let present =
            (0..set.len()).filter_map(|place| Some((place, set.text(place).filter(|text| !text.is_empty())?)));
        let (places, texts) = present.unzip();
        Self { which, set, places, texts }
    }

    fn words(&self, found: &[CharacteristicWord]) -> Exhibit {
        let words = found.iter().map(|word| Word {
            word: word.word.clone(),
            reference: Some(count_of(word.texts[0])),
            incoming: Some(count_of(word.texts[1])),
            weight: Some(word.weight),
            examples: word.examples.iter().map(|at| example(self.which, self.set, self.places[*at], None)).collect(),
        });
        let title = format!("Words that speak for the {}", self.name());
        Exhibit::Words(Words { title, words: words.collect(), more: 0 })
    }

    fn rows(&self, found: &[(usize, f64)]) -> Exhibit {
        let row = |(at, sure): &(usize, f64)| {
            example(self.which, self.set, self.places[*at], Some(format!("decision {sure:.2}")))
        };
        let title = format!("Typical texts of the {}", self.name());
        Exhibit::Examples(Examples { title, rows: found.iter().map(row).collect(), more: 0 })
    }

    fn name(&self) -> &'static str {
        match self.which {
            Which::Reference => "reference",
            Which::Incoming => "incoming set",
        }
    }
}

impl PairCheck for TextDrift {
    fn run(&self, reference: &Reference, incoming: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError> {
        let known = Side::of(Which::Reference, reference.rows());
        let came = Side::of(Which::Incoming, incoming);
        let n = [&known, &came].map(|side| side.texts.len());
        if n.iter().any(|n| *n < MIN_TEXTS) {
            let message = format!("it takes {MIN_TEXTS} texts on both sides; there are {} and {}", n[0], n[1]);
            return Err(CheckError::new(message).with_hint("give more rows"));
        }
        let options = WordsOptions { words: self.show, texts: self.show_rows, seed: context.short_seed() };
        let Some(found) = words_classifier(&known.texts, &came.texts, options) else {
            let none = Measure::missing(AUC, "no word is left to tell texts by: each is in more than half of them");
            return Ok(Findings { measures: vec![none], ..Findings::default() });
        };
        let mut findings = Findings { measures: measures(&found, n), ..Findings::default() };
        if found.p_value <= self.show_at_level {
            let [of_reference, of_incoming] = &found.sides;
            findings.exhibits = vec![
                came.words(&of_incoming.words),
                known.words(&of_reference.words),
                came.rows(&of_incoming.texts),
                known.rows(&of_reference.texts),
            ];
        }
        findings.notes.extend(reference.sample_note());
        Ok(findings)
    }
}

fn measures(found: &WordsDrift, n: [usize; 2]) -> Vec<Measure> {
    let tested = format!("tried on {} texts", found.tested);
    let score = (2.0 * found.auc - 1.0).max(0.0);
    let measures = [Measure::new(AUC, found.auc).noting(tested), Measure::new("drift_score", score)];
    let [one, other] = n.map(|n| Some(count_of(n)));
    measures.map(|measure| measure.by("words_classifier").with_p(found.p_value).from_n(one, other)).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::checks::planted::{Planted, measure, pair};
    use crate::operations::drift::set::samples::set_of;
    use crate::operations::drift::verdict::Verdict;

    fn set(rows: usize, planted: f64, seed: u64) -> Set {
        let words =
            ["paper", "glass", "metal", "water", "energy", "waste", "plant", "river", "market", "garden", "train"];
        let mut random = fastrand::Rng::with_seed(seed);
        let texts: Vec<String> = (0..rows)
            .map(|_| {
                let word = |random: &mut fastrand::Rng| {
                    if random.f64() < planted { "goalkeeper" } else { words[random.usize(..words.len())] }
                };
                (0..6).map(|_| word(&mut random)).collect::<Vec<_>>().join(" ")
            })
            .collect();
        set_of(texts.iter().map(String::as_str))
    }

    #[test]
    fn a_planted_word_is_found_and_none_where_none_is() {
        for seed in 0..10 {
            let planted =
                |share| Planted { reference: set(200, 0.0, 2 * seed), incoming: set(150, share, 2 * seed + 1) };
            let found = pair(&TextDrift::default(), planted(0.15)).unwrap();
            assert_eq!(found.verdict, Verdict::Fail, "{:?}", found.findings.measures);
            let Exhibit::Words(words) = &found.findings.exhibits[0] else { panic!("{:?}", found.findings.exhibits) };
            assert_eq!((words.words[0].word.as_str(), words.words[0].reference), ("goalkeeper", Some(0)));
            assert_eq!(words.words[0].examples.len(), 3);
            let same = pair(&TextDrift::default(), planted(0.0)).unwrap();
            assert_ne!(same.verdict, Verdict::Fail, "{:?}", same.findings.measures);
        }
    }

    #[test]
    fn equal_sets_are_not_told_apart() {
        let found =
            pair(&TextDrift::default(), Planted { reference: set(100, 0.1, 1), incoming: set(100, 0.1, 1) }).unwrap();
        assert_eq!((found.verdict, found.findings.exhibits.len()), (Verdict::Pass, 0));
        assert_eq!(measure(&found.findings, "drift_score").value, Some(0.0));
        let one = || set_of(["the same text"; 50]);
        let found = pair(&TextDrift::default(), Planted { reference: one(), incoming: one() }).unwrap();
        assert_eq!((found.verdict, measure(&found.findings, AUC).value), (Verdict::Pass, None));
    }

    #[test]
    fn too_few_texts_are_an_error_that_says_how_many_there_are() {
        let error =
            pair(&TextDrift::default(), Planted { reference: set(9, 0.0, 1), incoming: set(30, 0.0, 2) }).unwrap_err();
        assert_eq!(error.message, "it takes 10 texts on both sides; there are 9 and 30");
    }
}
