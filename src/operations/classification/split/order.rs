//! The order in which rows go to splits.

use crate::core::text::normalise::{TextKey, beginning};
use crate::operations::classification::facts::{Facts, RowId};

/// Where a text stands in the order of a seed. Equal texts stand together.
///
/// The beginning of the text's key, stirred with the seed by the finaliser of `SplitMix64`.
pub(super) fn place(seed: u64, key: &TextKey) -> u64 {
    stirred(beginning(key) ^ stirred(seed))
}

/// The finaliser of `SplitMix64`.
pub(super) fn stirred(mut bits: u64) -> u64 {
    bits = bits.wrapping_add(0x9e37_79b9_7f4a_7c15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// Puts rows into the order of a seed.
pub(in super::super) fn ordered(rows: impl Iterator<Item = RowId>, facts: &Facts, seed: u64) -> Vec<RowId> {
    let mut placed: Vec<(u64, RowId)> = rows.map(|row| (place(seed, &facts.keys[row as usize]), row)).collect();
    placed.sort_unstable();
    placed.into_iter().map(|(_, row)| row).collect()
}
