//! Maximum mean discrepancy: how far apart two clouds of vectors are, in position and in shape.
//!
//! For: drift of embeddings with a p-value. Not for: saying what differs. The one decision: the unbiased estimate of Gretton
//! et al. (2012) with a Gaussian kernel and the median heuristic, on a bounded number of rows: a kernel matrix of all rows is
//! what runs others out of memory.

use super::numpy_random::sample_in_order;
use super::similarities::{Similarities, Sums};
use super::size::size;
use super::vectors::Vectors;

/// How much is compared.
#[derive(Debug, Clone, Copy)]
pub struct PermutationOptions {
    /// Rows of a side beyond which some are drawn.
    pub rows_per_side: usize,
    /// Random regroupings.
    pub rounds: usize,
    /// What every random choice begins with.
    pub seed: u32,
}

impl Default for PermutationOptions {
    fn default() -> Self {
        Self { rows_per_side: 1_000, rounds: 199, seed: 42 }
    }
}

/// A discrepancy and how probable it is by chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Discrepancy {
    /// The unbiased estimate of the squared discrepancy; around 0, and below, where there is none.
    pub squared: f64,
    /// How probable so large a discrepancy is if there is no difference.
    pub p_value: f64,
    /// Rows of the two sides that were compared.
    pub rows: (usize, usize),
}

/// The discrepancy of two sets of vectors; `None` with fewer than two rows on a side, or if dimensions differ.
pub fn mmd(reference: Vectors, incoming: Vectors, options: PermutationOptions) -> Option<Discrepancy> {
    let sample = drawn(reference, incoming, options)?;
    let (first, second) = (sample.first, sample.rows.len() - sample.first);
    let gamma = 1.0 / median_squared(&sample.rows, first)?;
    let alike = |row: usize, other: usize| {
        if row == other { 0.0 } else { (-gamma * squared_distance(sample.rows[row], sample.rows[other])).exp() }
    };
    let similarities = Similarities::of(sample.rows.len(), first, alike);
    let squared = |sums: Sums| {
        let (one, other) = (size(first), size(second));
        sums.first / (one * (one - 1.0)) + sums.second / (other * (other - 1.0)) - 2.0 * sums.between / (one * other)
    };
    Some(Discrepancy {
        squared: squared(similarities.sums()),
        p_value: similarities.p_value(options.rounds, options.seed, squared),
        rows: (first, second),
    })
}

/// Rows of both sides.
pub(super) struct Drawn<'a> {
    /// Those of the reference, then those of the incoming set.
    pub rows: Vec<&'a [f32]>,
    /// How many are of the reference.
    pub first: usize,
}

/// At most so many rows of each side; `None` with fewer than two on a side, or if dimensions differ.
pub(super) fn drawn<'a>(
    reference: Vectors<'a>,
    incoming: Vectors<'a>,
    options: PermutationOptions,
) -> Option<Drawn<'a>> {
    if reference.len() < 2 || incoming.len() < 2 || reference.dimensions() != incoming.dimensions() {
        return None;
    }
    let some = |side: Vectors<'a>| {
        let places = sample_in_order(side.len(), options.rows_per_side, options.seed);
        places.into_iter().map(move |row| side.row(row))
    };
    let mut rows: Vec<&[f32]> = some(reference).collect();
    let first = rows.len();
    rows.extend(some(incoming));
    Some(Drawn { rows, first })
}

/// The squared median distance between a row of one side and a row of the other; 1 where all are in one place.
fn median_squared(rows: &[&[f32]], first: usize) -> Option<f32> {
    let (reference, incoming) = rows.split_at(first);
    let mut distances: Vec<f32> = reference
        .iter()
        .flat_map(|row| incoming.iter().map(move |other| squared_distance(row, other).sqrt()))
        .collect();
    let half = distances.len() / 2;
    let is_even = distances.len().is_multiple_of(2);
    let (below, &mut middle, _) = distances.select_nth_unstable_by(half, f32::total_cmp);
    let before = if is_even { below.iter().copied().max_by(f32::total_cmp)? } else { middle };
    let median = f32::midpoint(before, middle);
    Some(if median > 0.0 { median * median } else { 1.0 })
}

/// Eight sums side by side: what one addition waits for, the others do meanwhile.
fn squared_distance(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (blocks, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest =
        blocks.remainder().iter().zip(others.remainder()).map(|(left, right)| (left - right).powi(2)).sum::<f32>();
    for (left, right) in blocks.zip(others) {
        for ((sum, left), right) in sums.iter_mut().zip(left).zip(right) {
            let apart = left - right;
            *sum += apart * apart;
        }
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::super::numpy_random::RandomState;
    use super::*;

    fn cloud(rows: usize, shift: f64, seed: u32) -> Vec<f32> {
        let mut random = RandomState::new(seed);
        #[expect(clippy::cast_possible_truncation, reason = "made up numbers")]
        (0..rows * 5).map(|_| (random.fraction() + shift) as f32).collect()
    }

    #[test]
    fn the_estimate_is_that_of_the_formula() {
        let (one, other) = ([0.0_f32, 1.0, 3.0], [2.0_f32, 5.0]);
        let found =
            mmd(Vectors::new(&one, 1).unwrap(), Vectors::new(&other, 1).unwrap(), PermutationOptions::default())
                .unwrap();
        // Distances between the sides: 2 5 1 4 1 2, median 2.
        let alike = |distance: f64| (-distance * distance / 4.0).exp();
        let within = (alike(1.0) + alike(3.0) + alike(2.0)) / 3.0 + alike(3.0);
        let between = (2.0 * alike(2.0) + alike(5.0) + 2.0 * alike(1.0) + alike(4.0)) / 6.0;
        assert!((found.squared - (within - 2.0 * between)).abs() < 1e-6);
    }

    #[test]
    fn a_shift_is_found_and_two_clouds_of_one_source_are_alike() {
        let vectors = |values: &'static [f32]| Vectors::new(values, 5).unwrap();
        let leaked = |rows, shift, seed| vectors(cloud(rows, shift, seed).leak());
        let shifted = mmd(leaked(80, 0.0, 1), leaked(60, 0.2, 2), PermutationOptions::default()).unwrap();
        assert!(shifted.squared > 0.02 && shifted.p_value < 0.01, "{shifted:?}");
        let alike = (0..20).filter(|seed| {
            let found =
                mmd(leaked(50, 0.0, 2 * seed + 3), leaked(50, 0.0, 2 * seed + 4), PermutationOptions::default());
            found.unwrap().p_value <= 0.05
        });
        assert!(alike.count() <= 4);
    }

    #[test]
    fn equal_vectors_differ_by_nothing() {
        let same = [1.0_f32; 20];
        let same = Vectors::new(&same, 5).unwrap();
        let found = mmd(same, same, PermutationOptions::default()).unwrap();
        assert!(found.squared.abs() < 1e-9 && (found.p_value - 1.0).abs() < 1e-12);
    }
}
