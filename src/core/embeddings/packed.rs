//! The fast encoder for processors: no padding, weights laid out for the kernels, nothing passed over twice.
//!
//! For: post-norm encoders of the BERT family with the exact GELU. Not for: others; `candle` takes those. The one
//! decision: tokens of all texts of a batch are rows of one matrix, one text after another. Only attention knows where a
//! text ends. So nothing is computed for padding, and no mask can be wrong.

use std::sync::{Mutex, PoisonError};

use super::batching::{Batch, Budget};
use super::config::{EncoderConfig, Family, LayerNames};
use super::error::EmbeddingError;
use super::kernels::{After, Attention, AttentionScratch, Backend, Heads, LayerNorm, Linear, QuantizedRows, ROW_BLOCK};
use super::model::Model;
use super::pooling::Pooling;
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
        names(&model.config).is_ok()
    }

    /// Reads the weights.
    ///
    /// # Errors
    /// When one is missing or has another shape, and when it does not compute what this model asks for.
    pub(super) fn open(model: &Model, backend: Backend, precision: Precision) -> Result<Self, EmbeddingError> {
        let config = &model.config;
        let names = names(config)?;
        let mut weights = Weights::open(&model.folder)?;
        let (count, width) = (config.num_attention_heads, config.hidden_size);
        let heads = Heads { count, width: width / count };
        let mut read = Reading { weights: &mut weights, config, names, heads, backend, precision };
        let tables = read.tables()?;
        let layers = (0..config.num_hidden_layers).map(|layer| read.layer(layer)).collect::<Result<_, _>>()?;
        #[expect(clippy::cast_possible_truncation, reason = "a small number")]
        let epsilon = config.layer_norm_eps as f32;
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

    /// Fills `hidden` with a row for each token of the batch, sequence after sequence.
    fn encode(&self, batch: Batch<'_>, hidden: &mut Vec<f32>) {
        let mut scratch = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        self.begin(batch, hidden);
        for layer in &self.layers {
            self.attend(layer, batch, hidden, &mut scratch);
            self.feed_forward(layer, hidden, &mut scratch);
        }
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(scratch);
    }
}

impl Encoder for PackedEncoder {
    fn vectors(&self, batch: Batch<'_>, pooling: Pooling) -> Result<Vec<f32>, EmbeddingError> {
        let mut hidden = Vec::new();
        self.encode(batch, &mut hidden);
        Ok(pooling.pool_all(batch.sequences().map(<[u32]>::len), &hidden))
    }

    fn budget(&self) -> Budget {
        Budget::PACKED
    }

    fn callers(&self, threads: usize) -> usize {
        threads
    }

    fn variant(&self) -> String {
        format!("packed on {:?}", self.backend)
    }
}

/// The names of its weights.
///
/// # Errors
/// When the model asks for something else than what is computed here.
fn names(config: &EncoderConfig) -> Result<&'static LayerNames, EmbeddingError> {
    match &config.family {
        Family::Bert(names) if config.hidden_act == "gelu" => Ok(names),
        Family::Bert(_) => {
            let what = format!("`hidden_act` \"{}\" where the fast engine has \"gelu\" alone", config.hidden_act);
            Err(EmbeddingError::unsupported(what))
        }
        Family::NomicBert { .. } | Family::ModernBert(_) => {
            let what = format!("`model_type` \"{}\" where the fast engine has BERT's layers alone", config.model_type);
            Err(EmbeddingError::unsupported(what))
        }
    }
}

/// Weights on their way into the encoder's own form.
struct Reading<'a> {
    weights: &'a mut Weights,
    config: &'a EncoderConfig,
    names: &'static LayerNames,
    heads: Heads,
    backend: Backend,
    precision: Precision,
}

impl Reading<'_> {
    fn tables(&mut self) -> Result<Tables, EmbeddingError> {
        let config = self.config;
        let width = config.hidden_size;
        let words = self.weights.numbers("embeddings.word_embeddings.weight", &[config.vocab_size, width])?;
        let places = [config.max_position_embeddings, width];
        let mut positions = self.weights.numbers("embeddings.position_embeddings.weight", &places)?;
        positions.drain(..positions.len().min(config.first_position * width));
        if config.type_vocab_size > 0 {
            let kinds = [config.type_vocab_size, width];
            let kinds = self.weights.numbers("embeddings.token_type_embeddings.weight", &kinds)?;
            for position in positions.chunks_exact_mut(width) {
                for (number, kind) in position.iter_mut().zip(&kinds) {
                    *number += kind;
                }
            }
        }
        Ok(Tables { words, positions, norm: self.norm("embeddings.LayerNorm")? })
    }

    fn layer(&mut self, number: usize) -> Result<Layer, EmbeddingError> {
        let (width, wide, names) = (self.config.hidden_size, self.config.intermediate_size, self.names);
        let name = |part: &str| format!("{}.{number}.{part}", names.layer);
        Ok(Layer {
            project: self.projections(&name)?,
            gather: self.linear(&name(names.gather), width, width)?,
            gather_norm: self.norm(&name(names.gather_norm))?,
            widen: self.linear(&name(names.widen), width, wide)?,
            narrow: self.linear(&name(names.narrow), wide, width)?,
            narrow_norm: self.norm(&name(names.narrow_norm))?,
        })
    }

    /// Queries, keys and values as one matrix; the queries are scaled here instead of every score later.
    fn projections(&mut self, name: &dyn Fn(&str) -> String) -> Result<Linear, EmbeddingError> {
        let width = self.config.hidden_size;
        #[expect(clippy::cast_precision_loss, reason = "columns of a head")]
        let scale = 1.0 / (self.heads.width as f32).sqrt();
        let (mut weights, mut bias) = (Vec::with_capacity(3 * width * width), Vec::with_capacity(3 * width));
        for (part, scale) in [(self.names.query, scale), (self.names.key, 1.0), (self.names.value, 1.0)] {
            let name = name(part);
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
        let shape = [self.config.hidden_size];
        let scale = self.weights.numbers(&format!("{name}.weight"), &shape)?;
        let shift = self.weights.numbers(&format!("{name}.bias"), &shape)?;
        Ok(Norm { scale, shift })
    }
}
