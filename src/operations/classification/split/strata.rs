//! Rows to splits, each stratum by itself.

use super::rounding::{Counts, divided_strata};
use super::shares::Split;
use super::{Splits, order};
use crate::operations::classification::facts::{Facts, RowId};
use crate::operations::classification::options::ClassificationOptions;

/// Divides rows so that every split has its share of each stratum. Equal texts of a stratum stay together where a split has
/// room for all of them, so counts are exact in any case.
pub(super) fn by_strata(
    rows: &[RowId],
    strata: &[u32],
    facts: &Facts,
    options: &ClassificationOptions,
    to: &mut Splits,
) {
    let mut sizes: Vec<u64> = Vec::new();
    for stratum in strata {
        let place = *stratum as usize;
        sizes.resize(sizes.len().max(place + 1), 0);
        sizes[place] += 1;
    }
    let counts = divided_strata(&sizes, &options.split);
    let mut sorted: Vec<(u32, u64, RowId)> = Vec::with_capacity(rows.len());
    sorted.extend(
        rows.iter()
            .zip(strata)
            .map(|(row, stratum)| (*stratum, order::place(options.seed, &facts.keys[*row as usize]), *row)),
    );
    sorted.sort_unstable();
    for stratum in sorted.chunk_by(|a, b| a.0 == b.0) {
        let mut room = counts[stratum[0].0 as usize];
        let is_same = |a: &(u32, u64, RowId), b: &(u32, u64, RowId)| a.1 == b.1;
        for text in stratum.chunk_by(is_same) {
            fill(text.iter().map(|(.., row)| *row), &mut room, to);
        }
    }
}

/// Puts rows of one text into the first split that has room for all of them; where none has, they are parted.
fn fill(text: impl ExactSizeIterator<Item = RowId>, room: &mut Counts, to: &mut Splits) {
    let rows = text.len() as u64;
    let whole = Split::ALL.into_iter().find(|split| room[*split as usize] >= rows);
    for row in text {
        let split = whole.or_else(|| Split::ALL.into_iter().find(|split| room[*split as usize] > 0));
        let Some(split) = split else { return };
        room[split as usize] -= 1;
        to[row as usize] = Some(split);
    }
}
