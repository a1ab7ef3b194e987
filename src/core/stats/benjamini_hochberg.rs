//! P-values adjusted for being many: among those that stay below a level, no more than that share are expected to be false.
//!
//! Decided here: a member of the family without a p-value neither counts nor gets one (Benjamini & Hochberg 1995,
//! doi:10.1111/j.2517-6161.1995.tb02031.x).

use super::{count_of, real};

/// The adjusted p-values, in the order given.
pub fn benjamini_hochberg(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut ranked: Vec<(usize, f64)> =
        p_values.iter().enumerate().filter_map(|(index, p)| p.map(|p| (index, p))).collect();
    ranked.sort_by(|a, b| a.1.total_cmp(&b.1));
    let family = real(count_of(ranked.len()));
    let mut adjusted = vec![None; p_values.len()];
    let mut smallest = 1.0_f64;
    for (rank, (index, p)) in ranked.iter().enumerate().rev() {
        smallest = smallest.min(p * family / real(count_of(rank) + 1));
        adjusted[*index] = Some(smallest);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn adjusted_values_are_those_of_scipy() {
        // scipy.stats.false_discovery_control([0.01, 0.04, 0.03, 0.5])
        let adjusted = benjamini_hochberg(&[Some(0.01), None, Some(0.04), Some(0.03), Some(0.5)]);
        let expected = [Some(0.04), None, Some(0.053_333_333_333_333_33), Some(0.053_333_333_333_333_33), Some(0.5)];
        for (found, expected) in adjusted.iter().zip(expected) {
            match (found, expected) {
                (Some(found), Some(expected)) => assert!((found - expected).abs() < 1e-12),
                (found, expected) => assert_eq!(*found, expected),
            }
        }
        assert_eq!(benjamini_hochberg(&[]), []);
    }
}
