//! How many different values there are, in bounded memory.
//!
//! The one decision: digests are kept, and when there are too many, every second one is let go, told by a bit of theirs
//! (Wegman's adaptive sampling). Until then the count is exact; after that it is what is kept times what was let go.

use std::collections::HashSet;

use foldhash::fast::FixedState;

/// Digests that are kept for all columns of a table together: some 20 bytes each.
const KEPT: usize = 4 << 20;
/// Digests of a column at most; an estimate is then off by about half a per cent.
const MOST: usize = 1 << 16;
/// Digests of a column at least, however many columns there are.
const LEAST: usize = 1 << 8;

/// Counts different values by their digests.
#[derive(Debug)]
pub(super) struct Distinct {
    digests: HashSet<u64, FixedState>,
    most: usize,
    halvings: u32,
}

impl Distinct {
    /// For one of so many columns.
    pub(super) fn among(columns: usize) -> Self {
        let most = (KEPT / columns.max(1)).clamp(LEAST, MOST);
        Self { digests: HashSet::with_hasher(FixedState::default()), most, halvings: 0 }
    }

    /// Takes the digest of a value; all its bits must be as good as drawn.
    pub(super) fn see(&mut self, digest: u64) {
        if digest.trailing_zeros() < self.halvings || !self.digests.insert(digest) {
            return;
        }
        while self.digests.len() > self.most {
            self.halvings += 1;
            let halvings = self.halvings;
            self.digests.retain(|digest| digest.trailing_zeros() >= halvings);
        }
    }

    /// How many different values there are.
    pub(super) fn count(&self) -> u64 {
        (self.digests.len() as u64) << self.halvings
    }

    /// Whether that is no estimate.
    pub(super) fn is_exact(&self) -> bool {
        self.halvings == 0
    }
}

#[cfg(test)]
mod tests {
    use std::hash::BuildHasher as _;

    use super::*;

    fn counted(values: u64, columns: usize) -> Distinct {
        let mut distinct = Distinct::among(columns);
        for value in (0..values).chain(0..values) {
            distinct.see(FixedState::default().hash_one(value));
        }
        distinct
    }

    #[test]
    fn few_values_are_counted_exactly() {
        let distinct = counted(MOST as u64, 1);
        assert_eq!((distinct.count(), distinct.is_exact()), (MOST as u64, true));
    }

    #[test]
    fn many_values_are_estimated_in_bounded_memory() {
        let distinct = counted(1_000_000, 1);
        assert!(!distinct.is_exact() && distinct.digests.len() <= MOST);
        assert!(distinct.count().abs_diff(1_000_000) < 20_000, "{}", distinct.count());
        assert!(counted(100_000, 50_000).digests.len() <= LEAST);
    }
}
