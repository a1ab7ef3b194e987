//! The words that are most likely to come next.
//!
//! The one decision: all words are looked at, so that what is left out is less likely without doubt.

use super::Ngrams;
use super::count::{LEAF, NODE};
use crate::operations::language_model::words::{START, UNKNOWN};

impl Ngrams<'_> {
    /// The `k` most likely words behind a context with their probabilities, the most likely first; of equally likely ones
    /// those with smaller numbers. `</s>` may be among them, `<unk>` is not: it is no word.
    pub(in crate::operations::language_model) fn most_likely(&self, context: &[u32], k: usize) -> Vec<(u32, f64)> {
        let probabilities = self.probabilities(context);
        let mut words: Vec<(u32, f64)> =
            (0..).zip(probabilities).filter(|(word, _)| !matches!(*word, START | UNKNOWN)).collect();
        let order = |a: &(u32, f64), b: &(u32, f64)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
        if k < words.len() {
            words.select_nth_unstable_by(k, order);
            words.truncate(k);
        }
        words.sort_unstable_by(order);
        words
    }

    /// Of every word, as [`Ngrams::probability`] has it.
    pub(super) fn probabilities(&self, context: &[u32]) -> Vec<f64> {
        let Some((_, singles)) = self.levels.first().and_then(|level| level.split_last()) else { return Vec::new() };
        let mix = |[_, count, ..]: &[u32; NODE]| super::mixed(*count, self.root, self.discount(1), self.floor);
        let mut probabilities: Vec<f64> = singles.iter().map(mix).collect();
        if let Some(start) = probabilities.get_mut(START as usize) {
            *start = 0.0;
        }
        for length in 1..=context.len().min(self.context_words()) {
            let Some(node) = self.node(&context[context.len() - length..]) else { break };
            let Some(follow) = self.follow(length, node) else { break };
            let discount = self.discount(length + 1);
            let left = follow.left(discount);
            for probability in &mut probabilities {
                *probability *= left;
            }
            for (word, count) in self.followers(length, node) {
                if let Some(probability) = probabilities.get_mut(word as usize) {
                    *probability += (f64::from(count) - discount).max(0.0) / follow.total;
                }
            }
        }
        probabilities
    }

    /// Words that follow a node of this order, and how often.
    fn followers(&self, order: usize, node: usize) -> impl Iterator<Item = (u32, u32)> {
        let (begin, end) = self.longer(order, node).unwrap_or_default();
        let is_highest = order >= self.levels.len();
        let nodes = self.levels.get(order).and_then(|level| level.get(begin..end)).unwrap_or_default();
        let leaves = if is_highest { self.leaves.get(begin..end).unwrap_or_default() } else { &[] };
        let inner = nodes.iter().map(|[word, count, ..]| (*word, *count));
        inner.chain(leaves.iter().map(|[word, count]: &[u32; LEAF]| (*word, *count)))
    }
}
