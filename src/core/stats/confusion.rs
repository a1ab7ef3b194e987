//! Answers of a classifier counted against the truth, and the scores that follow from the counts.
//!
//! No probabilities and no thresholds. Decided here: a class that was never predicted has precision 0 and one that never
//! occurs has recall 0 (scikit-learn's default), so that every score is a number.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{count_of, real, share};

/// Rows by true class and predicted class.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confusion {
    rows_of: BTreeMap<String, BTreeMap<String, u64>>,
}

/// How well one class is told from the others.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassScores {
    /// The class.
    pub class: String,
    /// Rows that are of it.
    pub rows: u64,
    /// Rows that were said to be of it.
    pub predicted: u64,
    /// Rows of which both hold.
    pub hits: u64,
    /// Hits among the predicted.
    pub precision: f64,
    /// Hits among the rows.
    pub recall: f64,
    /// Harmonic mean of the two.
    pub f1: f64,
}

impl Confusion {
    /// Counts rows by their true and predicted class; the caller leaves out rows that lack one of them.
    pub fn from_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        let mut confusion = Self::default();
        for (truth, predicted) in pairs {
            confusion.add(truth, predicted, 1);
        }
        confusion
    }

    /// Counts `rows` more.
    pub fn add(&mut self, truth: &str, predicted: &str, rows: u64) {
        if rows == 0 {
            return;
        }
        if !self.rows_of.contains_key(truth) {
            self.rows_of.insert(truth.to_owned(), BTreeMap::new());
        }
        let Some(of_class) = self.rows_of.get_mut(truth) else { return };
        match of_class.get_mut(predicted) {
            Some(count) => *count += rows,
            None => {
                of_class.insert(predicted.to_owned(), rows);
            }
        }
    }

    /// Counts all rows of another set as well.
    pub fn merge(&mut self, other: &Self) {
        for (truth, predicted, rows) in other.iter() {
            self.add(truth, predicted, rows);
        }
    }

    /// True class, predicted class, rows: all that occur, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.rows_of.iter().flat_map(|(truth, of_class)| {
            of_class.iter().map(move |(predicted, rows)| (truth.as_str(), predicted.as_str(), *rows))
        })
    }

    /// Rows of one true and one predicted class.
    pub fn get(&self, truth: &str, predicted: &str) -> u64 {
        self.rows_of.get(truth).and_then(|of_class| of_class.get(predicted)).copied().unwrap_or(0)
    }

    /// Rows counted.
    pub fn rows(&self) -> u64 {
        self.iter().map(|(_, _, rows)| rows).sum()
    }

    /// The classes that are true or predicted of any row, by name.
    pub fn classes(&self) -> Vec<&str> {
        let names: BTreeSet<&str> = self.iter().flat_map(|(truth, predicted, _)| [truth, predicted]).collect();
        names.into_iter().collect()
    }

    /// The share of rows predicted right; none without rows.
    pub fn accuracy(&self) -> Option<f64> {
        let right: u64 = self.iter().filter(|(truth, predicted, _)| truth == predicted).map(|(_, _, rows)| rows).sum();
        (self.rows() > 0).then(|| share(right, self.rows()))
    }

    /// The scores of every class, by name.
    pub fn class_scores(&self) -> Vec<ClassScores> {
        let mut predicted_as: BTreeMap<&str, u64> = BTreeMap::new();
        for (_, predicted, rows) in self.iter() {
            *predicted_as.entry(predicted).or_default() += rows;
        }
        let scores = |class: &str| {
            let rows: u64 = self.rows_of.get(class).map_or(0, |of_class| of_class.values().sum());
            ClassScores::of(class, self.get(class, class), rows, predicted_as.get(class).copied().unwrap_or(0))
        };
        self.classes().into_iter().map(scores).collect()
    }

    /// The mean F1 of all classes; none without rows.
    pub fn macro_f1(&self) -> Option<f64> {
        let scores = self.class_scores();
        let sum: f64 = scores.iter().map(|class| class.f1).sum();
        (!scores.is_empty()).then(|| sum / real(count_of(scores.len())))
    }
}

impl ClassScores {
    fn of(class: &str, hits: u64, rows: u64, predicted: u64) -> Self {
        Self {
            class: class.to_owned(),
            rows,
            predicted,
            hits,
            precision: share(hits, predicted),
            recall: share(hits, rows),
            f1: share(2 * hits, rows + predicted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_scikit_learn() {
        let confusion = Confusion::from_pairs([("a", "a"), ("a", "b"), ("a", "a"), ("b", "b"), ("c", "b")]);
        let scores: Vec<_> = confusion
            .class_scores()
            .into_iter()
            .map(|class| (class.class, class.precision, class.recall, class.f1))
            .collect();
        assert_eq!(
            scores,
            [
                ("a".to_owned(), 1.0, 2.0 / 3.0, 0.8),
                ("b".to_owned(), 1.0 / 3.0, 1.0, 0.5),
                ("c".to_owned(), 0.0, 0.0, 0.0)
            ]
        );
        assert_eq!(confusion.accuracy(), Some(0.6));
        assert!((confusion.macro_f1().unwrap() - 1.3 / 3.0).abs() < 1e-15);
        assert_eq!(Confusion::default().accuracy(), None);
    }

    #[test]
    fn parts_add_up_to_the_whole() {
        let mut merged = Confusion::from_pairs([("a", "a"), ("b", "a")]);
        merged.merge(&Confusion::from_pairs([("a", "a"), ("c", "b")]));
        assert_eq!(merged, Confusion::from_pairs([("a", "a"), ("a", "a"), ("b", "a"), ("c", "b")]));
    }
}
