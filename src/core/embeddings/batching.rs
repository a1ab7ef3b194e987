//! Which texts go through the encoder together.
//!
//! The one decision: the oldest text, and those of like length beside it, so many that their tokens fill a budget. The
//! oldest, so that nobody waits forever; like ones, because the reference encoder pads.

use std::cmp::Ordering;

/// What is shared among idle threads is not shared in smaller pieces.
const LEAST_SHARE: usize = 48;

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

    /// Tokens that it has room for.
    pub(super) fn tokens(self) -> usize {
        match self {
            Self::Packed(tokens) | Self::Padded { tokens, .. } => tokens,
        }
    }

    /// A thread's share where several are idle, and so many tokens wait. What pads shares nothing: it is for few callers.
    pub(super) fn share(self, tokens: usize, threads: usize) -> Self {
        match self {
            Self::Packed(most) => Self::Packed(tokens.div_ceil(threads.max(1)).clamp(LEAST_SHARE.min(most), most)),
            padded @ Self::Padded { .. } => padded,
        }
    }

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
    texts: &'a [&'a [u32]],
}

impl<'a> Batch<'a> {
    /// The batch of these texts, each by its tokens.
    pub(super) fn of(texts: &'a [&'a [u32]]) -> Self {
        Self { texts }
    }

    /// The tokens of each text.
    pub(super) fn sequences(self) -> impl ExactSizeIterator<Item = &'a [u32]> {
        self.texts.iter().copied()
    }

    /// Tokens in all.
    pub(super) fn tokens(self) -> usize {
        self.sequences().map(<[u32]>::len).sum()
    }
}

/// Chooses among texts by their lengths, the oldest first: which of them go together. The oldest always does.
pub(super) fn choose(lengths: &[usize], budget: Budget) -> Vec<bool> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|text| (lengths[*text], *text));
    let mut is_chosen = vec![false; lengths.len()];
    let Some(oldest) = order.iter().position(|text| *text == 0) else { return is_chosen };
    let (mut below, mut above, mut filled) = (oldest, oldest + 1, lengths[0]);
    is_chosen[0] = true;
    loop {
        let longest = lengths[order[above - 1]];
        let fits = |text: &usize| {
            let length = lengths[*text];
            budget.allows(above - below + 1, filled + length, longest.max(length))
        };
        let shorter = below.checked_sub(1).map(|place| order[place]).filter(fits);
        let longer = order.get(above).copied().filter(fits);
        let next = match (shorter, longer) {
            (Some(shorter), Some(longer)) => nearer(lengths, shorter, longer),
            (one, other) => one.or(other),
        };
        let Some(next) = next else { return is_chosen };
        if shorter == Some(next) {
            below -= 1;
        } else {
            above += 1;
        }
        filled += lengths[next];
        is_chosen[next] = true;
    }
}

/// Which of two is more like the oldest.
fn nearer(lengths: &[usize], shorter: usize, longer: usize) -> Option<usize> {
    match (lengths[0] - lengths[shorter]).cmp(&(lengths[longer] - lengths[0])) {
        Ordering::Less | Ordering::Equal => Some(shorter),
        Ordering::Greater => Some(longer),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chosen(lengths: &[usize], budget: Budget) -> Vec<usize> {
        let is_chosen = choose(lengths, budget);
        lengths.iter().zip(is_chosen).filter(|(_, is_chosen)| *is_chosen).map(|(length, _)| *length).collect()
    }

    #[test]
    fn the_oldest_goes_with_those_that_are_like_it() {
        assert_eq!(chosen(&[20, 200, 21, 3, 19, 100], Budget::Packed(64)), [20, 21, 3, 19]);
        assert_eq!(chosen(&[900, 2, 2], Budget::Packed(512)), [900]);
        assert_eq!(chosen(&[], Budget::Packed(512)), [0; 0]);
    }

    #[test]
    fn where_texts_are_filled_up_the_longest_counts_for_all() {
        let budget = Budget::Padded { tokens: 300, pairs: 25_000 };
        assert_eq!(chosen(&[[100; 9].as_slice(), &[10; 40]].concat(), budget), [100; 2]);
        assert_eq!(chosen(&[[10; 40].as_slice(), &[100; 9]].concat(), budget), [10; 30]);
    }

    proptest! {
        #[test]
        fn no_batch_is_over_the_budget_but_for_one_text_and_none_has_room_for_a_neighbour(
            lengths in prop::collection::vec(1_usize..600, 1..60),
        ) {
            let is_chosen = choose(&lengths, Budget::PACKED);
            let of = |wanted| {
                let some = lengths.iter().zip(&is_chosen).filter(move |(_, chosen)| **chosen == wanted);
                some.map(|(length, _)| *length).collect::<Vec<_>>()
            };
            let (chosen, left) = (of(true), of(false));
            let filled: usize = chosen.iter().sum();
            prop_assert!(is_chosen[0] && (filled <= 512 || chosen.len() == 1));
            let shorter = left.iter().filter(|length| **length < chosen[0]).max();
            let longer = left.iter().filter(|length| **length > *chosen.iter().max().unwrap()).min();
            for neighbour in shorter.into_iter().chain(longer) {
                prop_assert!(filled + neighbour > 512);
            }
        }
    }
}
