//! Cramér's V, corrected for bias: how strongly the side a row is on and its category are associated, 0 to 1.
//!
//! No p-value: the sizes of the sides are evened out for the score, so the test is done on the counts as they are
//! ([`super::homogeneity`]). Decided here: the order of scaling, rounding and Yates' correction is that of deepchecks 0.19.1,
//! because these move the score; the correction for bias is that of Bergsma (2013, doi:10.1016/j.jkss.2012.10.002).

use super::{CategoryPair, chi_square, count_of, real};

/// The score of two samples as they are; 0 where there is but one category.
pub fn cramers_v(pairs: &[CategoryPair]) -> f64 {
    if pairs.len() < 2 {
        return 0.0;
    }
    let scaled: Vec<[f64; 2]> = scaled_down(pairs).into_iter().map(|row| row.map(f64::round_ties_even)).collect();
    corrected(&scaled)
}

/// The score as if all categories of the reference were equally frequent, so that a shift among rare ones is seen as well.
/// Categories must not have been joined for being rare (`min_category_size_ratio` 0).
pub fn cramers_v_balanced(pairs: &[CategoryPair]) -> f64 {
    if pairs.len() < 2 {
        return 0.0;
    }
    let scaled = scaled_down(pairs);
    let level = (scaled.iter().map(|[_, incoming]| incoming + 1.0).sum::<f64>() / real(count_of(scaled.len()))).floor();
    let mut balanced: Vec<[f64; 2]> = scaled
        .iter()
        .map(|[reference, incoming]| [level, (level * ((incoming + 1.0) / (reference + 1.0))).round_ties_even()])
        .collect();
    let total = |side: usize| balanced.iter().map(|row| row[side]).sum::<f64>();
    let scale = total(0) / total(1);
    for row in &mut balanced {
        row[1] = (row[1] * scale).round_ties_even();
    }
    corrected(&balanced)
}

/// The counts with the larger side scaled down to the size of the smaller.
fn scaled_down(pairs: &[CategoryPair]) -> Vec<[f64; 2]> {
    let reference: u64 = pairs.iter().map(|pair| pair.reference).sum();
    let incoming: u64 = pairs.iter().map(|pair| pair.incoming).sum();
    let smaller = real(reference.min(incoming));
    let scale = |rows: u64, total: u64| if total == 0 { 0.0 } else { real(rows) * (smaller / real(total)) };
    pairs.iter().map(|pair| [scale(pair.reference, reference), scale(pair.incoming, incoming)]).collect()
}

fn corrected(table: &[[f64; 2]]) -> f64 {
    let Some(test) = chi_square(table) else { return 0.0 };
    let rows: f64 = table.iter().flatten().sum();
    if rows <= 1.0 {
        return 0.0;
    }
    let columns = real(test.degrees_of_freedom) + 1.0;
    let phi_squared = (test.statistic / rows - (columns - 1.0) / (rows - 1.0)).max(0.0);
    let sides = 2.0 - 1.0 / (rows - 1.0);
    let columns = columns - (columns - 1.0).powi(2) / (rows - 1.0);
    let smaller = (columns - 1.0).min(sides - 1.0);
    if smaller > 0.0 { (phi_squared / smaller).sqrt() } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::stats::Category;

    fn pairs(counts: &[(u64, u64)]) -> Vec<CategoryPair> {
        let name = |index: usize| Category::Named(index.to_string());
        let pair = |(index, (reference, incoming)): (usize, &(u64, u64))| CategoryPair {
            category: name(index),
            reference: *reference,
            incoming: *incoming,
        };
        counts.iter().enumerate().map(pair).collect()
    }

    #[test]
    fn equal_mixes_score_nothing_and_disjoint_ones_almost_everything() {
        assert!(cramers_v(&pairs(&[(70, 700), (30, 300)])).abs() < 1e-15);
        assert!(cramers_v(&pairs(&[(1000, 0), (0, 1000)])) > 0.99);
        assert!(cramers_v(&pairs(&[(1000, 17)])).abs() < 1e-15);
        assert!(cramers_v(&pairs(&[(10, 0), (5, 0)])).abs() < 1e-15);
    }

    #[test]
    fn the_score_does_not_grow_with_the_larger_side() {
        let small = cramers_v(&pairs(&[(60, 80), (40, 20)]));
        let large = cramers_v(&pairs(&[(60_000, 80), (40_000, 20)]));
        assert!((small - large).abs() < 1e-15, "{small} {large}");
    }

    #[test]
    fn balancing_shows_a_shift_among_rare_categories() {
        let rare_shift = pairs(&[(9_700, 9_400), (100, 250), (200, 350)]);
        assert!(cramers_v_balanced(&rare_shift) > 2.0 * cramers_v(&rare_shift));
    }
}
