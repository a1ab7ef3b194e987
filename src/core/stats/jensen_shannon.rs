//! The Jensen-Shannon distance between two mixes of categories.
//!
//! Decided here: the distance (square root of the divergence, natural logarithm), as `SciPy` has it; it is a metric and at most
//! √(ln 2) ≈ 0.833.

use super::{CategoryPair, share};

/// The distance; none where a side has no rows.
pub fn jensen_shannon_distance(pairs: &[CategoryPair]) -> Option<f64> {
    let reference: u64 = pairs.iter().map(|pair| pair.reference).sum();
    let incoming: u64 = pairs.iter().map(|pair| pair.incoming).sum();
    if reference == 0 || incoming == 0 {
        return None;
    }
    let relative = |share: f64, middle: f64| if share > 0.0 { share * (share / middle).ln() } else { 0.0 };
    let divergence: f64 = pairs
        .iter()
        .map(|pair| {
            let (p, q) = (share(pair.reference, reference), share(pair.incoming, incoming));
            let middle = f64::midpoint(p, q);
            f64::midpoint(relative(p, middle), relative(q, middle))
        })
        .sum();
    Some(divergence.max(0.0).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::stats::Category;

    #[test]
    fn the_distance_is_that_of_scipy() {
        let pair = |reference, incoming| CategoryPair { category: Category::Rare, reference, incoming };
        let apart = jensen_shannon_distance(&[pair(5, 0), pair(0, 7)]).unwrap();
        assert!((apart - 2_f64.ln().sqrt()).abs() < 1e-12);
        // scipy.spatial.distance.jensenshannon([50, 30, 20], [10, 30, 60])
        let some = jensen_shannon_distance(&[pair(50, 10), pair(30, 30), pair(20, 60)]).unwrap();
        assert!((some - 0.353_695_640_183_119_83).abs() < 1e-9, "{some}");
        assert_eq!(jensen_shannon_distance(&[pair(5, 0)]), None);
    }
}
