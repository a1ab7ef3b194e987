//! Answers of a classifier counted against the truth, and the scores that follow from the counts.
//!
//! No probabilities and no thresholds. Decided here: a class that was never predicted has precision 0 and one that never
//! occurs has recall 0 (scikit-learn's default), so that every score is a number.

use std::collections::BTreeMap;

use super::{count_of, real, share};

/// Rows by true class and predicted class.
pub type Confusion = BTreeMap<(String, String), u64>;

/// How well one class is told from the others.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassAnswers {
    /// Rows of the class that were said to be of it.
    pub hits: u64,
    /// Rows of the class that were said to be of another.
    pub misses: u64,
    /// Rows of another class that were said to be of it.
    pub false_alarms: u64,
}

impl ClassAnswers {
    /// Rows of the class.
    pub fn rows(&self) -> u64 {
        self.hits + self.misses
    }

    /// Rows that were said to be of it.
    pub fn predicted(&self) -> u64 {
        self.hits + self.false_alarms
    }

    /// Hits among the predicted.
    pub fn precision(&self) -> f64 {
        share(self.hits, self.predicted())
    }

    /// Hits among the rows.
    pub fn recall(&self) -> f64 {
        share(self.hits, self.rows())
    }

    /// Harmonic mean of precision and recall.
    pub fn f1(&self) -> f64 {
        share(2 * self.hits, self.rows() + self.predicted())
    }
}

/// The answers about every class that is true or predicted of any row, by its name.
pub fn answers_by_class(confusion: &Confusion) -> BTreeMap<&str, ClassAnswers> {
    let mut answers: BTreeMap<&str, ClassAnswers> = BTreeMap::new();
    for ((truth, predicted), rows) in confusion {
        if truth == predicted {
            answers.entry(truth).or_default().hits += rows;
        } else {
            answers.entry(truth).or_default().misses += rows;
            answers.entry(predicted).or_default().false_alarms += rows;
        }
    }
    answers
}

/// `[right, rows]`: how many rows were predicted right, of how many.
pub fn right_answers(confusion: &Confusion) -> [u64; 2] {
    let right = confusion.iter().filter(|((truth, predicted), _)| truth == predicted).map(|(_, rows)| rows).sum();
    [right, confusion.values().sum()]
}

/// The mean F1 of all classes; none without rows.
pub fn macro_f1(confusion: &Confusion) -> Option<f64> {
    let answers = answers_by_class(confusion);
    let sum: f64 = answers.values().map(ClassAnswers::f1).sum();
    (!answers.is_empty()).then(|| sum / real(count_of(answers.len())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Confusion {
        let mut confusion = Confusion::new();
        for (truth, predicted) in pairs {
            *confusion.entry(((*truth).to_owned(), (*predicted).to_owned())).or_default() += 1;
        }
        confusion
    }

    #[test]
    fn scores_are_those_of_scikit_learn() {
        let confusion = of(&[("a", "a"), ("a", "b"), ("a", "a"), ("b", "b"), ("c", "b")]);
        let scores: Vec<_> = answers_by_class(&confusion)
            .into_iter()
            .map(|(class, answers)| (class, answers.precision(), answers.recall(), answers.f1()))
            .collect();
        assert_eq!(scores, [("a", 1.0, 2.0 / 3.0, 0.8), ("b", 1.0 / 3.0, 1.0, 0.5), ("c", 0.0, 0.0, 0.0)]);
        assert_eq!(right_answers(&confusion), [3, 5]);
        assert!((macro_f1(&confusion).unwrap() - 1.3 / 3.0).abs() < 1e-15);
        assert_eq!(macro_f1(&Confusion::new()), None);
    }
}
