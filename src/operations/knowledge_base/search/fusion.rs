//! Two ranked lists as one.
//!
//! Reciprocal rank fusion (Cormack, Clarke and Büttcher 2009): a record's score is the sum of 1 / (60 + rank) over the
//! lists that it is in. Of equal scores the record that comes first in the knowledge base is first.

use std::collections::BTreeMap;

use super::options::SearchMode;
use super::outcome::Placing;

/// How little the first places differ: the constant of the paper, which everybody uses.
const K: f64 = 60.0;

/// A record, by its place in the knowledge base, and why it is in the answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Ranked {
    pub(super) ordinal: u64,
    pub(super) score: f64,
    pub(super) text: Option<Placing>,
    pub(super) meaning: Option<Placing>,
}

/// All records of both lists, best first. A search in one list keeps that list's scores.
pub(super) fn fused(mode: SearchMode, by_words: &[(u64, f32)], by_meaning: &[(u64, f32)]) -> Vec<Ranked> {
    let mut all: BTreeMap<u64, Ranked> = BTreeMap::new();
    let mut add = |list: &[(u64, f32)], place: fn(&mut Ranked) -> &mut Option<Placing>| {
        for (&(ordinal, score), rank) in list.iter().zip(1..) {
            let entry = all.entry(ordinal).or_insert(Ranked { ordinal, score: 0.0, text: None, meaning: None });
            let placing = Placing { rank, score: f64::from(score) };
            *place(entry) = Some(placing);
            entry.score += match mode {
                SearchMode::Hybrid => reciprocal(rank),
                SearchMode::Text | SearchMode::Meaning => placing.score,
            };
        }
    };
    add(by_words, |ranked| &mut ranked.text);
    add(by_meaning, |ranked| &mut ranked.meaning);
    let mut ranked: Vec<Ranked> = all.into_values().collect();
    // Stable, and so far in the order of the knowledge base.
    ranked.sort_by(|a, b| b.score.total_cmp(&a.score));
    ranked
}

#[expect(clippy::cast_precision_loss, reason = "ranks are small")]
fn reciprocal(rank: u64) -> f64 {
    1.0 / (K + rank as f64)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Straight from the formula, record by record.
    fn reference(lists: [&[(u64, f32)]; 2]) -> Vec<(u64, f64)> {
        let mut ordinals: Vec<u64> = lists.concat().into_iter().map(|(ordinal, _)| ordinal).collect();
        ordinals.sort_unstable();
        ordinals.dedup();
        let score = |ordinal: u64| -> f64 {
            let ranks = lists.iter().filter_map(|list| list.iter().position(|(other, _)| *other == ordinal));
            ranks.map(|place| 1.0 / (61.0 + f64::from(u32::try_from(place).unwrap()))).sum()
        };
        let mut all: Vec<_> = ordinals.into_iter().map(|ordinal| (ordinal, score(ordinal))).collect();
        all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        all
    }

    fn list() -> impl Strategy<Value = Vec<(u64, f32)>> {
        prop::collection::btree_set(0_u64..40, 0..25)
            .prop_map(|set| set.into_iter().collect::<Vec<_>>())
            .prop_shuffle()
            .prop_map(|ordinals| ordinals.into_iter().zip(0_u8..).map(|(o, n)| (o, 30.0 - f32::from(n))).collect())
    }

    proptest! {
        #[test]
        fn fusing_is_the_sum_of_reciprocal_ranks(by_words in list(), by_meaning in list()) {
            let found = fused(SearchMode::Hybrid, &by_words, &by_meaning);
            let right = reference([&by_words, &by_meaning]);
            prop_assert_eq!(found.len(), right.len());
            for (found, right) in found.iter().zip(right) {
                prop_assert_eq!(found.ordinal, right.0);
                prop_assert!((found.score - right.1).abs() < 1e-12);
                let rank = |list: &[(u64, f32)]| list.iter().position(|(o, _)| *o == found.ordinal).map(|at| at as u64 + 1);
                prop_assert_eq!(found.text.map(|placing| placing.rank), rank(&by_words));
                prop_assert_eq!(found.meaning.map(|placing| placing.rank), rank(&by_meaning));
            }
        }

        #[test]
        fn one_list_stays_as_it_is(by_words in list()) {
            let found = fused(SearchMode::Text, &by_words, &[]);
            let pairs: Vec<_> = found.iter().map(|ranked| (ranked.ordinal, ranked.score)).collect();
            let right: Vec<_> = by_words.iter().map(|&(ordinal, score)| (ordinal, f64::from(score))).collect();
            prop_assert_eq!(pairs, right);
        }
    }
}
