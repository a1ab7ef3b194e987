//! Words with a number from 0 to 255 each, as they lie in the program.
//!
//! For: tables of a hundred thousand words that are looked up in. Not for: tables that are made at run time; those here
//! come from `tables/make_word_tables.py`, which says how the bytes lie. The one decision: nothing is unpacked; a word is
//! found by a binary search for its block and a walk through sixteen words, which share their beginnings.

use std::cmp::Ordering;

/// A table in the bytes that it came in.
#[derive(Debug, Clone, Copy)]
pub(super) struct WordTable {
    /// Where each block begins, four bytes a block.
    offsets: &'static [u8],
    blocks: &'static [u8],
}

/// A word as it lies in its block.
struct Entry {
    /// How many bytes it has in common with the word before it.
    shared: usize,
    /// Its other bytes.
    rest: &'static [u8],
    value: u8,
}

impl WordTable {
    /// The table that these bytes are. What is no table has no words.
    pub(super) fn new(bytes: &'static [u8]) -> Self {
        let table = bytes.split_first_chunk().and_then(|(count, rest)| {
            let count = usize::try_from(u32::from_le_bytes(*count)).ok()?;
            rest.split_at_checked(count.checked_mul(4)?)
        });
        let (offsets, blocks) = table.unwrap_or_default();
        Self { offsets, blocks }
    }

    /// The number of a word, where it has one.
    pub(super) fn get(&self, word: &str) -> Option<u8> {
        let mut entries = self.block_of(word.as_bytes())?;
        // How many bytes the word has in common with the entry before. Entries are sorted, and it lies behind that one.
        let mut common = 0;
        while let Some(entry) = next_entry(&mut entries) {
            match entry.shared.cmp(&common) {
                Ordering::Greater => {}
                Ordering::Less => return None,
                Ordering::Equal => {
                    let wanted = word.as_bytes().get(common..)?;
                    if entry.rest == wanted {
                        return Some(entry.value);
                    }
                    if entry.rest > wanted {
                        return None;
                    }
                    common += entry.rest.iter().zip(wanted).take_while(|(one, other)| one == other).count();
                }
            }
        }
        None
    }

    /// From the last block on that begins with the word or something before it.
    fn block_of(&self, word: &[u8]) -> Option<&'static [u8]> {
        let (mut low, mut high) = (0, self.offsets.len() / 4);
        while low < high {
            let middle = low.midpoint(high);
            let first = next_entry(&mut self.block(middle)?)?;
            if first.rest <= word {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.block(low.checked_sub(1)?)
    }

    /// One block, without those behind it.
    fn block(&self, place: usize) -> Option<&'static [u8]> {
        let begin = self.offset(place)?;
        let end = self.offset(place + 1).unwrap_or(self.blocks.len());
        self.blocks.get(begin..end)
    }

    fn offset(&self, place: usize) -> Option<usize> {
        let bytes = self.offsets.get(place * 4..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    }
}

fn next_entry(bytes: &mut &'static [u8]) -> Option<Entry> {
    let (&[shared, length], rest) = bytes.split_first_chunk()?;
    let (rest, behind) = rest.split_at_checked(usize::from(length))?;
    let (&value, behind) = behind.split_first()?;
    *bytes = behind;
    Some(Entry { shared: usize::from(shared), rest, value })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// All words of a table, in their order.
    pub(in crate::core::text) fn words_of(table: &WordTable) -> Vec<(String, u8)> {
        let mut found = Vec::new();
        for place in 0..table.offsets.len() / 4 {
            let (mut entries, mut word) = (table.block(place).unwrap(), Vec::new());
            while let Some(entry) = next_entry(&mut entries) {
                word.truncate(entry.shared);
                word.extend_from_slice(entry.rest);
                found.push((String::from_utf8(word.clone()).unwrap(), entry.value));
            }
        }
        found
    }

    /// Two blocks: `art`, `arts`, `be`; `cat`, `cats`.
    const SMALL: &[u8] =
        b"\x02\0\0\0\0\0\0\0\x13\0\0\0\0\x03art\x01\x03\x01s\x02\0\x02be\x03\x01\x01z\x04\0\x03cat\x05\x03\x01s\x06";

    #[test]
    fn words_of_every_block_are_found_and_what_lies_between_is_not() {
        let table = WordTable::new(SMALL);
        let words = words_of(&table);
        assert_eq!(
            words.iter().map(|(word, _)| word.as_str()).collect::<Vec<_>>(),
            ["art", "arts", "be", "bz", "cat", "cats"]
        );
        for (word, value) in words {
            assert_eq!(table.get(&word), Some(value), "{word}");
        }
        for missing in ["", "a", "aa", "ar", "arta", "artz", "b", "bd", "bf", "c", "cab", "cat's", "catsy", "d", "ä"] {
            assert_eq!(table.get(missing), None, "{missing}");
        }
    }

    #[test]
    fn what_is_no_table_has_no_words() {
        for bytes in [&b""[..], b"\x01", b"\xff\xff\xff\xff", b"\x01\0\0\0\xff\0\0\0a", b"\x01\0\0\0\0\0\0\0\0\x09a"] {
            assert_eq!(WordTable::new(bytes).get("a"), None, "{bytes:?}");
        }
    }
}
