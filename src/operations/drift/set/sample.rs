//! Which rows of a set stand for all of them.
//!
//! The one decision: rows are ordered by a hash of their texts that the seed keys, and the first ones are taken. So the choice
//! does not depend on where a text stands, and the sample of a whole is found in the samples of its parts.

use crate::core::text::normalise::{beginning, letter_key};
use crate::operations::drift::set::Set;

/// What orders a text among those that may be taken.
pub(in crate::operations::drift) fn sampling_key(text: &str, seed: u64) -> u64 {
    // The last step of SplitMix64 (Steele, Lea, Flood 2014): every bit of the seed moves every bit of the key.
    let mut key = beginning(&letter_key(text)) ^ seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    key = (key ^ (key >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    key = (key ^ (key >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    key ^ (key >> 31)
}

/// Places of at most `most` rows with a text, rising.
pub(in crate::operations::drift) fn sampled(set: &Set, most: usize, seed: u64) -> Vec<usize> {
    let mut keyed: Vec<(u64, usize)> =
        (0..set.len()).filter_map(|place| Some((sampling_key(set.text(place)?, seed), place))).collect();
    if keyed.len() > most {
        keyed.select_nth_unstable(most);
        keyed.truncate(most);
    }
    let mut places: Vec<usize> = keyed.into_iter().map(|(_, place)| place).collect();
    places.sort_unstable();
    places
}
