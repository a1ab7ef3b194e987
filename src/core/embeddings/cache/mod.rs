//! Vectors that were computed before.
//!
//! For: [`CachedEmbedder`], which asks another embedder for new texts only, and [`EmbeddingCache`], the file in which all
//! processes of a user keep what was computed. Not for: deciding whether there is a cache; whoever opens an embedder does.
//! The one decision: a cache never costs a run. What can't be read is computed, what can't be written is forgotten, and a
//! broken file is set aside; somebody is told, and nobody fails.
//!
//! Memory: the texts' digests and vectors of one call.

mod error;
mod identity;
mod store;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::error::EmbeddingError;
use super::{Embedder, Embeddings, TextLength};
use error::CacheError;
pub use identity::digest_of_folder;
use identity::{Key, ModelKey};
use store::{Known, Store};

/// Where a cache lies and how large it becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CacheSettings {
    /// The folder; made when it is not there.
    pub dir: PathBuf,
    /// Bytes of the file, at most. Beside it lies a journal of some MiB while it is in use.
    pub max_bytes: u64,
}

/// How many texts were known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct CacheCounts {
    /// Texts whose vectors were there, or were computed for an equal text of the same call.
    pub hits: u64,
    /// Texts that were computed.
    pub misses: u64,
}

/// The vectors of all models, on disk. Every process has its own, on the same file.
#[derive(Debug)]
pub struct EmbeddingCache {
    settings: CacheSettings,
    /// `None` once there is no hope.
    store: Mutex<Option<Store>>,
    trouble: Mutex<Option<String>>,
}

impl EmbeddingCache {
    /// Opens the file, or makes it. Where that fails, nothing is found in it: see [`EmbeddingCache::trouble`].
    pub fn open(settings: CacheSettings) -> Self {
        let cache = Self { settings, store: Mutex::new(None), trouble: Mutex::new(None) };
        let opened = Store::open(&cache.settings).or_else(|error| cache.recover(&error));
        if let Err(error) = opened.map(|store| *cache.locked() = Some(store)) {
            cache.tell(format!("{error}: every text is computed"));
        }
        cache
    }

    /// The first thing that went wrong, for people: `None` while nothing did.
    pub fn trouble(&self) -> Option<String> {
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn find(&self, keys: &[Key]) -> HashMap<Key, Known> {
        self.with(|store| store.find(keys)).unwrap_or_default()
    }

    fn put(&self, entries: &[(Key, Known)]) {
        self.with(|store| store.put(entries));
    }

    fn with<T>(&self, work: impl FnOnce(&mut Store) -> Result<T, CacheError>) -> Option<T> {
        let mut store = self.locked();
        match work(store.as_mut()?) {
            Ok(done) => Some(done),
            Err(error) if error.is_busy() => {
                tracing::debug!(%error, "the cache of embeddings is passed over once");
                None
            }
            Err(error) => {
                *store = None;
                match self.recover(&error) {
                    Ok(anew) => *store = Some(anew),
                    Err(error) => self.tell(format!("{error}: further texts are computed")),
                }
                None
            }
        }
    }

    /// A new file in the place of a broken one.
    fn recover(&self, why: &CacheError) -> Result<Store, CacheError> {
        if !why.is_broken() {
            return Err(why.clone());
        }
        let aside = Store::set_aside(&self.settings)?;
        let store = Store::open(&self.settings)?;
        self.tell(format!("{why}: it was moved to `{}`, and a new one begins", aside.display()));
        Ok(store)
    }

    fn tell(&self, trouble: String) {
        tracing::warn!(trouble, "the cache of embeddings does not work");
        self.trouble.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(trouble);
    }

    fn locked(&self) -> MutexGuard<'_, Option<Store>> {
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An embedder that computes what is not known yet. A text has the vector that the embedder would give it, bit by bit.
pub struct CachedEmbedder {
    inner: Arc<dyn Embedder>,
    cache: Arc<EmbeddingCache>,
    model: ModelKey,
    hits: AtomicU64,
    misses: AtomicU64,
}

impl std::fmt::Debug for CachedEmbedder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CachedEmbedder").field("cache", &self.cache).finish_non_exhaustive()
    }
}

