//! The reference encoder: plain operations of candle, padded and masked.
//!
//! For: models that the packed encoder does not take, and tests, which hold the packed one against it. Not for: speed on
//! a processor. The one decision: nothing clever, one operation a line, so that it can be checked by reading.

use candle_core::{D, Device, Tensor};
use candle_nn::{Embedding, LayerNorm, Linear, Module};

use super::Encoder;
use super::batching::Batch;
use super::error::EmbeddingError;
use super::model::{EncoderConfig, Model};
use super::weights::Weights;

/// An encoder.
#[derive(Debug)]
pub(super) struct CandleEncoder {
    words: Embedding,
    positions: Tensor,
    norm: LayerNorm,
    layers: Vec<Layer>,
    activation: Activation,
    heads: usize,
    padding: u32,
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

/// What stands between the two products of a layer's second half.
#[derive(Debug, Clone, Copy)]
enum Activation {
    /// With the error function.
    Gelu,
    /// With the hyperbolic tangent.
    GeluTanh,
    Relu,
}

impl Activation {
    fn named(name: &str) -> Result<Self, EmbeddingError> {
        match name {
            "gelu" => Ok(Self::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Ok(Self::GeluTanh),
            "relu" => Ok(Self::Relu),
            other => Err(EmbeddingError::unsupported(format!("`hidden_act` \"{other}\""))),
        }
    }

    fn apply(self, values: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Gelu => values.gelu_erf(),
            Self::GeluTanh => values.gelu(),
            Self::Relu => values.relu(),
        }
    }
}

impl CandleEncoder {
    /// Reads the weights.
    ///
    /// # Errors
    /// When one is missing or has another shape, or the model asks for what is not supported.
    pub(super) fn open(model: &Model) -> Result<Self, EmbeddingError> {
        let config = &model.config;
        let activation = Activation::named(&config.hidden_act)?;
        let mut read = Reading { weights: Weights::open(&model.folder)?, config };
        let width = config.hidden_size;
        let words = read.table("word_embeddings", config.vocab_size)?;
        let positions = read.table("position_embeddings", config.max_position_embeddings)?;
        // Sentences are of the first kind.
        let kind = read.table("token_type_embeddings", config.type_vocab_size)?.narrow(0, 0, 1)?;
        let norm = read.norm("embeddings.LayerNorm")?;
        let layers = (0..config.num_hidden_layers).map(|layer| read.layer(layer)).collect::<Result<_, _>>()?;
        Ok(Self {
            words: Embedding::new(words, width),
            positions: positions.broadcast_add(&kind)?,
            norm,
            layers,
            activation,
            heads: config.num_attention_heads,
            padding: config.pad_token_id,
        })
    }

    /// `[texts, longest]` tokens to `[texts, longest, width]`.
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

    fn attend(&self, layer: &Layer, hidden: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
        let (texts, longest, width) = hidden.dims3()?;
        let head = width / self.heads;
        let by_head = |linear: &Linear| -> candle_core::Result<Tensor> {
            let rows = linear.forward(hidden)?.reshape((texts, longest, self.heads, head))?;
            rows.transpose(1, 2)?.contiguous()
        };
        #[expect(clippy::cast_precision_loss, reason = "columns of a head")]
        let scale = (head as f64).sqrt();
        let keys = by_head(&layer.key)?.transpose(2, 3)?.contiguous()?;
        let scores = (by_head(&layer.query)?.matmul(&keys)? / scale)?.broadcast_add(mask)?;
        let weights = candle_nn::ops::softmax(&scores, D::Minus1)?;
        let attended = weights.matmul(&by_head(&layer.value)?)?;
        attended.transpose(1, 2)?.contiguous()?.reshape((texts, longest, width))
    }

    /// Tokens filled up to the longest text, and what is added to scores: nothing, or so little that they don't count.
    fn padded(&self, batch: Batch<'_>) -> candle_core::Result<(Tensor, Tensor)> {
        let longest = batch.sequences().map(<[u32]>::len).max().unwrap_or_default();
        let texts = batch.sequences().len();
        let (mut tokens, mut mask) = (Vec::with_capacity(texts * longest), Vec::with_capacity(texts * longest));
        for sequence in batch.sequences() {
            let missing = longest - sequence.len();
            tokens.extend(sequence.iter().copied().chain(std::iter::repeat_n(self.padding, missing)));
            mask.extend(std::iter::repeat_n(0.0_f32, sequence.len()).chain(std::iter::repeat_n(f32::MIN, missing)));
        }
        let tokens = Tensor::from_vec(tokens, (texts, longest), &Device::Cpu)?;
        Ok((tokens, Tensor::from_vec(mask, (texts, 1, 1, longest), &Device::Cpu)?))
    }
}

impl Encoder for CandleEncoder {
    fn encode(&self, batch: Batch<'_>, hidden: &mut Vec<f32>) -> Result<(), EmbeddingError> {
        let (tokens, mask) = self.padded(batch)?;
        let rows = self.forward(&tokens, &mask)?;
        hidden.clear();
        for (text, sequence) in batch.sequences().enumerate() {
            let real = rows.get(text)?.narrow(0, 0, sequence.len())?;
            hidden.extend(real.flatten_all()?.to_vec1::<f32>()?);
        }
        Ok(())
    }

    fn is_parallel(&self) -> bool {
        true
    }
}

/// Weights on their way into layers of candle.
struct Reading<'a> {
    weights: Weights,
    config: &'a EncoderConfig,
}

impl Reading<'_> {
    fn table(&mut self, name: &str, rows: usize) -> Result<Tensor, EmbeddingError> {
        self.weights.tensor(&format!("embeddings.{name}.weight"), &[rows, self.config.hidden_size])
    }

    fn layer(&mut self, number: usize) -> Result<Layer, EmbeddingError> {
        let (width, wide) = (self.config.hidden_size, self.config.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        Ok(Layer {
            query: self.linear(&name("attention.self.query"), width, width)?,
            key: self.linear(&name("attention.self.key"), width, width)?,
            value: self.linear(&name("attention.self.value"), width, width)?,
            gather: self.linear(&name("attention.output.dense"), width, width)?,
            gather_norm: self.norm(&name("attention.output.LayerNorm"))?,
            widen: self.linear(&name("intermediate.dense"), width, wide)?,
            narrow: self.linear(&name("output.dense"), wide, width)?,
            narrow_norm: self.norm(&name("output.LayerNorm"))?,
        })
    }

    fn linear(&mut self, name: &str, depth: usize, columns: usize) -> Result<Linear, EmbeddingError> {
        let weights = self.weights.tensor(&format!("{name}.weight"), &[columns, depth])?;
        Ok(Linear::new(weights, Some(self.weights.tensor(&format!("{name}.bias"), &[columns])?)))
    }

    fn norm(&mut self, name: &str) -> Result<LayerNorm, EmbeddingError> {
        let shape = [self.config.hidden_size];
        let scale = self.weights.tensor(&format!("{name}.weight"), &shape)?;
        let shift = self.weights.tensor(&format!("{name}.bias"), &shape)?;
        Ok(LayerNorm::new(scale, shift, self.config.layer_norm_eps))
    }
}
