//! The Kolmogorov-Smirnov statistic of two samples: the largest difference between the shares of rows `<= x`.
//!
//! It says that distributions differ, not by how much values have moved ([`super::wasserstein_distance`] does). Decided here:
//! the p-value is exact, given the ties, as long as the grid of the two samples is small, because counts and rounded scores are
//! full of ties and the limiting distribution would then hide real differences; beyond, it is the limiting distribution with
//! Stephens' correction, which with ties is too large rather than too small.

use std::f64::consts::PI;

use super::{Distribution, distribution::steps, real, share};

/// Cells (rows of one side times rows of the other) up to which the p-value is exact: some milliseconds.
const EXACT_CELLS: u64 = 1_000_000;

/// The statistic, 0 to 1; none where a side has no rows.
pub fn ks_statistic(reference: &Distribution, incoming: &Distribution) -> Option<f64> {
    let cells = u128::from(reference.len()) * u128::from(incoming.len());
    (cells > 0).then(|| wide(largest_gap(reference, incoming)) / wide(cells))
}

/// How probable a statistic at least this large is if both samples come from one distribution (two-sided); none where a side
/// has no rows.
pub fn ks_p_value(reference: &Distribution, incoming: &Distribution) -> Option<f64> {
    let (rows, others) = (reference.len(), incoming.len());
    let statistic = ks_statistic(reference, incoming)?;
    match rows.checked_mul(others) {
        Some(cells) if cells <= EXACT_CELLS => Some(exact(reference, incoming)),
        _ => Some(limiting(statistic, rows, others)),
    }
}

/// The largest difference of the cumulated counts, in units of 1 / (rows of one side · rows of the other): exact.
fn largest_gap(reference: &Distribution, incoming: &Distribution) -> u128 {
    let (rows, others) = (u128::from(reference.len()), u128::from(incoming.len()));
    let (mut below, mut others_below) = (0_u128, 0_u128);
    let mut largest = 0;
    for step in steps(reference, incoming) {
        below += u128::from(step.reference);
        others_below += u128::from(step.incoming);
        largest = largest.max((below * others).abs_diff(others_below * rows));
    }
    largest
}

/// The exact probability by counting lattice paths: the pooled rows in ascending order are a path of steps to the right
/// (a row of the reference) and up (a row of the incoming data), all paths equally probable, and a path counts if it strays as
/// far as the observed one at the end of any run of equal values (Schröer & Trenkler 1995, doi:10.1016/0167-9473(94)00040-P).
/// What is carried along is the share of paths to a cell that strayed, so that small probabilities keep their digits.
fn exact(reference: &Distribution, incoming: &Distribution) -> f64 {
    let (rows, others) = (reference.len(), incoming.len());
    let observed = largest_gap(reference, incoming);
    if observed == 0 {
        return 1.0;
    }
    let is_compared = ends_of_runs(reference, incoming);
    let width = usize::try_from(others).unwrap_or(usize::MAX);
    let mut strayed = vec![0.0_f64; width + 1];
    for right in 0..=rows {
        let mut left_of = 0.0;
        let cells = strayed.iter_mut().zip(is_compared.iter().skip(index(right)));
        for ((strayed, is_compared), up) in cells.zip(0_u64..) {
            let gap = u128::from((right * others).abs_diff(up * rows));
            *strayed = if *is_compared && gap >= observed {
                1.0
            } else if right + up == 0 {
                0.0
            } else {
                (*strayed * real(right) + left_of * real(up)) / real(right + up)
            };
            left_of = *strayed;
        }
    }
    strayed.last().copied().unwrap_or(1.0).clamp(0.0, 1.0)
}

