//! Layer norm, row by row, in place.

use super::simd::{Kernel, Simd};

/// Brings each row to mean 0 and variance 1, then scales and shifts it.
#[derive(Debug)]
pub(in super::super) struct LayerNorm<'a> {
    /// Rows of the width of `scale`, one after another.
    pub(in super::super) rows: &'a mut [f32],
    /// What each column is multiplied with.
    pub(in super::super) scale: &'a [f32],
    /// What is added to each column.
    pub(in super::super) shift: &'a [f32],
    /// Added to the variance.
    pub(in super::super) epsilon: f32,
}

impl Kernel for LayerNorm<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        for row in self.rows.chunks_exact_mut(self.scale.len()) {
            norm_row(simd, row, self.scale, self.shift, self.epsilon);
        }
    }
}

#[inline(always)]
#[expect(clippy::cast_precision_loss, reason = "the width of a model")]
fn norm_row<S: Simd>(simd: S, row: &mut [f32], scale: &[f32], shift: &[f32], epsilon: f32) {
    let width = row.len() as f32;
    let mean = sum(simd, row) / width;
    let (vectors, rest) = S::lanes_mut(row);
    let (mean_vector, mut squares) = (simd.splat(mean), simd.splat(0.0));
    for place in vectors.iter_mut() {
        let centred = simd.subtract(simd.load(place), mean_vector);
        squares = simd.multiply_add(centred, centred, squares);
        simd.store(centred, place);
    }
    let mut variance = simd.sum(squares);
    for value in rest.iter_mut() {
        *value -= mean;
        variance += *value * *value;
    }
    let factor = 1.0 / (variance / width + epsilon).sqrt();
    scale_and_shift(simd, row, scale, shift, factor);
}

#[inline(always)]
fn scale_and_shift<S: Simd>(simd: S, row: &mut [f32], scale: &[f32], shift: &[f32], factor: f32) {
    let (vectors, rest) = S::lanes_mut(row);
    let ((scales, scale_rest), (shifts, shift_rest)) = (S::lanes(scale), S::lanes(shift));
    let factors = simd.splat(factor);
    for ((place, scale), shift) in vectors.iter_mut().zip(scales).zip(shifts) {
        let scaled = simd.multiply(simd.multiply(simd.load(place), factors), simd.load(scale));
        simd.store(simd.add(scaled, simd.load(shift)), place);
    }
    for ((value, scale), shift) in rest.iter_mut().zip(scale_rest).zip(shift_rest) {
        *value = *value * factor * scale + shift;
    }
}

/// The sum of a row, in an order that its length alone decides.
#[inline(always)]
fn sum<S: Simd>(simd: S, row: &[f32]) -> f32 {
    let (vectors, rest) = S::lanes(row);
    let mut sums = simd.splat(0.0);
    for place in vectors {
        sums = simd.add(sums, simd.load(place));
    }
    let mut sum = simd.sum(sums);
    for value in rest {
        sum += value;
    }
    sum
}
