//! The tree of labels that hierarchical softmax walks.
//!
//! For: the likeliest label of a vector. Not for: what the labels are. The one decision: branches that can't get better
//! than what is found are not entered, in fastText's order, so that ties fall as they do there.

use super::Matrix;

/// The logarithm of fastText's smallest probability; nothing below is looked at.
const LEAST: f32 = -11.512_925;

#[derive(Debug, Clone, Copy)]
struct Fork {
    left: usize,
    right: usize,
}

/// A Huffman tree over the labels: nodes below `leaves` are labels, the others forks in the order they were made.
#[derive(Debug)]
pub(super) struct LabelTree {
    leaves: usize,
    forks: Vec<Fork>,
    /// The vector of each fork.
    vectors: Matrix,
}

impl LabelTree {
    /// The tree of labels with these counts, the most frequent first.
    pub(super) fn new(counts: &[i64], vectors: Matrix) -> Self {
        let mut weights = counts.to_vec();
        let mut forks = Vec::with_capacity(counts.len());
        let (mut unused_leaves, mut next_fork) = (counts.len(), counts.len());
        while weights.len() + 1 < 2 * counts.len() {
            let mut lightest = || {
                let leaf = unused_leaves.checked_sub(1).and_then(|leaf| Some((leaf, *weights.get(leaf)?)));
                match (leaf, weights.get(next_fork)) {
                    (Some((leaf, weight)), fork) if fork.is_none_or(|fork| weight < *fork) => {
                        unused_leaves = leaf;
                        (leaf, weight)
                    }
                    (_, fork) => {
                        let taken = (next_fork, fork.copied().unwrap_or_default());
                        next_fork += 1;
                        taken
                    }
                }
            };
            let ((left, light), (right, heavy)) = (lightest(), lightest());
            forks.push(Fork { left, right });
            weights.push(light + heavy);
        }
        Self { leaves: counts.len(), forks, vectors }
    }

    /// The likeliest label and the logarithm of its probability.
    pub(super) fn best(&self, hidden: &[f32]) -> Option<(usize, f32)> {
        let mut best: Option<(usize, f32)> = None;
        let mut open = vec![((self.leaves + self.forks.len()).checked_sub(1)?, 0.0_f32)];
        while let Some((node, score)) = open.pop() {
            if score < LEAST || best.is_some_and(|(_, found)| score < found) {
                continue;
            }
            let Some(fork) = node.checked_sub(self.leaves) else {
                best = Some((node, score));
                continue;
            };
            let Fork { left, right } = *self.forks.get(fork)?;
            let sum: f32 = self.vectors.row(fork).iter().zip(hidden).fold(0.0, |sum, (a, b)| sum + a * b);
            let to_right = 1.0 / (1.0 + (-sum).exp());
            // The last in is the first out: left before right.
            open.push((right, score + logarithm(to_right)));
            open.push((left, score + logarithm(1.0 - to_right)));
        }
        best
    }
}

/// fastText's logarithm, which never meets zero.
#[expect(clippy::cast_possible_truncation, reason = "fastText keeps its scores in 32 bits")]
fn logarithm(share: f32) -> f32 {
    (f64::from(share) + 1e-5).ln() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_labels_are_further_from_the_root() {
        let tree = LabelTree::new(&[8, 4, 2, 1], Matrix { columns: 1, values: vec![0.0; 3] });
        let forks: Vec<_> = tree.forks.iter().map(|fork| (fork.left, fork.right)).collect();
        assert_eq!(forks, [(3, 2), (4, 1), (5, 0)]);
    }

    #[test]
    fn the_best_label_is_where_the_vectors_lead() {
        let tree = LabelTree::new(&[3, 2, 1], Matrix { columns: 1, values: vec![2.0, -2.0] });
        let (label, score) = tree.best(&[1.0]).unwrap();
        // Left at the root (label 0 is the right one there), then right.
        let right = 1.0_f32 / (1.0 + (-2.0_f32).exp());
        assert_eq!(label, 1);
        assert!((score.exp() - right * right).abs() < 1e-4);
        assert_eq!(LabelTree::new(&[], Matrix { columns: 1, values: vec![] }).best(&[1.0]), None);
    }
}
