//! The fast encoder for processors: no padding, weights laid out for the kernels, nothing passed over twice.
//!
//! For: post-norm encoders of the BERT family with the exact GELU. Not for: others; `candle` takes those. The one
//! decision: tokens of all texts of a batch are rows of one matrix, one text after another. Only attention knows where a
//! text ends. So nothing is computed for padding, and no mask can be wrong.

use std::sync::{Mutex, PoisonError};

use super::batching::Batch;
use super::error::EmbeddingError;
use super::kernels::{After, Attention, AttentionScratch, Backend, Heads, LayerNorm, Linear, QuantizedRows, ROW_BLOCK};
use super::model::Model;
use super::weights::Weights;
use super::{Encoder, Precision};

/// An encoder.
#[derive(Debug)]
pub(super) struct PackedEncoder {
    backend: Backend,
    heads: Heads,
    tables: Tables,
    layers: Vec<Layer>,
    epsilon: f32,
    /// Room of threads that are done, for the next ones.
    idle: Mutex<Vec<Scratch>>,
}

/// What tokens and positions begin with.
#[derive(Debug)]
struct Tables {
    words: Vec<f32>,
    /// The row of token type 0 is in each.
    positions: Vec<f32>,
    norm: Norm,
}

#[derive(Debug)]
struct Norm {
    scale: Vec<f32>,
    shift: Vec<f32>,
}

#[derive(Debug)]
struct Layer {
    /// Queries, scaled, then keys, then values.
    project: Linear,
    gather: Linear,
    gather_norm: Norm,
    widen: Linear,
    narrow: Linear,
    narrow_norm: Norm,
}

/// Room of one thread.
#[derive(Debug, Default)]
struct Scratch {
    projected: Vec<f32>,
    attended: Vec<f32>,
    wide: Vec<f32>,
    attention: AttentionScratch,
    quantized: QuantizedRows,
}

impl PackedEncoder {
    /// Whether it computes what this model asks for.
    pub(super) fn takes(model: &Model) -> bool {
        model.config.hidden_act == "gelu"
    }

    /// Reads the weights.
    ///
    /// # Errors
    /// When one is missing or has another shape.
    pub(super) fn open(model: &Model, backend: Backend, precision: Precision) -> Result<Self, EmbeddingError> {
        let mut weights = Weights::open(&model.folder)?;
        let (count, width) = (model.config.num_attention_heads, model.config.hidden_size);
        let heads = Heads { count, width: width / count };
        let mut read = Reading { weights: &mut weights, model, heads, backend, precision };
        let tables = read.tables()?;
        let layers = (0..model.config.num_hidden_layers).map(|layer| read.layer(layer)).collect::<Result<_, _>>()?;
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        let epsilon = model.config.layer_norm_eps as f32;
        tracing::debug!(kernels = backend.name(), "encoder is ready");
        Ok(Self { backend, heads, tables, layers, epsilon, idle: Mutex::default() })
    }

    fn width(&self) -> usize {
        self.heads.count * self.heads.width
    }

    fn norm(&self, rows: &mut [f32], norm: &Norm) {
        self.backend.run(LayerNorm { rows, scale: &norm.scale, shift: &norm.shift, epsilon: self.epsilon });
    }

    /// Words and places of all tokens.
    fn begin(&self, batch: Batch<'_>, hidden: &mut Vec<f32>) {
        let width = self.width();
        hidden.clear();
        hidden.reserve(batch.tokens() * width);
        for sequence in batch.sequences() {
            for (token, place) in sequence.iter().zip(self.tables.positions.chunks_exact(width)) {
                let word = &self.tables.words[*token as usize * width..][..width];
                hidden.extend(word.iter().zip(place).map(|(word, place)| word + place));
            }
        }
        self.norm(hidden, &self.tables.norm);
    }

    fn attend(&self, layer: &Layer, batch: Batch<'_>, hidden: &mut [f32], scratch: &mut Scratch) {
        let Scratch { projected, attended, attention, quantized, .. } = scratch;
        let (width, tokens) = (self.width(), batch.tokens());
        projected.resize(tokens * 3 * width, 0.0);
        attended.resize(tokens * width, 0.0);
        layer.project.apply(hidden, After::Bias, projected, quantized);
        let mut start = 0;
        for sequence in batch.sequences() {
            let end = start + sequence.len();
            self.backend.run(Attention {
                projected: &projected[start * 3 * width..end * 3 * width],
                heads: self.heads,
                scratch: &mut *attention,
                to: &mut attended[start * width..end * width],
            });
            start = end;
        }
        layer.gather.apply(attended, After::BiasAdd, hidden, quantized);
        self.norm(hidden, &layer.gather_norm);
    }

