//! Attention of one sequence to itself, head by head.

use super::activation::exp;
use super::panels::{PanelShape, Panels};
use super::product::{Product, ROW_BLOCK};
use super::simd::{Kernel, Simd};
use super::tile::{After, Rows, RowsMut};

/// How the width of a model is shared among heads.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Heads {
    /// How many.
    pub(in super::super) count: usize,
    /// Columns of one.
    pub(in super::super) width: usize,
}

/// Room that is used again and again.
#[derive(Debug, Default)]
pub(in super::super) struct AttentionScratch {
    keys: Panels,
    values: Panels,
    scores: Vec<f32>,
}

/// `to = softmax(queries * keys^T) * values`. The queries are scaled already.
#[derive(Debug)]
pub(in super::super) struct Attention<'a> {
    /// A row of queries, keys and values for each token of the sequence.
    pub(in super::super) projected: &'a [f32],
    /// How a row is shared.
    pub(in super::super) heads: Heads,
    /// Room.
    pub(in super::super) scratch: &'a mut AttentionScratch,
    /// A row for each token.
    pub(in super::super) to: &'a mut [f32],
}

impl Kernel for Attention<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { projected, heads, scratch, to } = self;
        for head in 0..heads.count {
            let rows = Projected { numbers: projected, heads, head };
            one_head(simd, rows, scratch, to);
        }
    }
}

/// What one head looks at.
#[derive(Clone, Copy)]
struct Projected<'a> {
    numbers: &'a [f32],
    heads: Heads,
    head: usize,
}

#[inline(always)]
fn one_head<S: Simd>(simd: S, from: Projected<'_>, scratch: &mut AttentionScratch, to: &mut [f32]) {
    let (AttentionScratch { keys, values, scores }, Projected { numbers, heads, head }) = (scratch, from);
    let width = heads.count * heads.width;
    let stride = 3 * width;
    let (tokens, first) = (numbers.len() / stride, head * heads.width);
    let shape = PanelShape::of::<S>();
    keys.pack(shape, heads.width, tokens, |k, token, row| {
        let from = numbers[token * stride..].iter().skip(width + first + k).step_by(stride);
        row.iter_mut().zip(from).for_each(|(to, number)| *to = *number);
    });
    values.pack(shape, tokens, heads.width, |token, column, row| {
        row.copy_from_slice(&numbers[token * stride + 2 * width + first + column..][..row.len()]);
    });
    scores.resize(ROW_BLOCK.min(tokens) * tokens, 0.0);
    let mut row = 0;
    while row < tokens {
        let count = ROW_BLOCK.min(tokens - row);
        let queries = Rows { numbers: &numbers[row * stride + first..], stride, count };
        let to_scores = RowsMut { numbers: &mut *scores, stride: tokens };
        simd.run(Product { rows: queries, panels: keys, after: After::Bias, to: to_scores });
        for scores in scores.chunks_exact_mut(tokens).take(count) {
            softmax(simd, scores);
        }
        let weights = Rows { numbers: scores, stride: tokens, count };
        let place = RowsMut { numbers: &mut to[row * width + first..], stride: width };
        simd.run(Product { rows: weights, panels: values, after: After::Bias, to: place });
        row += count;
    }
}

/// `e^x / sum of e^x`, in place.
#[inline(always)]
pub(super) fn softmax<S: Simd>(simd: S, row: &mut [f32]) {
    let (vectors, rest) = S::lanes_mut(row);
    // What lies beyond the end weighs nothing.
    let tail = simd.load_some(rest, f32::MIN);
    let mut largest = tail;
    for place in vectors.iter() {
        largest = simd.max(largest, simd.load(place));
    }
    let largest = simd.splat(simd.largest(largest));
    let mut sums = simd.splat(0.0);
    for place in vectors.iter_mut() {
        let power = exp(simd, simd.subtract(simd.load(place), largest));
        sums = simd.add(sums, power);
        simd.store(power, place);
    }
    let mut sum = simd.sum(sums);
    simd.store_some(exp(simd, simd.subtract(tail, largest)), rest);
    for power in rest.iter() {
        sum += power;
    }
    let factor = 1.0 / sum;
    let factors = simd.splat(factor);
    for place in vectors.iter_mut() {
        let scaled = simd.multiply(simd.load(place), factors);
        simd.store(scaled, place);
    }
    for value in rest {
        *value *= factor;
    }
}
