//! The engine of this process: a model out of a folder, on the threads of a pool.
//!
//! For: the contract of embedders on top of a pool. Not for: threads and batches (`pool`), or what an encoder computes. The
//! one decision: equal texts of a call are computed once.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::thread;

use futures::executor::block_on;
use tokio_util::sync::CancellationToken;

use super::candle::CandleEncoder;
use super::device::{Device, Dtype, ModelThread, Place};
use super::error::EmbeddingError;
use super::kernels::Backend;
use super::model::Model;
use super::packed::PackedEncoder;
use super::pool::{Pool, PoolSettings, Urgency};
use super::ready::ReadyModel;
use super::tokens::Tokens;
use super::{Embedder, Embeddings, Encoder, Precision};
use crate::core::telemetry::build_info::BUILD;
use crate::core::telemetry::embedding::EmbeddingMetrics;

/// Texts for each thread that are best given at once: many, so that like lengths meet.
const TEXTS_A_THREAD: usize = 256;

/// Which encoder computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// `packed` where it takes the model, else `candle`
    #[default]
    Auto,
    /// The fast engine
    Packed,
    /// The reference
    Candle,
}

/// How a model is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LocalOptions {
    /// Which encoder computes.
    pub engine: Engine,
    /// Threads; `None`: as many as there are cores.
    pub threads: Option<usize>,
    /// Where is computed.
    pub device: Device,
    /// In which numbers.
    pub dtype: Dtype,
    /// Which of the model's prompts stands before every text; `None`: the one that it uses by itself, if any.
    pub prompt: Option<String>,
    /// How exactly.
    pub precision: Precision,
}

/// A model that is ready, and where it is computed. Cheap to clone.
#[derive(Clone)]
pub struct LocalEmbedder {
    ready: Arc<ReadyModel>,
    /// Options that decide the numbers, besides those that chose the encoder.
    options: Arc<str>,
    pool: Arc<Pool>,
    urgency: Urgency,
}

impl std::fmt::Debug for LocalEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("LocalEmbedder");
        shown.field("model", &self.ready.model).field("urgency", &self.urgency).finish_non_exhaustive()
    }
}

impl LocalEmbedder {
    /// Reads a model: `config.json`, `tokenizer.json`, `model.safetensors`, and what sentence-transformers adds. It gets
    /// threads of its own, for work that runs by itself.
    ///
    /// # Errors
    /// When a file is missing, is not as it should be, or asks for what is not supported; when the model has no such prompt,
    /// or there is no such device.
    pub fn open(folder: &Path, options: LocalOptions) -> Result<Self, EmbeddingError> {
        let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let (threads, shown) = (options.threads.unwrap_or_else(cores), shown(&options));
        let ready = Arc::new(ready(folder, options)?);
        // What one caller brings is bounded by the caller.
        let settings = PoolSettings { threads, max_waiting_tokens: usize::MAX };
        let pool = Arc::new(Pool::start(settings, EmbeddingMetrics::default())?);
        Ok(Self { ready, options: shown, pool, urgency: Urgency::Bulk })
    }

    /// As [`LocalEmbedder::open`], on threads that are there; `options.threads` does not count.
    ///
    /// # Errors
    /// As [`LocalEmbedder::open`].
    pub fn on(pool: &Arc<Pool>, folder: &Path, options: LocalOptions) -> Result<Self, EmbeddingError> {
        let shown = shown(&options);
        let ready = Arc::new(ready(folder, options)?);
        Ok(Self { ready, options: shown, pool: Arc::clone(pool), urgency: Urgency::Bulk })
    }

    /// The same model for others.
    #[must_use]
    pub fn with_urgency(self, urgency: Urgency) -> Self {
        Self { urgency, ..self }
    }

    /// This encoder, made by a test.
    #[cfg(test)]
    pub(super) fn with(
        folder: &Path,
        encoder: impl FnOnce(&Model) -> Result<Box<dyn Encoder>, EmbeddingError>,
    ) -> Result<Self, EmbeddingError> {
        let model = Model::open(folder, None)?;
        let ready = ReadyModel { tokens: Tokens::open(&model)?, encoder: encoder(&model)?, model };
        let pool = Pool::start(PoolSettings { threads: 2, max_waiting_tokens: 0 }, EmbeddingMetrics::default())?;
        Ok(Self { ready: Arc::new(ready), options: Arc::default(), pool: Arc::new(pool), urgency: Urgency::Bulk })
    }
}