fn index(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

/// For every number of pooled rows: whether the next row, if any, has another value.
fn ends_of_runs(reference: &Distribution, incoming: &Distribution) -> Vec<bool> {
    let mut ends = vec![false; index(reference.len() + incoming.len()) + 1];
    let mut below = 0;
    for step in steps(reference, incoming) {
        below += step.reference + step.incoming;
        if let Some(end) = ends.get_mut(index(below)) {
            *end = true;
        }
    }
    ends
}

/// Kolmogorov's limiting distribution at a statistic corrected for the numbers of rows (Stephens 1970,
/// doi:10.1111/j.2517-6161.1970.tb00821.x).
fn limiting(statistic: f64, rows: u64, others: u64) -> f64 {
    let effective = (real(rows) * share(others, rows.saturating_add(others))).sqrt();
    kolmogorov_upper_tail((effective + 0.12 + 0.11 / effective) * statistic)
}

/// The probability that Kolmogorov's variable exceeds `x`: of its two series the one that converges at once.
fn kolmogorov_upper_tail(x: f64) -> f64 {
    if x <= 0.0 {
        return 1.0;
    }
    let tail = if x < 1.0 {
        let terms = [1.0_f64, 3.0, 5.0, 7.0].map(|odd| (-(odd * PI).powi(2) / (8.0 * x * x)).exp());
        1.0 - (2.0 * PI).sqrt() / x * terms.iter().sum::<f64>()
    } else {
        let terms =
            [1.0_f64, -2.0, 3.0, -4.0, 5.0].map(|signed| signed.signum() * (-2.0 * signed * signed * x * x).exp());
        2.0 * terms.iter().sum::<f64>()
    };
    tail.clamp(0.0, 1.0)
}

/// A product of two counts as a real number.
#[expect(clippy::cast_precision_loss, reason = "a ratio of two such products is rounded anyway")]
fn wide(product: u128) -> f64 {
    product as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[f64]) -> Distribution {
        Distribution::from_values(rows.iter().copied())
    }

    fn uniform(rows: u32, decimals: i32, random: &mut fastrand::Rng) -> Distribution {
        let scale = 10_f64.powi(decimals);
        Distribution::from_values((0..rows).map(|_| (random.f64() * scale).round() / scale))
    }

    #[test]
    fn equal_samples_have_no_distance_and_disjoint_ones_all_of_it() {
        let low = of(&[1.0, 2.0, 3.0]);
        assert_eq!((ks_statistic(&low, &low), ks_p_value(&low, &low)), (Some(0.0), Some(1.0)));
        assert_eq!(ks_statistic(&low, &of(&[4.0, 5.0])), Some(1.0));
        assert_eq!(ks_statistic(&low, &of(&[])), None);
    }

    #[test]
    fn small_samples_have_the_exact_p_value() {
        // Of the 10 orders of three and two rows, two keep the sides apart.
        let p = ks_p_value(&of(&[1.0, 2.0, 3.0]), &of(&[4.0, 5.0])).unwrap();
        assert!((p - 0.2).abs() < 1e-15, "{p}");
        // scipy.stats.ks_2samp([1, 2, 3, 4, 5, 6], [4.5, 5.5, 6.5, 7.5], method="exact")
        let p = ks_p_value(&of(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]), &of(&[4.5, 5.5, 6.5, 7.5])).unwrap();
        assert!((p - 0.180_952_380_952_380_9).abs() < 1e-14, "{p}");
    }

    #[test]
    fn ties_are_taken_into_account() {
        // Of the 6 ways to name two of four rows, of which two pairs are equal, two put both pairs on one side each.
        let p = ks_p_value(&of(&[1.0, 1.0]), &of(&[2.0, 2.0])).unwrap();
        assert!((p - 2.0 / 6.0).abs() < 1e-15, "{p}");
        // Only the share of ones differs: the exact test of Fisher, two-sided, for 1 of 5 against 4 of 5.
        let p = ks_p_value(&of(&[0.0, 0.0, 0.0, 0.0, 1.0]), &of(&[0.0, 1.0, 1.0, 1.0, 1.0])).unwrap();
        assert!((p - 0.206_349_206_349_206_35).abs() < 1e-12, "{p}");
    }

    #[test]
    fn the_limiting_distribution_joins_the_exact_one() {
        let mut random = fastrand::Rng::with_seed(1);
        let (reference, incoming) = (uniform(1000, 8, &mut random), uniform(1000, 8, &mut random));
        let statistic = ks_statistic(&reference, &incoming).unwrap();
        let (exact, limiting) = (exact(&reference, &incoming), limiting(statistic, 1000, 1000));
        assert!((exact - limiting).abs() < 0.02, "{exact} {limiting}");
        assert!((kolmogorov_upper_tail(0.999_999) - kolmogorov_upper_tail(1.0)).abs() < 1e-5);
        // scipy.special.kolmogorov
        assert!((kolmogorov_upper_tail(0.5) - 0.963_945_243_664_875_1).abs() < 1e-14);
        assert!((kolmogorov_upper_tail(1.5) - 0.022_217_962_616_525_127).abs() < 1e-14);
    }

    #[test]
    fn false_alarms_are_no_more_frequent_than_the_level_says() {
        let mut random = fastrand::Rng::with_seed(7);
        for (rows, others, decimals) in [(40, 25, 8), (40, 25, 1), (1500, 900, 8), (1500, 900, 1)] {
            let mut alarms = 0;
            for _ in 0..400 {
                let reference = uniform(rows, decimals, &mut random);
                let incoming = uniform(others, decimals, &mut random);
                alarms += u32::from(ks_p_value(&reference, &incoming).unwrap() <= 0.05);
            }
            // 20 are expected at most; 34 would be three standard deviations more.
            assert!(alarms <= 33, "{alarms} of 400 for {rows} and {others} rows");
        }
    }
}
