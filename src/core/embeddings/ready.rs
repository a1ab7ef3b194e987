//! A model that is ready to compute: tokens in front, the encoder, pooling behind it.

use super::Encoder;
use super::batching::Batch;
use super::error::EmbeddingError;
use super::model::Model;
use super::pooling::Pooling;
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

    /// Whether one batch takes all cores.
    pub(super) fn is_parallel(&self) -> bool {
        self.encoder.is_parallel()
    }

    /// The tokens of a text.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub(super) fn tokenize(&self, text: &str) -> Result<Tokenized, EmbeddingError> {
        self.tokens.of(text)
    }

    /// The vectors of a batch, one after another. `rows` is room that is used again.
    ///
    /// # Errors
    /// When the encoder fails.
    pub(super) fn vectors(&self, batch: Batch<'_>, rows: &mut Vec<f32>) -> Result<Vec<f32>, EmbeddingError> {
        let Pooling { width, .. } = self.model.pooling;
        self.encoder.encode(batch, rows)?;
        let mut vectors = vec![0.0; batch.sequences().len() * width];
        let mut rest = rows.as_slice();
        for (sequence, vector) in batch.sequences().zip(vectors.chunks_exact_mut(width)) {
            let (own, others) = rest.split_at(sequence.len() * width);
            self.model.pooling.pool(own, vector);
            rest = others;
        }
        Ok(vectors)
    }
}
