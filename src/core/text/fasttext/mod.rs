//! Classifiers of texts in fastText's own file format, asked without fastText.
//!
//! For: the best label of a text, and how probable it is, as fastText says it. Not for: training, vectors of words, or
//! what a label means. The one decision: what has to be equal is the answer, so sums are made in fastText's order and
//! in its 32 bits; the kind of file that language identification comes as is read, others are refused.
//!
//! Sources: Joulin, Grave, Bojanowski, Mikolov, "Bag of Tricks for Efficient Text Classification" (2017); Joulin et al.,
//! "FastText.zip" (2016); the file format is that of version 12 of fastText (MIT). The crate `fasttext` 0.8 reads such
//! files too, but gives other answers than fastText where the table is quantised.

mod features;
mod file;
mod tree;

use features::Features;
pub use file::FormatError;
use tree::LabelTree;

/// A matrix of 32-bit numbers, row by row.
#[derive(Debug)]
struct Matrix {
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// A row; empty where there is none.
    fn row(&self, number: usize) -> &[f32] {
        let begin = number.saturating_mul(self.columns);
        self.values.get(begin..begin.saturating_add(self.columns)).unwrap_or_default()
    }
}

/// A classifier, whole in memory.
#[derive(Debug)]
pub struct Classifier {
    features: Features,
    /// The vector of each feature.
    vectors: Matrix,
    tree: LabelTree,
    labels: Vec<String>,
}

/// What a classifier takes a text for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Guess<'a> {
    /// The label, without fastText's `__label__`.
    pub label: &'a str,
    /// From 0 to 1; a little more than 1 where nothing else comes into question, as fastText itself has it.
    pub probability: f32,
}

impl Classifier {
    /// Reads a file: quantised features, hierarchical softmax.
    ///
    /// # Errors
    /// Bytes that are no such file.
    pub fn read(bytes: &[u8]) -> Result<Self, FormatError> {
        file::classifier(bytes)
    }

    /// The best label of one line of text; ends of lines in it count as blanks. `None` where the text has no feature
    /// that the classifier knows.
    pub fn best(&self, text: &str) -> Option<Guess<'_>> {
        let features = self.features.of(text);
        let hidden = self.mean(&features)?;
        let (label, score) = self.tree.best(&hidden)?;
        Some(Guess { label: self.labels.get(label)?, probability: score.exp() })
    }

    /// The mean of the features' vectors, summed up in their order.
    fn mean(&self, features: &[usize]) -> Option<Vec<f32>> {
        let count = u16::try_from(features.len()).map_or_else(|_| wide_count(features.len()), f32::from);
        let mut sum = vec![0.0_f32; self.vectors.columns];
        for feature in features {
            for (total, value) in sum.iter_mut().zip(self.vectors.row(*feature)) {
                *total += value;
            }
        }
        let share = 1.0 / count;
        for total in &mut sum {
            *total *= share;
        }
        (!features.is_empty()).then_some(sum)
    }
}

/// A count of features beyond 65,535, to the digits that 32 bits hold.
#[expect(clippy::cast_precision_loss, reason = "fastText divides by the same rounded number")]
fn wide_count(count: usize) -> f32 {
    count as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_classifier_are_refused_with_a_reason() {
        for bytes in [&b""[..], b"not a model at all, only text that is long enough to be read as numbers", &[0; 400]] {
            assert!(Classifier::read(bytes).unwrap_err().to_string().contains("fastText"));
        }
    }
}
