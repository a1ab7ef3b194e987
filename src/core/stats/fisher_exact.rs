//! Fisher's exact test of two proportions: for counts too small for χ².
//!
//! Decided here: two-sided, as the sum over all tables no more probable than the one observed.

use libm::lgamma;

use super::real;

/// The probability, given the totals, of a table at most as probable as this one: `hits` of `rows` on either side.
pub fn fisher_exact(reference: [u64; 2], incoming: [u64; 2]) -> f64 {
    let [(hits, rows), (other_hits, other_rows)] = [reference, incoming].map(|[hits, rows]| (hits.min(rows), rows));
    let all_hits = hits + other_hits;
    let (fewest, most) = (all_hits.saturating_sub(other_rows), all_hits.min(rows));
    let ln_all = ln_binomial(rows + other_rows, all_hits);
    let ln_probability = |hits: u64| ln_binomial(rows, hits) + ln_binomial(other_rows, all_hits - hits) - ln_all;
    // Equally probable tables differ in their last digits.
    let threshold = ln_probability(hits) + 1e-7;
    let total: f64 = (fewest..=most).map(ln_probability).filter(|ln| *ln <= threshold).map(f64::exp).sum();
    total.min(1.0)
}

/// The logarithm of the number of ways to choose `chosen` of `all`.
fn ln_binomial(all: u64, chosen: u64) -> f64 {
    let ln_factorial = |number: u64| lgamma(real(number) + 1.0);
    ln_factorial(all) - ln_factorial(chosen) - ln_factorial(all - chosen)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_is_that_of_scipy() {
        // scipy.stats.fisher_exact([[8, 2], [1, 5]])
        assert!((fisher_exact([8, 10], [1, 6]) - 0.034_965_034_965_034_975).abs() < 1e-12);
        // scipy.stats.fisher_exact([[1, 4], [4, 1]])
        assert!((fisher_exact([1, 5], [4, 5]) - 0.206_349_206_349_206_35).abs() < 1e-12);
        assert!((fisher_exact([0, 10], [0, 7]) - 1.0).abs() < 1e-12);
    }
}
