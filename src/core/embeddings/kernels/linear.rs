//! A linear layer in one of two precisions.

use super::super::Precision;
use super::panels::Panels;
use super::product::Product;
use super::quantized::{Quantize, QuantizedPanels, QuantizedProduct, QuantizedRows};
use super::simd::Backend;
use super::tile::{After, Rows, RowsMut};

/// Weights and bias, packed for an instruction set.
#[derive(Debug)]
pub(in super::super) struct Linear {
    backend: Backend,
    weights: Weights,
}

#[derive(Debug)]
enum Weights {
    Full(Panels),
    Fast(QuantizedPanels),
}

impl Linear {
    /// Packs weights, `[columns, depth]` as models store them, and their bias.
    pub(in super::super) fn pack(backend: Backend, precision: Precision, weights: &[f32], bias: &[f32]) -> Self {
        let weights = match precision {
            Precision::Full => Weights::Full(Panels::linear(backend, weights, bias)),
            Precision::Fast => Weights::Fast(QuantizedPanels::linear(backend, weights, bias)),
        };
        Self { backend, weights }
    }

    /// Numbers of a row of the result.
    pub(in super::super) fn columns(&self) -> usize {
        match &self.weights {
            Weights::Full(panels) => panels.columns(),
            Weights::Fast(panels) => panels.columns(),
        }
    }

    /// `to = after(rows * weights)`, one row after another on both sides.
    pub(in super::super) fn apply(&self, rows: &[f32], after: After, to: &mut [f32], room: &mut QuantizedRows) {
        let to = RowsMut { numbers: to, stride: self.columns() };
        match &self.weights {
            Weights::Full(panels) => {
                let stride = panels.depth();
                let rows = Rows { numbers: rows, stride, count: rows.len() / stride };
                self.backend.run(Product { rows, panels, after, to });
            }
            Weights::Fast(panels) => {
                self.backend.run(Quantize { rows, panels, to: &mut *room });
                self.backend.run(QuantizedProduct { rows: room, panels, after, to });
            }
        }
    }
}
