//! The seeded randomness of NumPy's `RandomState`.
//!
//! For: splits and samples that fall as those of NumPy and scikit-learn fall with the same seed, because a score of a learned
//! model is comparable only on the same split. Not for: anything that need not be equal to Python's (`fastrand`), or for
//! secrets. The one decision: MT19937 and the consumption of its numbers are those of NumPy's *legacy* generator (BSD licence),
//! which NumPy has frozen: the same seed gives the same rows for ever.

const STATE_LEN: usize = 624;
const SHIFT: usize = 397;

/// A generator as `numpy.random.RandomState(seed)` makes it.
#[derive(Debug, Clone)]
pub(super) struct RandomState {
    words: [u32; STATE_LEN],
    next: usize,
}

impl RandomState {
    /// Starts at a seed.
    pub(super) fn new(seed: u32) -> Self {
        let mut words = [0_u32; STATE_LEN];
        let mut word = seed;
        for (place, slot) in (0_u32..).zip(words.iter_mut()) {
            if place > 0 {
                word = 1_812_433_253_u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(place);
            }
            *slot = word;
        }
        Self { words, next: STATE_LEN }
    }

    /// The next 32 bits.
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.next == STATE_LEN {
            self.refill();
        }
        let mut word = self.words[self.next];
        self.next += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn refill(&mut self) {
        for place in 0..STATE_LEN {
            let joined = (self.words[place] & 0x8000_0000) | (self.words[(place + 1) % STATE_LEN] & 0x7fff_ffff);
            let twisted = (joined >> 1) ^ if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.words[place] = self.words[(place + SHIFT) % STATE_LEN] ^ twisted;
        }
        self.next = 0;
    }

    /// A number of `0..=highest`, every one as likely.
    pub(super) fn up_to(&mut self, highest: u32) -> u32 {
        if highest == 0 {
            return 0;
        }
        let mask = u32::MAX >> highest.leading_zeros();
        loop {
            let drawn = self.next_u32() & mask;
            if drawn <= highest {
                return drawn;
            }
        }
    }

    /// A fraction of `0.0..1.0` with 53 random bits (`random_sample`).
    pub(super) fn fraction(&mut self) -> f64 {
        let (high, low) = (self.next_u32() >> 5, self.next_u32() >> 6);
        (f64::from(high) * 67_108_864.0 + f64::from(low)) / 9_007_199_254_740_992.0
    }

    /// Puts `items` into random order (`shuffle`); at most 2^32 of them.
    pub(super) fn shuffle<T>(&mut self, items: &mut [T]) {
        for place in (1..items.len()).rev() {
            let other = self.up_to(u32::try_from(place).unwrap_or(u32::MAX));
            items.swap(place, usize::try_from(other).unwrap_or(0));
        }
    }

    /// The numbers `0..count` in random order (`permutation`).
    pub(super) fn permutation(&mut self, count: usize) -> Vec<usize> {
        let mut places: Vec<usize> = (0..count).collect();
        self.shuffle(&mut places);
        places
    }

    /// `wanted` of the numbers `0..count`, none twice, in random order (`choice` without replacement); all of them if there
    /// are no more.
    pub(super) fn choice(&mut self, count: usize, wanted: usize) -> Vec<usize> {
        let mut places = self.permutation(count);
        places.truncate(wanted);
        places
    }
}

/// At most `limit` of `count` rows, in their own order: all of them, or a seeded sample.
pub(super) fn sample_in_order(count: usize, limit: usize, seed: u32) -> Vec<usize> {
    if count <= limit {
        return (0..count).collect();
    }
    let mut rows = RandomState::new(seed).choice(count, limit);
    rows.sort_unstable();
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_those_of_numpy_with_the_same_seed() {
        let mut random = RandomState::new(42);
        assert_eq!(random.permutation(10), [8, 1, 5, 0, 7, 2, 9, 4, 3, 6]);
        assert_eq!(random.choice(20, 5), [8, 13, 9, 6, 0]);
        assert_eq!(random.up_to(2_147_483_646), 30_349_564);
        let drawn: Vec<u32> = (0..5).map(|_| random.up_to(9)).collect();
        assert_eq!(drawn, [8, 0, 9, 2, 6]);
        assert!((random.fraction() - 0.983_230_89).abs() < 1e-8);
        assert!((random.fraction() - 0.466_762_89).abs() < 1e-8);
        let mut items = [5, 6, 7, 8];
        random.shuffle(&mut items);
        assert_eq!(items, [6, 8, 7, 5]);
    }

    #[test]
    fn the_state_is_refilled_as_numpy_refills_it() {
        let mut random = RandomState::new(7);
        let drawn: Vec<u32> = (0..3).map(|_| random.up_to(2_147_483_646)).collect();
        assert_eq!(drawn, [327_741_615, 976_413_892, 1_202_242_073]);
        assert_eq!(random.permutation(1000)[..5], [319, 94, 829, 222, 682]);
    }

    #[test]
    fn a_sample_keeps_the_order_of_the_rows_and_repeats_none() {
        assert_eq!(sample_in_order(3, 5, 42), [0, 1, 2]);
        let rows = sample_in_order(1000, 50, 42);
        assert_eq!(rows.len(), 50);
        assert!(rows.is_sorted_by(|before, after| before < after));
    }
}