impl CachedEmbedder {
    /// Puts a cache before an embedder. `files` is the digest of the model's files: that of the catalogue, or
    /// [`digest_of_folder`]; a server's model has none.
    pub fn new(inner: Arc<dyn Embedder>, files: &str, cache: Arc<EmbeddingCache>) -> Self {
        let model = ModelKey::of(files, &inner.variant(), inner.dimension());
        Self { inner, cache, model, hits: AtomicU64::new(0), misses: AtomicU64::new(0) }
    }

    /// How many texts were known so far.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts { hits: self.hits.load(Ordering::Relaxed), misses: self.misses.load(Ordering::Relaxed) }
    }

    /// The first thing that went wrong with the cache.
    pub fn trouble(&self) -> Option<String> {
        self.cache.trouble()
    }

    /// Computes the texts of the places and keeps their vectors.
    fn compute(
        &self,
        texts: &[&str],
        keys: &[Key],
        places: &[usize],
        cancel: &CancellationToken,
    ) -> Result<Vec<(Key, Known)>, EmbeddingError> {
        if places.is_empty() {
            return Ok(Vec::new());
        }
        let new: Vec<&str> = places.iter().map(|place| texts[*place]).collect();
        let computed = self.inner.embed(&new, cancel)?;
        let mut lengths = computed.lengths.iter().flatten().copied();
        let entries = places.iter().zip(computed.vectors()).map(|(place, vector)| {
            let known = Known { numbers: vector.to_vec(), length: lengths.next() };
            (keys[*place], known)
        });
        let entries: Vec<_> = entries.collect();
        self.cache.put(&entries);
        Ok(entries)
    }
}

impl Embedder for CachedEmbedder {
    fn dimension(&self) -> usize {
        self.inner.dimension()
    }

    fn max_tokens(&self) -> Option<usize> {
        self.inner.max_tokens()
    }

    fn texts_at_once(&self) -> usize {
        self.inner.texts_at_once()
    }

    fn variant(&self) -> String {
        self.inner.variant()
    }

    fn embed(&self, texts: &[&str], cancel: &CancellationToken) -> Result<Embeddings, EmbeddingError> {
        let keys: Vec<Key> = texts.iter().map(|text| self.model.key(text)).collect();
        // Each once, where it stands first.
        let mut first = HashMap::with_capacity(keys.len());
        let mut distinct = Vec::with_capacity(keys.len());
        for (place, key) in keys.iter().enumerate() {
            if let Entry::Vacant(vacant) = first.entry(*key) {
                vacant.insert(place);
                distinct.push(*key);
            }
        }
        let mut known = self.cache.find(&distinct);
        let missing: Vec<usize> =
            distinct.iter().filter(|key| !known.contains_key(*key)).map(|key| first[key]).collect();
        known.extend(self.compute(texts, &keys, &missing, cancel)?);
        self.misses.fetch_add(missing.len() as u64, Ordering::Relaxed);
        self.hits.fetch_add((texts.len() - missing.len()) as u64, Ordering::Relaxed);
        Ok(in_order(self.dimension(), &keys, &known))
    }
}

fn in_order(dimension: usize, keys: &[Key], known: &HashMap<Key, Known>) -> Embeddings {
    let mut numbers = Vec::with_capacity(keys.len() * dimension);
    let mut lengths: Option<Vec<TextLength>> = Some(Vec::with_capacity(keys.len()));
    for found in keys.iter().filter_map(|key| known.get(key)) {
        numbers.extend_from_slice(&found.numbers);
        lengths = lengths.zip(found.length).map(|(mut all, one)| {
            all.push(one);
            all
        });
    }
    Embeddings { dimension, numbers, lengths }
}
