use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::operations::language_model::info::DiscountFrom;
use crate::operations::language_model::tests::built;
use crate::operations::language_model::words::{END, START, UNKNOWN};
use crate::operations::language_model::{LanguageModelOptions, Tokenizer};

/// The same from the formula, by looking at all n-grams each time.
struct Plain {
    order: usize,
    texts: Vec<Vec<u32>>,
    discounts: Vec<f64>,
    floor: f64,
}

impl Plain {
    fn ngrams(&self, length: usize) -> BTreeMap<Vec<u32>, u32> {
        let mut counts = BTreeMap::new();
        for text in &self.texts {
            let mut padded = vec![START; self.order - 1];
            padded.extend(text);
            padded.push(END);
            for ngram in padded.windows(length).filter(|ngram| ngram[length - 1] != START) {
                *counts.entry(ngram.to_vec()).or_insert(0) += 1;
            }
        }
        counts
    }

    fn count(&self, ngram: &[u32]) -> u32 {
        if ngram.len() == self.order {
            return self.ngrams(self.order).get(ngram).copied().unwrap_or(0);
        }
        let longer = self.ngrams(ngram.len() + 1);
        let before: BTreeSet<u32> =
            longer.keys().filter(|longer| longer[1..] == *ngram).map(|longer| longer[0]).collect();
        u32::try_from(before.len()).unwrap()
    }

    fn probability(&self, context: &[u32], word: u32, vocabulary: u32) -> f64 {
        let shorter = match context.split_first() {
            Some((_, rest)) => self.probability(rest, word, vocabulary),
            None => self.floor,
        };
        let counts: Vec<u32> = (0..vocabulary).map(|word| self.count(&[context, &[word]].concat())).collect();
        let total: u32 = counts.iter().sum();
        if total == 0 {
            return shorter;
        }
        let kinds = counts.iter().filter(|count| **count > 0).count();
        let discount = self.discounts[context.len()];
        let own = (f64::from(counts[word as usize]) - discount).max(0.0) / f64::from(total);
        own + discount * f64::from(u32::try_from(kinds).unwrap()) / f64::from(total) * shorter
    }
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[abc]( [abcd]){0,4}", 1..5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn probabilities_are_those_of_the_formula_and_those_of_each_context_add_up_to_one(
        texts in texts(), order in 1_u8..=4, closed_vocabulary: bool, min_count in 1_u32..=2, discount in prop::option::of(0.1_f64..1.0),
        context in prop::collection::vec(0_u32..8, 0..6)
    ) {
        let options = LanguageModelOptions {
            order, closed_vocabulary, min_count, discount, tokenizer: Tokenizer::Whitespace, ..LanguageModelOptions::default()
        };
        let lines: Vec<&str> = texts.iter().map(String::as_str).collect();
        let most = lines.iter().flat_map(|line| line.split(' ')).fold(BTreeMap::new(), |mut counts, word| {
            *counts.entry(word).or_insert(0_u32) += 1;
            counts
        });
        prop_assume!(most.values().any(|count| *count >= min_count));
        let built = built(&lines, &options);
        let (words, ngrams) = (built.model.words(), built.model.ngrams());
        let vocabulary = words.len();
        let plain = Plain {
            order: usize::from(order),
            texts: lines.iter().map(|line| line.split(' ').map(|word| words.number(word)).collect()).collect(),
            discounts: built.model.info().orders.iter().map(|order| order.discount).collect(),
            floor: if closed_vocabulary { 0.0 } else { 1.0 / f64::from(vocabulary - 1) },
        };
        let begun = [vec![START; 5], vec![3]].concat();
        for context in [context, begun, Vec::new()] {
            let context: Vec<u32> = context.into_iter().map(|word| word.min(vocabulary - 1)).collect();
            let own = &context[context.len() - context.len().min(usize::from(order) - 1)..];
            let all = ngrams.probabilities(&context);
            prop_assert!((all.iter().sum::<f64>() - 1.0).abs() < 1e-12, "{context:?}: {all:?}");
            for word in (0..vocabulary).filter(|word| *word != START) {
                let found = ngrams.probability(&context, word);
                prop_assert!((found - plain.probability(own, word, vocabulary)).abs() < 1e-12, "{word} behind {context:?}");
                prop_assert_eq!(found.to_bits(), all[word as usize].to_bits());
            }
            prop_assert_eq!(ngrams.probability(&context, START).to_bits(), 0);
            let likely = ngrams.most_likely(&context, 3);
            prop_assert!(likely.is_sorted_by(|a, b| a.1 >= b.1));
            prop_assert!(likely.iter().all(|(word, _)| *word != START && *word != UNKNOWN));
            let best = (0..vocabulary).filter(|word| !matches!(*word, START | UNKNOWN)).map(|word| all[word as usize]);
            prop_assert_eq!(likely[0].1.to_bits(), best.fold(0.0, f64::max).to_bits());
        }
    }
}

#[test]
fn two_texts_by_hand() {
    let options = LanguageModelOptions { order: 2, discount: Some(0.5), ..LanguageModelOptions::default() };
    let built = built(&["a b", "a c"], &options);
    let ngrams = built.model.ngrams();
    let number = |word: &str| built.model.words().number(word);
    // Bigrams: <s> a (2), a b, a c, b </s>, c </s>: 5 kinds. Single words stand behind: a 1, b 1, c 1, </s> 2.
    let single = |count: f64| (count - 0.5) / 5.0 + 0.5 * 4.0 / 5.0 / 5.0;
    assert!((ngrams.probability(&[], END) - single(2.0)).abs() < 1e-15);
    // <unk>, </s>, a, b, c may follow; <unk> has nothing but its share of the floor.
    assert!((ngrams.probability(&[], UNKNOWN) - 0.5 * 4.0 / 5.0 / 5.0).abs() < 1e-15);
    let behind_a = (1.0 - 0.5) / 2.0 + 0.5 * 2.0 / 2.0 * single(1.0);
    assert!((ngrams.probability(&[number("a")], number("b")) - behind_a).abs() < 1e-15);
    let first = (2.0 - 0.5) / 2.0 + 0.5 * 1.0 / 2.0 * single(1.0);
    assert!((ngrams.probability(&ngrams.beginning(), number("a")) - first).abs() < 1e-15);
    assert!((ngrams.probability(&[UNKNOWN], number("a")) - single(1.0)).abs() < 1e-15, "nothing follows it");
}

#[test]
fn discounts_are_estimated_from_what_counts_one_and_two() {
    let found = |texts: &[&str], options: &LanguageModelOptions| {
        built(texts, options)
            .model
            .info()
            .orders
            .iter()
            .map(|order| (order.discount, order.discount_from))
            .collect::<Vec<_>>()
    };
    let options = LanguageModelOptions { order: 2, ..LanguageModelOptions::default() };
    // Bigrams: <s> a 2, a b 2, b c, b d, c </s>, d </s>: n1 = 4, n2 = 2. Words: a, b, c, d 1, </s> 2.
    let texts = ["a b c", "a b d"];
    assert_eq!(found(&texts, &options), [(4.0 / 6.0, DiscountFrom::Estimated), (4.0 / 8.0, DiscountFrom::Estimated)]);
    assert_eq!(found(&["a"], &options), [(0.75, DiscountFrom::Fallback); 2]);
    let closed = LanguageModelOptions { discount: Some(0.1), closed_vocabulary: true, ..options };
    assert_eq!(found(&texts, &closed), [(0.0, DiscountFrom::ClosedVocabulary), (0.1, DiscountFrom::Option)]);
}
