//! Pearson's χ² of a table of two sides: how far counts are from those expected if the side made no difference.
//!
//! Whether counts are large enough for its p-value is for [`super::homogeneity`] to say. Decided here: with one degree of
//! freedom every difference is reduced by up to a half (Yates), as `SciPy`'s `chi2_contingency` does by default.

use libm::lgamma;

use super::{count_of, real};

/// The outcome of the test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChiSquare {
    /// χ².
    pub statistic: f64,
    /// Categories that occur, less one.
    pub degrees_of_freedom: u64,
}

impl ChiSquare {
    /// The probability of a statistic at least this large if the side made no difference, for counts that are large enough.
    pub fn p_value(&self) -> f64 {
        if self.statistic <= 0.0 || self.degrees_of_freedom == 0 {
            return 1.0;
        }
        upper_gamma(real(self.degrees_of_freedom) / 2.0, self.statistic / 2.0)
    }
}

/// The test on one row a category, `[reference, incoming]`. None where a side has no rows or fewer than two categories occur.
pub fn chi_square(table: &[[f64; 2]]) -> Option<ChiSquare> {
    let occurring: Vec<[f64; 2]> =
        table.iter().copied().filter(|[reference, incoming]| reference + incoming > 0.0).collect();
    let totals = occurring.iter().fold([0.0, 0.0], |sum, row| [sum[0] + row[0], sum[1] + row[1]]);
    if occurring.len() < 2 || totals.iter().any(|total| *total <= 0.0) {
        return None;
    }
    let degrees_of_freedom = count_of(occurring.len()) - 1;
    let rows = totals[0] + totals[1];
    let deviation = |count: f64, expected: f64| {
        let difference = (count - expected).abs();
        let corrected = if degrees_of_freedom == 1 { difference - difference.min(0.5) } else { difference };
        corrected * corrected / expected
    };
    let mut statistic = 0.0;
    for [reference, incoming] in occurring {
        let of_both = reference + incoming;
        statistic += deviation(reference, of_both * totals[0] / rows) + deviation(incoming, of_both * totals[1] / rows);
    }
    Some(ChiSquare { statistic, degrees_of_freedom })
}

/// Terms after which either expansion has long converged for the counts at hand.
const MAX_TERMS: u32 = 100_000;

/// The upper incomplete gamma function divided by the complete one, for positive `a` and `x`: by its power series left of the
/// bulk and by its continued fraction right of it, so that small tails keep their digits (DLMF 8.7.1 and 8.9.2).
fn upper_gamma(a: f64, x: f64) -> f64 {
    let scale = (a * x.ln() - x - lgamma(a)).exp();
    let tail = if x < a + 1.0 { 1.0 - scale * lower_series(a, x) } else { scale * upper_fraction(a, x) };
    tail.clamp(0.0, 1.0)
}

/// Σ xⁿ / (a (a+1) … (a+n)).
fn lower_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum) = (1.0 / a, 1.0 / a);
    for index in 1..MAX_TERMS {
        term *= x / (a + f64::from(index));
        sum += term;
        if term < sum * f64::EPSILON {
            break;
        }
    }
    sum
}

/// 1 / (x+1−a − 1(1−a) / (x+3−a − 2(2−a) / (x+5−a − …))), from the front (Lentz).
fn upper_fraction(a: f64, x: f64) -> f64 {
    let mut middle = x + 1.0 - a;
    let mut numerator_ratio = f64::MAX;
    let mut denominator_ratio = 1.0 / middle;
    let mut fraction = denominator_ratio;
    for index in 1..MAX_TERMS {
        let index = f64::from(index);
        let partial = -index * (index - a);
        middle += 2.0;
        denominator_ratio = 1.0 / not_zero(partial * denominator_ratio + middle);
        numerator_ratio = not_zero(middle + partial / numerator_ratio);
        let factor = denominator_ratio * numerator_ratio;
        fraction *= factor;
        if (factor - 1.0).abs() < f64::EPSILON {
            break;
        }
    }
    fraction
}

fn not_zero(number: f64) -> f64 {
    if number.abs() < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { number }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_is_that_of_scipy() {
        // scipy.stats.chi2_contingency([[10, 20], [20, 20]])
        let two = chi_square(&[[10.0, 20.0], [20.0, 20.0]]).unwrap();
        assert!((two.statistic - 1.323_437_5).abs() < 1e-12 && two.degrees_of_freedom == 1);
        assert!((two.p_value() - 0.249_976_057_520_485_07).abs() < 1e-9, "{}", two.p_value());
        // scipy.stats.chi2_contingency([[30, 40, 30], [20, 40, 60]])
        let three = chi_square(&[[30.0, 20.0], [40.0, 40.0], [30.0, 60.0]]).unwrap();
        assert!((three.statistic - 10.266_666_666_666_662).abs() < 1e-9, "{}", three.statistic);
        assert!((three.p_value() - 0.005_896_871_438_725_11).abs() < 1e-9, "{}", three.p_value());
    }

    #[test]
    fn tails_are_those_of_scipy_from_one_to_many_degrees_of_freedom() {
        // scipy.stats.chi2.sf
        for (statistic, degrees_of_freedom, expected) in [
            (0.01, 1, 0.920_344_325_445_942),
            (3.84, 1, 0.050_043_521_248_705_19),
            (120.0, 1, 6.326_068_263_677_272e-28),
            (2.5, 4, 0.644_635_792_935_427_8),
            (30.0, 4, 4.894_437_128_029_217e-6),
            (140.0, 150, 0.709_520_073_477_558),
            (400.0, 150, 1.248_708_933_601_216_3e-24),
            (5200.0, 5000, 0.023_818_998_020_740_657),
        ] {
            let p = ChiSquare { statistic, degrees_of_freedom }.p_value();
            assert!((p / expected - 1.0).abs() < 1e-11, "{statistic} {degrees_of_freedom}: {p}");
        }
    }

    #[test]
    fn there_is_no_test_without_two_categories_and_two_sides() {
        assert_eq!(chi_square(&[[1.0, 2.0]]), None);
        assert_eq!(chi_square(&[[1.0, 2.0], [0.0, 0.0]]), None);
        assert_eq!(chi_square(&[[1.0, 0.0], [2.0, 0.0]]), None);
    }
}
