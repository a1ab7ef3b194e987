//! The product in whole numbers of 16 bits: half the bytes to read, twice the numbers an instruction.
//!
//! The one decision: units so small, and no smaller, that no sum can leave 32 bits. A sum is at most the length of the row
//! times the length of the column (Cauchy and Schwarz), so each row has a unit of its own. Then sums are exact, and the
//! same on every instruction set; what is rounded are the numbers themselves, to 14 bits, and the result.

use super::panels::{Aligned, PanelShape};
use super::product::{AHEAD, ROW_BLOCK};
use super::simd::{Backend, Kernel, Simd};
use super::tile::{After, RowsMut, Tile, finish, kept, tiles, with_rows};

/// The largest weight of a column in its unit.
const LARGEST_WEIGHT: f32 = 8191.0;
/// The largest number of a row in its unit.
const LARGEST_NUMBER: f32 = 16383.0;
/// What no sum may exceed: 2^31 less what rounding of the numbers can add.
const LARGEST_SUM: f32 = 2.1e9;
/// A row of zeros has some unit, too.
const LEAST: f32 = 1e-30;

/// The weights of a linear layer.
#[derive(Debug)]
pub(in super::super) struct QuantizedPanels {
    /// Pairs along the depth, a panel's columns side by side.
    numbers: Aligned<i16>,
    /// The unit of each column.
    units: Vec<f32>,
    bias: Vec<f32>,
    /// Length of the longest column, in units.
    longest: f32,
    depth: usize,
    columns: usize,
    width: usize,
}

impl QuantizedPanels {
    /// Packs the weights of a linear layer, `[columns, depth]` as models store them, and its bias.
    pub(in super::super) fn linear(backend: Backend, weights: &[f32], bias: &[f32]) -> Self {
        let (columns, depth) = (bias.len(), weights.len() / bias.len().max(1));
        let width = PanelShape::of_backend(backend).width(columns);
        let (padded, pairs) = (columns.next_multiple_of(width), depth.div_ceil(2));
        let mut packed = Self {
            numbers: Aligned::default(),
            units: Vec::new(),
            bias: bias.to_vec(),
            longest: 0.0,
            depth,
            columns,
            width,
        };
        packed.bias.resize(padded, 0.0);
        packed.units.resize(padded, 0.0);
        packed.numbers.reset(padded * pairs * 2);
        for (column, weights) in weights.chunks_exact(depth.max(1)).enumerate() {
            let largest = weights.iter().fold(LEAST, |largest, weight| weight.abs().max(largest));
            packed.units[column] = largest / LARGEST_WEIGHT;
            let panel = &mut packed.numbers.numbers_mut()[column / width * width * pairs * 2..];
            let mut squares = 0.0;
            for (k, weight) in weights.iter().enumerate() {
                let whole = (weight * (LARGEST_WEIGHT / largest)).round();
                squares += whole * whole;
                #[expect(clippy::cast_possible_truncation, reason = "at most 8191")]
                let whole = whole as i16;
                panel[(k / 2 * width + column % width) * 2 + k % 2] = whole;
            }
            packed.longest = packed.longest.max(squares.sqrt());
        }
        packed
    }

    /// Columns.
    pub(in super::super) fn columns(&self) -> usize {
        self.columns
    }
}

/// Rows in whole numbers, each in its own unit.
#[derive(Debug, Default)]
pub(in super::super) struct QuantizedRows {
    numbers: Vec<i16>,
    units: Vec<f32>,
    /// Numbers from one row to the next, an even count.
    stride: usize,
}

/// Fills `to` with `rows`, for a product with `panels`.
#[derive(Debug)]
pub(in super::super) struct Quantize<'a> {
    /// One row after another, as wide as the panels are deep.
    pub(in super::super) rows: &'a [f32],
    /// What they will be multiplied with.
    pub(in super::super) panels: &'a QuantizedPanels,
    /// Room.
    pub(in super::super) to: &'a mut QuantizedRows,
}

impl Kernel for Quantize<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        let Self { rows, panels, to } = self;
        let depth = panels.depth;
        let count = rows.len() / depth.max(1);
        to.stride = depth.next_multiple_of(2);
        to.numbers.resize(count * to.stride, 0);
        to.units.resize(count, 0.0);
        for (row, from) in rows.chunks_exact(depth.max(1)).enumerate() {
            let numbers = &mut to.numbers[row * to.stride..][..to.stride];
            to.units[row] = quantize(simd, from, panels.longest, numbers);
        }
    }
}

