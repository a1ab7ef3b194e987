//! Principal components: the few directions in which vectors differ most.
//!
//! For: fewer dimensions before a classifier, and a map in two. Not for: all components of a matrix. The one decision: the
//! leading eigenvectors of the covariance by subspace iteration until they stand still, from a seeded start: as exact as a
//! decomposition, without one of the whole matrix.

use super::numpy_random::RandomState;
use super::size::size;

/// Directions that are iterated beside those asked for: they speed up what lies close together.
const BESIDE: usize = 10;
const ROUNDS: usize = 300;
const STANDSTILL: f64 = 1e-11;

/// Directions, and the middle they are measured from.
#[derive(Debug, Clone)]
pub(super) struct Components {
    mean: Vec<f64>,
    directions: Vec<Vec<f64>>,
    /// Share (0..1) of the variance along each direction, the largest first.
    pub explained: Vec<f64>,
}

impl Components {
    /// The `wanted` leading directions of vectors of one length; fewer if there are fewer dimensions.
    pub(super) fn fit(vectors: &[&[f32]], wanted: usize) -> Self {
        let mean = mean(vectors);
        let covariance = covariance(vectors, &mean);
        let dimensions = mean.len();
        let trace: f64 = (0..dimensions).map(|place| covariance[place * dimensions + place]).sum();
        let (values, mut directions) = leading(&covariance, dimensions, wanted.min(dimensions));
        for direction in &mut directions {
            point_up(direction);
        }
        let explained = values.iter().map(|value| if trace > 0.0 { (value / trace).max(0.0) } else { 0.0 }).collect();
        Self { mean, directions, explained }
    }

    /// Where a vector lies along each direction.
    pub(super) fn project(&self, vector: &[f32]) -> Vec<f64> {
        let along = |direction: &Vec<f64>| {
            direction
                .iter()
                .zip(vector)
                .zip(&self.mean)
                .map(|((part, &value), mean)| part * (f64::from(value) - mean))
                .sum()
        };
        self.directions.iter().map(along).collect()
    }
}

fn mean(vectors: &[&[f32]]) -> Vec<f64> {
    let mut sums = vec![0.0; vectors.first().map_or(0, |vector| vector.len())];
    for vector in vectors {
        for (sum, &value) in sums.iter_mut().zip(*vector) {
            *sum += f64::from(value);
        }
    }
    sums.iter().map(|sum| sum / size(vectors.len())).collect()
}

fn covariance(vectors: &[&[f32]], mean: &[f64]) -> Vec<f64> {
    let dimensions = mean.len();
    let mut sums = vec![0.0; dimensions * dimensions];
    let mut centred = vec![0.0; dimensions];
    for vector in vectors {
        for ((place, &value), mean) in centred.iter_mut().zip(*vector).zip(mean) {
            *place = f64::from(value) - mean;
        }
        for (place, &one) in centred.iter().enumerate() {
            let line = &mut sums[place * dimensions + place..(place + 1) * dimensions];
            for (sum, &other) in line.iter_mut().zip(&centred[place..]) {
                *sum += one * other;
            }
        }
    }
    let divisor = size(vectors.len().max(2) - 1);
    for place in 0..dimensions {
        for other in place..dimensions {
            let value = sums[place * dimensions + other] / divisor;
            sums[place * dimensions + other] = value;
            sums[other * dimensions + place] = value;
        }
    }
    sums
}

/// The largest eigenvalues of a symmetric matrix, and their vectors.
fn leading(matrix: &[f64], size: usize, wanted: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut random = RandomState::new(42);
    let width = (wanted + BESIDE).min(size);
    let mut block: Vec<Vec<f64>> = (0..width).map(|_| (0..size).map(|_| random.fraction() - 0.5).collect()).collect();
    orthonormalise(&mut block);
    let mut values = vec![0.0; wanted];
    for round in 0..ROUNDS {
        let mut next: Vec<Vec<f64>> = block.iter().map(|vector| times(matrix, vector)).collect();
        if round % 5 == 4 || width == size {
            let (found, turned) = settle(&block, &next);
            let moved =
                found.iter().zip(&values).map(|(now, before): (&f64, &f64)| (now - before).abs()).fold(0.0, f64::max);
            values = found[..wanted].to_vec();
            block = turned;
            if moved <= STANDSTILL * values.first().copied().unwrap_or(0.0) {
                break;
            }
            next = block.iter().map(|vector| times(matrix, vector)).collect();
        }
        block = next;
        orthonormalise(&mut block);
    }
    block.truncate(wanted);
    (values, block)
}

/// The eigenvalues of the matrix within the block's space, the largest first, and the block turned to their vectors
/// (Rayleigh and Ritz).
fn settle(block: &[Vec<f64>], images: &[Vec<f64>]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let width = block.len();
    let small: Vec<Vec<f64>> = block.iter().map(|one| images.iter().map(|other| dot(one, other)).collect()).collect();
    let (values, vectors) = jacobi(small);
    let mut order: Vec<usize> = (0..width).collect();
    order.sort_by(|&one, &other| values[other].total_cmp(&values[one]));
    let turned = order.iter().map(|&column| {
        let mut sum = vec![0.0; block.first().map_or(0, Vec::len)];
        for (weights, vector) in vectors.iter().zip(block) {
            sum.iter_mut().zip(vector).for_each(|(sum, value)| *sum += weights[column] * value);
        }
        sum
    });
    (order.iter().map(|&column| values[column]).collect(), turned.collect())
}

