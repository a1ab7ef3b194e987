//! The population stability index: how much the shares of categories have changed.
//!
//! Decided here: shares below one percent count as one percent, and the floored shares are not scaled to 1 again, as
//! deepchecks 0.19.1 has it; a category that vanished then adds a bounded amount.

use super::{CategoryPair, share};

/// The smallest share that is told apart.
const LEAST_SHARE: f64 = 0.01;

/// The index, at least 0; by custom, 0.1 is notable and 0.25 much.
pub fn psi(pairs: &[CategoryPair]) -> f64 {
    let reference: u64 = pairs.iter().map(|pair| pair.reference).sum();
    let incoming: u64 = pairs.iter().map(|pair| pair.incoming).sum();
    let term = |pair: &CategoryPair| {
        let expected = share(pair.reference, reference).max(LEAST_SHARE);
        let actual = share(pair.incoming, incoming).max(LEAST_SHARE);
        (expected - actual) * (expected / actual).ln()
    };
    pairs.iter().map(term).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::stats::Category;

    #[test]
    fn equal_shares_score_nothing_and_a_vanished_category_a_bounded_amount() {
        let pair = |reference, incoming| CategoryPair { category: Category::Rare, reference, incoming };
        assert!(psi(&[pair(50, 500), pair(50, 500)]).abs() < 1e-15);
        let vanished = psi(&[pair(50, 100), pair(50, 0)]);
        let expected = (0.5 - 1.0) * 0.5_f64.ln() + (0.5 - 0.01) * 50_f64.ln();
        assert!((vanished - expected).abs() < 1e-12, "{vanished}");
    }
}
