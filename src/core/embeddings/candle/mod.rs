//! The reference encoder: plain operations of candle, padded and masked, on any device.
//!
//! For: all families, devices other than the processor, and tests, which hold the packed encoder against it. Not for:
//! speed on a processor. The one decision: nothing clever, one operation a line, so that it can be checked by reading.
//!
//! `bert`, `nomic` and `modern` are families; `layers` is what they are made of, `attention` what they share.

mod attention;
mod bert;
mod layers;
mod modern;
mod nomic;

use std::fmt::Debug;

use candle_core::{DType, Tensor};

use super::Encoder;
use super::batching::{Batch, Budget};
use super::config::Family;
use super::device::Place;
use super::error::EmbeddingError;
use super::model::Model;
use super::pooling::{LEAST_LENGTH, Mode, Pooling};
use super::weights::Weights;
use attention::MASKED;
use layers::Reading;

/// An encoder.
#[derive(Debug)]
pub(super) struct CandleEncoder {
    layers: Box<dyn Layers>,
    padding: u32,
    place: Place,
}

/// What a family computes.
trait Layers: Debug + Send + Sync {
    /// `[texts, longest]` tokens to `[texts, longest, width]`; `mask`, `[texts, 1, 1, longest]`, is added to scores.
    fn forward(&self, tokens: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor>;
}

/// The tokens of a batch, filled up to the longest text.
#[derive(Debug)]
pub(super) struct Padded {
    tokens: Vec<u32>,
    lengths: Vec<usize>,
    longest: usize,
}

impl Padded {
    /// Fills up.
    pub(super) fn of(batch: Batch<'_>, padding: u32) -> Self {
        let lengths: Vec<_> = batch.sequences().map(<[u32]>::len).collect();
        let longest = lengths.iter().copied().max().unwrap_or_default();
        let missing = |sequence: &[u32]| std::iter::repeat_n(padding, longest - sequence.len());
        let tokens = batch.sequences().flat_map(|sequence| sequence.iter().copied().chain(missing(sequence))).collect();
        Self { tokens, lengths, longest }
    }

    /// A number for each token: this one where it is real, that one where it fills up.
    fn marked(&self, real: impl Fn(usize) -> f32, filling: f32) -> Vec<f32> {
        let of = |length: usize| {
            std::iter::repeat_n(real(length), length).chain(std::iter::repeat_n(filling, self.longest - length))
        };
        self.lengths.iter().flat_map(|length| of(*length)).collect()
    }
}

impl CandleEncoder {
    /// Reads the weights.
    ///
    /// # Errors
    /// When one is missing or has another shape, or the model asks for what is not supported.
    pub(super) fn open(model: &Model, place: Place) -> Result<Self, EmbeddingError> {
        let config = &model.config;
        let mut read = Reading { weights: Weights::open(&model.folder)?, config, place: &place };
        let layers: Box<dyn Layers> = match &config.family {
            Family::Bert(names) => Box::new(bert::Bert::open(&mut read, names)?),
            Family::NomicBert { theta } => Box::new(nomic::NomicBert::open(&mut read, *theta, model.max_tokens)?),
            Family::ModernBert(own) => Box::new(modern::ModernBert::open(&mut read, own, model.max_tokens)?),
        };
        Ok(Self { layers, padding: config.pad_token_id, place })
    }

    /// What fills up.
    pub(super) fn padding(&self) -> u32 {
        self.padding
    }

    /// Vectors of the batch's texts, one after another.
    ///
    /// # Errors
    /// When the device fails, or its memory does not suffice.
    pub(super) fn pooled(&self, batch: &Padded, pooling: Pooling) -> Result<Vec<f32>, EmbeddingError> {
        let (texts, longest) = (batch.lengths.len(), batch.longest);
        let device = self.place.device();
        let tokens = Tensor::from_slice(&batch.tokens, (texts, longest), device)?;
        let mask = Tensor::from_vec(batch.marked(|_| 0.0, MASKED), (texts, 1, 1, longest), device)?;
        let rows = self.layers.forward(&tokens, &self.place.put(&mask)?)?.to_dtype(DType::F32)?;
        let mut vectors = match pooling.mode {
            Mode::First => rows.narrow(1, 0, 1)?,
            Mode::Mean => {
                #[expect(clippy::cast_precision_loss, reason = "tokens of a text")]
                let shares = batch.marked(|length| 1.0 / length as f32, 0.0);
                Tensor::from_vec(shares, (texts, 1, longest), device)?.matmul(&rows)?
            }
        };
        if pooling.is_normalised {
            let lengths = vectors.sqr()?.sum_keepdim(2)?.sqrt()?;
            vectors = vectors.broadcast_div(&lengths.maximum(LEAST_LENGTH)?)?;
        }
        Ok(vectors.flatten_all()?.to_vec1()?)
    }
}

impl Encoder for CandleEncoder {
    fn vectors(&self, batch: Batch<'_>, pooling: Pooling) -> Result<Vec<f32>, EmbeddingError> {
        self.pooled(&Padded::of(batch, self.padding), pooling)
    }

    fn budget(&self) -> Budget {
        Budget::PADDED
    }

    /// Its operations use all cores by themselves.
    fn callers(&self, _threads: usize) -> usize {
        1
    }

    fn variant(&self) -> String {
        format!("candle {}", self.place.variant())
    }
}
