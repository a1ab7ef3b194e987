//! How alike each two of some rows are, and whether two groups of them differ by more than chance.
//!
//! For: permutation tests (`mmd`, `mean_distance`). Not for: many rows; memory is their number squared. The one decision: a
//! permutation only sums similarities within the first group. All else follows from sums that never change.

use super::numpy_random::RandomState;
use super::size::size;

/// The similarities of rows of two groups, the rows of the first group before those of the second.
#[derive(Debug)]
pub(super) struct Similarities {
    /// Row by row; the diagonal holds what a row's similarity to itself is to count.
    values: Vec<f32>,
    count: usize,
    first: usize,
    row_sums: Vec<f64>,
}

/// Sums of similarities, every pair counted twice, and the diagonal.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sums {
    /// Within the first group.
    pub first: f64,
    /// Within the second group.
    pub second: f64,
    /// Between the groups.
    pub between: f64,
}

impl Similarities {
    /// Of `count` rows, of which `first` are in the first group.
    pub(super) fn of(count: usize, first: usize, alike: impl Fn(usize, usize) -> f32) -> Self {
        let mut values = vec![0.0; count * count];
        for row in 0..count {
            for other in row..count {
                let value = alike(row, other);
                values[row * count + other] = value;
                values[other * count + row] = value;
            }
        }
        let row_sums =
            values.chunks_exact(count.max(1)).map(|line| line.iter().copied().map(f64::from).sum()).collect();
        Self { values, count, first, row_sums }
    }

    /// The sums as the rows are grouped.
    pub(super) fn sums(&self) -> Sums {
        self.sums_of(&(0..self.first).collect::<Vec<_>>())
    }

    /// How probable a statistic at least as large is, if rows are grouped at random: the share of `rounds` regroupings that
    /// reach it, the true one counted.
    pub(super) fn p_value(&self, rounds: usize, seed: u32, statistic: impl Fn(Sums) -> f64) -> f64 {
        // The least bit above: sums in another order differ by their rounding.
        let observed = statistic(self.sums());
        let reached = observed - 1e-12 * observed.abs();
        let mut random = RandomState::new(seed);
        let mut order: Vec<usize> = (0..self.count).collect();
        let mut reaching = 1_usize;
        for _ in 0..rounds {
            random.shuffle(&mut order);
            let mut members = order[..self.first].to_vec();
            members.sort_unstable();
            reaching += usize::from(statistic(self.sums_of(&members)) >= reached);
        }
        size(reaching) / size(rounds + 1)
    }

    fn sums_of(&self, members: &[usize]) -> Sums {
        let mut within = 0.0;
        for &row in members {
            let line = &self.values[row * self.count..(row + 1) * self.count];
            within += members.iter().map(|&other| f64::from(line[other])).sum::<f64>();
        }
        let all: f64 = self.row_sums.iter().sum();
        let touching: f64 = members.iter().map(|&row| self.row_sums[row]).sum();
        let between = touching - within;
        Sums { first: within, second: all - within - 2.0 * between, between }
    }
}