/// Eigenvalues of a small symmetric matrix, and their vectors as columns: Jacobi's rotations.
fn jacobi(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let size = matrix.len();
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|row| (0..size).map(|column| f64::from(u8::from(row == column))).collect()).collect();
    for _ in 0..60 {
        let off: f64 = (0..size)
            .flat_map(|row| (0..row).map(move |column| (row, column)))
            .map(|(row, column)| matrix[row][column].powi(2))
            .sum();
        let diagonal: f64 = (0..size).map(|place| matrix[place][place].powi(2)).sum();
        if off <= 1e-30 * diagonal {
            break;
        }
        for row in 0..size {
            for column in row + 1..size {
                rotate(&mut matrix, &mut vectors, row, column);
            }
        }
    }
    ((0..size).map(|place| matrix[place][place]).collect(), vectors)
}

fn rotate(matrix: &mut [Vec<f64>], vectors: &mut [Vec<f64>], row: usize, column: usize) {
    if matrix[row][column].abs() < f64::MIN_POSITIVE {
        return;
    }
    let angle = (matrix[column][column] - matrix[row][row]) / (2.0 * matrix[row][column]);
    let tangent = angle.signum() / (angle.abs() + angle.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    for line in matrix.iter_mut() {
        (line[row], line[column]) =
            (cosine * line[row] - sine * line[column], sine * line[row] + cosine * line[column]);
    }
    if let Ok([one, other]) = matrix.get_disjoint_mut([row, column]) {
        for (one, other) in one.iter_mut().zip(other) {
            (*one, *other) = (cosine * *one - sine * *other, sine * *one + cosine * *other);
        }
    }
    for line in vectors.iter_mut() {
        (line[row], line[column]) =
            (cosine * line[row] - sine * line[column], sine * line[row] + cosine * line[column]);
    }
}

/// Makes vectors perpendicular and of length 1, each against those before it, twice for accuracy; what is left of nothing is
/// nothing.
fn orthonormalise(block: &mut [Vec<f64>]) {
    for place in 0..block.len() {
        let (done, rest) = block.split_at_mut(place);
        let vector = &mut rest[0];
        let before = dot(vector, vector).sqrt();
        for _ in 0..2 {
            for other in done.iter() {
                let along = dot(vector, other);
                vector.iter_mut().zip(other).for_each(|(value, part)| *value -= along * part);
            }
        }
        let length = dot(vector, vector).sqrt();
        let factor = if length > 1e-14 * before && length > 0.0 { 1.0 / length } else { 0.0 };
        for value in vector.iter_mut() {
            *value *= factor;
        }
    }
}

fn times(matrix: &[f64], vector: &[f64]) -> Vec<f64> {
    matrix.chunks_exact(vector.len()).map(|line| dot(line, vector)).collect()
}

fn dot(one: &[f64], other: &[f64]) -> f64 {
    one.iter().zip(other).map(|(left, right)| left * right).sum()
}

/// A direction has no sign of its own: the largest part is made positive.
fn point_up(direction: &mut [f64]) {
    let largest = direction.iter().copied().max_by(|one, other| one.abs().total_cmp(&other.abs())).unwrap_or(0.0);
    if largest < 0.0 {
        for part in direction {
            *part = -*part;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_directions_are_those_in_which_the_rows_were_stretched() {
        let mut random = RandomState::new(7);
        let mut values = Vec::new();
        for _ in 0..400 {
            let (long, short) = (random.fraction() - 0.5, random.fraction() - 0.5);
            // Along (3, 4)/5 ten times as far as along (4, -3)/5; the third dimension stands still.
            #[expect(clippy::cast_possible_truncation, reason = "made up numbers")]
            values.extend([(6.0 * long + 0.8 * short) as f32, (8.0 * long - 0.6 * short) as f32, 5.0]);
        }
        let vectors: Vec<&[f32]> = values.chunks_exact(3).collect();
        let found = Components::fit(&vectors, 2);
        let [first, second] = &found.directions[..] else { panic!("two were asked for") };
        assert!((first[0] - 0.6).abs() < 0.01 && (first[1] - 0.8).abs() < 0.01 && first[2].abs() < 1e-9, "{first:?}");
        assert!((second[0] - 0.8).abs() < 0.01 && (second[1] + 0.6).abs() < 0.01, "{second:?}");
        assert!(found.explained[0] > 0.98 && (found.explained.iter().sum::<f64>() - 1.0).abs() < 1e-9);
        let far = found.project(vectors[0])[0].abs() + found.project(vectors[0])[1].abs();
        assert!(far < 6.0);
    }

    #[test]
    fn equal_rows_have_no_direction() {
        let values = [1.0_f32; 40];
        let found = Components::fit(&values.chunks_exact(4).collect::<Vec<_>>(), 2);
        assert!(found.project(&[1.0; 4]).iter().all(|value| value.abs() < 1e-12));
        assert!(found.explained.iter().all(|share| share.abs() < f64::EPSILON));
    }
}
