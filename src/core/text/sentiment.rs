//! How positive and how subjective words are together, after the lexicon and the rules of pattern.
//!
//! For: polarity and subjectivity as pattern and `TextBlob` tell them of the same words. Not for: opinions about something,
//! other languages than English, or marks: what is weighed are words, and the rules for marks and faces made of marks
//! have nothing to work on. The one decision: the numbers are those that others compare with, so words that the lexicon
//! does not know do not count at all, and sums are made in pattern's order.
//!
//! Source: De Smedt, Daelemans, "Pattern for Python" (2012), BSD; the lexicon is in the public domain
//! (docs/licences.md).

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

/// One line a word: polarity, subjectivity, intensity, whether it is an adverb.
static LEXICON: &str = include_str!("tables/sentiment.tsv");

static WORDS: LazyLock<HashMap<&str, Entry, FixedState>> =
    LazyLock::new(|| LEXICON.lines().filter_map(entry).collect());

/// Words that turn the next one round.
const NEGATIONS: [&str; 3] = ["no", "not", "never"];
/// What is left of a word's polarity behind a negation, on the other side.
const NEGATED: f64 = -0.5;

/// Polarity and subjectivity of words.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sentiment {
    /// From -1, negative, to 1, positive; 0 where no word is known.
    pub polarity: f64,
    /// From 0, objective, to 1, subjective; 0 where no word is known.
    pub subjectivity: f64,
}

/// What the lexicon says of a word.
#[derive(Debug, Clone, Copy)]
struct Entry {
    polarity: f64,
    subjectivity: f64,
    /// What the word behind is multiplied by.
    intensity: f64,
    is_adverb: bool,
}

/// A known word with what stands before it.
#[derive(Debug)]
struct Assessment {
    polarity: f64,
    subjectivity: f64,
    intensity: f64,
    is_negated: bool,
}

/// What of the words before goes on to the next one.
#[derive(Debug, Default)]
struct Before<'a> {
    /// An adverb of the lexicon.
    modifier: Option<&'a str>,
    is_negated: bool,
}

/// The sentiment of words in small letters, one after another.
pub fn sentiment<'a>(words: impl IntoIterator<Item = &'a str>) -> Sentiment {
    let (mut found, mut before) = (Vec::new(), Before::default());
    for word in words {
        match WORDS.get(word) {
            Some(entry) => before = known(word, *entry, &before, &mut found),
            None => unknown(word, &mut before, &mut found),
        }
    }
    let polarity = |one: &Assessment| if one.is_negated { one.polarity * NEGATED } else { one.polarity };
    Sentiment { polarity: mean(&found, polarity), subjectivity: mean(&found, |one| one.subjectivity) }
}

/// Takes a word of the lexicon: for itself, or into the adverb before it.
fn known<'a>(word: &'a str, entry: Entry, before: &Before<'_>, found: &mut Vec<Assessment>) -> Before<'a> {
    let Entry { polarity, subjectivity, intensity, is_adverb } = entry;
    match found.last_mut() {
        Some(last) if before.modifier.is_some() => {
            last.polarity = (polarity * last.intensity).clamp(-1.0, 1.0);
            last.subjectivity = (subjectivity * last.intensity).clamp(-1.0, 1.0);
            last.intensity = intensity;
        }
        _ => found.push(Assessment { polarity, subjectivity, intensity, is_negated: false }),
    }
    if let (true, Some(last)) = (before.is_negated, found.last_mut()) {
        last.intensity = 1.0 / last.intensity;
        last.is_negated = true;
    }
    Before { modifier: is_adverb.then_some(word), is_negated: NEGATIONS.contains(&word) }
}

/// Takes a word that the lexicon does not have: it may be a negation, and short words let one reach further.
fn unknown(word: &str, before: &mut Before<'_>, found: &mut [Assessment]) {
    let letters = word.chars().count();
    if NEGATIONS.contains(&word) {
        before.is_negated = true;
    } else if letters > 1 {
        before.is_negated = false;
    }
    // "really not": the adverb itself is turned round.
    if before.is_negated && before.modifier.is_some_and(|modifier| modifier.ends_with("ly")) {
        if let Some(last) = found.last_mut() {
            last.is_negated = true;
        }
        before.is_negated = false;
    } else if letters > 2 {
        before.modifier = None;
    }
}

fn mean(found: &[Assessment], score: impl Fn(&Assessment) -> f64) -> f64 {
    let (sum, count) = found.iter().fold((0.0, 0.0), |(sum, count), one| (sum + score(one), count + 1.0));
    if found.is_empty() { 0.0 } else { sum / count }
}

/// A line of the table.
fn entry(line: &'static str) -> Option<(&'static str, Entry)> {
    let mut fields = line.split('\t');
    let word = fields.next()?;
    let mut number = || fields.next()?.parse().ok();
    let (polarity, subjectivity, intensity) = (number()?, number()?, number()?);
    Some((word, Entry { polarity, subjectivity, intensity, is_adverb: fields.next().is_some() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_lexicon_is_read() {
        assert_eq!(WORDS.len(), LEXICON.lines().count());
        for entry in WORDS.values() {
            assert!((-1.0..=1.0).contains(&entry.polarity) && (0.0..=1.0).contains(&entry.subjectivity));
        }
    }

    // Expected values: TextBlob 0.20.1.
    #[test]
    fn scores_are_those_of_textblob() {
        assert_scores("i love this it is absolutely wonderful and great", 0.766_667, 0.783_333);
        assert_scores("i hate this it is terrible and awful", -0.933_333, 0.966_667);
        assert_scores("not very good", -0.269_231, 0.461_538);
        assert_scores("really not good", -0.35, 0.6);
        assert_scores("not a good plan", -0.35, 0.6);
        assert_scores("never the best", 1.0, 0.3);
        assert_scores("very very good", 0.91, 0.78);
        assert_scores("extremely bad", -0.7, 0.666_667);
        assert_scores("no bad days", 0.35, 0.666_667);
        assert_scores("a really is a good one", 0.7, 0.6);
        assert_scores("hardly surprising", 0.7, 0.5);
        assert_scores("not really that good", 0.3, 0.4);
    }

    fn assert_scores(text: &str, polarity: f64, subjectivity: f64) {
        let found = sentiment(text.split(' '));
        assert!((found.polarity - polarity).abs() < 1e-6, "{text}: {found:?}");
        assert!((found.subjectivity - subjectivity).abs() < 1e-6, "{text}: {found:?}");
    }

    #[test]
    fn no_known_word_is_neither_good_nor_bad() {
        assert_eq!(sentiment([]), Sentiment::default());
        assert_eq!(sentiment(["card", "paper"]), Sentiment::default());
    }
}
