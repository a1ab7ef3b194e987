//! Runs of words that many texts have: boiler-plate.
//!
//! For: finding them without being told what to look for. Not for: taking them out (`clean` of the knowledge base). The one
//! decision: the rules are those of deepchecks' `FrequentSubstrings`, and all texts are looked at; what makes it quick is
//! that a run of words is at most as frequent as each of its words.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::characters::{is_space, pieces};

/// When a run of words is frequent, and which of several that overlap is told.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PhraseRules {
    /// Fewest words.
    pub min_words: usize,
    /// Fewest occurrences for each text.
    pub min_frequency: f64,
    /// Occurrences for each text from which on a phrase is told however many there are.
    pub significant_frequency: f64,
    /// A part of a longer phrase is told in its stead if it is more frequent by more than that.
    pub margin: f64,
    /// Of phrases in order of frequency, those before the largest drop are told, if it is larger than that.
    pub min_drop: f64,
    /// Sentences that are looked at, at the beginning and at the end of a text.
    pub sentences: usize,
}

impl Default for PhraseRules {
    fn default() -> Self {
        Self {
            min_words: 4,
            min_frequency: 0.05,
            significant_frequency: 0.3,
            margin: 0.02,
            min_drop: 0.05,
            sentences: 5,
        }
    }
}

/// A run of words that many texts have.
#[derive(Debug, Clone, PartialEq)]
pub struct Phrase {
    /// Its words, a blank between two of them.
    pub text: String,
    /// Occurrences, also several in one text.
    pub occurrences: u64,
    /// Occurrences for each text.
    pub frequency: f64,
    /// Which texts have it, rising.
    pub texts: Vec<usize>,
}

/// The phrases that are told, the most frequent first.
pub fn frequent_phrases(texts: &[&str], rules: &PhraseRules) -> Vec<Phrase> {
    let words = Words::of(texts, rules);
    let mut phrases = Vec::new();
    let mut texts_left: Vec<usize> = (0..texts.len()).collect();
    for length in rules.min_words.max(1).. {
        let kept = words.runs(length, &texts_left, rules.min_frequency);
        if kept.is_empty() {
            break;
        }
        texts_left = kept.iter().flat_map(|phrase| phrase.texts.iter().copied()).collect();
        texts_left.sort_unstable();
        texts_left.dedup();
        phrases.extend(kept);
    }
    ranked(without_overlaps(phrases, rules.margin), rules)
}

/// The words of all texts, as numbers.
struct Words<'t> {
    names: Vec<&'t str>,
    /// Whether a word can be part of a frequent run.
    may_be_part: Vec<bool>,
    of_text: Vec<Vec<u32>>,
}

impl<'t> Words<'t> {
    fn of(texts: &[&'t str], rules: &PhraseRules) -> Self {
        let mut numbers: HashMap<&str, u32, RandomState> = HashMap::default();
        let (mut names, mut counts) = (Vec::new(), Vec::new());
        let mut of_text = Vec::with_capacity(texts.len());
        for text in texts {
            let words = looked_at(text, rules.sentences).into_iter().flat_map(pieces).map(|word| {
                let number = *numbers.entry(word).or_insert_with(|| {
                    names.push(word);
                    counts.push(0_u64);
                    u32::try_from(names.len() - 1).unwrap_or(u32::MAX)
                });
                if let Some(count) = counts.get_mut(number as usize) {
                    *count += 1;
                }
                number
            });
            of_text.push(words.collect::<Vec<u32>>());
        }
        let is_frequent = |count: u64| per_text(count, texts.len()) >= rules.min_frequency;
        let may_be_part = names.iter().zip(counts).map(|(name, count)| is_frequent(count) && !is_mark(name)).collect();
        Self { names, may_be_part, of_text }
    }

    /// The frequent runs of so many words, in the order in which they are met.
    fn runs(&self, length: usize, texts: &[usize], min_frequency: f64) -> Vec<Phrase> {
        let mut found: HashMap<&[u32], (usize, u64, Vec<usize>), RandomState> = HashMap::default();
        for text in texts {
            for run in self.of_text[*text].windows(length) {
                if !run.iter().all(|word| self.may_be_part[*word as usize]) {
                    continue;
                }
                let order = found.len();
                let (_, occurrences, rows) = found.entry(run).or_insert_with(|| (order, 0, Vec::new()));
                *occurrences += 1;
                if rows.last() != Some(text) {
                    rows.push(*text);
                }
            }
        }
        let all = self.of_text.len();
        let mut kept: Vec<_> =
            found.into_iter().filter(|(_, (_, count, _))| per_text(*count, all) >= min_frequency).collect();
        kept.sort_unstable_by_key(|(_, (order, _, _))| *order);
        let phrase = |(run, (_, occurrences, texts)): (&[u32], (usize, u64, Vec<usize>))| {
            let words: Vec<&str> = run.iter().map(|word| self.names[*word as usize]).collect();
            Phrase { text: words.join(" "), occurrences, frequency: per_text(occurrences, all), texts }
        };
        kept.into_iter().map(phrase).collect()
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are far fewer than 2^53 texts and words")]
fn per_text(occurrences: u64, texts: usize) -> f64 {
    occurrences as f64 / texts.max(1) as f64
}

/// Words that are nothing but such a mark are in no phrase.
fn is_mark(word: &str) -> bool {
    matches!(word, "(" | "?" | "<" | "=" | "," | "[" | "." | "!" | "]" | "\\" | "/" | ")")
}

/// A text's first and last sentences, where it has many.
fn looked_at(text: &str, sentences: usize) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut begin, mut before) = (0, ' ');
    for (place, character) in text.char_indices() {
        if is_space(character) && matches!(before, '.' | '!' | '?') {
            found.extend(text.get(begin..place));
            begin = place;
        }
        before = character;
    }
    found.extend(text.get(begin..));
    if found.len() > 2 * sentences {
        found.drain(sentences..found.len() - sentences);
    }
    found
}

/// Of phrases that are parts of others, either the part or the whole.
fn without_overlaps(mut phrases: Vec<Phrase>, margin: f64) -> Vec<Phrase> {
    // Stable: equally long ones stay in the order in which they were met.
    phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.text.chars().count()));
    let mut is_told = vec![true; phrases.len()];
    for place in 0..phrases.len() {
        let mut longer = place;
        for shorter in 0..phrases.len() {
            if !is_told[longer] || !is_told[shorter] || shorter == longer {
                continue;
            }
            if !phrases[longer].text.contains(&phrases[shorter].text) {
                continue;
            }
            if phrases[shorter].frequency - phrases[longer].frequency <= margin {
                is_told[shorter] = false;
            } else {
                is_told[longer] = false;
                longer = shorter;
            }
        }
    }
    phrases.into_iter().zip(is_told).filter_map(|(phrase, is_told)| is_told.then_some(phrase)).collect()
}