/// Writes a row in its unit, and says what the unit is.
#[inline(always)]
fn quantize<S: Simd>(simd: S, row: &[f32], longest: f32, to: &mut [i16]) -> f32 {
    let (vectors, rest) = S::lanes(row);
    let tail = simd.load_some(rest, 0.0);
    let size = |vector| simd.max(vector, simd.subtract(simd.splat(0.0), vector));
    let mut largest = size(tail);
    for place in vectors {
        largest = simd.max(largest, size(simd.load(place)));
    }
    let factor = LARGEST_NUMBER / simd.largest(largest).max(LEAST);
    // In units already: squares of very small numbers would vanish.
    let factors = simd.splat(factor);
    let scaled = simd.multiply(tail, factors);
    let mut squares = simd.multiply(scaled, scaled);
    for place in vectors {
        let scaled = simd.multiply(simd.load(place), factors);
        squares = simd.multiply_add(scaled, scaled, squares);
    }
    let length = simd.sum(squares).sqrt();
    let factor = factor * (LARGEST_SUM / (length * longest).max(1.0)).min(1.0);
    let factors = simd.splat(factor);
    let (whole, last) = to.split_at_mut(vectors.len() * S::LANES);
    for (place, to) in vectors.iter().zip(whole.chunks_exact_mut(S::LANES)) {
        simd.store_rounded(simd.multiply(simd.load(place), factors), to);
    }
    last.fill(0);
    simd.store_rounded(simd.multiply(tail, factors), &mut last[..rest.len()]);
    1.0 / factor
}

/// `to = after(rows * panels)`
#[derive(Debug)]
pub(in super::super) struct QuantizedProduct<'a> {
    /// The left side, made for these panels.
    pub(in super::super) rows: &'a QuantizedRows,
    /// The right side.
    pub(in super::super) panels: &'a QuantizedPanels,
    /// What becomes of the sums.
    pub(in super::super) after: After,
    /// Where they go.
    pub(in super::super) to: RowsMut<'a>,
}

impl Kernel for QuantizedProduct<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd>(self, simd: S) {
        if S::TILE_VECTORS > 2 && self.panels.width == 3 * S::LANES {
            multiply::<S, 3>(simd, self);
        } else {
            assert_eq!(self.panels.width, 2 * S::LANES, "packed for another instruction set");
            multiply::<S, 2>(simd, self);
        }
    }
}

/// A panel of `V` vectors.
struct Panel<'a, S: Simd, const V: usize> {
    pairs: &'a [[S::Pairs; V]],
    units: &'a [S::Lanes],
    bias: &'a [S::Lanes],
    after: After,
}

#[inline(always)]
fn multiply<S: Simd, const V: usize>(simd: S, product: QuantizedProduct<'_>) {
    let QuantizedProduct { rows, panels, after, to } = product;
    let (width, depth) = (panels.width, panels.depth.next_multiple_of(2));
    for first_row in (0..rows.units.len()).step_by(ROW_BLOCK) {
        let block = ROW_BLOCK.min(rows.units.len() - first_row);
        for (number, panel) in panels.numbers.numbers().chunks_exact((width * depth).max(1)).enumerate() {
            let first = number * width;
            let units = S::lanes(&panels.units[first..][..width]).0;
            let bias = S::lanes(&panels.bias[first..][..width]).0;
            let panel = Panel::<S, V> { pairs: S::pairs(panel).as_chunks().0, units, bias, after };
            for (row, count) in tiles(block, S::TILE_ROWS) {
                let row = first_row + row;
                let place = &mut to.numbers[row * to.stride + first..];
                let tile = Tile { numbers: place, stride: to.stride, width: width.min(panels.columns - first) };
                with_rows!(count, S, V, sum(simd, rows, row, &panel, tile));
            }
        }
    }
}

#[inline(always)]
fn sum<S: Simd, const V: usize, const M: usize>(
    simd: S,
    rows: &QuantizedRows,
    first: usize,
    panel: &Panel<'_, S, V>,
    mut to: Tile<'_>,
) {
    let mut sums = [[simd.no_sums(); V]; M];
    let mut from: [&[[i16; 2]]; M] = [&[]; M];
    for (row, from) in from.iter_mut().enumerate() {
        *from = rows.numbers[(first + row) * rows.stride..][..rows.stride].as_chunks().0;
    }
    let from = kept(from, panel.pairs.len());
    for (k, row) in panel.pairs.iter().enumerate() {
        let mut columns = [simd.splat_pair([0; 2]); V];
        for (column, from) in columns.iter_mut().zip(row) {
            *column = simd.load_pairs(from);
            simd.prefetch(from, AHEAD * V);
        }
        for (sum, from) in sums.iter_mut().zip(&from) {
            let pair = simd.splat_pair(from[k]);
            for (sum, column) in sum.iter_mut().zip(columns) {
                *sum = simd.add_pairs(*sum, pair, column);
            }
        }
    }
    for (row, sums) in sums.iter().enumerate() {
        let unit = simd.splat(rows.units[first + row]);
        let mut done = if panel.after == After::BiasAdd { to.read(simd, row) } else { [simd.splat(0.0); V] };
        for ((done, sum), units) in done.iter_mut().zip(sums).zip(panel.units) {
            let scaled = simd.multiply(simd.floats(*sum), unit);
            *done = simd.multiply_add(scaled, simd.load(units), *done);
        }
        to.write(simd, row, finish(simd, panel.after, panel.bias, done));
    }
}
