//! Two samples of numbers in the same bins, to be drawn.
//!
//! No statistic is computed from bins. Decided here: the bins span the middle 99 % of both samples together, and the outermost
//! ones take the tails as well, because one long text would otherwise leave all others in one bin; whole numbers in a small
//! range get a bin each.

use super::{Distribution, count_of, distribution::steps, real};

/// Bins between ascending edges, and the rows of either side in each.
#[derive(Debug, Clone, PartialEq)]
pub struct Histogram {
    /// One more than there are bins. The first bin takes all rows below its upper edge, the last all rows above its lower one.
    pub edges: Vec<f64>,
    /// Rows of the reference in each bin.
    pub reference: Vec<u64>,
    /// Rows of the incoming data in each bin.
    pub incoming: Vec<u64>,
}

/// At most `bins` (at least 1) bins of equal width; none where neither side has rows.
pub fn histogram(reference: &Distribution, incoming: &Distribution, bins: usize) -> Option<Histogram> {
    let pooled = reference.merge(incoming);
    let edges = edges(&pooled, bins.max(1))?;
    let count = edges.len() - 1;
    let mut histogram = Histogram { edges, reference: vec![0; count], incoming: vec![0; count] };
    for step in steps(reference, incoming) {
        let above = histogram.edges.partition_point(|edge| *edge <= step.value);
        let bin = above.saturating_sub(1).min(count - 1);
        histogram.reference[bin] += step.reference;
        histogram.incoming[bin] += step.incoming;
    }
    Some(histogram)
}

fn edges(pooled: &Distribution, bins: usize) -> Option<Vec<f64>> {
    let (low, high) = (pooled.quantile(0.005)?, pooled.quantile(0.995)?);
    let is_whole = pooled.iter().all(|(value, _)| value.fract() == 0.0);
    let units = high.ceil() - low.floor() + 1.0;
    let (from, width, bins) = if is_whole && units <= real(count_of(bins)) {
        (low.floor() - 0.5, 1.0, units)
    } else if high > low {
        (low, (high - low) / real(count_of(bins)), real(count_of(bins)))
    } else {
        (low - 0.5, 1.0, 1.0)
    };
    let mut edges = vec![from];
    let mut bin = 1.0;
    while bin <= bins {
        edges.push(from + width * bin);
        bin += 1.0;
    }
    Some(edges)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_a_bin() {
        let of = |rows: &[f64]| Distribution::from_values(rows.iter().copied());
        let (reference, incoming) = (of(&[0.5, 1.25, 900.0]), of(&[-5.0, 2.0, 2.0]));
        let histogram = histogram(&reference, &incoming, 7).unwrap();
        assert_eq!((histogram.reference.iter().sum::<u64>(), histogram.incoming.iter().sum::<u64>()), (3, 3));
        assert_eq!(histogram.edges.len(), 8);
        assert_eq!(super::histogram(&of(&[]), &of(&[]), 7), None);
    }

    #[test]
    fn small_whole_numbers_get_a_bin_each() {
        let of = |rows: &[f64]| Distribution::from_values(rows.iter().copied());
        let histogram = histogram(&of(&[0.0, 1.0, 1.0, 3.0]), &of(&[3.0]), 20).unwrap();
        assert_eq!(histogram.edges, [-0.5, 0.5, 1.5, 2.5, 3.5]);
        assert_eq!((histogram.reference, histogram.incoming), (vec![1, 2, 0, 1], vec![0, 0, 0, 1]));
    }

    #[test]
    fn one_extreme_value_leaves_the_others_apart() {
        let rows = (0..1000_u32).map(|row| f64::from(row) / 7.0).chain([1e12]);
        let histogram = histogram(&Distribution::from_values(rows), &Distribution::default(), 10).unwrap();
        assert!(histogram.reference.iter().all(|rows| *rows > 90), "{histogram:?}");
    }
}
