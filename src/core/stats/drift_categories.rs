//! The categories in which two samples are compared: which count as themselves, and which are too rare for it.
//!
//! It scores nothing; Cramér's V and PSI do ([`super::cramers_v`], [`super::psi`]). Decided here: the rule is that of the
//! deepchecks 0.19.1 release, so that both scores equal its scores. Its weakness, kept for that reason: a category that the
//! reference does not have is always among the rare ones, and if these are few on both sides their rows are left out. Rows of
//! new categories are therefore a check of their own, and p-values are taken from the full counts ([`super::homogeneity`]).

use std::collections::BTreeSet;

use super::{Counts, real};

/// A category as it is compared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// A value that occurs.
    Named(String),
    /// No value, where that counts as a category.
    Missing,
    /// All that are too rare to be compared, together.
    Rare,
}

/// Rows of one category on both sides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryPair {
    /// Which.
    pub category: Category,
    /// Rows of the reference.
    pub reference: u64,
    /// Rows of the incoming data.
    pub incoming: u64,
}

/// What the categories are ranked by where only some are kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum SortBy {
    /// The difference between the two counts.
    #[default]
    Difference,
    /// Rows of the reference.
    Reference,
    /// Rows of the incoming data.
    Incoming,
}

/// How categories are chosen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CategoryOptions {
    /// Leaves out rows without a value; otherwise these are a category.
    pub ignore_na: bool,
    /// Categories with a smaller share of the reference than this are rare.
    pub min_category_size_ratio: f64,
    /// Only so many categories are kept, all others are rare.
    pub max_num_categories: Option<usize>,
    /// Which ones are kept then.
    pub sort_by: SortBy,
}

impl Default for CategoryOptions {
    fn default() -> Self {
        Self { ignore_na: true, min_category_size_ratio: 0.01, max_num_categories: None, sort_by: SortBy::Difference }
    }
}

/// The share of a side's rows above which the rare categories together are compared as one.
const RARE_SHARE: f64 = 0.01;

/// The categories of two samples with their rows, in the order of their names, what is missing and what is rare last.
pub fn drift_categories(reference: &Counts, incoming: &Counts, options: &CategoryOptions) -> Vec<CategoryPair> {
    let mut pairs = union(reference, incoming, options.ignore_na);
    let size = |count: fn(&CategoryPair) -> u64| pairs.iter().map(count).sum::<u64>();
    let (reference_rows, incoming_rows) = (size(|pair| pair.reference), size(|pair| pair.incoming));
    let mut rare = CategoryPair { category: Category::Rare, reference: 0, incoming: 0 };
    let smallest = options.min_category_size_ratio * real(reference_rows);
    let kept = most_distinct(&pairs, options);
    pairs.retain(|pair| {
        let keep = kept.as_ref().is_none_or(|kept| kept.contains(&pair.category)) && real(pair.reference) >= smallest;
        if !keep {
            rare.reference += pair.reference;
            rare.incoming += pair.incoming;
        }
        keep
    });
    let is_notable = real(rare.reference) > RARE_SHARE * real(reference_rows)
        || real(rare.incoming) > RARE_SHARE * real(incoming_rows);
    if is_notable {
        pairs.push(rare);
    }
    pairs
}

/// The categories of either sample.
fn union(reference: &Counts, incoming: &Counts, ignore_na: bool) -> Vec<CategoryPair> {
    let names: BTreeSet<&str> = reference.iter().chain(incoming.iter()).map(|(name, _)| name).collect();
    let mut pairs: Vec<_> = names
        .into_iter()
        .map(|name| CategoryPair {
            category: Category::Named(name.to_owned()),
            reference: reference.of(name),
            incoming: incoming.of(name),
        })
        .collect();
    let missing =
        CategoryPair { category: Category::Missing, reference: reference.missing, incoming: incoming.missing };
    if !ignore_na && missing.reference + missing.incoming > 0 {
        pairs.push(missing);
    }
    pairs
}

/// The categories that stay where there are more than may be kept.
fn most_distinct(pairs: &[CategoryPair], options: &CategoryOptions) -> Option<BTreeSet<Category>> {
    let max = options.max_num_categories.filter(|max| pairs.len() > *max)?;
    let weight = |pair: &CategoryPair| match options.sort_by {
        SortBy::Difference => pair.reference.abs_diff(pair.incoming),
        SortBy::Reference => pair.reference,
        SortBy::Incoming => pair.incoming,
    };
    let mut ranked: Vec<&CategoryPair> = pairs.iter().collect();
    ranked.sort_by(|a, b| weight(b).cmp(&weight(a)).then_with(|| a.category.cmp(&b.category)));
    Some(ranked.into_iter().take(max).map(|pair| pair.category.clone()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(categories: &[(&str, u64)], missing: u64) -> Counts {
        let mut counts = Counts::default();
        for (category, rows) in categories {
            counts.add(Some(category), *rows);
        }
        counts.add(None, missing);
        counts
    }

    fn found(pairs: &[CategoryPair]) -> Vec<(Category, u64, u64)> {
        pairs.iter().map(|pair| (pair.category.clone(), pair.reference, pair.incoming)).collect()
    }

    #[test]
    fn a_new_category_is_rare_and_kept_if_it_is_frequent_enough() {
        let reference = counts(&[("a", 100)], 0);
        let named = (Category::Named("a".into()), 100, 99);
        let few = drift_categories(&reference, &counts(&[("a", 99), ("new", 1)], 0), &CategoryOptions::default());
        assert_eq!(found(&few), [named]);
        let more = drift_categories(&reference, &counts(&[("a", 98), ("new", 2)], 0), &CategoryOptions::default());
        assert_eq!(found(&more), [(Category::Named("a".into()), 100, 98), (Category::Rare, 0, 2)]);
    }

    #[test]
    fn missing_values_are_a_category_only_if_asked_for() {
        let (reference, incoming) = (counts(&[("a", 9)], 1), counts(&[("a", 8)], 2));
        assert_eq!(drift_categories(&reference, &incoming, &CategoryOptions::default()).len(), 1);
        let options = CategoryOptions { ignore_na: false, ..CategoryOptions::default() };
        let pairs = drift_categories(&reference, &incoming, &options);
        assert_eq!(found(&pairs)[1], (Category::Missing, 1, 2));
    }

    #[test]
    fn the_categories_that_differ_most_are_kept() {
        let (reference, incoming) =
            (counts(&[("a", 50), ("b", 50), ("c", 50)], 0), counts(&[("a", 50), ("b", 20), ("c", 80)], 0));
        let options = CategoryOptions { max_num_categories: Some(2), ..CategoryOptions::default() };
        let pairs = found(&drift_categories(&reference, &incoming, &options));
        assert_eq!(
            pairs,
            [(Category::Named("b".into()), 50, 20), (Category::Named("c".into()), 50, 80), (Category::Rare, 50, 50)]
        );
    }
}
