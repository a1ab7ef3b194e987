//! Rows to splits in the order of time.

use super::rounding::divided;
use super::shares::Split;
use super::{Splits, order};
use crate::operations::classification::facts::{Facts, RowId};
use crate::operations::classification::options::ClassificationOptions;

/// Divides rows at points in time: the earliest to train, the latest to test. Rows without a time come first, since nobody
/// knows that they are late. Labels make no difference: a split that is later for one label and earlier for another would let
/// a model see the future. Counts are exact; of rows at the same time those that come first in the order of the seed are in
/// the earlier split.
pub(super) fn by_time(rows: &[RowId], facts: &Facts, options: &ClassificationOptions, to: &mut Splits) {
    let mut sorted: Vec<(i64, u64, RowId)> = Vec::with_capacity(rows.len());
    sorted.extend(
        rows.iter()
            .map(|row| (facts.times[*row as usize], order::place(options.seed, &facts.keys[*row as usize]), *row)),
    );
    sorted.sort_unstable();
    let counts = divided(rows.len() as u64, &options.split);
    let splits = Split::ALL
        .into_iter()
        .flat_map(|split| std::iter::repeat_n(split, usize::try_from(counts[split as usize]).unwrap_or(usize::MAX)));
    for ((.., row), split) in sorted.into_iter().zip(splits) {
        to[row as usize] = Some(split);
    }
}
