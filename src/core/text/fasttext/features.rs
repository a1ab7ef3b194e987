//! What of a text a classifier looks at: its words, and the runs of characters in them.
//!
//! For: numbers of features, in the order in which fastText adds them up. Not for: their vectors. The one decision: a
//! run's hash grows with the run, so that all runs from one character on cost one pass over the longest.

use std::collections::HashMap;
use std::ops::RangeInclusive;

use foldhash::fast::FixedState;

/// The word that ends a line.
const END_OF_LINE: &[u8] = b"</s>";
const LABEL: &[u8] = b"__label__";

/// Words and runs of characters, by their numbers.
#[derive(Debug)]
pub(super) struct Features {
    words: HashMap<Vec<u8>, usize, FixedState>,
    /// The number of the first run.
    first_run: usize,
    /// Which runs are left after pruning: hash bucket → place behind the words.
    runs: HashMap<u32, usize, FixedState>,
    buckets: u32,
    lengths: RangeInclusive<usize>,
}

impl Features {
    /// No features yet; `words` is how many words there will be.
    pub(super) fn new(words: usize, buckets: u32, lengths: RangeInclusive<usize>) -> Self {
        Self { words: HashMap::default(), first_run: words, runs: HashMap::default(), buckets, lengths }
    }

    pub(super) fn learn_word(&mut self, word: &[u8], number: usize) {
        self.words.insert(word.to_vec(), number);
    }

    pub(super) fn learn_bucket(&mut self, bucket: u32, place: usize) {
        self.runs.insert(bucket, place);
    }

    /// The features of a text and of the end of its line.
    pub(super) fn of(&self, text: &str) -> Vec<usize> {
        let mut found = Vec::with_capacity(text.len().saturating_mul(4));
        let mut marked = Vec::new();
        for word in text.as_bytes().split(|byte| matches!(byte, b' ' | b'\t'..=b'\r' | 0)) {
            if word == END_OF_LINE {
                break;
            }
            if !word.is_empty() {
                self.add_word(word, &mut marked, &mut found);
            }
        }
        found.extend(self.words.get(END_OF_LINE));
        found
    }

    /// A word, if it is known, and its runs. What looks like a label is no word.
    fn add_word(&self, word: &[u8], marked: &mut Vec<u8>, found: &mut Vec<usize>) {
        match self.words.get(word) {
            Some(number) => found.push(*number),
            None if word.starts_with(LABEL) => return,
            None => {}
        }
        marked.clear();
        marked.push(b'<');
        marked.extend_from_slice(word);
        marked.push(b'>');
        self.add_runs(marked, found);
    }

    /// Runs of characters of all lengths from each character on; a mark alone is none.
    fn add_runs(&self, marked: &[u8], found: &mut Vec<usize>) {
        for begin in (0..marked.len()).filter(|place| is_first_byte(marked, *place)) {
            let (mut hash, mut end) = (HASH_BASIS, begin);
            for length in 1..=*self.lengths.end() {
                let Some(next) = grow(marked, end, &mut hash) else { break };
                end = next;
                let is_mark = length == 1 && (begin == 0 || end == marked.len());
                if length < *self.lengths.start() || is_mark {
                    continue;
                }
                if let Some(place) = self.runs.get(&(hash % self.buckets)) {
                    found.push(self.first_run + place);
                }
            }
        }
    }
}

const HASH_BASIS: u32 = 2_166_136_261;
const HASH_PRIME: u32 = 16_777_619;

/// Takes the character at `place` into a hash, FNV-1a over signed bytes; gives the place behind it.
fn grow(text: &[u8], place: usize, hash: &mut u32) -> Option<usize> {
    text.get(place)?;
    let mut end = place;
    loop {
        let byte = *text.get(end)?;
        // fastText's bytes have a sign, which the wider number takes over.
        *hash = (*hash ^ u32::from_ne_bytes(i32::from(byte.cast_signed()).to_ne_bytes())).wrapping_mul(HASH_PRIME);
        end += 1;
        if end >= text.len() || is_first_byte(text, end) {
            return Some(end);
        }
    }
}

/// Whether a character begins here, in UTF-8.
fn is_first_byte(text: &[u8], place: usize) -> bool {
    text.get(place).is_some_and(|byte| byte & 0xC0 != 0x80)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(text: &str) -> u32 {
        let (mut hash, mut place) = (HASH_BASIS, 0);
        while let Some(next) = grow(text.as_bytes(), place, &mut hash) {
            place = next;
        }
        hash
    }

    #[test]
    fn the_hash_is_fnv_1a_and_bytes_have_a_sign() {
        assert_eq!(hash("a"), 0xe40c_292c);
        assert_eq!(hash("foobar"), 0xbf9c_f968);
        // By fastText's formula for the bytes 0xC3 0xA4, taken as -61 and -92.
        let first = (HASH_BASIS ^ 0xFFFF_FFC3).wrapping_mul(HASH_PRIME);
        assert_eq!(hash("ä"), (first ^ 0xFFFF_FFA4).wrapping_mul(HASH_PRIME));
    }

    fn features() -> Features {
        let mut features = Features::new(2, 1000, 2..=3);
        features.learn_word(b"</s>", 0);
        features.learn_word(b"of", 1);
        for (place, run) in ["<o", "of", "<of", "f>", "of>", "äb"].iter().enumerate() {
            features.learn_bucket(hash(run) % 1000, place);
        }
        features
    }

    #[test]
    fn a_word_comes_before_its_runs_and_the_end_of_the_line_last() {
        assert_eq!(features().of("of"), [1, 2, 4, 3, 6, 5, 0]);
        assert_eq!(features().of(""), [0]);
    }

    #[test]
    fn a_character_of_two_bytes_is_one_character() {
        assert_eq!(features().of("äb").iter().filter(|found| **found == 7).count(), 1);
    }

    #[test]
    fn blanks_zero_bytes_and_ends_of_lines_part_words() {
        assert_eq!(features().of("of\nof\0of"), features().of("of of of"));
        assert_eq!(features().of("of </s> of"), features().of("of"), "the end of a line ends it");
        assert_eq!(features().of("__label__of"), [0], "a label is no word");
    }
}
