//! The area under the ROC curve: how probable it is that a row of one side scores higher than a row of the other.
//!
//! It fits nothing; a classifier's scores come in. Decided here: ties count half, and the p-value is that of the rank sum
//! (Mann-Whitney, normal approximation with its correction for ties and continuity), for scores of rows that were not learned
//! from.

use libm::erfc;

use super::{count_of, real};

/// The area and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Auc {
    /// 0.5: the scores tell nothing; 1: they tell the sides apart.
    pub area: f64,
    /// The probability of an area at least this large (one-sided) if the scores told nothing.
    pub p_value: f64,
}

/// The area for scores of rows and whether each is a positive one; none without rows of both kinds or with a score that is not
/// a number.
pub fn auc(scores: &[f64], is_positive: &[bool]) -> Option<Auc> {
    // Adding 0 turns -0 into 0, which ties with it.
    let mut ranked: Vec<(f64, bool)> =
        scores.iter().map(|score| score + 0.0).zip(is_positive.iter().copied()).collect();
    if ranked.iter().any(|(score, _)| score.is_nan()) {
        return None;
    }
    ranked.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
    let rows = real(count_of(ranked.len()));
    let positives = real(count_of(ranked.iter().filter(|(_, is_positive)| *is_positive).count()));
    let negatives = rows - positives;
    if positives == 0.0 || negatives == 0.0 {
        return None;
    }
    let (mut rank_sum, mut ties, mut below) = (0.0, 0.0, 0.0);
    for tied in ranked.chunk_by(|a, b| a.0.total_cmp(&b.0).is_eq()) {
        let size = real(count_of(tied.len()));
        let hits = real(count_of(tied.iter().filter(|(_, is_positive)| *is_positive).count()));
        rank_sum += hits * (below + f64::midpoint(size, 1.0));
        ties += size.powi(3) - size;
        below += size;
    }
    let wins = rank_sum - positives * (positives + 1.0) / 2.0;
    let area = wins / (positives * negatives);
    let variance = positives * negatives / 12.0 * ((rows + 1.0) - ties / (rows * (rows - 1.0)));
    Some(Auc { area, p_value: upper_tail(wins - positives * negatives / 2.0 - 0.5, variance) })
}

/// The probability that a normal variable of mean 0 exceeds `x`.
fn upper_tail(x: f64, variance: f64) -> f64 {
    if variance <= 0.0 { 1.0 } else { 0.5 * erfc(x / (2.0 * variance).sqrt()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_area_is_the_share_of_pairs_in_order() {
        let found = auc(&[0.1, 0.4, 0.35, 0.8], &[false, false, true, true]).unwrap();
        assert!((found.area - 0.75).abs() < 1e-15);
        let tied = auc(&[1.0, 1.0, 1.0], &[true, false, true]).unwrap();
        assert!((tied.area - 0.5).abs() < 1e-15 && tied.p_value > 0.5);
        assert_eq!(auc(&[1.0, 2.0], &[true, true]), None);
    }

    #[test]
    fn the_p_value_is_that_of_scipy() {
        // scipy.stats.mannwhitneyu([3, 4, 5, 5, 6, 9], [1, 2, 3, 4, 5], alternative="greater", method="asymptotic")
        let scores = [3.0, 4.0, 5.0, 5.0, 6.0, 9.0, 1.0, 2.0, 3.0, 4.0, 5.0];
        let found = auc(&scores, &[true, true, true, true, true, true, false, false, false, false, false]).unwrap();
        assert!((found.p_value - 0.039_322_611_630_361_68).abs() < 1e-10, "{}", found.p_value);
    }
}
