//! The engine of this process: a model out of a folder, on the threads of this machine.
//!
//! For: tokens, batches, threads. Not for: what an encoder computes. The one decision: each thread takes one batch after
//! another and computes it alone. There are no barriers, and a thread that gets less of the processor does less.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use tokio_util::sync::CancellationToken;

use super::batching::{Batch, Batches};
use super::candle::CandleEncoder;
use super::error::EmbeddingError;
use super::kernels::Backend;
use super::model::Model;
use super::packed::PackedEncoder;
use super::pooling::Pooling;
use super::tokens::{Tokenized, Tokens};
use super::{Embedder, Embeddings, Encoder, Precision};

/// Texts that a thread makes tokens of at once.
const TEXTS_AT_ONCE: usize = 16;

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
    /// How exactly.
    pub precision: Precision,
}

/// A model that is ready.
pub struct LocalEmbedder {
    model: Model,
    tokens: Tokens,
    encoder: Box<dyn Encoder>,
    threads: usize,
}

impl std::fmt::Debug for LocalEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LocalEmbedder").field("model", &self.model).finish_non_exhaustive()
    }
}

impl LocalEmbedder {
    /// Reads a model: `config.json`, `tokenizer.json`, `model.safetensors`, and what sentence-transformers adds.
    ///
    /// # Errors
    /// When a file is missing, is not as it should be, or asks for what is not supported.
    pub fn open(folder: &Path, options: LocalOptions) -> Result<Self, EmbeddingError> {
        let model = Model::open(folder)?;
        let tokens = Tokens::open(folder, model.max_tokens, model.config.vocab_size)?;
        let is_taken = PackedEncoder::takes(&model);
        let precision = options.precision;
        let encoder: Box<dyn Encoder> = match options.engine {
            Engine::Auto | Engine::Packed if is_taken => {
                Box::new(PackedEncoder::open(&model, Backend::detect(), precision)?)
            }
            Engine::Auto | Engine::Candle if precision == Precision::Fast => {
                return Err(EmbeddingError::FastOnReference);
            }
            Engine::Auto | Engine::Candle => Box::new(CandleEncoder::open(&model)?),
            Engine::Packed => {
                let what =
                    format!("`hidden_act` \"{}\" where the fast engine has \"gelu\" alone", model.config.hidden_act);
                return Err(EmbeddingError::unsupported(what));
            }
        };
        let cores = || thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = options.threads.unwrap_or_else(cores).max(1);
        Ok(Self { model, tokens, encoder, threads })
    }

    /// The fast engine on these kernels.
    #[cfg(test)]
    pub(super) fn on_backend(folder: &Path, backend: Backend, precision: Precision) -> Result<Self, EmbeddingError> {
        let model = Model::open(folder)?;
        let tokens = Tokens::open(folder, model.max_tokens, model.config.vocab_size)?;
        Ok(Self { encoder: Box::new(PackedEncoder::open(&model, backend, precision)?), model, tokens, threads: 2 })
    }

    /// Threads that it computes on.
    pub fn threads(&self) -> usize {
        self.threads
    }

    fn tokenize(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Vec<Tokenized>, EmbeddingError> {
        let pieces: Vec<_> = texts.chunks(TEXTS_AT_ONCE).collect();
        let work =
            |number: usize| pieces[number].iter().map(|text| self.tokens.of(text)).collect::<Result<Vec<_>, _>>();
        let mut done = shared(pieces.len(), self.threads, cancel, &work)?;
        done.sort_unstable_by_key(|(piece, _)| *piece);
        Ok(done.into_iter().flat_map(|(_, texts)| texts).collect())
    }

    fn vectors(&self, batch: Batch<'_>) -> Result<Vec<f32>, EmbeddingError> {
        let Pooling { width, .. } = self.model.pooling;
        let mut hidden = Vec::new();
        self.encoder.encode(batch, &mut hidden)?;
        let mut vectors = vec![0.0; batch.members().len() * width];
        let mut rows = hidden.as_slice();
        for (sequence, vector) in batch.sequences().zip(vectors.chunks_exact_mut(width)) {
            let (own, rest) = rows.split_at(sequence.len() * width);
            self.model.pooling.pool(own, vector);
            rows = rest;
        }
        Ok(vectors)
    }
}

impl Embedder for LocalEmbedder {
    fn dimension(&self) -> usize {
        self.model.pooling.width
    }

    fn max_tokens(&self) -> usize {
        self.model.max_tokens
    }

    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError> {
        let width = self.dimension();
        let tokenized = self.tokenize(texts, cancel)?;
        let batches = Batches::of(&tokenized);
        let threads = if self.encoder.is_parallel() { 1 } else { self.threads };
        let done = shared(batches.count(), threads, cancel, &|number| self.vectors(batches.get(number)))?;
        let mut numbers = vec![0.0; texts.len() * width];
        for (number, vectors) in done {
            for (text, vector) in batches.get(number).members().iter().zip(vectors.chunks_exact(width)) {
                numbers[text * width..][..width].copy_from_slice(vector);
            }
        }
        Ok(Embeddings { dimension: width, numbers, lengths: tokenized.iter().map(|text| text.length).collect() })
    }
}

/// Does `count` pieces of work on some threads; each result with its number, in any order.
fn shared<T: Send>(
    count: usize,
    threads: usize,
    cancel: &CancellationToken,
    work: &(impl Fn(usize) -> Result<T, EmbeddingError> + Sync),
) -> Result<Vec<(usize, T)>, EmbeddingError> {
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::with_capacity(count)));
    let run = || -> Result<(), EmbeddingError> {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= count {
                return Ok(());
            }
            if cancel.is_cancelled() {
                return Err(EmbeddingError::Cancelled);
            }
            let result = work(number).inspect_err(|_| next.store(count, Ordering::Relaxed))?;
            done.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
        }
    };
    let helpers = threads.min(count).saturating_sub(1);
    thread::scope(|scope| {
        let helpers: Vec<_> = (0..helpers).map(|_| scope.spawn(run)).collect();
        let own = run();
        let joined = helpers.into_iter().map(|helper| helper.join().unwrap_or(Err(EmbeddingError::Panicked)));
        joined.fold(own, |all, one| all.and(one))
    })?;
    Ok(done.into_inner().unwrap_or_else(PoisonError::into_inner))
}
