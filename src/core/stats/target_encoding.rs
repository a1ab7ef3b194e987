//! Categories as numbers, in the order of what goes with them.
//!
//! For: trees, which need an order of values. Not for: models that use the number itself. The one decision: the order is that
//! of the smoothed mean of the target (Micci-Barreca 2001; the smoothing is that of the package `category_encoders`, BSD
//! licence), and only its ranks are kept.

use super::size::size;

/// Rows at which a category's own mean and the mean of all weigh the same, and how fast that changes.
const MIDDLE_ROWS: f64 = 20.0;
const SMOOTHING: f64 = 10.0;

/// The rank of each category by the smoothed mean of `target`, from 0; equal means share one. `codes` has a number below
/// `categories` for every row.
pub(super) fn ranks_by_target(codes: &[usize], categories: usize, target: &[f64]) -> Vec<usize> {
    let mut sums = vec![(0_usize, 0.0); categories];
    for (&code, value) in codes.iter().zip(target) {
        sums[code].0 += 1;
        sums[code].1 += value;
    }
    let overall = target.iter().sum::<f64>() / size(target.len().max(1));
    let means: Vec<f64> = sums.into_iter().map(|(rows, sum)| smoothed(rows, sum, overall)).collect();
    let mut values = means.clone();
    values.sort_unstable_by(f64::total_cmp);
    values.dedup();
    means.iter().map(|mean| values.partition_point(|value| value.total_cmp(mean).is_lt())).collect()
}

fn smoothed(rows: usize, sum: f64, overall: f64) -> f64 {
    if rows < 2 {
        return overall;
    }
    let own = 1.0 / (1.0 + (-(size(rows) - MIDDLE_ROWS) / SMOOTHING).exp());
    overall * (1.0 - own) + sum / size(rows) * own
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categories_are_ranked_by_their_mean_and_small_ones_go_to_the_middle() {
        let mut codes = vec![0; 50];
        codes.extend([1; 50]);
        codes.extend([2; 3]);
        let target: Vec<f64> = codes.iter().map(|&code| [0.2, 0.9, 0.0][code]).collect();
        assert_eq!(ranks_by_target(&codes, 3, &target), [0, 2, 1]);
    }
}