/// The most frequent phrases, up to where their frequency drops.
fn ranked(mut phrases: Vec<Phrase>, rules: &PhraseRules) -> Vec<Phrase> {
    phrases.sort_by(|one, other| other.frequency.total_cmp(&one.frequency).then_with(|| other.text.cmp(&one.text)));
    if phrases.len() > 1 {
        let significant = phrases.iter().rposition(|phrase| phrase.frequency >= rules.significant_frequency);
        let mut drop = (rules.min_drop, phrases.len());
        for (place, pair) in phrases.windows(2).enumerate() {
            let change = (pair[1].frequency - pair[0].frequency).abs() / pair[0].frequency;
            if change > drop.0 {
                drop = (change, place + 1);
            }
        }
        phrases.truncate(significant.map_or(0, |last| last + 1).max(drop.1));
    }
    phrases
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Vec<(String, u64)> {
        let found = frequent_phrases(texts, &PhraseRules::default());
        found.into_iter().map(|phrase| (phrase.text, phrase.occurrences)).collect()
    }

    #[test]
    fn the_longest_run_is_told_and_not_its_parts() {
        let texts = ["Sent from my little phone", "hi! Sent from my little phone", "one two three four", "nothing"];
        let found = frequent_phrases(&texts, &PhraseRules { min_frequency: 0.5, ..PhraseRules::default() });
        let expected =
            Phrase { text: "Sent from my little phone".to_owned(), occurrences: 2, frequency: 0.5, texts: vec![0, 1] };
        assert_eq!(found, [expected]);
    }

    #[test]
    fn a_part_that_is_far_more_frequent_is_told_in_the_stead_of_the_whole() {
        let rules = PhraseRules { min_frequency: 0.1, ..PhraseRules::default() };
        let texts = ["a b c d e", "a b c d x", "a b c d y", "a b c d e"];
        let found = frequent_phrases(&texts, &rules);
        assert_eq!(found.iter().map(|phrase| phrase.text.as_str()).collect::<Vec<_>>(), ["a b c d", "b c d e"]);
    }

    #[test]
    fn occurrences_within_a_text_all_count_and_marks_are_in_no_phrase() {
        // Four words are so much more frequent than six that they are told in their stead.
        assert_eq!(of(&["w w w w w w", "x"]), [("w w w w".to_owned(), 3)]);
        assert_eq!(of(&["a , b c d", "a , b c d"]), []);
        assert_eq!(of(&[]), []);
    }

    #[test]
    fn of_a_long_text_its_ends_are_looked_at() {
        let text = (0..12).map(|place| format!("s{place}. ")).collect::<Vec<_>>().concat();
        let found: String = looked_at(text.trim(), 5).concat();
        assert_eq!(found, "s0. s1. s2. s3. s4. s7. s8. s9. s10. s11.");
        assert_eq!(looked_at("", 5), [""]);
    }
}
