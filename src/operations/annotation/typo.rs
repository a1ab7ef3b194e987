//! Slips of the pen in the words of phrases.
//!
//! For: what a word that is in no phrase was meant to be. Not for: words that are right. Nobody has a list of all words; what
//! tells is how often a word stands in the table: one that is met again and again is right, unless what it may have been
//! meant to be is met far more often. The one decision: nearness is looked up, not computed for every pair. Two words within
//! two edits share what is left of their beginnings after two deletions at most, so that an index of such rests finds the
//! few words to compare, however many phrases there are.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;
use strsim::damerau_levenshtein;

use super::inflection::Form;
use super::lexicon::{Entry, Lexicon, Stemmers};
use crate::core::text::words::{normalise_into, words_into};

/// Words that are not counted of which so many are remembered.
const MEMORY: usize = 1 << 17;
/// Letters at the beginning of a word of which rests are made.
const PREFIX: usize = 7;

/// What a word may have been meant to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Correction {
    /// Which form.
    pub(super) form: u32,
    /// How many edits away.
    pub(super) edits: u8,
}

/// How often each normalised word stands in a table.
pub(super) type Counts = HashMap<Box<str>, u64, RandomState>;

/// Met so often, a word is right.
const OFTEN: u64 = 3;
/// ... unless what it may have been meant to be is met so many times as often.
const FAR_MORE: u64 = 10;

/// The forms of a lexicon's words by what is left of them, and how often words are met.
pub(super) struct Spelling {
    forms: Vec<Entry>,
    rests: HashMap<u64, Vec<u32>, RandomState>,
    counts: Counts,
    /// Some of the words that are not counted.
    others: HashSet<Box<str>, RandomState>,
    hash: RandomState,
}

/// Edits that a word of so many letters may have.
fn bound(letters: usize) -> usize {
    match letters {
        0..=2 => 0,
        3..=9 => 1,
        _ => 2,
    }
}

impl Spelling {
    /// Of a lexicon's words and their inflected forms. No word is known to be right until [`Self::learn`].
    pub(super) fn new(lexicon: &Lexicon) -> Self {
        let mut spelling = Self {
            forms: Vec::new(),
            rests: HashMap::default(),
            counts: Counts::default(),
            others: HashSet::default(),
            hash: RandomState::default(),
        };
        let stemmers = Stemmers::new();
        let mut seen = HashSet::new();
        for entry in &lexicon.entries {
            let inflected = lexicon.tongues.iter().flat_map(|tongue| {
                let stem = stemmers.of(*tongue).stem(&entry.text).into_owned();
                let is_form = |form: &String| {
                    stemmers.of(*tongue).stem(form) == stem.as_str() && tongue.form(&entry.text, form) != Form::Other
                };
                tongue.forms(&entry.text).into_iter().filter(is_form).collect::<Vec<_>>()
            });
            for form in std::iter::once(entry.text.to_string()).chain(inflected) {
                if seen.insert(form.clone()) {
                    spelling.add(lexicon.describe(&form, &stemmers));
                }
            }
        }
        spelling
    }

    fn add(&mut self, form: Entry) {
        let letters = form.text.chars().count();
        // A slip may have made it longer.
        let edits = bound(letters + 1);
        if edits == 0 || form.text.bytes().any(|byte| byte.is_ascii_digit()) {
            return;
        }
        let place = u32::try_from(self.forms.len()).unwrap_or(u32::MAX);
        for rest in rests(&form.text, edits) {
            self.rests.entry(self.digest(&rest)).or_default().push(place);
        }
        self.forms.push(form);
    }

    fn digest(&self, rest: &str) -> u64 {
        std::hash::BuildHasher::hash_one(&self.hash, rest)
    }

    /// A form of a word of the lexicon.
    pub(super) fn form(&self, place: u32) -> &Entry {
        &self.forms[place as usize]
    }

