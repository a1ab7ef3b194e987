//! How far values have moved: the area between two cumulated distributions (1-Wasserstein, earth mover's distance).
//!
//! Decided here: three scales of one distance. In units of the values; in standard deviations of the reference; and on the
//! range from 0 to 1 that both samples span after their tails are cut, as deepchecks 0.19.1 has it.

use super::{Distribution, distribution::steps, real};

/// The distance in units of the values; none where a side has no rows.
pub fn wasserstein_distance(reference: &Distribution, incoming: &Distribution) -> Option<f64> {
    if reference.is_empty() || incoming.is_empty() {
        return None;
    }
    let (rows, others) = (real(reference.len()), real(incoming.len()));
    let (mut below, mut others_below) = (0_u64, 0_u64);
    let mut area = 0.0;
    let mut before: Option<f64> = None;
    for step in steps(reference, incoming) {
        let width = before.map_or(0.0, |before| step.value - before);
        area += width * (real(below) / rows - real(others_below) / others).abs();
        below += step.reference;
        others_below += step.incoming;
        before = Some(step.value);
    }
    Some(area)
}

/// The distance in standard deviations of the reference (no less than 0.001 of them, as evidently has it).
pub fn normed_wasserstein(reference: &Distribution, incoming: &Distribution) -> Option<f64> {
    Some(wasserstein_distance(reference, incoming)? / reference.std_dev()?.max(0.001))
}

/// The distance on the range from 0 to 1 that both samples span together once each has lost the share `margin` at either end.
pub fn earth_movers_distance(reference: &Distribution, incoming: &Distribution, margin: f64) -> Option<f64> {
    let (reference, incoming) = (without_tails(reference, margin)?, without_tails(incoming, margin)?);
    let low = reference.min()?.min(incoming.min()?);
    let high = reference.max()?.max(incoming.max()?);
    if high <= low {
        return Some(0.0);
    }
    Some(wasserstein_distance(&reference, &incoming)? / (high - low))
}

fn without_tails(sample: &Distribution, margin: f64) -> Option<Distribution> {
    Some(sample.between(sample.quantile(margin)?, sample.quantile(1.0 - margin)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[f64]) -> Distribution {
        Distribution::from_values(rows.iter().copied())
    }

    #[test]
    fn a_shift_is_as_long_as_it_is() {
        let (here, there) = (of(&[0.0, 1.0, 3.0]), of(&[5.0, 6.0, 8.0]));
        assert_eq!(wasserstein_distance(&here, &there), Some(5.0));
        assert_eq!(wasserstein_distance(&here, &here), Some(0.0));
        assert_eq!(wasserstein_distance(&here, &of(&[])), None);
    }

    #[test]
    fn the_scaled_distance_ignores_units_and_constant_values() {
        let (here, there) = (of(&[0.0, 0.0, 10.0]), of(&[0.0, 10.0, 10.0]));
        let scaled = earth_movers_distance(&here, &there, 0.0).unwrap();
        assert!((scaled - 1.0 / 3.0).abs() < 1e-15);
        assert_eq!(earth_movers_distance(&of(&[7.0, 7.0]), &of(&[7.0]), 0.025), Some(0.0));
    }

    #[test]
    fn an_extreme_value_does_not_shrink_the_scaled_distance() {
        let rows: Vec<f64> = (0..100_u32).map(f64::from).collect();
        let moved: Vec<f64> = rows.iter().map(|value| value + 20.0).collect();
        let with_extreme = [moved.as_slice(), &[1e9]].concat();
        let plain = earth_movers_distance(&of(&rows), &of(&with_extreme), 0.0).unwrap();
        let trimmed = earth_movers_distance(&of(&rows), &of(&with_extreme), 0.025).unwrap();
        assert!(plain < 0.02 && trimmed > 0.15, "{plain} {trimmed}");
    }
}
