//! A model that is ready to compute: the tokenizer and the encoder.

use super::Encoder;
use super::batching::{Batch, Budget};
use super::error::EmbeddingError;
use super::model::Model;
use super::tokens::{Tokenized, Tokens};

/// A model that is ready.
pub(super) struct ReadyModel {
    pub(super) model: Model,
    pub(super) tokens: Tokens,
    pub(super) encoder: Box<dyn Encoder>,
}

impl ReadyModel {
    /// Numbers of a vector.
    pub(super) fn width(&self) -> usize {
        self.model.pooling.width
    }

    /// Tokens of a text that are looked at.
    pub(super) fn max_tokens(&self) -> usize {
        self.model.max_tokens
    }

    /// How much goes through at once.
    pub(super) fn budget(&self) -> Budget {
        self.encoder.budget()
    }

    /// How many of so many threads may be at it at once.
    pub(super) fn callers(&self, threads: usize) -> usize {
        self.encoder.callers(threads).max(1)
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub(super) fn tokenize(&self, text: &str) -> Result<Tokenized, EmbeddingError> {
        self.tokens.of(text)
    }

    /// The vectors of a batch, one after another.
    ///
    /// # Errors
    /// When the encoder fails.
    pub(super) fn vectors(&self, batch: Batch<'_>) -> Result<Vec<f32>, EmbeddingError> {
        self.encoder.vectors(batch, self.model.pooling)
    }
}
