//! N-grams with interpolated Kneser–Ney smoothing.
//!
//! p(w | c) = (max(a(c w) − D, 0) + D · n(c) · p(w | c')) / s(c), where c' is c without its first word, a counts an n-gram
//! (in the highest order how often it is there, in lower ones before how many different words), n(c) is how many different
//! words follow c, s(c) the sum of a over them, and D the discount of the order (Chen and Goodman 1998, section 2.7, with
//! their estimate of D). Where nothing follows c, p(w | c) = p(w | c'). Below single words there is a uniform distribution
//! over all that can follow: every known word, `<unk>` and `</s>`; with a closed vocabulary there is none.

mod count;
mod likely;
#[cfg(test)]
mod tests;

pub(super) use count::{Counting, bits_of, look};

use self::count::{LEAF, NODE, section_name};
use super::file::ModelFile;
use super::info::OrderInfo;
use super::words::START;

/// The n-grams of a model, as they lie in its file.
#[derive(Debug)]
pub(super) struct Ngrams<'a> {
    /// Orders but the highest, from 1; with one order alone, that one.
    levels: Vec<&'a [[u32; NODE]]>,
    /// The highest order.
    leaves: &'a [[u32; LEAF]],
    orders: &'a [OrderInfo],
    /// Sum of the counts of single words, and how many there are.
    root: Follow,
    /// 1 / number of words that can follow; 0 with a closed vocabulary.
    floor: f64,
}

/// What follows a context.
#[derive(Debug, Clone, Copy)]
struct Follow {
    /// Sum of their counts.
    total: f64,
    /// How many there are.
    kinds: f64,
}

impl Follow {
    /// The share that is left for shorter contexts.
    fn left(self, discount: f64) -> f64 {
        discount * self.kinds / self.total
    }
}

impl<'a> Ngrams<'a> {
    /// Those of a file whose vocabulary has so many words, specials included.
    pub(super) fn of(file: &'a ModelFile, vocabulary: u32) -> Self {
        let orders = file.info.orders.as_slice();
        let highest = u8::try_from(orders.len()).unwrap_or_default();
        let nodes = |order: u8| file.section(&section_name(order));
        let levels: Vec<&[[u32; NODE]]> = (1..highest.max(2)).map(nodes).collect();
        let leaves = if highest > 1 { file.section(&section_name(highest)) } else { &[] };
        let singles = levels.first().map(|level| level.get(..vocabulary as usize).unwrap_or_default());
        let counts = singles.unwrap_or_default().iter().map(|[_, count, ..]| *count);
        let total: u64 = counts.clone().map(u64::from).sum();
        let kinds = counts.filter(|count| *count > 0).count();
        #[expect(clippy::cast_precision_loss, reason = "counts of 32 bits, added up")]
        let root = Follow { total: total as f64, kinds: kinds as f64 };
        let is_closed = file.info.options.closed_vocabulary;
        // `<s>` never follows.
        let floor = if is_closed { 0.0 } else { 1.0 / f64::from(vocabulary.saturating_sub(1).max(1)) };
        Self { levels, leaves, orders, root, floor }
    }

    /// Words that are looked at before the one that is predicted.
    pub(super) fn context_words(&self) -> usize {
        self.orders.len().saturating_sub(1)
    }

    /// The context at the beginning of a unit.
    pub(super) fn beginning(&self) -> Vec<u32> {
        vec![START; self.context_words()]
    }

    /// The probability of a word behind a context, of which the last words count. 0 for `<s>`, and with a closed vocabulary
    /// for `<unk>` where the texts of the model have none.
    pub(super) fn probability(&self, context: &[u32], word: u32) -> f64 {
        if word == START {
            return 0.0;
        }
        let single = self.levels.first().and_then(|level| level.get(word as usize)).map_or(0, |[_, count, ..]| *count);
        let mut probability = mixed(single, self.root, self.discount(1), self.floor);
        for length in 1..=context.len().min(self.context_words()) {
            let Some(node) = self.node(&context[context.len() - length..]) else { break };
            let Some(follow) = self.follow(length, node) else { break };
            let count = self.count(length, node, word);
            probability = mixed(count, follow, self.discount(length + 1), probability);
        }
        probability
    }

    fn discount(&self, order: usize) -> f64 {
        self.orders.get(order - 1).map_or(0.0, |order| order.discount)
    }

    /// The node of some words, of which there is at least one.
    fn node(&self, words: &[u32]) -> Option<usize> {
        let (first, rest) = words.split_first()?;
        let mut node = *first as usize;
        for (before, word) in (1..).zip(rest) {
            let (begin, end) = self.longer(before, node)?;
            let level = self.levels.get(before)?.get(begin..end)?;
            node = begin + level.binary_search_by_key(word, |[word, ..]| *word).ok()?;
        }
        Some(node)
    }

    /// Where the n-grams lie that begin with a node of this order.
    fn longer(&self, order: usize, node: usize) -> Option<(usize, usize)> {
        let level = self.levels.get(order - 1)?;
        let [.., begin, _, _] = level.get(node)?;
        let [.., end, _, _] = level.get(node + 1)?;
        Some((*begin as usize, *end as usize))
    }

    /// What follows a node of this order; `None` if nothing does.
    fn follow(&self, order: usize, node: usize) -> Option<Follow> {
        let [.., total, kinds] = self.levels.get(order - 1)?.get(node)?;
        (*total > 0).then(|| Follow { total: f64::from(*total), kinds: f64::from(*kinds) })
    }

    /// How often a word follows a node of this order.
    fn count(&self, order: usize, node: usize, word: u32) -> u32 {
        let Some((begin, end)) = self.longer(order, node) else { return 0 };
        if order < self.levels.len() {
            let longer = self.levels.get(order).and_then(|level| level.get(begin..end)).unwrap_or_default();
            let found = longer.binary_search_by_key(&word, |[word, ..]| *word);
            return found.ok().and_then(|place| longer.get(place)).map_or(0, |[_, count, ..]| *count);
        }
        let longer = self.leaves.get(begin..end).unwrap_or_default();
        let found = longer.binary_search_by_key(&word, |[word, _]| *word);
        found.ok().and_then(|place| longer.get(place)).map_or(0, |[_, count]| *count)
    }
}

/// What a count gives, and its share of what is left.
fn mixed(count: u32, follow: Follow, discount: f64, shorter: f64) -> f64 {
    if follow.total <= 0.0 {
        return shorter;
    }
    (f64::from(count) - discount).max(0.0) / follow.total + follow.left(discount) * shorter
}
