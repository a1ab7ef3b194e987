//! The product of rows and a prepacked matrix, with what follows it done before the numbers leave the registers.
//!
//! The one decision: six rows by sixteen columns at a time, twelve accumulators of eight. Each of them is summed over the
//! depth in order, whatever number of rows there is, so a row's result is the same in every batch, bit by bit.

use super::activation::gelu;
use super::simd::{Kernel, LANES, Simd};

/// Columns of a panel.
const PANEL: usize = 2 * LANES;
/// Rows at a time.
const STRIP: usize = 6;
/// Rows that go through all panels together, a multiple of [`STRIP`]: what they hold stays in the second-level cache.
pub(in super::super) const ROW_BLOCK: usize = 96;
/// Depth of a panel that stays in the first-level cache.
const DEPTH_BLOCK: usize = 384;

/// A matrix as the kernel reads it: panels of sixteen columns, each row of a panel after the other, filled with zeros.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Panels {
    numbers: Vec<[f32; PANEL]>,
    bias: Vec<[f32; PANEL]>,
    depth: usize,
    columns: usize,
}

impl Panels {
    /// Packs `columns` columns; `at(depth, column)` gives each number.
    pub(in super::super) fn pack(&mut self, depth: usize, columns: usize, at: impl Fn(usize, usize) -> f32) {
        let panels = columns.div_ceil(PANEL);
        (self.depth, self.columns) = (depth, columns);
        self.numbers.clear();
        self.numbers.resize(panels * depth, [0.0; PANEL]);
        if depth == 0 {
            return;
        }
        for (panel, rows) in self.numbers.chunks_exact_mut(depth).enumerate() {
            let first = panel * PANEL;
            let width = PANEL.min(columns - first);
            for (k, row) in rows.iter_mut().enumerate() {
                for (column, number) in row.iter_mut().take(width).enumerate() {
                    *number = at(k, first + column);
                }
            }
        }
    }

    /// Packs the weights of a linear layer, `[columns, depth]` as models store them, and its bias.
    pub(in super::super) fn linear(weights: &[f32], bias: &[f32]) -> Self {
        let (columns, depth) = (bias.len(), weights.len() / bias.len().max(1));
        let mut panels = Self::default();
        panels.pack(depth, columns, |k, column| weights[column * depth + k]);
        panels.bias = vec![[0.0; PANEL]; columns.div_ceil(PANEL)];
        for (column, number) in bias.iter().enumerate() {
            panels.bias[column / PANEL][column % PANEL] = *number;
        }
        panels
    }

    /// Columns.
    pub(in super::super) fn columns(&self) -> usize {
        self.columns
    }

    /// Numbers that a row of the other side has.
    pub(in super::super) fn depth(&self) -> usize {
        self.depth
    }
}

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
        let Self { rows, panels, after, to } = self;
        multiply(simd, rows, panels, after, to);
    }
}

/// A part of the depth.
#[derive(Clone, Copy)]
struct Part {
    start: usize,
    /// Whether sums begin here.
    is_first: bool,
    /// Whether they end here.
    is_last: bool,
}

/// Where a tile's result goes.
struct Tile<'a> {
    numbers: &'a mut [f32],
    stride: usize,
    /// Columns, sixteen at most.
    width: usize,
}

