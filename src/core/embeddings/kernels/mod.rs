//! What the packed encoder spends its time in: products of matrices, attention, norms, activations.
//!
//! For: slices of `f32` in, slices out, on one thread. Not for: what a layer is (`packed`). The one decision: a kernel is
//! written once, over [`Simd`], and compiled for each instruction set; which one runs is found out at run time. So every
//! fast kernel has a portable twin by construction, and no row's result depends on the rows beside it.

#![expect(
    clippy::inline_always,
    reason = "a vector that is not inlined travels through memory, and without its instruction set"
)]

mod activation;
mod attention;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod linear;
mod norm;
mod panels;
mod portable;
mod product;
mod quantized;
mod simd;
mod similarity;
#[cfg(test)]
mod tests;
mod tile;

pub(super) use attention::{Attention, AttentionScratch, Heads};
pub(super) use linear::Linear;
pub(super) use norm::LayerNorm;
#[cfg(test)]
pub(super) use portable::Portable;
pub(super) use product::ROW_BLOCK;
pub(super) use quantized::QuantizedRows;
pub(super) use simd::Backend;
pub(crate) use similarity::dot_products;
pub(super) use tile::After;
