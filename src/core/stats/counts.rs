//! A sample of categories as how often each occurs: labels, predictions, languages, values of a column.
//!
//! Which categories are too rare to be compared is not said here ([`super::drift_categories`]). Decided here: rows without a
//! value are counted beside the categories, never as one of them, because both readings are asked for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::share;

/// Rows of every category, and rows that have none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// By category; none is 0.
    pub counts: BTreeMap<String, u64>,
    /// Rows that have none.
    pub missing: u64,
}

impl Counts {
    /// Of categories with their rows.
    pub fn new(counts: impl IntoIterator<Item = (String, u64)>, missing: u64) -> Self {
        Self { counts: counts.into_iter().filter(|(_, rows)| *rows > 0).collect(), missing }
    }

    /// Counts rows; `None` is a row without a value.
    pub fn from_values<'a>(values: impl IntoIterator<Item = Option<&'a str>>) -> Self {
        let mut counts = Self::default();
        for value in values {
            counts.add(value, 1);
        }
        counts
    }

    /// Counts `rows` more of a category, or of no value.
    pub fn add(&mut self, value: Option<&str>, rows: u64) {
        let Some(category) = value else {
            self.missing += rows;
            return;
        };
        if rows == 0 {
            return;
        }
        match self.counts.get_mut(category) {
            Some(count) => *count += rows,
            None => {
                self.counts.insert(category.to_owned(), rows);
            }
        }
    }

    /// Counts all rows of another sample as well.
    pub fn merge(&mut self, other: &Self) {
        for (category, rows) in other.iter() {
            self.add(Some(category), rows);
        }
        self.missing += other.missing;
    }

    /// The categories and their rows, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, u64)> {
        self.counts.iter().map(|(category, rows)| (category.as_str(), *rows))
    }

    /// Rows of one category.
    pub fn of(&self, category: &str) -> u64 {
        self.counts.get(category).copied().unwrap_or_default()
    }

    /// Distinct categories.
    pub fn distinct(&self) -> usize {
        self.counts.len()
    }

    /// Rows that have a value.
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }

    /// A category's share of the rows that have a value.
    pub fn share_of(&self, category: &str) -> f64 {
        share(self.of(category), self.total())
    }

    /// The categories from the most to the least frequent; equally frequent ones by name.
    pub fn by_frequency(&self) -> Vec<(&str, u64)> {
        let mut ranked: Vec<_> = self.iter().collect();
        ranked.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        ranked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_a_value_are_counted_beside_the_categories() {
        let counts = Counts::from_values([Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(counts.iter().collect::<Vec<_>>(), [("a", 1), ("b", 2)]);
        assert_eq!((counts.total(), counts.missing, counts.distinct()), (3, 1, 2));
        assert_eq!(counts.by_frequency(), [("b", 2), ("a", 1)]);
    }

    #[test]
    fn counts_of_parts_add_up_to_those_of_the_whole() {
        let mut merged = Counts::from_values([Some("a"), None]);
        merged.merge(&Counts::from_values([Some("a"), Some("b"), None]));
        assert_eq!(merged, Counts::from_values([Some("a"), Some("a"), Some("b"), None, None]));
    }
}
