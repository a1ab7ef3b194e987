//! A linear layer in one of two precisions.

use super::super::Precision;
use super::panels::Panels;
use super::product::Product;
use super::quantized::{Quantize, QuantizedPanels, QuantizedProduct, QuantizedRows};
use super::simd::Backend;
use super::tile::{After, Rows, RowsMut};

/// Weights and bias, packed.
#[derive(Debug)]
pub(in super::super) enum Linear {
    /// In `f32`.
    Full(Panels),
    /// In 16 bits.
    Fast(QuantizedPanels),
}

impl Linear {
    /// Packs weights, `[columns, depth]` as models store them, and their bias.
    pub(in super::super) fn pack(backend: Backend, precision: Precision, weights: &[f32], bias: &[f32]) -> Self {
        match precision {
            Precision::Full => Self::Full(Panels::linear(backend, weights, bias)),
            Precision::Fast => Self::Fast(QuantizedPanels::linear(backend, weights, bias)),
        }
    }

    /// Numbers of a row of the result.
    pub(in super::super) fn columns(&self) -> usize {
        match self {
            Self::Full(panels) => panels.columns(),
            Self::Fast(panels) => panels.columns(),
        }
    }

    /// `to = after(rows * weights)`, one row after another on both sides.
    pub(in super::super) fn apply(
        &self,
        backend: Backend,
        rows: &[f32],
        after: After,
        to: &mut [f32],
        room: &mut QuantizedRows,
    ) {
        let to = RowsMut { numbers: to, stride: self.columns() };
        match self {
            Self::Full(panels) => {
                let stride = panels.depth();
                let rows = Rows { numbers: rows, stride, count: rows.len() / stride };
                backend.run(Product { rows, panels, after, to });
            }
            Self::Fast(panels) => {
                backend.run(Quantize { rows, panels, to: &mut *room });
                backend.run(QuantizedProduct { rows: room, panels, after, to });
            }
        }
    }
}
