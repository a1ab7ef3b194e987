//! Which texts go through the encoder together.
//!
//! The one decision: texts of like length, longest first, so many that their tokens fill a budget. Long ones first,
//! because the last batches decide how long threads wait for each other; like ones, because the reference encoder pads.

use super::tokens::Tokenized;

/// Tokens of a batch, unless one text alone has more: few enough for the caches, and for a quick end when cancelled.
const BUDGET: usize = 512;

/// Texts that go through the encoder together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Batch<'a> {
    texts: &'a [Tokenized],
    members: &'a [usize],
}

impl<'a> Batch<'a> {
    /// The tokens of each text.
    pub(super) fn sequences(self) -> impl ExactSizeIterator<Item = &'a [u32]> {
        self.members.iter().map(move |text| self.texts[*text].ids.as_slice())
    }

    /// Which texts they are.
    pub(super) fn members(self) -> &'a [usize] {
        self.members
    }

    /// Tokens in all.
    pub(super) fn tokens(self) -> usize {
        self.sequences().map(<[u32]>::len).sum()
    }
}

/// All texts, in batches.
#[derive(Debug)]
pub(super) struct Batches<'a> {
    texts: &'a [Tokenized],
    order: Vec<usize>,
    /// Where each batch ends in `order`.
    ends: Vec<usize>,
}

impl<'a> Batches<'a> {
    /// Puts texts together.
    pub(super) fn of(texts: &'a [Tokenized]) -> Self {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|text| std::cmp::Reverse(texts[*text].ids.len()));
        let (mut ends, mut filled) = (Vec::new(), 0);
        for (place, text) in order.iter().enumerate() {
            let tokens = texts[*text].ids.len();
            if filled > 0 && filled + tokens > BUDGET {
                ends.push(place);
                filled = 0;
            }
            filled += tokens;
        }
        if !order.is_empty() {
            ends.push(order.len());
        }
        Self { texts, order, ends }
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// One of them.
    pub(super) fn get(&self, number: usize) -> Batch<'_> {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        Batch { texts: self.texts, members: &self.order[start..self.ends[number]] }
    }
}

#[cfg(test)]
mod tests {
    use super::super::TextLength;
    use super::*;

    fn text(tokens: usize) -> Tokenized {
        Tokenized { ids: vec![0; tokens], length: TextLength { tokens, is_truncated: false } }
    }

    #[test]
    fn every_text_is_in_one_batch_and_no_batch_is_over_the_budget() {
        let texts: Vec<_> = (0..300).map(|number| text(2 + number * 7 % 256)).chain([text(900)]).collect();
        let batches = Batches::of(&texts);
        let mut seen = vec![0; texts.len()];
        for number in 0..batches.count() {
            let batch = batches.get(number);
            assert!(batch.tokens() <= BUDGET || batch.members().len() == 1);
            batch.members().iter().for_each(|text| seen[*text] += 1);
        }
        assert!(seen.iter().all(|times| *times == 1));
        assert_eq!(batches.get(0).tokens(), 900);
        assert_eq!(Batches::of(&[]).count(), 0);
    }
}
