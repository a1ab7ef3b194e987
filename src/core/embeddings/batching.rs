//! Which texts go through the encoder together.
//!
//! The one decision: texts of like length, longest first, so many that their tokens fill a budget. Long ones first,
//! because the last batches decide how long threads wait for each other; like ones, because the reference encoder pads.

use super::tokens::Tokenized;

/// How much goes through the encoder at once, unless one text alone is more.
#[derive(Debug, Clone, Copy)]
pub(super) enum Budget {
    /// So many tokens.
    Packed(usize),
    /// Each text counts as long as the longest beside it.
    Padded {
        /// So many tokens.
        tokens: usize,
        /// So many pairs of tokens of a text: what attention holds at once.
        pairs: usize,
    },
}

impl Budget {
    /// Of a processor: few enough for its caches, and for a quick end when cancelled.
    pub(super) const PACKED: Self = Self::Packed(512);
    /// The same where texts are filled up.
    pub(super) const PADDED: Self = Self::Padded { tokens: 512, pairs: 1 << 24 };
    /// Of a device that computes faster than it is told what: 16 million pairs and 12 heads are 0.4 GB in half precision.
    pub(super) const DEVICE: Self = Self::Padded { tokens: 16_384, pairs: 1 << 24 };

    /// Whether so many texts fit, which have `tokens` together, and of which none is longer than `longest`.
    fn allows(self, texts: usize, tokens: usize, longest: usize) -> bool {
        match self {
            Self::Packed(most) => tokens <= most,
            Self::Padded { tokens, pairs } => texts * longest <= tokens && texts * longest * longest <= pairs,
        }
    }
}

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
    pub(super) fn of(texts: &'a [Tokenized], budget: Budget) -> Self {
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|text| std::cmp::Reverse(texts[*text].ids.len()));
        let length = |place: usize| texts[order[place]].ids.len();
        let (mut ends, mut start, mut filled) = (Vec::new(), 0, 0);
        for place in 0..order.len() {
            if place > start && !budget.allows(place + 1 - start, filled + length(place), length(start)) {
                ends.push(place);
                (start, filled) = (place, 0);
            }
            filled += length(place);
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
    fn where_texts_are_filled_up_the_longest_counts_for_all() {
        let texts: Vec<_> = [100; 9].into_iter().chain([10; 40]).map(text).collect();
        let batches = Batches::of(&texts, Budget::Padded { tokens: 300, pairs: 25_000 });
        let sizes: Vec<_> = (0..batches.count()).map(|number| batches.get(number).members().len()).collect();
        assert_eq!(sizes, [2, 2, 2, 2, 2, 30, 9]);
    }

    #[test]
    fn every_text_is_in_one_batch_and_no_batch_is_over_the_budget() {
        let texts: Vec<_> = (0..300).map(|number| text(2 + number * 7 % 256)).chain([text(900)]).collect();
        let batches = Batches::of(&texts, Budget::PACKED);
        let mut seen = vec![0; texts.len()];
        for number in 0..batches.count() {
            let batch = batches.get(number);
            assert!(batch.tokens() <= 512 || batch.members().len() == 1);
            batch.members().iter().for_each(|text| seen[*text] += 1);
        }
        assert!(seen.iter().all(|times| *times == 1));
        assert_eq!(batches.get(0).tokens(), 900);
        assert_eq!(Batches::of(&[], Budget::PACKED).count(), 0);
    }
}
