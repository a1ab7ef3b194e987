//! Matrices as kernels read them: panels of columns, each row of a panel after the other, filled up with zeros.
//!
//! The one decision: a panel is as wide as the instruction set's tile, and begins where a line of the cache does: wide
//! loads that lie across two lines cost twice.

use super::simd::{Backend, Kernel, Simd};

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// Numbers that begin where a line of the cache does.
#[derive(Debug, Default)]
pub(super) struct Aligned<T> {
    room: Vec<T>,
    start: usize,
    count: usize,
}

impl<T: Copy + Default> Aligned<T> {
    /// So many zeros.
    pub(super) fn reset(&mut self, count: usize) {
        let spare = LINE / size_of::<T>();
        self.room.clear();
        self.room.resize(count + spare, T::default());
        // Where it can't be told, anywhere is right as well.
        self.start = self.room.as_ptr().align_offset(LINE).min(spare);
        self.count = count;
    }

    /// The numbers.
    pub(super) fn numbers(&self) -> &[T] {
        &self.room[self.start..][..self.count]
    }

    /// The numbers, to be written.
    pub(super) fn numbers_mut(&mut self) -> &mut [T] {
        &mut self.room[self.start..][..self.count]
    }
}

/// What tiles an instruction set works on.
#[derive(Debug, Clone, Copy)]
pub(super) struct PanelShape {
    lanes: usize,
    vectors: usize,
}

impl PanelShape {
    /// Of this one.
    #[inline(always)]
    pub(super) fn of<S: Simd>() -> Self {
        Self { lanes: S::LANES, vectors: S::TILE_VECTORS }
    }

    /// Of this one.
    pub(super) fn of_backend(backend: Backend) -> Self {
        backend.run(Asked)
    }

    /// Columns of a panel, where a matrix has so many: what leaves the fewest of them empty, and of equals the widest.
    pub(super) fn width(self, columns: usize) -> usize {
        let widths = (2..=self.vectors).rev().map(|vectors| vectors * self.lanes);
        widths.min_by_key(|width| columns.next_multiple_of(*width)).unwrap_or(self.lanes)
    }
}

struct Asked;

impl Kernel for Asked {
    type Output = PanelShape;

    #[inline(always)]
    fn run<S: Simd>(self, _: S) -> PanelShape {
        PanelShape::of::<S>()
    }
}

/// A matrix of `f32`, and a bias for each column.
#[derive(Debug, Default)]
pub(in super::super) struct Panels {
    numbers: Aligned<f32>,
    bias: Vec<f32>,
    depth: usize,
    columns: usize,
    width: usize,
}

impl Panels {
    /// Packs `columns` columns; `copy(depth, first, row)` fills a row of a panel from the column `first` on.
    #[inline(always)]
    pub(super) fn pack(
        &mut self,
        shape: PanelShape,
        depth: usize,
        columns: usize,
        copy: impl Fn(usize, usize, &mut [f32]),
    ) {
        (self.depth, self.columns, self.width) = (depth, columns, shape.width(columns));
        let width = self.width;
        self.numbers.reset(columns.div_ceil(width) * depth * width);
        for (number, row) in self.numbers.numbers_mut().chunks_exact_mut(width).enumerate() {
            let first = number / depth * width;
            copy(number % depth, first, &mut row[..width.min(columns - first)]);
        }
    }

    /// Packs the weights of a linear layer, `[columns, depth]` as models store them, and its bias.
    pub(in super::super) fn linear(backend: Backend, weights: &[f32], bias: &[f32]) -> Self {
        let (columns, depth) = (bias.len(), weights.len() / bias.len().max(1));
        let mut panels = Self::default();
        panels.pack(PanelShape::of_backend(backend), depth, columns, |k, first, row| {
            for (number, from) in row.iter_mut().zip(weights[first * depth..].chunks_exact(depth)) {
                *number = from[k];
            }
        });
        panels.bias = bias.to_vec();
        panels.bias.resize(columns.next_multiple_of(panels.width), 0.0);
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

    /// Columns of a panel.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// A panel, from a depth on.
    #[inline(always)]
    pub(super) fn panel(&self, number: usize, start: usize, length: usize) -> &[f32] {
        &self.numbers.numbers()[(number * self.depth + start) * self.width..][..length * self.width]
    }

    /// The bias of a panel; empty where there is none.
    #[inline(always)]
    pub(super) fn bias(&self, number: usize) -> &[f32] {
        self.bias.get(number * self.width..(number + 1) * self.width).unwrap_or_default()
    }
}
