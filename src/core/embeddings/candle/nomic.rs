//! `NomicBERT`: BERT's order of norms, with turned positions and a gate.

use candle_core::Tensor;
use candle_nn::{Embedding, LayerNorm, Linear, Module};

use super::super::error::EmbeddingError;
use super::Layers;
use super::attention::{Heads, Turn, attend, thirds};
use super::layers::Reading;

/// An encoder.
#[derive(Debug)]
pub(super) struct NomicBert {
    words: Embedding,
    /// The row of token type 0, if the model tells kinds apart.
    kind: Option<Tensor>,
    norm: LayerNorm,
    layers: Vec<Layer>,
    heads: Heads,
    turn: Turn,
}

#[derive(Debug)]
struct Layer {
    project: Linear,
    gather: Linear,
    gather_norm: LayerNorm,
    widen: Linear,
    gate: Linear,
    narrow: Linear,
    narrow_norm: LayerNorm,
}

impl NomicBert {
    /// Reads the weights.
    ///
    /// # Errors
    /// When one is missing or has another shape.
    pub(super) fn open(read: &mut Reading<'_>, theta: f64, positions: usize) -> Result<Self, EmbeddingError> {
        let config = read.config;
        let words = read.table("embeddings.word_embeddings", config.vocab_size)?;
        let kind = match config.type_vocab_size {
            0 => None,
            kinds => Some(read.table("embeddings.token_type_embeddings", kinds)?.narrow(0, 0, 1)?),
        };
        let norm = read.norm("emb_ln")?;
        let layers = (0..config.num_hidden_layers).map(|layer| Layer::open(read, layer)).collect::<Result<_, _>>()?;
        let count = config.num_attention_heads;
        let turn = Turn::new(theta, positions, config.hidden_size / count, read.place)?;
        Ok(Self { words: Embedding::new(words, config.hidden_size), kind, norm, layers, heads: Heads { count }, turn })
    }

    fn attend(&self, layer: &Layer, hidden: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        let [queries, keys, values] = thirds(&layer.project.forward(hidden)?)?;
        let queries = self.turn.apply(&self.heads.split(&queries)?)?;
        let keys = self.turn.apply(&self.heads.split(&keys)?)?;
        attend(&queries, &keys, &self.heads.split(&values)?, mask)
    }
}

impl Layer {
    fn open(read: &mut Reading<'_>, number: usize) -> Result<Self, EmbeddingError> {
        let (width, wide) = (read.config.hidden_size, read.config.intermediate_size);
        let name = |part: &str| format!("encoder.layers.{number}.{part}");
        Ok(Self {
            project: read.product(&name("attn.Wqkv"), width, 3 * width)?,
            gather: read.product(&name("attn.out_proj"), width, width)?,
            gather_norm: read.norm(&name("norm1"))?,
            widen: read.product(&name("mlp.fc11"), width, wide)?,
            gate: read.product(&name("mlp.fc12"), width, wide)?,
            narrow: read.product(&name("mlp.fc2"), wide, width)?,
            narrow_norm: read.norm(&name("norm2"))?,
        })
    }
}

impl Layers for NomicBert {
    fn forward(&self, tokens: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        let mut hidden = self.words.forward(tokens)?;
        if let Some(kind) = &self.kind {
            hidden = hidden.broadcast_add(kind)?;
        }
        hidden = self.norm.forward(&hidden)?;
        for layer in &self.layers {
            let attended = layer.gather.forward(&self.attend(layer, &hidden, mask)?)?;
            hidden = layer.gather_norm.forward(&(attended + hidden)?)?;
            let gated = (layer.widen.forward(&hidden)? * layer.gate.forward(&hidden)?.silu()?)?;
            hidden = layer.narrow_norm.forward(&(layer.narrow.forward(&gated)? + hidden)?)?;
        }
        Ok(hidden)
    }
}
