//! Which texts go through the encoder together.
//!
//! The one decision: the oldest text, and those of like length beside it, so many that their tokens fill a budget. The
//! oldest, so that nobody waits forever; like ones, because the reference encoder pads.

use std::cmp::Ordering;

/// Tokens of a batch, unless one text alone has more: few enough for the caches, and for a quick end when cancelled.
pub(super) const BUDGET: usize = 512;

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
pub(super) fn choose(lengths: &[usize], budget: usize) -> Vec<bool> {
    let mut order: Vec<usize> = (0..lengths.len()).collect();
    order.sort_by_key(|text| (lengths[*text], *text));
    let mut is_chosen = vec![false; lengths.len()];
    let Some(oldest) = order.iter().position(|text| *text == 0) else { return is_chosen };
    let (mut below, mut above, mut filled) = (oldest, oldest + 1, lengths[0]);
    is_chosen[0] = true;
    loop {
        let fits = |text: &usize| filled + lengths[*text] <= budget;
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

    fn chosen(lengths: &[usize], budget: usize) -> Vec<usize> {
        let is_chosen = choose(lengths, budget);
        lengths.iter().zip(is_chosen).filter(|(_, is_chosen)| *is_chosen).map(|(length, _)| *length).collect()
    }

    #[test]
    fn the_oldest_goes_with_those_that_are_like_it() {
        assert_eq!(chosen(&[20, 200, 21, 3, 19, 100], 64), [20, 21, 19, 3]);
        assert_eq!(chosen(&[900, 2, 2], 512), [900]);
        assert_eq!(chosen(&[], 512), [0; 0]);
    }

    proptest! {
        #[test]
        fn no_batch_is_over_the_budget_but_for_one_text_and_none_could_hold_one_more_of_its_neighbours(
            lengths in prop::collection::vec(1_usize..600, 1..60),
        ) {
            let is_chosen = choose(&lengths, BUDGET);
            let filled: usize = lengths.iter().zip(&is_chosen).filter(|(_, chosen)| **chosen).map(|(length, _)| length).sum();
            let count = is_chosen.iter().filter(|chosen| **chosen).count();
            prop_assert!(is_chosen[0] && (filled <= BUDGET || count == 1));
            let shortest_left = lengths.iter().zip(&is_chosen).filter(|(_, chosen)| !**chosen).map(|(length, _)| *length).min();
            let shortest = lengths.iter().zip(&is_chosen).filter(|(_, chosen)| **chosen).map(|(length, _)| *length).min();
            if let (Some(left), Some(shortest)) = (shortest_left, shortest) && left < shortest {
                prop_assert!(filled + left > BUDGET);
            }
        }
    }
}
