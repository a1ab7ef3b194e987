//! Gradient boosting of trees for two classes.
//!
//! For: telling two sets of vectors apart (`domain_classifier`). Not for: more than two classes, or models that are kept. The
//! one decision: scikit-learn's `GradientBoostingClassifier` (BSD licence; log loss, Friedman's improvement, every split looked
//! at, no subsampling), so that its scores can be held against those of tools that are built on it.

use super::size::size;
use super::tree::{Columns, Criterion, Limits, Node, Tree, sorted_rows};

/// How much is learned.
#[derive(Debug, Clone, Copy)]
pub struct BoostingOptions {
    /// Trees.
    pub trees: usize,
    /// Depth of a tree.
    pub depth: usize,
    /// What each tree's answer is multiplied with.
    pub learning_rate: f64,
}

impl Default for BoostingOptions {
    fn default() -> Self {
        Self { trees: 100, depth: 2, learning_rate: 0.1 }
    }
}

/// Fits on the rows `fit` and tells the log-odds of the rows `test`, in their order, to be in the class that `is_positive`
/// says.
pub fn log_odds(
    columns: &Columns,
    is_positive: &[bool],
    fit: &[u32],
    test: &[u32],
    options: BoostingOptions,
) -> Vec<f64> {
    let positives = fit.iter().filter(|&&row| is_positive[place(row)]).count();
    let prior = (size(positives) / size(fit.len())).clamp(f64::from(f32::EPSILON), 1.0 - f64::from(f32::EPSILON));
    // By the rows' numbers; those of rows that are not fitted stay unused.
    let mut scores = vec![(prior / (1.0 - prior)).ln(); is_positive.len()];
    let mut residuals = vec![0.0; is_positive.len()];
    let mut tested = vec![(prior / (1.0 - prior)).ln(); test.len()];
    let orders: Vec<Vec<u32>> = columns.iter().map(|column| sorted_rows(column, fit)).collect();
    let limits = Limits {
        max_depth: options.depth,
        min_leaf_rows: 1,
        min_leaf_share: 0.0,
        min_decrease: 0.0,
        criterion: Criterion::SquaredError,
    };
    for _ in 0..options.trees {
        for &row in fit {
            let row = place(row);
            residuals[row] = f64::from(u8::from(is_positive[row])) - 1.0 / (1.0 + (-scores[row]).exp());
        }
        let tree = Tree::grow(columns, &orders, &residuals, limits);
        let steps: Vec<f64> = tree.nodes.iter().map(|node| step(node, &residuals, is_positive)).collect();
        for &row in fit {
            scores[place(row)] += options.learning_rate * steps[tree.leaf(columns, place(row))];
        }
        for (score, &row) in tested.iter_mut().zip(test) {
            *score += options.learning_rate * steps[tree.leaf(columns, place(row))];
        }
    }
    tested
}

/// What a leaf adds: one Newton step of the log loss over its rows.
fn step(node: &Node, residuals: &[f64], is_positive: &[bool]) -> f64 {
    let Node::Leaf { rows } = node else { return 0.0 };
    let (mut slope, mut curvature) = (0.0, 0.0);
    for &row in rows {
        let residual = residuals[place(row)];
        let expected = f64::from(u8::from(is_positive[place(row)])) - residual;
        slope += residual;
        curvature += expected * (1.0 - expected);
    }
    if curvature.abs() < 1e-150 { 0.0 } else { slope / curvature }
}

fn place(row: u32) -> usize {
    usize::try_from(row).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_odds_are_those_of_scikit_learn() {
        // GradientBoostingClassifier(max_depth=2, n_estimators=20), scikit-learn 1.3.2: decision_function of four rows.
        let column = |factor: u32| -> Vec<f32> {
            (0..60_u32).map(|row| f32::from(u16::try_from(row * factor % 65_521).unwrap())).collect()
        };
        let columns = [column(7919), column(6007)];
        let columns: Vec<&[f32]> = columns.iter().map(Vec::as_slice).collect();
        let is_positive: Vec<bool> = (0..60).map(|row| row * 7919 % 65_521 > row * row * 31 % 65_521).collect();
        let all: Vec<u32> = (0..60).collect();
        let options = BoostingOptions { trees: 20, ..BoostingOptions::default() };
        let odds = log_odds(&columns, &is_positive, &all, &[0, 11, 29, 59], options);
        let expected =
            [-1.276_892_912_209_903_7, 0.267_920_107_880_913_14, 1.787_748_660_141_065_7, -0.841_669_869_192_407_6];
        for (found, expected) in odds.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-9, "{odds:?}");
        }
    }
}
