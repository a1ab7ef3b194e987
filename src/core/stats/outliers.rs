//! Where a sample's odd values begin: limits for numbers, and a least share for categories.
//!
//! It finds no rows; whoever has them compares. Decided here: both rules and their numbers are those of deepchecks 0.19.1.

use super::{Distribution, share};

/// Values strictly outside are outliers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Below it, a value is odd.
    pub lower: f64,
    /// Above it, a value is odd.
    pub upper: f64,
}

impl Limits {
    /// Whether a value is odd.
    pub fn exclude(&self, value: f64) -> bool {
        value < self.lower || value > self.upper
    }
}

/// The share of equal rows above which everything else is odd.
const NEARLY_CONSTANT: f64 = 0.9;

/// Limits `scale` times the distance between the quartiles away from them.
///
/// Where the quartiles are equal, their distance to the nearest other value takes its place; the rarer other values are, the
/// closer are the limits. None where there are no rows.
pub fn iqr_limits(sample: &Distribution, quartiles: [f64; 2], scale: f64) -> Option<Limits> {
    let [first, third] = [sample.quantile(quartiles[0])?, sample.quantile(quartiles[1])?];
    let reach = third - first;
    if reach > 0.0 {
        return Some(Limits { lower: first - scale * reach, upper: third + scale * reach });
    }
    let equal_rows: u64 =
        sample.iter().filter(|(value, _)| value.total_cmp(&first).is_eq()).map(|(_, rows)| rows).sum();
    let equal_share = share(equal_rows, sample.len());
    if equal_share > NEARLY_CONSTANT {
        return Some(Limits { lower: first - 0.001, upper: first + 0.001 });
    }
    let nearest = sample
        .iter()
        .filter(|(value, _)| value.total_cmp(&first).is_ne())
        .map(|(value, _)| (value - first).abs())
        .min_by(f64::total_cmp)
        .unwrap_or(0.0);
    let scale = 0.9 + (scale - 1.0) * (1.0 - equal_share);
    Some(Limits { lower: first - nearest * scale, upper: first + nearest * scale })
}

/// The share of categories that come before a drop can be sharp.
const COMMON_SHARE: f64 = 0.95;

/// The share below which a category is odd: that of the category at the first sharp drop after the common ones. 0 where
/// frequencies never drop sharply, so that nothing is odd. `drop` is how much of its predecessor's share a category lacks then.
pub fn sharp_drop_limit(category_rows: &[u64], drop: f64) -> f64 {
    let rows: u64 = category_rows.iter().sum();
    let mut shares: Vec<f64> = category_rows.iter().map(|count| share(*count, rows)).collect();
    shares.sort_by(|a, b| b.total_cmp(a));
    let mut common = 0.0;
    for pair in shares.windows(2) {
        common += pair[0];
        if common >= COMMON_SHARE && 1.0 - pair[1] / pair[0] >= drop {
            return pair[1];
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUARTILES: [f64; 2] = [0.25, 0.75];

    fn limits(rows: &[f64]) -> Limits {
        iqr_limits(&Distribution::from_values(rows.iter().copied()), QUARTILES, 2.0).unwrap()
    }

    #[test]
    fn limits_are_two_quartile_distances_away() {
        let limits = limits(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(limits, Limits { lower: -2.0, upper: 8.0 });
        assert!(limits.exclude(8.1) && !limits.exclude(8.0));
    }

    #[test]
    fn a_nearly_constant_sample_has_narrow_limits() {
        let rows = [vec![7.0; 99], vec![9.0]].concat();
        assert_eq!(limits(&rows), Limits { lower: 6.999, upper: 7.001 });
        assert_eq!(limits(&[3.0]), Limits { lower: 2.999, upper: 3.001 });
    }

    #[test]
    fn equal_quartiles_take_the_nearest_other_value() {
        let rows = [vec![7.0; 80], vec![9.0; 10], vec![1.0; 10]].concat();
        let limits = limits(&rows);
        let reach = 2.0 * (0.9 + (1.0 - 0.8));
        assert!((limits.upper - (7.0 + reach)).abs() < 1e-12 && (limits.lower - (7.0 - reach)).abs() < 1e-12);
    }

    #[test]
    fn the_category_at_the_sharp_drop_is_not_odd_itself() {
        let limit = sharp_drop_limit(&[960, 30, 2, 8], 0.9);
        assert!((limit - 0.030).abs() < 1e-12, "{limit}");
        assert!(sharp_drop_limit(&[500, 300, 200], 0.9).abs() < 1e-15);
        assert!(sharp_drop_limit(&[10], 0.9).abs() < 1e-15);
    }
}
