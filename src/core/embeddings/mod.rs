//! Vectors out of texts.
//!
//! For: who turns texts into vectors ([`Embedder`]), and the engine that does it in this process ([`LocalEmbedder`]).
//! Not for: where models come from, or what vectors are used for. The one decision: a text's vector depends on the text
//! and the model alone, never on the texts beside it, so that vectors can be cached and compared.
//!
//! - `model` reads what a folder says about its model, `config` its encoder's sizes, `weights` its numbers; `tokens` makes
//!   tokens of texts.
//! - `candle` is the reference encoder for all families and devices, `packed` the fast one on `kernels`, whose rows
//!   `pooling` makes vectors of. `device` alone knows where is computed.
//! - `ready` is a model with all of that, `pool` the threads that compute and the queue that they take work from,
//!   `batching` decides which texts go through together, and `local` is the contract on top.
//! - `loaded` keeps the models of the store that somebody named.
//! - `unit` brings vectors to length 1, for those who compare them.
//! - `remote` asks a server instead. `cache` keeps vectors on disk, whoever computed them.

mod batching;
mod cache;
mod candle;
mod config;
mod counting;
mod device;
mod error;
mod kernels;
mod loaded;
mod local;
mod model;
mod packed;
mod pool;
mod pooling;
mod ready;
mod remote;
#[cfg(test)]
pub(crate) mod tests;
mod tokens;
mod unit;
mod weights;

use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

pub use cache::{CacheCounts, CacheSettings, CachedEmbedder, EmbeddingCache, digest_of_folder};
pub use counting::{ReadText, TokenCounter};
pub use device::{Device, Dtype};
pub use error::EmbeddingError;
pub(crate) use kernels::dot_products;
pub use loaded::{LoadError, LoadedModels, NamedModel};
pub use local::{Engine, LocalEmbedder, LocalOptions};
pub use pool::{Pool, PoolSettings, Urgency};
pub use remote::{ApiKey, RemoteCounts, RemoteEmbedder, RemoteError, RemoteSettings};
pub use unit::{cosine, unit_vectors};

/// How exactly an encoder computes.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema, clap::ValueEnum,
)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// In `f32`: what others compute, to the sixth digit
    #[default]
    Full,
    /// Weights and their inputs in 16 bits: faster, and the same to the third digit
    Fast,
}

/// Turns texts into vectors. How soon somebody needs them ([`Urgency`]) is a property of the embedder, not of a call: who
/// holds one for people and one for jobs holds two, and whatever is laid around them need not know.
pub trait Embedder: Send + Sync {
    /// Numbers of a vector.
    fn dimension(&self) -> usize;

    /// Tokens of a text that are looked at, special ones included; `None` where the engine does not tell.
    fn max_tokens(&self) -> Option<usize>;

    /// Texts that are best given at once by those who have many: enough to keep the engine busy, few enough to follow it.
    fn texts_at_once(&self) -> usize;

    /// What decides the numbers besides the files of the model: engine, precision and build, or a server and its model.
    /// Where it and the files are equal, a text has the same vector, bit by bit.
    fn variant(&self) -> String;

    /// A vector for each text, in their order. The empty text has one, too. Blocks: call it on a thread that may.
    ///
    /// # Errors
    /// When the engine fails, too much waits already, or `cancel` was cancelled.
    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError>;
}

/// Vectors of some texts.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Embeddings {
    /// Numbers of a vector.
    pub dimension: usize,
    /// One vector after another.
    pub numbers: Vec<f32>,
    /// How long each text was; `None` where the engine does not tell.
    pub lengths: Option<Vec<TextLength>>,
}

/// How long a text was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextLength {
    /// Tokens that were looked at, special ones included.
    pub tokens: usize,
    /// Whether there were more.
    pub is_truncated: bool,
}

impl Embeddings {
    /// The vectors, one after another.
    pub fn vectors(&self) -> impl ExactSizeIterator<Item = &[f32]> + DoubleEndedIterator {
        self.numbers.chunks_exact(self.dimension.max(1))
    }
}

/// Makes vectors of tokens: what all engines do.
trait Encoder: Send + Sync {
    /// A vector for each text of the batch, one after another.
    fn vectors(&self, batch: batching::Batch<'_>, pooling: pooling::Pooling) -> Result<Vec<f32>, EmbeddingError>;

    /// How much goes through at once.
    fn budget(&self) -> batching::Budget;

    /// How many callers at once keep it busy, where there are so many threads.
    fn callers(&self, threads: usize) -> usize;

    /// What of it decides the numbers.
    fn variant(&self) -> String;
}
