//! Vectors out of texts.
//!
//! For: who turns texts into vectors ([`Embedder`]), and the engine that does it in this process ([`LocalEmbedder`]).
//! Not for: where models come from, or what vectors are used for. The one decision: a text's vector depends on the text
//! and the model alone, never on the texts beside it, so that vectors can be cached and compared.
//!
//! - `model` reads what a folder says about its model, `weights` its numbers, `tokens` makes tokens of texts.
//! - `candle` is the reference encoder, `packed` the fast one on `kernels`; both fill the same rows, of which `pooling`
//!   makes vectors.
//! - `batching` decides which texts go through together, `local` shares the batches among threads.

mod batching;
mod candle;
mod error;
mod kernels;
mod local;
mod model;
mod packed;
mod pooling;
#[cfg(test)]
mod tests;
mod tokens;
mod weights;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

pub use error::EmbeddingError;
pub use local::{Engine, LocalEmbedder, LocalOptions};

/// How exactly an encoder computes.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// In `f32`: what others compute, to the sixth digit
    #[default]
    Full,
    /// Weights and their inputs in 16 bits: faster, and the same to the third digit
    Fast,
}

/// Turns texts into vectors.
pub trait Embedder: Send + Sync {
    /// Numbers of a vector.
    fn dimension(&self) -> usize;

    /// Tokens of a text that are looked at, special ones included.
    fn max_tokens(&self) -> usize;

    /// A vector for each text, in their order. The empty text has one, too.
    ///
    /// # Errors
    /// When the engine fails, or `cancel` was cancelled.
    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError>;
}

/// Vectors of some texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Embeddings {
    /// Numbers of a vector.
    pub dimension: usize,
    /// One vector after another.
    pub numbers: Vec<f32>,
    /// How long each text was.
    pub lengths: Vec<TextLength>,
}

/// How long a text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLength {
    /// Tokens that were looked at, special ones included.
    pub tokens: usize,
    /// Whether there were more.
    pub is_truncated: bool,
}

impl Embeddings {
    /// The vectors, one after another.
    pub fn vectors(&self) -> impl ExactSizeIterator<Item = &[f32]> + DoubleEndedIterator {
        self.numbers.chunks_exact(self.dimension.max(1))
    }
}

/// Makes rows of tokens: what both engines do.
trait Encoder: Send + Sync {
    /// Fills `hidden` with a row for each token of the batch, sequence after sequence.
    fn encode(&self, batch: batching::Batch<'_>, hidden: &mut Vec<f32>) -> Result<(), EmbeddingError>;

    /// Whether it uses all cores for one batch by itself.
    fn is_parallel(&self) -> bool;
}
