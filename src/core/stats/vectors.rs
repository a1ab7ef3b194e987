//! Many vectors of one length, one after the other in memory.
//!
//! For: statistics on embeddings. Not for: how they are made (`embeddings`) or searched (`search`). The one decision: borrowed,
//! 32-bit, row by row, so that rows of a file in memory are used where they lie.

/// Rows of one length.
#[derive(Debug, Clone, Copy)]
pub struct Vectors<'a> {
    values: &'a [f32],
    dimensions: usize,
}

impl<'a> Vectors<'a> {
    /// `values` as rows of `dimensions` each; `None` if they do not come out even, or if rows are empty.
    pub fn new(values: &'a [f32], dimensions: usize) -> Option<Self> {
        (dimensions > 0 && values.len().is_multiple_of(dimensions)).then_some(Self { values, dimensions })
    }

    /// Numbers in a row.
    pub fn dimensions(self) -> usize {
        self.dimensions
    }

    /// Rows.
    pub fn len(self) -> usize {
        self.values.len() / self.dimensions
    }

    /// Whether there are no rows.
    pub fn is_empty(self) -> bool {
        self.values.is_empty()
    }

    /// One row.
    pub fn row(self, row: usize) -> &'a [f32] {
        &self.values[row * self.dimensions..(row + 1) * self.dimensions]
    }

    /// All rows.
    pub fn rows(self) -> std::slice::ChunksExact<'a, f32> {
        self.values.chunks_exact(self.dimensions)
    }
}