    /// A block of rows at a time, so that what lies between the two products stays in the cache.
    fn feed_forward(&self, layer: &Layer, hidden: &mut [f32], scratch: &mut Scratch) {
        let (width, wide) = (self.width(), layer.widen.columns());
        let Scratch { wide: between, quantized, .. } = scratch;
        between.resize(ROW_BLOCK * wide, 0.0);
        for rows in hidden.chunks_mut(ROW_BLOCK * width) {
            let between = &mut between[..rows.len() / width * wide];
            layer.widen.apply(rows, After::BiasGelu, between, quantized);
            layer.narrow.apply(between, After::BiasAdd, rows, quantized);
            self.norm(rows, &layer.narrow_norm);
        }
    }
}

impl Encoder for PackedEncoder {
    fn encode(&self, batch: Batch<'_>, hidden: &mut Vec<f32>) -> Result<(), EmbeddingError> {
        let mut scratch = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        self.begin(batch, hidden);
        for layer in &self.layers {
            self.attend(layer, batch, hidden, &mut scratch);
            self.feed_forward(layer, hidden, &mut scratch);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
        Ok(())
    }

    fn is_parallel(&self) -> bool {
        false
    }
}

/// Weights on their way into the encoder's own form.
struct Reading<'a> {
    weights: &'a mut Weights,
    model: &'a Model,
    heads: Heads,
    backend: Backend,
    precision: Precision,
}

impl Reading<'_> {
    fn tables(&mut self) -> Result<Tables, EmbeddingError> {
        let config = &self.model.config;
        let width = config.hidden_size;
        let words = self.weights.numbers("embeddings.word_embeddings.weight", &[config.vocab_size, width])?;
        let places = [config.max_position_embeddings, width];
        let mut positions = self.weights.numbers("embeddings.position_embeddings.weight", &places)?;
        let kinds = [config.type_vocab_size, width];
        let kinds = self.weights.numbers("embeddings.token_type_embeddings.weight", &kinds)?;
        for position in positions.chunks_exact_mut(width) {
            for (number, kind) in position.iter_mut().zip(&kinds) {
                *number += kind;
            }
        }
        Ok(Tables { words, positions, norm: self.norm("embeddings.LayerNorm")? })
    }

    fn layer(&mut self, number: usize) -> Result<Layer, EmbeddingError> {
        let (width, wide) = (self.model.config.hidden_size, self.model.config.intermediate_size);
        let name = |part: &str| format!("encoder.layer.{number}.{part}");
        Ok(Layer {
            project: self.projections(number)?,
            gather: self.linear(&name("attention.output.dense"), width, width)?,
            gather_norm: self.norm(&name("attention.output.LayerNorm"))?,
            widen: self.linear(&name("intermediate.dense"), width, wide)?,
            narrow: self.linear(&name("output.dense"), wide, width)?,
            narrow_norm: self.norm(&name("output.LayerNorm"))?,
        })
    }

    /// Queries, keys and values as one matrix; the queries are scaled here instead of every score later.
    fn projections(&mut self, layer: usize) -> Result<Linear, EmbeddingError> {
        let width = self.model.config.hidden_size;
        #[expect(clippy::cast_precision_loss, reason = "columns of a head")]
        let scale = 1.0 / (self.heads.width as f32).sqrt();
        let (mut weights, mut bias) = (Vec::with_capacity(3 * width * width), Vec::with_capacity(3 * width));
        for (part, scale) in [("query", scale), ("key", 1.0), ("value", 1.0)] {
            let name = format!("encoder.layer.{layer}.attention.self.{part}");
            let scaled = |numbers: Vec<f32>| numbers.into_iter().map(move |number| number * scale);
            weights.extend(scaled(self.weights.numbers(&format!("{name}.weight"), &[width, width])?));
            bias.extend(scaled(self.weights.numbers(&format!("{name}.bias"), &[width])?));
        }
        Ok(Linear::pack(self.backend, self.precision, &weights, &bias))
    }

    fn linear(&mut self, name: &str, depth: usize, columns: usize) -> Result<Linear, EmbeddingError> {
        let weights = self.weights.numbers(&format!("{name}.weight"), &[columns, depth])?;
        let bias = self.weights.numbers(&format!("{name}.bias"), &[columns])?;
        Ok(Linear::pack(self.backend, self.precision, &weights, &bias))
    }

    fn norm(&mut self, name: &str) -> Result<Norm, EmbeddingError> {
        let shape = [self.model.config.hidden_size];
        let scale = self.weights.numbers(&format!("{name}.weight"), &shape)?;
        let shift = self.weights.numbers(&format!("{name}.bias"), &shape)?;
        Ok(Norm { scale, shift })
    }
}
