//! `ModernBERT`: norms before each half, turned positions, a gate, and a window on most layers.

use candle_core::{D, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, Module};

use super::super::config;
use super::super::error::EmbeddingError;
use super::Layers;
use super::attention::{Heads, Turn, attend, thirds, window_mask};
use super::layers::{Activation, Reading};

/// An encoder.
#[derive(Debug)]
pub(super) struct ModernBert {
    words: Embedding,
    norm: LayerNorm,
    layers: Vec<Layer>,
    last_norm: LayerNorm,
    activation: Activation,
    heads: Heads,
    window: usize,
    turn: Turn,
    local_turn: Turn,
}

#[derive(Debug)]
struct Layer {
    /// The first layer has none: words are normed already.
    attention_norm: Option<LayerNorm>,
    project: Linear,
    gather: Linear,
    wide_norm: LayerNorm,
    /// What goes in, then its gate.
    widen: Linear,
    narrow: Linear,
    is_local: bool,
}

impl ModernBert {
    /// Reads the weights.
    ///
    /// # Errors
    /// When one is missing or has another shape, or the activation is not known.
    pub(super) fn open(
        read: &mut Reading<'_>,
        own: &config::ModernBert,
        positions: usize,
    ) -> Result<Self, EmbeddingError> {
        let config = read.config;
        let (width, count) = (config.hidden_size, config.num_attention_heads);
        let words = read.table("embeddings.tok_embeddings", config.vocab_size)?;
        let layers = own.is_local.iter().enumerate();
        Ok(Self {
            words: Embedding::new(words, width),
            norm: read.scale_norm("embeddings.norm")?,
            layers: layers.map(|(layer, is_local)| Layer::open(read, layer, *is_local)).collect::<Result<_, _>>()?,
            last_norm: read.scale_norm("final_norm")?,
            activation: Activation::named(&config.hidden_act)?,
            heads: Heads { count },
            window: own.window,
            turn: Turn::new(own.global_theta, positions, width / count, read.place)?,
            local_turn: Turn::new(own.local_theta, positions, width / count, read.place)?,
        })
    }

    fn attend(&self, layer: &Layer, hidden: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        let turn = if layer.is_local { &self.local_turn } else { &self.turn };
        let [queries, keys, values] = thirds(&layer.project.forward(hidden)?)?;
        let queries = turn.apply(&self.heads.split(&queries)?)?;
        let keys = turn.apply(&self.heads.split(&keys)?)?;
        attend(&queries, &keys, &self.heads.split(&values)?, mask)
    }
}

impl Layer {
    fn open(read: &mut Reading<'_>, number: usize, is_local: bool) -> Result<Self, EmbeddingError> {
        let (width, wide) = (read.config.hidden_size, read.config.intermediate_size);
        let name = |part: &str| format!("layers.{number}.{part}");
        Ok(Self {
            attention_norm: if number == 0 { None } else { Some(read.scale_norm(&name("attn_norm"))?) },
            project: read.product(&name("attn.Wqkv"), width, 3 * width)?,
            gather: read.product(&name("attn.Wo"), width, width)?,
            wide_norm: read.scale_norm(&name("mlp_norm"))?,
            widen: read.product(&name("mlp.Wi"), width, 2 * wide)?,
            narrow: read.product(&name("mlp.Wo"), wide, width)?,
            is_local,
        })
    }
}

impl Layers for ModernBert {
    fn forward(&self, tokens: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        let mut hidden = self.norm.forward(&self.words.forward(tokens)?)?;
        let local_mask = mask.broadcast_add(&window_mask(tokens.dim(1)?, self.window, mask)?)?;
        for layer in &self.layers {
            let normed =
                layer.attention_norm.as_ref().map_or_else(|| Ok(hidden.clone()), |norm| norm.forward(&hidden))?;
            let seen = if layer.is_local { &local_mask } else { mask };
            hidden = (hidden + layer.gather.forward(&self.attend(layer, &normed, seen)?)?)?;
            let wide = layer.widen.forward(&layer.wide_norm.forward(&hidden)?)?.chunk(2, D::Minus1)?;
            let gated = (self.activation.apply(&wide[0].contiguous()?)? * &wide[1])?;
            hidden = (hidden + layer.narrow.forward(&gated)?)?;
        }
        self.last_norm.forward(&hidden)
    }
}