#[inline(always)]
pub(super) fn multiply<S: Simd>(simd: S, rows: Rows<'_>, panels: &Panels, after: After, to: RowsMut<'_>) {
    let depth = panels.depth;
    let mut first_row = 0;
    while first_row < rows.count {
        let end = (first_row + ROW_BLOCK).min(rows.count);
        let mut start = 0;
        while start < depth {
            let length = DEPTH_BLOCK.min(depth - start);
            let part = Part { start, is_first: start == 0, is_last: start + length == depth };
            for panel in 0..panels.columns.div_ceil(PANEL) {
                let numbers = &panels.numbers[panel * depth + start..][..length];
                let bias = panels.bias.get(panel).copied().unwrap_or([0.0; PANEL]);
                let width = PANEL.min(panels.columns - panel * PANEL);
                let mut row = first_row;
                while row < end {
                    let from = Rows { numbers: &rows.numbers[row * rows.stride..], ..rows };
                    let place = &mut to.numbers[row * to.stride + panel * PANEL..];
                    let tile = Tile { numbers: place, stride: to.stride, width };
                    strip(simd, (end - row).min(STRIP), from, numbers, &bias, after, part, tile);
                    row += STRIP;
                }
            }
            start += length;
        }
        first_row = end;
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the innermost call, all of it in registers")]
fn strip<S: Simd>(
    simd: S,
    count: usize,
    rows: Rows<'_>,
    panel: &[[f32; PANEL]],
    bias: &[f32; PANEL],
    after: After,
    part: Part,
    to: Tile<'_>,
) {
    match count {
        1 => tile::<S, 1>(simd, rows, panel, bias, after, part, to),
        2 => tile::<S, 2>(simd, rows, panel, bias, after, part, to),
        3 => tile::<S, 3>(simd, rows, panel, bias, after, part, to),
        4 => tile::<S, 4>(simd, rows, panel, bias, after, part, to),
        5 => tile::<S, 5>(simd, rows, panel, bias, after, part, to),
        _ => tile::<S, STRIP>(simd, rows, panel, bias, after, part, to),
    }
}

#[inline(always)]
#[expect(clippy::too_many_arguments, reason = "the innermost call, all of it in registers")]
fn tile<S: Simd, const M: usize>(
    simd: S,
    rows: Rows<'_>,
    panel: &[[f32; PANEL]],
    bias: &[f32; PANEL],
    after: After,
    part: Part,
    mut to: Tile<'_>,
) {
    let mut sums = [[simd.splat(0.0); 2]; M];
    if !part.is_first || after == After::BiasAdd {
        for (row, sum) in sums.iter_mut().enumerate() {
            let there = to.read(row);
            *sum = [simd.load(half(&there, 0)), simd.load(half(&there, 1))];
        }
    }
    let mut from: [&[f32]; M] = [&[]; M];
    for (row, from) in from.iter_mut().enumerate() {
        *from = &rows.numbers[row * rows.stride + part.start..][..panel.len()];
    }
    for (k, numbers) in panel.iter().enumerate() {
        let columns = [simd.load(half(numbers, 0)), simd.load(half(numbers, 1))];
        for (sum, from) in sums.iter_mut().zip(&from) {
            let value = simd.splat(from[k]);
            *sum = [simd.multiply_add(value, columns[0], sum[0]), simd.multiply_add(value, columns[1], sum[1])];
        }
    }
    for (row, sum) in sums.iter().enumerate() {
        let mut done = *sum;
        if part.is_last {
            done = [simd.add(sum[0], simd.load(half(bias, 0))), simd.add(sum[1], simd.load(half(bias, 1)))];
            if after == After::BiasGelu {
                done = [gelu(simd, done[0]), gelu(simd, done[1])];
            }
        }
        to.write(simd, row, done);
    }
}

impl Tile<'_> {
    #[inline(always)]
    fn read(&self, row: usize) -> [f32; PANEL] {
        let there = &self.numbers[row * self.stride..][..self.width];
        if let Some(whole) = there.first_chunk::<PANEL>() {
            return *whole;
        }
        let mut padded = [0.0; PANEL];
        padded[..self.width].copy_from_slice(there);
        padded
    }

    #[inline(always)]
    fn write<S: Simd>(&mut self, simd: S, row: usize, sums: [S::Vector; 2]) {
        let there = &mut self.numbers[row * self.stride..][..self.width];
        if let Some(whole) = there.first_chunk_mut::<PANEL>() {
            let (halves, _) = whole.as_chunks_mut::<LANES>();
            simd.store(sums[0], &mut halves[0]);
            simd.store(sums[1], &mut halves[1]);
            return;
        }
        let mut halves = [[0.0; LANES]; 2];
        simd.store(sums[0], &mut halves[0]);
        simd.store(sums[1], &mut halves[1]);
        there.copy_from_slice(&halves.as_flattened()[..there.len()]);
    }
}

/// The first or the second eight of sixteen.
#[inline(always)]
fn half(sixteen: &[f32; PANEL], which: usize) -> &[f32; LANES] {
    &sixteen.as_chunks::<LANES>().0[which]
}
