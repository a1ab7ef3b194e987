//! Words and their numbers.
//!
//! For: counting words while a table is read, and finding the number of a word in a file. Not for: what follows what. The
//! one decision: a table of slots with a fixed hash, the same in memory and in the file, so that a file is asked as it lies
//! on the disk, and equal words give equal bytes.
//!
//! Memory: a word's letters and some 30 bytes.

/// Number of all words that are not known.
pub(super) const UNKNOWN: u32 = 0;
/// Number of what stands before a unit.
pub(super) const START: u32 = 1;
/// Number of the end of a unit.
pub(super) const END: u32 = 2;
/// How these are written.
pub(super) const SPECIAL: [&str; 3] = ["<unk>", "<s>", "</s>"];
/// Words that can be numbered.
pub(super) const MOST_WORDS: u32 = i32::MAX as u32;

/// A slot without a word.
const FREE: u32 = u32::MAX;
const FEWEST_SLOTS: usize = 64;

/// FNV-1a (Fowler, Noll, Vo), its upper half folded in: slots are chosen by the low bits.
fn hash(word: &[u8]) -> u64 {
    let hash = word
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3));
    hash ^ (hash >> 32)
}

/// The slot that has a word, or the first free one; `None` in a table without either.
fn slot(slots: &[u32], word: &[u8], is_it: impl Fn(u32) -> bool) -> Option<usize> {
    let mask = slots.len().checked_sub(1)?;
    let begin = usize::try_from(hash(word) & mask as u64).ok()?;
    (0..slots.len()).map(|step| (begin + step) & mask).find(|place| match slots.get(*place) {
        Some(&FREE) => true,
        Some(&number) => is_it(number),
        None => false,
    })
}

/// Words, one after another, each with its end and its count.
#[derive(Debug, Default)]
pub(super) struct WordCounts {
    letters: Vec<u8>,
    ends: Vec<u64>,
    counts: Vec<u64>,
    /// A power of two, at most half of them taken.
    slots: Vec<u32>,
}

impl WordCounts {
    /// How many words there are.
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Counts a word that is there so many times more, and gives its number: that of its first time.
    pub(super) fn add(&mut self, word: &str, times: u64) -> u32 {
        if self.slots.len() <= self.ends.len() * 2 {
            self.grow();
        }
        let Some(place) = slot(&self.slots, word.as_bytes(), |number| self.bytes(number) == word.as_bytes()) else {
            return FREE;
        };
        if self.slots[place] == FREE {
            self.slots[place] = u32::try_from(self.ends.len()).unwrap_or(FREE);
            self.letters.extend_from_slice(word.as_bytes());
            self.ends.push(self.letters.len() as u64);
            self.counts.push(0);
        }
        let number = self.slots[place];
        self.counts[number as usize] += times;
        number
    }

    fn grow(&mut self) {
        let mut slots = vec![FREE; (self.slots.len() * 2).max(FEWEST_SLOTS)];
        for number in 0..u32::try_from(self.ends.len()).unwrap_or(FREE) {
            // At most a quarter is taken: there is a free one.
            if let Some(place) = slot(&slots, self.bytes(number), |_| false) {
                slots[place] = number;
            }
        }
        self.slots = slots;
    }

    fn bytes(&self, number: u32) -> &[u8] {
        WordList::bytes_at(&self.letters, &self.ends, number)
    }

    /// The number that each word has in a model, by the one it has here; and the words by their new numbers: the specials,
    /// then those that are there `min_count` times, the most frequent first, equally frequent ones in the order of their
    /// letters. `unknown` further words are unknown whatever they are.
    pub(super) fn ranked(self, min_count: u32, unknown: u64, units: u64) -> (Vec<u32>, Self) {
        let count = |number: u32| self.counts[number as usize];
        let all = 0..u32::try_from(self.len()).unwrap_or(FREE);
        let mut known: Vec<u32> = all.filter(|number| count(*number) >= u64::from(min_count)).collect();
        known.sort_unstable_by(|a, b| count(*b).cmp(&count(*a)).then_with(|| self.bytes(*a).cmp(self.bytes(*b))));
        let mut ranked = Self::default();
        for (word, times) in SPECIAL.iter().zip([unknown, units, units]) {
            ranked.add(word, times);
        }
        let mut numbers = vec![UNKNOWN; self.len()];
        for number in known {
            // What was a word when it was added is one now.
            let word = str::from_utf8(self.bytes(number)).unwrap_or_default();
            numbers[number as usize] = ranked.add(word, count(number));
        }
        let rare = numbers.iter().zip(&self.counts).filter(|(number, _)| **number == UNKNOWN);
        ranked.counts[UNKNOWN as usize] += rare.map(|(_, count)| count).sum::<u64>();
        (numbers, ranked)
    }

