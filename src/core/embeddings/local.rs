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
use super::error::EmbeddingError;
use super::kernels::Backend;
use super::model::Model;
use super::packed::PackedEncoder;
use super::pool::{Pool, PoolSettings, Urgency};
use super::ready::ReadyModel;
use super::tokens::Tokens;
use super::{Embedder, Embeddings, Encoder};
use crate::core::telemetry::embedding::EmbeddingMetrics;

/// Which encoder computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Engine {
    /// The fast one where it takes the model, else the reference.
    #[default]
    Auto,
    /// The fast one.
    Packed,
    /// The reference, on candle.
    Candle,
}

/// How a model is run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LocalOptions {
    /// Which encoder computes.
    pub engine: Engine,
    /// Threads; `None`: as many as there are cores.
    pub threads: Option<usize>,
}

/// A model that is ready, and where it is computed. Cheap to clone.
#[derive(Clone)]
pub struct LocalEmbedder {
    ready: Arc<ReadyModel>,
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
    /// When a file is missing, is not as it should be, or asks for what is not supported.
    pub fn open(folder: &Path, options: LocalOptions) -> Result<Self, EmbeddingError> {
        let ready = Arc::new(ready(folder, options)?);
        let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = options.threads.unwrap_or_else(cores);
        // What one caller brings is bounded by the caller.
        let settings = PoolSettings { threads, max_waiting_tokens: usize::MAX };
        let pool = Arc::new(Pool::start(settings, EmbeddingMetrics::default())?);
        Ok(Self { ready, pool, urgency: Urgency::Bulk })
    }

    /// As [`LocalEmbedder::open`], on threads that are there; `options.threads` does not count.
    ///
    /// # Errors
    /// As [`LocalEmbedder::open`].
    pub fn on(
        pool: &Arc<Pool>,
        folder: &Path,
        options: LocalOptions,
        urgency: Urgency,
    ) -> Result<Self, EmbeddingError> {
        Ok(Self { ready: Arc::new(ready(folder, options)?), pool: Arc::clone(pool), urgency })
    }

    /// The same model for others.
    #[must_use]
    pub fn with_urgency(self, urgency: Urgency) -> Self {
        Self { urgency, ..self }
    }

    /// The fast engine on these kernels.
    #[cfg(test)]
    pub(super) fn on_backend(folder: &Path, backend: Backend) -> Result<Self, EmbeddingError> {
        let model = Model::open(folder)?;
        let encoder = Box::new(PackedEncoder::open(&model, backend)?);
        let tokens = Tokens::open(folder, model.max_tokens, model.config.vocab_size)?;
        let pool = Pool::start(PoolSettings { threads: 2, max_waiting_tokens: 0 }, EmbeddingMetrics::default())?;
        let ready = Arc::new(ReadyModel { model, tokens, encoder });
        Ok(Self { ready, pool: Arc::new(pool), urgency: Urgency::Bulk })
    }

    /// Threads that it computes on.
    pub fn threads(&self) -> usize {
        self.pool.thread_count()
    }
}

fn ready(folder: &Path, options: LocalOptions) -> Result<ReadyModel, EmbeddingError> {
    let model = Model::open(folder)?;
    let tokens = Tokens::open(folder, model.max_tokens, model.config.vocab_size)?;
    let is_taken = PackedEncoder::takes(&model);
    let encoder: Box<dyn Encoder> = match options.engine {
        Engine::Auto | Engine::Packed if is_taken => Box::new(PackedEncoder::open(&model, Backend::detect())?),
        Engine::Auto | Engine::Candle => Box::new(CandleEncoder::open(&model)?),
        Engine::Packed => {
            let what = format!("`hidden_act` \"{}\" where the fast engine has \"gelu\" alone", model.config.hidden_act);
            return Err(EmbeddingError::unsupported(what));
        }
    };
    Ok(ReadyModel { model, tokens, encoder })
}

impl Embedder for LocalEmbedder {
    fn dimension(&self) -> usize {
        self.ready.width()
    }

    fn max_tokens(&self) -> usize {
        self.ready.max_tokens()
    }

    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError> {
        if cancel.is_cancelled() {
            return Err(EmbeddingError::Cancelled);
        }
        if texts.is_empty() {
            return Ok(Embeddings { dimension: self.dimension(), ..Embeddings::default() });
        }
        let (different, places) = distinct(texts);
        let answer = self.pool.submit(&self.ready, different, self.urgency)?;
        let found = match block_on(cancel.run_until_cancelled(answer)) {
            None => return Err(EmbeddingError::Cancelled),
            Some(answered) => answered.unwrap_or(Err(EmbeddingError::Panicked))?,
        };
        Ok(if found.lengths.len() == texts.len() { found } else { spread(&found, &places) })
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
        lengths: places.iter().map(|place| found.lengths[*place]).collect(),
    }
}
