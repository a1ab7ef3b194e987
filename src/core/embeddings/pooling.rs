//! Rows of tokens into one vector a text, always in `f32`.

/// How rows become a vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pooling {
    /// Which rows count.
    pub(super) mode: Mode,
    /// Whether the vector is brought to length 1.
    pub(super) is_normalised: bool,
    /// Numbers of a row, and of a vector.
    pub(super) width: usize,
}

/// Which rows count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mode {
    /// All of them, special tokens included.
    Mean,
    /// The first one, `[CLS]`.
    First,
}

/// Shorter vectors are not made longer than this allows.
pub(super) const LEAST_LENGTH: f32 = 1e-12;

impl Pooling {
    /// The vectors of texts, one after another, of which `rows` are all, too.
    pub(super) fn pool_all(self, lengths: impl ExactSizeIterator<Item = usize>, rows: &[f32]) -> Vec<f32> {
        let mut vectors = vec![0.0; lengths.len() * self.width];
        let mut rest = rows;
        for (length, vector) in lengths.zip(vectors.chunks_exact_mut(self.width)) {
            let (own, others) = rest.split_at(length * self.width);
            self.pool(own, vector);
            rest = others;
        }
        vectors
    }

    /// The vector of one text, of which `rows` are all.
    fn pool(self, rows: &[f32], vector: &mut [f32]) {
        match self.mode {
            Mode::First => vector.copy_from_slice(&rows[..self.width]),
            Mode::Mean => mean(rows, vector),
        }
        if self.is_normalised {
            normalise(vector);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "tokens of a text")]
fn mean(rows: &[f32], vector: &mut [f32]) {
    vector.fill(0.0);
    let width = vector.len();
    for row in rows.chunks_exact(width) {
        for (sum, number) in vector.iter_mut().zip(row) {
            *sum += number;
        }
    }
    let count = (rows.len() / width) as f32;
    for number in vector {
        *number /= count;
    }
}

fn normalise(vector: &mut [f32]) {
    let squares: f32 = vector.iter().map(|number| number * number).sum();
    let length = squares.sqrt().max(LEAST_LENGTH);
    for number in vector {
        *number /= length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_counts_every_row_and_the_first_only_itself() {
        let rows = [1.0, 2.0, 3.0, 6.0];
        let pooled = |mode, is_normalised| {
            let mut vector = vec![0.0; 2];
            Pooling { mode, is_normalised, width: 2 }.pool(&rows, &mut vector);
            vector
        };
        assert_eq!(pooled(Mode::Mean, false), vec![2.0, 4.0]);
        assert_eq!(pooled(Mode::First, false), vec![1.0, 2.0]);
        let squares: f32 = pooled(Mode::First, true).iter().map(|number| number * number).sum();
        assert!((squares - 1.0).abs() < 1e-6);
    }

    #[test]
    fn a_vector_of_nothing_stays_nothing() {
        let mut vector = vec![1.0; 3];
        Pooling { mode: Mode::Mean, is_normalised: true, width: 3 }.pool(&[0.0; 6], &mut vector);
        assert_eq!(vector, vec![0.0; 3]);
    }
}
