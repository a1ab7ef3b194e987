//! Products of many rows with a few vectors: how like each other they are.

use std::sync::OnceLock;

use super::simd::{Backend, Kernel, Simd};

/// The dot product of each row with each vector, row by row: `to[row * vectors + vector]`. All have the same `width`. The
/// sum's order follows from the width alone, so a row's product does not depend on the rows beside it.
///
/// # Panics
/// If `to` has not a place for each.
pub(crate) fn dot_products(rows: &[f32], vectors: &[f32], width: usize, to: &mut [f32]) {
    static BACKEND: OnceLock<Backend> = OnceLock::new();
    BACKEND.get_or_init(Backend::detect).run(DotProducts { rows, vectors, width, to });
}

/// See [`dot_products`].
#[derive(Debug)]
pub(super) struct DotProducts<'a> {
    pub(super) rows: &'a [f32],
    pub(super) vectors: &'a [f32],
    pub(super) width: usize,
    pub(super) to: &'a mut [f32],
}

impl Kernel for DotProducts<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rows, vectors, width, to } = self;
        let count = vectors.len() / width;
        assert_eq!(to.len(), rows.len() / width * count, "a place for each product");
        for (row, places) in rows.chunks_exact(width).zip(to.chunks_exact_mut(count.max(1))) {
            for (vector, place) in vectors.chunks_exact(width).zip(places) {
                *place = dot(simd, row, vector);
            }
        }
    }
}

/// Four sums at once, so that none waits for the one before it.
#[inline(always)]
fn dot<S: Simd>(simd: S, a: &[f32], b: &[f32]) -> f32 {
    let ((a, a_rest), (b, b_rest)) = (S::lanes(a), S::lanes(b));
    let ((a_fours, a_ends), (b_fours, b_ends)) = (a.as_chunks::<4>(), b.as_chunks::<4>());
    let mut sums = [simd.splat(0.0); 4];
    for (a, b) in a_fours.iter().zip(b_fours) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum = simd.multiply_add(simd.load(a), simd.load(b), *sum);
        }
    }
    for (a, b) in a_ends.iter().zip(b_ends) {
        sums[0] = simd.multiply_add(simd.load(a), simd.load(b), sums[0]);
    }
    let sum = simd.sum(simd.add(simd.add(sums[0], sums[1]), simd.add(sums[2], sums[3])));
    a_rest.iter().zip(b_rest).fold(sum, |sum, (a, b)| sum + a * b)
}
