//! The product of rows and a prepacked matrix, with what follows it done before the numbers leave the registers.
//!
//! The one decision: tiles of six rows by two vectors, or nine by three where there are registers for it. Each sum runs
//! over the depth in order, whatever number of rows there is, so a row's result is the same in every batch, bit by bit.

use super::panels::Panels;
use super::simd::{Kernel, Simd};
use super::tile::{After, Rows, RowsMut, Tile, finish, kept, tiles, with_rows};

/// Rows that go through all panels together, a multiple of every tile's: what they hold stays in the second-level cache.
pub(in super::super) const ROW_BLOCK: usize = 90;
/// Depth of a panel that is gone through at once.
const DEPTH_BLOCK: usize = 384;

/// Rows of a panel from where it is read to what is asked for meanwhile.
pub(super) const AHEAD: usize = 8;

/// `to = after(rows * panels)`
#[derive(Debug)]
pub(in super::super) struct Product<'a> {
    /// The left side.
    pub(in super::super) rows: Rows<'a>,
    /// The right side.
    pub(in super::super) panels: &'a Panels,
    /// What becomes of the sums.
    pub(in super::super) after: After,
    /// Where they go.
    pub(in super::super) to: RowsMut<'a>,
}

impl Kernel for Product<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if S::TILE_VECTORS > 2 && self.panels.width() == 3 * S::LANES {
            multiply::<S, 3>(simd, self);
        } else {
            assert_eq!(self.panels.width(), 2 * S::LANES, "packed for another instruction set");
            multiply::<S, 2>(simd, self);
        }
    }
}

/// A part of the depth.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    length: usize,
    /// Whether sums begin here.
    is_first: bool,
    /// Whether they end here.
    is_last: bool,
    /// What becomes of them then.
    after: After,
}

/// A panel of `V` vectors, or the part of it that is at hand.
struct Panel<'a, L, const V: usize> {
    numbers: &'a [[L; V]],
    bias: &'a [L],
    part: Part,
}

#[inline(always)]
fn multiply<S: Simd, const V: usize>(simd: S, product: Product<'_>) {
    let Product { rows, panels, after, to } = product;
    let depth = panels.depth();
    for first_row in (0..rows.count).step_by(ROW_BLOCK) {
        let count = ROW_BLOCK.min(rows.count - first_row);
        let from = Rows { numbers: &rows.numbers[first_row * rows.stride..], count, ..rows };
        let mut place = RowsMut { numbers: &mut to.numbers[first_row * to.stride..], stride: to.stride };
        for start in (0..depth).step_by(DEPTH_BLOCK) {
            let length = DEPTH_BLOCK.min(depth - start);
            let part = Part { start, length, is_first: start == 0, is_last: start + length == depth, after };
            all_panels::<S, V>(simd, from, panels, part, &mut place);
        }
    }
}

/// A part of the depth, for a block of rows.
#[inline(always)]
fn all_panels<S: Simd, const V: usize>(simd: S, rows: Rows<'_>, panels: &Panels, part: Part, to: &mut RowsMut<'_>) {
    let width = panels.width();
    for number in 0..panels.columns().div_ceil(width) {
        let numbers = S::lanes(panels.panel(number, part.start, part.length)).0.as_chunks::<V>().0;
        let panel = Panel { numbers, bias: S::lanes(panels.bias(number)).0, part };
        let first = number * width;
        for (row, count) in tiles(rows.count, S::TILE_ROWS) {
            let from = Rows { numbers: &rows.numbers[row * rows.stride..], ..rows };
            let place = &mut to.numbers[row * to.stride + first..];
            let tile = Tile { numbers: place, stride: to.stride, width: width.min(panels.columns() - first) };
            with_rows!(count, S, V, sum(simd, from, &panel, tile));
        }
    }
}

#[inline(always)]
fn sum<S: Simd, const V: usize, const M: usize>(
    simd: S,
    rows: Rows<'_>,
    panel: &Panel<'_, S::Lanes, V>,
    mut to: Tile<'_>,
) {
    let mut sums = [[simd.splat(0.0); V]; M];
    let length = panel.numbers.len();
    let mut from: [&[f32]; M] = [&[]; M];
    for (row, from) in from.iter_mut().enumerate() {
        *from = &rows.numbers[row * rows.stride + panel.part.start..];
    }
    let from = kept(from, length);
    for (k, row) in panel.numbers.iter().enumerate() {
        let mut columns = [simd.splat(0.0); V];
        for (column, from) in columns.iter_mut().zip(row) {
            *column = simd.load(from);
            simd.prefetch(from, AHEAD * V);
        }
        for (sum, from) in sums.iter_mut().zip(&from) {
            let value = simd.splat(from[k]);
            for (sum, column) in sum.iter_mut().zip(columns) {
                *sum = simd.multiply_add(value, column, *sum);
            }
        }
    }
    let goes_on = !panel.part.is_first || panel.part.after == After::BiasAdd;
    for (row, sum) in sums.iter().enumerate() {
        let mut done = *sum;
        if goes_on {
            let there = to.read::<S, V>(simd, row);
            for (sum, there) in done.iter_mut().zip(there) {
                *sum = simd.add(*sum, there);
            }
        }
        if panel.part.is_last {
            done = finish(simd, panel.part.after, panel.bias, done);
        }
        to.write(simd, row, done);
    }
}
