//! The models of the store that are in memory, for whoever names one.
//!
//! For: a service and its jobs, which share models and threads. Not for: bringing models into the store. The one decision: a
//! model is read when somebody first names it, and the store is asked each time, so that a model that was fetched, replaced
//! or removed meanwhile is what the next call finds.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::cache::{CacheSettings, CachedEmbedder, EmbeddingCache};
use super::error::EmbeddingError;
use super::pool::{Pool, PoolSettings, Urgency};
use super::{Embedder, LocalEmbedder, LocalOptions};
use crate::core::failure::{Code, Fails};
use crate::core::models::{ModelError, ModelStore};
use crate::core::telemetry::embedding::EmbeddingMetrics;

/// Models in memory, and the threads that they are computed on. Cheap to clone.
#[derive(Debug, Clone)]
pub struct LoadedModels {
    store: ModelStore,
    /// The model of those who name none.
    default_model: Arc<str>,
    pool: Arc<Pool>,
    models: Arc<Mutex<BTreeMap<String, Place>>>,
    cache: Option<Arc<Kept>>,
}

/// Where vectors for jobs are kept; opened when the first job needs it.
#[derive(Debug)]
struct Kept {
    settings: CacheSettings,
    cache: OnceLock<Arc<EmbeddingCache>>,
}

/// Where a model is, or will be: whoever comes first reads it, and the others wait for that.
type Place = Arc<Mutex<Option<Loaded>>>;

#[derive(Debug)]
struct Loaded {
    folder: PathBuf,
    embedder: LocalEmbedder,
}

/// A model that somebody named.
#[derive(Clone)]
pub struct NamedModel {
    /// Its own name.
    pub id: String,
    /// Makes its vectors.
    pub embedder: Arc<dyn Embedder>,
}

/// A model can't be had.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Nobody knows it, or it is not in the store.
    #[error(transparent)]
    Store(#[from] ModelError),
    /// It is there, and can't be used. Why names paths, which not everybody need know: it is in the log.
    #[error("the model `{id}` can't be used")]
    Unusable {
        /// Which.
        id: String,
        /// Why.
        source: EmbeddingError,
    },
}

impl Fails for LoadError {
    fn code(&self) -> Code {
        match self {
            Self::Store(error) => error.code(),
            Self::Unusable { .. } => Code::NotReady,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Store(error) => error.hint(),
            Self::Unusable { id, .. } => {
                Some(format!("`textmill model verify {id}` tells whether its files are right; the log tells more"))
            }
        }
    }
}

impl LoadedModels {
    /// No model yet; starts the threads.
    ///
    /// # Errors
    /// When the catalogue has no `default_model`, or the system refuses a thread.
    pub fn new(
        store: ModelStore,
        default_model: &str,
        settings: PoolSettings,
        metrics: EmbeddingMetrics,
    ) -> Result<Self, LoadError> {
        let id = store.catalogue().get(default_model)?.id.clone();
        let pool = Pool::start(settings, metrics);
        let pool = Arc::new(pool.map_err(|source| LoadError::Unusable { id: id.clone(), source })?);
        Ok(Self { store, default_model: id.into(), pool, models: Arc::default(), cache: None })
    }

    /// Keeps the vectors that jobs ask for: who asks again has them. Those for people are few, and not kept.
    #[must_use]
    pub fn keeping(self, settings: Option<CacheSettings>) -> Self {
        let cache = settings.map(|settings| Arc::new(Kept { settings, cache: OnceLock::new() }));
        Self { cache, ..self }
    }

    /// The store that they are read from.
    pub fn store(&self) -> &ModelStore {
        &self.store
    }

    /// The id of the model of those who name none.
    pub fn default_model(&self) -> &str {
        &self.default_model
    }

    /// The model of this name, or the default one. Blocks while it is read.
    ///
    /// # Errors
    /// When the catalogue does not have it, it is not in the store, or it can't be used.
    pub fn get(&self, name: Option<&str>, urgency: Urgency) -> Result<NamedModel, LoadError> {
        let entry = self.store.catalogue().get(name.unwrap_or(&self.default_model))?;
        let id = entry.id.clone();
        let folder = self.store.path(&id).inspect_err(|_| drop(self.models().remove(&id)))?;
        let place = Arc::clone(self.models().entry(id.clone()).or_default());
        let mut loaded = place.lock().unwrap_or_else(PoisonError::into_inner);
        let embedder = match loaded.as_ref() {
            Some(known) if known.folder == folder => known.embedder.clone(),
            _ => {
                let embedder = self.read(&id, &folder)?;
                *loaded = Some(Loaded { folder, embedder: embedder.clone() });
                embedder
            }
        };
        let embedder: Arc<dyn Embedder> = Arc::new(embedder.with_urgency(urgency));
        let embedder = match self.cache.as_ref().filter(|_| urgency == Urgency::Bulk) {
            Some(kept) => Arc::new(CachedEmbedder::new(embedder, &entry.digest(), kept.open())),
            None => embedder,
        };
        Ok(NamedModel { id, embedder })
    }

    /// Ids of the models in memory, sorted.
    pub fn ids(&self) -> Vec<String> {
        let is_loaded = |place: &Place| place.try_lock().is_ok_and(|loaded| loaded.is_some());
        self.models().iter().filter(|(_, place)| is_loaded(place)).map(|(id, _)| id.clone()).collect()
    }

    /// Takes nothing any more and does what waits. Blocks until that is done.
    pub fn close(&self) {
        self.pool.close();
    }

    fn read(&self, id: &str, folder: &std::path::Path) -> Result<LocalEmbedder, LoadError> {
        let begun = std::time::Instant::now();
        match LocalEmbedder::on(&self.pool, folder, LocalOptions::default()) {
            Ok(embedder) => {
                tracing::info!(model = id, took_ms = begun.elapsed().as_millis(), "a model was read");
                Ok(embedder)
            }
            Err(source) => {
                tracing::error!(model = id, error = %source, "a model can't be used");
                Err(LoadError::Unusable { id: id.to_owned(), source })
            }
        }
    }

    fn models(&self) -> MutexGuard<'_, BTreeMap<String, Place>> {
        self.models.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn open(&self) -> Arc<EmbeddingCache> {
        let open = || Arc::new(EmbeddingCache::open(self.settings.clone()));
        Arc::clone(self.cache.get_or_init(open))
    }
}
