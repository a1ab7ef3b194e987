//! How far the middles of two clouds of vectors are apart.
//!
//! For: the plainest number on drift of embeddings. Not for: clouds that differ in shape alone (`mmd`). The one decision: the
//! distance is that of all rows; how probable it is by chance is told on a bounded number of them.

use super::mmd::{PermutationOptions, drawn};
use super::similarities::{Similarities, Sums};
use super::size::size;
use super::vectors::Vectors;

/// How far two middles are apart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeanDistance {
    /// Euclidean distance of the mean vectors.
    pub euclidean: f64,
    /// Cosine distance of the mean vectors: 1 − cosine; `None` if one of them is zero.
    pub cosine: Option<f64>,
    /// How probable so large a Euclidean distance is if there is no difference.
    pub p_value: f64,
}

/// How far the middles of two sets are apart; `None` with fewer than two rows on a side, or if dimensions differ.
pub fn mean_distance(reference: Vectors, incoming: Vectors, options: PermutationOptions) -> Option<MeanDistance> {
    let sample = drawn(reference, incoming, options)?;
    let (first, second) = (sample.first, sample.rows.len() - sample.first);
    // Measured from the middle of all: differences of large numbers lose digits.
    let middle = mean(sample.rows.iter().copied(), reference.dimensions());
    let centred: Vec<Vec<f32>> = sample.rows.iter().map(|row| minus(row, &middle)).collect();
    let similarities = Similarities::of(centred.len(), first, |row, other| dot(&centred[row], &centred[other]));
    let squared = |sums: Sums| {
        let (one, other) = (size(first), size(second));
        sums.first / (one * one) + sums.second / (other * other) - 2.0 * sums.between / (one * other)
    };
    let (one, other) = (mean(reference.rows(), reference.dimensions()), mean(incoming.rows(), incoming.dimensions()));
    let pairs = || one.iter().zip(&other);
    let (lengths, product) = (length(&one) * length(&other), pairs().map(|(left, right)| left * right).sum::<f64>());
    Some(MeanDistance {
        euclidean: pairs().map(|(left, right)| (left - right).powi(2)).sum::<f64>().sqrt(),
        cosine: (lengths > 0.0).then(|| (1.0 - product / lengths).max(0.0)),
        p_value: similarities.p_value(options.rounds, options.seed, squared),
    })
}

fn mean<'a>(rows: impl ExactSizeIterator<Item = &'a [f32]>, dimensions: usize) -> Vec<f64> {
    let count = size(rows.len());
    let mut sums = vec![0.0; dimensions];
    for row in rows {
        sums.iter_mut().zip(row).for_each(|(sum, &value)| *sum += f64::from(value));
    }
    sums.iter().map(|sum| sum / count).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "as exact as the vector was")]
fn minus(row: &[f32], middle: &[f64]) -> Vec<f32> {
    row.iter().zip(middle).map(|(&value, middle)| (f64::from(value) - middle) as f32).collect()
}

fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|value| value * value).sum::<f64>().sqrt()
}

fn dot(one: &[f32], other: &[f32]) -> f32 {
    let mut sums = [0.0_f32; 8];
    let (blocks, others) = (one.chunks_exact(8), other.chunks_exact(8));
    let rest = blocks.remainder().iter().zip(others.remainder()).map(|(left, right)| left * right).sum::<f32>();
    for (left, right) in blocks.zip(others) {
        sums.iter_mut().zip(left).zip(right).for_each(|((sum, left), right)| *sum += left * right);
    }
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_the_middles() {
        let (one, other) = ([0.0_f32, 0.0, 2.0, 0.0], [1.0_f32, 2.0, 1.0, 4.0]);
        let (one, other) = (Vectors::new(&one, 2).unwrap(), Vectors::new(&other, 2).unwrap());
        let found = mean_distance(one, other, PermutationOptions::default()).unwrap();
        assert!((found.euclidean - 3.0).abs() < 1e-12);
        assert!((found.cosine.unwrap() - (1.0 - 1.0 / 10.0_f64.sqrt())).abs() < 1e-12);
    }

    #[test]
    fn a_moved_middle_is_no_chance_and_an_unmoved_one_is() {
        let line = |shift: f32| -> Vec<f32> { (0_u16..60).map(|row| f32::from(row * 7 % 31) + shift).collect() };
        let (still, moved) = (line(0.0), line(12.0));
        let compare = |one, other| {
            mean_distance(Vectors::new(one, 2).unwrap(), Vectors::new(other, 2).unwrap(), PermutationOptions::default())
        };
        assert!(compare(&still, &moved).unwrap().p_value < 0.01);
        let same = compare(&still, &still).unwrap();
        assert!(same.euclidean.abs() < 1e-12 && same.p_value > 0.9, "{same:?}");
    }
}