/// Without those that the encoder tells what became of. A new one is in it by itself, so that it can't be forgotten.
fn shown(options: &LocalOptions) -> Arc<str> {
    let (engine, device, dtype) = (Engine::default(), Device::default(), Dtype::default());
    format!("{:?}", LocalOptions { engine, device, dtype, threads: None, ..options.clone() }).into()
}

fn ready(folder: &Path, options: LocalOptions) -> Result<ReadyModel, EmbeddingError> {
    let LocalOptions { engine, device, dtype, precision, prompt, .. } = options;
    let place = Place::of(device, dtype)?;
    let model = Model::open(folder, prompt.as_deref())?;
    let tokens = Tokens::open(&model)?;
    Ok(ReadyModel { encoder: encoder(&model, engine, place, precision)?, model, tokens })
}

/// The one that was asked for.
fn encoder(
    model: &Model,
    engine: Engine,
    place: Place,
    precision: Precision,
) -> Result<Box<dyn Encoder>, EmbeddingError> {
    let is_packed = match engine {
        Engine::Packed if !place.is_processor() => {
            let what = "the fast engine is for processors; on a CUDA device `candle` computes".to_owned();
            return Err(EmbeddingError::Device { what });
        }
        Engine::Packed => true,
        Engine::Auto => place.is_processor() && PackedEncoder::takes(model),
        Engine::Candle => false,
    };
    if is_packed {
        return Ok(Box::new(PackedEncoder::open(model, Backend::detect(), precision)?));
    }
    if precision == Precision::Fast {
        return Err(EmbeddingError::FastOnReference);
    }
    let is_processor = place.is_processor();
    let encoder = CandleEncoder::open(model, place)?;
    Ok(if is_processor { Box::new(encoder) } else { Box::new(ModelThread::start(encoder)?) })
}

impl Embedder for LocalEmbedder {
    fn dimension(&self) -> usize {
        self.ready.width()
    }

    fn max_tokens(&self) -> Option<usize> {
        Some(self.ready.max_tokens())
    }

    fn texts_at_once(&self) -> usize {
        TEXTS_A_THREAD * self.pool.thread_count()
    }

    fn variant(&self) -> String {
        let (encoder, backend) = (self.ready.encoder.variant(), Backend::detect());
        // The order of a sum may change with the build, and with it the last digit.
        format!("{encoder} with {} on {backend:?}, {} {}", self.options, BUILD.version, BUILD.commit)
    }

    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError> {
        if cancel.is_cancelled() {
            return Err(EmbeddingError::Cancelled);
        }
        if texts.is_empty() {
            return Ok(Embeddings { dimension: self.dimension(), numbers: Vec::new(), lengths: Some(Vec::new()) });
        }
        let (different, places) = distinct(texts);
        let answer = self.pool.submit(&self.ready, different, self.urgency)?;
        let found = match block_on(cancel.run_until_cancelled(answer)) {
            None => return Err(EmbeddingError::Cancelled),
            Some(answered) => answered.unwrap_or(Err(EmbeddingError::Panicked))?,
        };
        Ok(if found.vectors().len() == texts.len() { found } else { spread(&found, &places) })
    }
}

/// Each text once, and which of them each text is.
fn distinct(texts: &[&str]) -> (Vec<String>, Vec<usize>) {
    let (mut different, mut known) = (Vec::new(), HashMap::with_capacity(texts.len()));
    let places = texts.iter().map(|text| {
        *known.entry(*text).or_insert_with(|| {
            different.push((*text).to_owned());
            different.len() - 1
        })
    });
    let places = places.collect();
    (different, places)
}

/// A vector for each place.
fn spread(found: &Embeddings, places: &[usize]) -> Embeddings {
    let width = found.dimension;
    Embeddings {
        dimension: width,
        numbers: places.iter().flat_map(|place| &found.numbers[place * width..][..width]).copied().collect(),
        lengths: found.lengths.as_ref().map(|lengths| places.iter().map(|place| lengths[*place]).collect()),
    }
}
