//! BERT and what shares its layers: DistilBERT, RoBERTa, XLM-RoBERTa.

use candle_core::Tensor;
use candle_nn::{Embedding, LayerNorm, Linear, Module};

use super::super::config::LayerNames;
use super::super::error::EmbeddingError;
use super::Layers;
use super::attention::{Heads, attend};
use super::layers::{Activation, Reading};

/// An encoder.
#[derive(Debug)]
pub(super) struct Bert {
    words: Embedding,
    /// From that of the first token; the row of token type 0 is in each.
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    activation: Activation,
    heads: Heads,
}

#[derive(Debug)]
struct Layer {
    query: Linear,
    key: Linear,
    value: Linear,
    gather: Linear,
    gather_norm: LayerNorm,
    widen: Linear,
    narrow: Linear,
    narrow_norm: LayerNorm,
}

impl Bert {
    /// Reads the weights.
    ///
    /// # Errors
    /// When one is missing or has another shape, or the activation is not known.
    pub(super) fn open(read: &mut Reading<'_>, names: &LayerNames) -> Result<Self, EmbeddingError> {
        let config = read.config;
        let activation = Activation::named(&config.hidden_act)?;
        let words = read.table("embeddings.word_embeddings", config.vocab_size)?;
        let positions = read.table("embeddings.position_embeddings", config.max_position_embeddings)?;
        let mut positions = positions.narrow(0, config.first_position, config.positions())?;
        if config.type_vocab_size > 0 {
            // Sentences are of the first kind.
            let kinds = read.table("embeddings.token_type_embeddings", config.type_vocab_size)?;
            positions = positions.broadcast_add(&kinds.narrow(0, 0, 1)?)?;
        }
        let norm = read.norm("embeddings.LayerNorm")?;
        let layers = (0..config.num_hidden_layers).map(|layer| Layer::open(read, names, layer));
        let layers = layers.collect::<Result<_, _>>()?;
        let heads = Heads { count: config.num_attention_heads };
        Ok(Self { words: Embedding::new(words, config.hidden_size), positions, norm, layers, activation, heads })
    }

    fn attend(&self, layer: &Layer, hidden: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        let queries = self.heads.split(&layer.query.forward(hidden)?)?;
        let keys = self.heads.split(&layer.key.forward(hidden)?)?;
        let values = self.heads.split(&layer.value.forward(hidden)?)?;
        attend(&queries, &keys, &values, mask)
    }
}

impl Layer {
    fn open(read: &mut Reading<'_>, names: &LayerNames, number: usize) -> Result<Self, EmbeddingError> {
        let (width, wide) = (read.config.hidden_size, read.config.intermediate_size);
        let name = |part: &str| format!("{}.{number}.{part}", names.layer);
        Ok(Self {
            query: read.linear(&name(names.query), width, width)?,
            key: read.linear(&name(names.key), width, width)?,
            value: read.linear(&name(names.value), width, width)?,
            gather: read.linear(&name(names.gather), width, width)?,
            gather_norm: read.norm(&name(names.gather_norm))?,
            widen: read.linear(&name(names.widen), width, wide)?,
            narrow: read.linear(&name(names.narrow), wide, width)?,
            narrow_norm: read.norm(&name(names.narrow_norm))?,
        })
    }
}

impl Layers for Bert {
    fn forward(&self, tokens: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        let places = self.positions.narrow(0, 0, tokens.dim(1)?)?;
        let mut hidden = self.norm.forward(&self.words.forward(tokens)?.broadcast_add(&places)?)?;
        for layer in &self.layers {
            let attended = layer.gather.forward(&self.attend(layer, &hidden, mask)?)?;
            hidden = layer.gather_norm.forward(&(attended + hidden)?)?;
            let wide = self.activation.apply(&layer.widen.forward(&hidden)?)?;
            hidden = layer.narrow_norm.forward(&(layer.narrow.forward(&wide)? + hidden)?)?;
        }
        Ok(hidden)
    }
}