    /// The most frequent word and its count; of equally frequent ones the first.
    pub(super) fn most_frequent(&self) -> Option<(String, u64)> {
        let all = 0..u32::try_from(self.len()).ok()?;
        let most = all.rev().max_by_key(|number| self.counts[*number as usize])?;
        Some((String::from_utf8_lossy(self.bytes(most)).into_owned(), self.counts[most as usize]))
    }

    /// These words as they are asked for and written.
    pub(super) fn list(&self) -> WordList<'_> {
        WordList { letters: &self.letters, ends: &self.ends, counts: &self.counts, slots: &self.slots }
    }
}

/// Words by their numbers, wherever they lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct WordList<'a> {
    /// All words, one after another.
    pub(super) letters: &'a [u8],
    /// Where each ends.
    pub(super) ends: &'a [u64],
    /// How often each is there.
    pub(super) counts: &'a [u64],
    /// Their numbers by their hashes.
    pub(super) slots: &'a [u32],
}

impl<'a> WordList<'a> {
    fn bytes_at<'b>(letters: &'b [u8], ends: &[u64], number: u32) -> &'b [u8] {
        let end = |place: usize| ends.get(place).and_then(|end| usize::try_from(*end).ok());
        let place = number as usize;
        let begin = place.checked_sub(1).map_or(Some(0), end);
        begin.zip(end(place)).and_then(|(begin, end)| letters.get(begin..end)).unwrap_or_default()
    }

    /// How many there are.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(MOST_WORDS)
    }

    /// A word; empty for a number that none has.
    pub(super) fn word(&self, number: u32) -> &'a str {
        str::from_utf8(Self::bytes_at(self.letters, self.ends, number)).unwrap_or_default()
    }

    /// How often a word is there.
    pub(super) fn count(&self, number: u32) -> u64 {
        self.counts.get(number as usize).copied().unwrap_or_default()
    }

    /// The number of a word; [`UNKNOWN`] for one that is not there, and for what is written like a special.
    pub(super) fn number(&self, word: &str) -> u32 {
        let found = slot(self.slots, word.as_bytes(), |number| {
            Self::bytes_at(self.letters, self.ends, number) == word.as_bytes()
        });
        let number = found.and_then(|place| self.slots.get(place)).copied().unwrap_or(FREE);
        if number == FREE || number <= END { UNKNOWN } else { number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_numbered_by_frequency_and_then_by_letters() {
        let mut words = WordCounts::default();
        for word in ["b", "a", "c", "a", "b", "rare", "d"] {
            words.add(word, 1);
        }
        words.add("d", 1);
        assert_eq!(words.most_frequent(), Some(("b".to_owned(), 2)));
        let (numbers, words) = words.ranked(2, 5, 3);
        // b, a, c, rare, d as they came.
        assert_eq!(numbers, [4, 3, UNKNOWN, UNKNOWN, 5]);
        let list = words.list();
        let all: Vec<_> = (0..list.len()).map(|number| (list.word(number), list.count(number))).collect();
        assert_eq!(all, [("<unk>", 7), ("<s>", 3), ("</s>", 3), ("a", 2), ("b", 2), ("d", 2)]);
        assert_eq!(["a", "d", "c", "", "</s>"].map(|word| list.number(word)), [3, 5, UNKNOWN, UNKNOWN, UNKNOWN]);
        assert_eq!((list.word(6), list.word(u32::MAX)), ("", ""));
    }

    #[test]
    fn thousands_of_words_are_found_again() {
        let mut words = WordCounts::default();
        for number in 0..20_000_u32 {
            assert_eq!(words.add(&format!("w{}", number % 10_000), 1), number % 10_000);
        }
        let (_, words) = words.ranked(1, 0, 1);
        let list = words.list();
        for number in 3..list.len() {
            assert_eq!(list.number(list.word(number)), number);
        }
        assert_eq!((list.len(), list.number("w10000")), (10_003, UNKNOWN));
    }

    #[test]
    fn damaged_tables_answer_without_breaking_down() {
        let (ends, counts) = ([5_u64, 2, u64::MAX], [1_u64]);
        let list = WordList { letters: b"ab", ends: &ends, counts: &counts, slots: &[0, 1, 2, 7] };
        assert_eq!((list.word(0), list.word(1), list.word(2), list.count(2)), ("", "", "", 0));
        assert_eq!(list.number("ab"), UNKNOWN);
        assert_eq!(WordList { slots: &[], ..list }.number("ab"), UNKNOWN);
    }
}
