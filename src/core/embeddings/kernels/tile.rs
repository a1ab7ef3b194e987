//! A few rows by a few vectors of a result: all that is done between two looks at memory.

use super::activation::gelu;
use super::simd::Simd;

/// Rows to be read, `stride` numbers from one to the next.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Rows<'a> {
    /// From the first number of the first row on.
    pub(in super::super) numbers: &'a [f32],
    /// Numbers from one row to the next.
    pub(in super::super) stride: usize,
    /// How many rows.
    pub(in super::super) count: usize,
}

/// Rows to be written.
#[derive(Debug)]
pub(in super::super) struct RowsMut<'a> {
    /// From the first number of the first row on.
    pub(in super::super) numbers: &'a mut [f32],
    /// Numbers from one row to the next.
    pub(in super::super) stride: usize,
}

/// What becomes of a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum After {
    /// It is written, plus the bias if there is one.
    Bias,
    /// Bias, then GELU.
    BiasGelu,
    /// It is added, with the bias, to what stands there: the residual connection.
    BiasAdd,
}

/// Where a tile's result goes.
pub(super) struct Tile<'a> {
    pub(super) numbers: &'a mut [f32],
    pub(super) stride: usize,
    /// Columns, as many as the panel has or fewer.
    pub(super) width: usize,
}

impl Tile<'_> {
    /// What stands there.
    #[inline(always)]
    pub(super) fn read<S: Simd, const V: usize>(&self, simd: S, row: usize) -> [S::Vector; V] {
        let there = &self.numbers[row * self.stride..][..self.width];
        let mut vectors = [simd.splat(0.0); V];
        let (whole, rest) = S::lanes(there);
        if whole.len() == V {
            for (vector, from) in vectors.iter_mut().zip(whole) {
                *vector = simd.load(from);
            }
            return vectors;
        }
        for (place, vector) in vectors.iter_mut().enumerate() {
            *vector = match whole.get(place) {
                Some(from) => simd.load(from),
                None if place == whole.len() => simd.load_some(rest, 0.0),
                None => simd.splat(0.0),
            };
        }
        vectors
    }

    /// Writes a row of it.
    #[inline(always)]
    pub(super) fn write<S: Simd, const V: usize>(&mut self, simd: S, row: usize, vectors: [S::Vector; V]) {
        let there = &mut self.numbers[row * self.stride..][..self.width];
        let (whole, rest) = S::lanes_mut(there);
        if whole.len() == V {
            for (vector, to) in vectors.iter().zip(whole) {
                simd.store(*vector, to);
            }
            return;
        }
        let count = whole.len();
        for (place, vector) in vectors.iter().enumerate() {
            match whole.get_mut(place) {
                Some(to) => simd.store(*vector, to),
                None if place == count => simd.store_some(*vector, rest),
                None => {}
            }
        }
    }
}

/// Bias and GELU, where they are asked for.
#[inline(always)]
pub(super) fn finish<S: Simd, const V: usize>(
    simd: S,
    after: After,
    bias: &[S::Lanes],
    mut sums: [S::Vector; V],
) -> [S::Vector; V] {
    for (sum, bias) in sums.iter_mut().zip(bias) {
        *sum = simd.add(*sum, simd.load(bias));
    }
    if after == After::BiasGelu {
        for sum in &mut sums {
            *sum = gelu(simd, *sum);
        }
    }
    sums
}

/// Rows shared evenly among as few tiles as it takes: where each begins, and how many it has.
#[inline(always)]
pub(super) fn tiles(rows: usize, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = rows.div_ceil(most).max(1);
    let (least, longer) = (rows / count, rows % count);
    (0..count).map(move |tile| (tile * least + tile.min(longer), least + usize::from(tile < longer)))
}

/// The beginnings of some rows. Where they are is hidden from the compiler, which else computes it anew at each step of the
/// innermost loop instead of keeping it: that costs a fifth of the time.
#[inline(always)]
pub(super) fn kept<T, const M: usize>(rows: [&[T]; M], length: usize) -> [&[T]; M] {
    let mut rows = std::hint::black_box(rows);
    for row in &mut rows {
        *row = &row[..length];
    }
    rows
}

/// Calls `$tile::<S, V, M>` with the rows as a constant.
macro_rules! with_rows {
    ($count:expr, $S:ident, $V:ident, $tile:ident ( $($argument:expr),* )) => {
        match $count {
            0 => {}
            1 => $tile::<$S, $V, 1>($($argument),*),
            2 => $tile::<$S, $V, 2>($($argument),*),
            3 => $tile::<$S, $V, 3>($($argument),*),
            4 => $tile::<$S, $V, 4>($($argument),*),
            5 => $tile::<$S, $V, 5>($($argument),*),
            7 if $S::TILE_ROWS > 6 => $tile::<$S, $V, 7>($($argument),*),
            8 if $S::TILE_ROWS > 6 => $tile::<$S, $V, 8>($($argument),*),
            9 if $S::TILE_ROWS > 6 => $tile::<$S, $V, 9>($($argument),*),
            _ => $tile::<$S, $V, 6>($($argument),*),
        }
    };
}
pub(super) use with_rows;
