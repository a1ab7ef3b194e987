//! The threads that compute, and the one queue that they take work from.
//!
//! For: the texts of all callers and models, in batches, on as many threads as there are cores. Not for: what is computed
//! (`ready`), or what a caller is told over HTTP. The one decision: a thread that is free takes at once what waits; nobody
//! waits for a batch to fill. While all are busy the queue fills by itself, and the batches with it. Each thread computes
//! its batch alone: there are no barriers, and a thread that gets less of the processor does less.

mod order;
mod queue;
#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use tokio::sync::oneshot;

use self::order::{Ended, Item, Order, Outcome};
use self::queue::{Chunk, Queue, Work};
use super::batching::Batch;
use super::error::EmbeddingError;
use super::ready::ReadyModel;
use crate::core::telemetry::embedding::EmbeddingMetrics;

/// How soon somebody needs the vectors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody waits: refused at once when too much waits already.
    Interactive,
    /// Work that runs by itself: goes after what people wait for, and is never refused; its callers bring some at a time.
    Bulk,
}

/// How large a pool is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolSettings {
    /// Threads; 1 at least.
    pub threads: usize,
    /// Tokens of the interactive class that may wait; beyond them calls are refused.
    pub max_waiting_tokens: usize,
}

/// Threads that compute. They end when it is dropped.
pub struct Pool {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
    settings: PoolSettings,
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    metrics: EmbeddingMetrics,
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool").field("settings", &self.settings).finish_non_exhaustive()
    }
}

impl Pool {
    /// Starts the threads.
    ///
    /// # Errors
    /// When the system refuses one.
    pub fn start(settings: PoolSettings, metrics: EmbeddingMetrics) -> Result<Self, EmbeddingError> {
        let settings = PoolSettings { threads: settings.threads.max(1), ..settings };
        let queue = Mutex::new(Queue::new(settings.threads, settings.max_waiting_tokens));
        let shared = Arc::new(Shared { queue, wake: Condvar::new(), metrics });
        let pool = Self { shared, threads: Mutex::default(), settings };
        for number in 0..settings.threads {
            let shared = Arc::clone(&pool.shared);
            let thread = thread::Builder::new().name(format!("embed-{number}")).spawn(move || work(&shared));
            pool.threads().push(thread.map_err(EmbeddingError::Threads)?);
        }
        Ok(pool)
    }

    /// How many threads compute.
    pub fn thread_count(&self) -> usize {
        self.settings.threads
    }

    /// Queues texts, one at least. Whoever drops what comes back waits no longer: what has not begun then is not done.
    ///
    /// # Errors
    /// When too much waits already, or the pool is closed.
    pub(super) fn submit(
        &self,
        ready: &Arc<ReadyModel>,
        texts: Vec<String>,
        urgency: Urgency,
    ) -> Result<oneshot::Receiver<Outcome>, EmbeddingError> {
        let (order, answered) = Order::new(Arc::clone(ready), urgency, texts);
        let mut queue = self.shared.queue();
        let submitted = queue.submit(&order);
        self.shared.show(&queue);
        drop(queue);
        submitted.inspect_err(|_| self.shared.metrics.refused(urgency.name()))?;
        self.shared.wake.notify_one();
        Ok(answered)
    }

    /// Takes nothing any more, does what waits, and ends the threads. Blocks until they have ended.
    pub fn close(&self) {
        self.shared.queue().is_closed = true;
        self.shared.wake.notify_all();
        let threads = std::mem::take(&mut *self.threads());
        for thread in threads {
            // Whatever a thread could panic of is caught in it.
            let _ = thread.join();
        }
    }

    fn threads(&self) -> MutexGuard<'_, Vec<JoinHandle<()>>> {
        self.threads.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        self.close();
    }
}

impl Urgency {
    /// For labels.
    fn name(self) -> &'static str {
        match self {
            Self::Interactive => "interactive",
            Self::Bulk => "bulk",
        }
    }
}

/// The life of a thread.
fn work(shared: &Shared) {
    while let Some(work) = shared.next() {
        match work {
            Work::Tokenize(chunk) => shared.tokenize(&chunk),
            Work::Encode(batch) => shared.encode(&batch),
        }
    }
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn show(&self, queue: &Queue) {
        for urgency in [Urgency::Interactive, Urgency::Bulk] {
            self.metrics.set_waiting(urgency.name(), queue.waiting(urgency));
        }
    }

    /// Waits for something to do; `None`: nothing comes any more.
    fn next(&self) -> Option<Work> {
        let mut queue = self.queue();
        loop {
            if let Some(work) = queue.take() {
                self.show(&queue);
                // Whoever takes something wakes the next one, so that no more wake than there is to do.
                if queue.has_work() {
                    self.wake.notify_one();
                }
                return Some(work);
            }
            if queue.is_closed {
                return None;
            }
            queue = self.wake.wait(queue).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn tokenize(&self, chunk: &Chunk) {
        let order = &chunk.order;
        let item = |place: usize| -> Result<Item, EmbeddingError> {
            Ok(Item { order: Arc::clone(order), place, text: order.ready.tokenize(&order.texts[place])? })
        };
        let items = caught(|| chunk.places.clone().map(item).collect::<Result<Vec<_>, _>>());
        let mut queue = self.queue();
        match items {
            Ok(items) => queue.push(items),
            Err(error) => order.fail(error),
        }
        queue.finish(None);
        self.show(&queue);
    }

    fn encode(&self, batch: &[Item]) {
        let Some(first) = batch.first() else { return };
        let (ready, tokens, begun) = (&first.order.ready, batch.iter().map(Item::tokens).sum(), Instant::now());
        self.compute(batch);
        let took = begun.elapsed();
        self.metrics.batch_encoded(tokens, took);
        self.queue().finish(Some((ready, tokens, took)));
    }

    /// A batch that fails is tried again text by text, so that a bad one fails its own call only.
    fn compute(&self, batch: &[Item]) {
        match (vectors(batch), batch) {
            (Ok((vectors, width)), _) => {
                for (item, vector) in batch.iter().zip(vectors.chunks_exact(width)) {
                    if let Some(ended) = item.order.fill(item.place, item.text.length, vector) {
                        self.count(item.order.urgency, &ended);
                    }
                }
            }
            (Err(error), [item]) => item.order.fail(error),
            (Err(error), _) => {
                tracing::warn!(texts = batch.len(), %error, "a batch failed: its texts are tried one by one");
                let left = batch.chunks(1).filter(|one| one.iter().all(|item| !item.order.is_gone()));
                left.for_each(|one| self.compute(one));
            }
        }
    }

    fn count(&self, urgency: Urgency, ended: &Ended) {
        let Ended { took, tokens, texts, truncated } = *ended;
        self.metrics.answered(urgency.name(), took);
        self.metrics.embedded(texts, tokens, truncated);
    }
}

/// The vectors of a batch, and how long each is.
fn vectors(batch: &[Item]) -> Result<(Vec<f32>, usize), EmbeddingError> {
    let Some(first) = batch.first() else { return Ok((Vec::new(), 1)) };
    let (ready, texts) = (&first.order.ready, batch.iter().map(|item| item.text.ids.as_slice()).collect::<Vec<_>>());
    let vectors = caught(|| ready.vectors(Batch::of(&texts)))?;
    Ok((vectors, ready.width()))
}

/// A panic is a failure like others.
fn caught<T>(work: impl FnOnce() -> Result<T, EmbeddingError>) -> Result<T, EmbeddingError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or(Err(EmbeddingError::Panicked))
}