    /// Counts the words of texts, those that are forms or near to one: the others can't be mistaken for any.
    pub(super) fn learn<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        let mut words = Vec::new();
        let mut form = String::new();
        for text in texts {
            words_into(text, &mut words);
            for word in &words {
                normalise_into(text.get(word.bytes.clone()).unwrap_or_default(), &mut form);
                self.count(&form);
            }
        }
    }

    fn count(&mut self, word: &str) {
        if let Some(count) = self.counts.get_mut(word) {
            *count += 1;
            return;
        }
        if self.others.contains(word) {
            return;
        }
        if self.concerns(word) {
            self.counts.insert(word.into(), 1);
        } else {
            if self.others.len() > MEMORY {
                self.others.clear();
            }
            self.others.insert(word.into());
        }
    }

    /// Whether it makes a difference how often a word is met.
    fn concerns(&self, word: &str) -> bool {
        let rests = rests(word, bound(word.chars().count()));
        rests.iter().any(|rest| self.rests.contains_key(&self.digest(rest)))
    }

    /// Whether a word may be a slip of a form.
    fn may_be(&self, word: &str, form: &str) -> bool {
        let count = |word: &str| self.counts.get(word).copied().unwrap_or_default();
        let count_of_word = count(word);
        count_of_word < OFTEN || count_of_word.saturating_mul(FAR_MORE) < count(form)
    }

    /// What a normalised word that is in no phrase may have been meant to be: the nearest forms.
    pub(super) fn corrections(&self, word: &str) -> Box<[Correction]> {
        let letters = word.chars().count();
        let most = bound(letters);
        if most == 0 || word.bytes().any(|byte| byte.is_ascii_digit()) {
            return Box::default();
        }
        let rests = rests(word, most);
        let mut near: Vec<u32> =
            rests.iter().filter_map(|rest| self.rests.get(&self.digest(rest))).flatten().copied().collect();
        near.sort_unstable();
        near.dedup();
        let edits_to = |form: u32| {
            let other = &self.forms[form as usize].text;
            let edits = damerau_levenshtein(word, other);
            let is_slip = match edits {
                0 => false,
                1 => true,
                _ => edits <= most.min(bound(other.chars().count())) && !differs_at_an_end(word, other),
            };
            let is_slip = is_slip && self.may_be(word, other);
            is_slip.then(|| Correction { form, edits: u8::try_from(edits).unwrap_or(u8::MAX) })
        };
        let mut found: Vec<_> = near.into_iter().filter_map(edits_to).collect();
        let least = found.iter().map(|correction| correction.edits).min().unwrap_or_default();
        found.retain(|correction| correction.edits == least);
        found.into_boxed_slice()
    }
}

/// Letters of an ending, or a beginning, that make another word of a word.
const AFFIX: usize = 4;

/// Whether two words differ in their endings, or their beginnings, alone: those are words made of one another
/// (`collectors`, `collected`; `recirculation`, `circulation`).
fn differs_at_an_end(word: &str, other: &str) -> bool {
    let letters = word.chars().count().max(other.chars().count());
    let same_begin = word.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
    let same_end = word.chars().rev().zip(other.chars().rev()).take_while(|(a, b)| a == b).count();
    letters - same_begin.max(same_end) <= AFFIX
}

/// What is left of a word's first letters after up to so many deletions, itself included.
fn rests(word: &str, deletions: usize) -> HashSet<String> {
    let first: String = word.chars().take(PREFIX).collect();
    let mut all = HashSet::from([first]);
    let mut last: Vec<String> = all.iter().cloned().collect();
    for _ in 0..deletions {
        let mut shorter = Vec::new();
        for rest in &last {
            for (place, letter) in rest.char_indices() {
                let (before, behind) = (rest.get(..place), rest.get(place + letter.len_utf8()..));
                let rest = [before.unwrap_or_default(), behind.unwrap_or_default()].concat();
                if all.insert(rest.clone()) {
                    shorter.push(rest);
                }
            }
        }
        last = shorter;
    }
    all
}
