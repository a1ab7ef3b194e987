//! Finds the marks of delimited text, delimiters and line ends, 64 bytes at a glance.
//!
//! For: bare fields, which are short: one look finds several ends, where a search begun anew for every field would spend
//! its time on beginning. Not for: quotes. The one decision: arithmetic on whole words (`lanes`), without vectors.

use crate::core::tabular::lanes::{repeat, zeros};

/// Bytes of a block: one bit each.
const BLOCK: usize = u64::BITS as usize;

/// Where delimiters and line ends stand in a text, block by block.
#[derive(Debug)]
pub(super) struct Marks {
    delimiters: u64,
    line_ends: u64,
    /// Where the block begins that was looked at last; `usize::MAX`: none was.
    block: usize,
    /// A bit for every mark in it.
    hits: u64,
}

impl Marks {
    /// Looks for these bytes.
    pub(super) fn new(delimiter: Option<u8>, line_end: u8) -> Self {
        let (delimiters, line_ends) = (repeat(delimiter.unwrap_or(line_end)), repeat(line_end));
        Self { delimiters, line_ends, block: usize::MAX, hits: 0 }
    }

    /// To be called whenever the text has changed.
    pub(super) fn forget(&mut self) {
        self.block = usize::MAX;
    }

    /// The first mark in `text` at `from` or behind it.
    #[inline]
    pub(super) fn next(&mut self, text: &[u8], from: usize) -> Option<usize> {
        let mut block = from - from % BLOCK;
        if block != self.block {
            self.look(text, block);
        }
        let mut hits = self.hits & (u64::MAX << (from % BLOCK));
        while hits == 0 {
            block += BLOCK;
            if block >= text.len() {
                return None;
            }
            self.look(text, block);
            hits = self.hits;
        }
        Some(block + hits.trailing_zeros() as usize)
    }

    #[inline]
    fn look(&mut self, text: &[u8], block: usize) {
        self.block = block;
        let rest = text.get(block..).unwrap_or_default();
        self.hits = match rest.first_chunk::<BLOCK>() {
            Some(whole) => self.hits_in(whole),
            None => {
                let mut padded = [0; BLOCK];
                padded[..rest.len()].copy_from_slice(rest);
                self.hits_in(&padded) & !(u64::MAX << rest.len())
            }
        };
    }

    #[inline]
    fn hits_in(&self, block: &[u8; BLOCK]) -> u64 {
        let mut hits = 0;
        for (index, bytes) in block.as_chunks::<8>().0.iter().enumerate() {
            let word = u64::from_le_bytes(*bytes);
            let found = zeros(word ^ self.delimiters) | zeros(word ^ self.line_ends);
            // The multiplication gathers the lowest bits of all eight bytes in the highest byte.
            hits |= ((found >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) << (8 * index);
        }
        hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_search_byte_by_byte_finds(text in "[ab,\n\u{80}é]{0,300}", delimiter in prop::option::of(Just(b','))) {
            let mut marks = Marks::new(delimiter, b'\n');
            for from in 0..=text.len() {
                let is_mark = |byte: &u8| Some(*byte) == delimiter || *byte == b'\n';
                let wanted = text.as_bytes()[from..].iter().position(is_mark).map(|at| from + at);
                prop_assert_eq!(marks.next(text.as_bytes(), from), wanted);
            }
        }
    }

    #[test]
    fn bytes_of_a_mark_behind_the_text_are_none() {
        assert_eq!(Marks::new(Some(0), b'\n').next(b"abc", 0), None);
    }
}
