//! Which engine makes the vectors of `textmill embed`, and what it counts.
//!
//! The one decision: nothing goes over the network unasked. A model that is not here is not fetched along the way, and a
//! server is asked with `--remote` alone, whatever the settings say.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use crate::app;
use crate::cli::exit::CommandError;
use crate::config::Config;
use crate::core::embeddings::{
    CacheCounts, CacheSettings, CachedEmbedder, Embedder, EmbeddingCache, LocalEmbedder, LocalOptions, RemoteCounts,
    RemoteEmbedder, RemoteSettings, digest_of_folder,
};
use crate::core::failure::{Code, Failure};
use crate::core::models::DEFAULT_MODEL;

/// What embeds.
#[derive(Debug, Clone, Args)]
pub(in crate::cli) struct EngineArgs {
    /// Model of the store, by its id; `textmill model list` shows them [default: all-MiniLM-L6-v2]
    #[arg(long, value_name = "ID")]
    model: Option<String>,
    /// Folder of a model instead: config.json, tokenizer.json, model.safetensors
    #[arg(long, value_name = "DIR", conflicts_with = "model")]
    model_dir: Option<PathBuf>,
    /// Send the texts to the server of `embeddings.remote_url` instead, for its model `--model`
    /// [default: `embeddings.remote_model`]
    #[arg(long, conflicts_with_all = ["model_dir", "engine", "device", "dtype", "prompt", "threads"])]
    remote: bool,
    /// Compute every text, and keep no vector
    #[arg(long)]
    no_cache: bool,
}

/// What was found of what was asked for.
#[derive(Debug)]
pub(in crate::cli) struct Choice {
    engine: Chosen,
    cache: Option<CacheSettings>,
}

#[derive(Debug)]
enum Chosen {
    /// A model of the store, with the catalogue's digest of its files.
    Stored { folder: PathBuf, digest: String },
    /// Any folder.
    Folder(PathBuf),
    /// A server.
    Remote(Box<RemoteSettings>),
}

/// Something that embeds, and counts.
pub(in crate::cli) struct Engine {
    pub(in crate::cli) embedder: Arc<dyn Embedder>,
    cached: Option<Arc<CachedEmbedder>>,
    remote: Option<Arc<RemoteEmbedder>>,
}

/// What an engine counted.
#[derive(Debug, Clone, Default, Serialize)]
pub(in crate::cli) struct EngineReport {
    /// Texts that were known; `null` without a cache.
    pub(in crate::cli) cache: Option<CacheCounts>,
    /// What a server was asked; `null` where none was.
    pub(in crate::cli) remote: Option<RemoteCounts>,
    /// What went wrong with the cache.
    #[serde(skip)]
    pub(in crate::cli) trouble: Option<String>,
}

impl EngineArgs {
    /// A model of the store, or the default one; vectors are kept.
    pub(in crate::cli) fn stored(model: Option<String>) -> Self {
        Self { model, model_dir: None, remote: false, no_cache: false }
    }

    /// Looks whether it is there.
    ///
    /// # Errors
    /// When the model is not in the store, or the settings name no server.
    pub(in crate::cli) fn choose(&self, config: &Config) -> Result<Choice, CommandError> {
        let cache = app::cache_settings(config).filter(|_| !self.no_cache);
        Ok(Choice { engine: self.chosen(config)?, cache })
    }

    fn chosen(&self, config: &Config) -> Result<Chosen, CommandError> {
        if self.remote {
            return Ok(Chosen::Remote(Box::new(app::remote_settings(config, self.model.as_deref())?)));
        }
        if let Some(folder) = &self.model_dir {
            return Ok(Chosen::Folder(folder.clone()));
        }
        let (store, model) = (app::open_models(config)?, self.model.as_deref().unwrap_or(DEFAULT_MODEL));
        Ok(Chosen::Stored { folder: store.path(model)?, digest: store.catalogue().get(model)?.digest() })
    }
}

impl Choice {
    /// Makes it ready, on a thread that may block.
    ///
    /// # Errors
    /// When the model can't be read, or the server does not answer.
    pub(in crate::cli) fn open(
        self,
        options: &LocalOptions,
        cancel: &CancellationToken,
    ) -> Result<Engine, CommandError> {
        let local = |folder: &PathBuf| LocalEmbedder::open(folder, options.clone()).map(Arc::new);
        let (embedder, remote): (Arc<dyn Embedder>, _) = match &self.engine {
            Chosen::Stored { folder, .. } | Chosen::Folder(folder) => (local(folder)?, None),
            Chosen::Remote(settings) => {
                let remote = Arc::new(RemoteEmbedder::open(settings.as_ref().clone(), cancel)?);
                (Arc::<RemoteEmbedder>::clone(&remote), Some(remote))
            }
        };
        let Some(settings) = self.cache else { return Ok(Engine { embedder, cached: None, remote }) };
        let digest = self.engine.digest()?;
        let cached = Arc::new(CachedEmbedder::new(embedder, &digest, Arc::new(EmbeddingCache::open(settings))));
        let embedder: Arc<dyn Embedder> = Arc::<CachedEmbedder>::clone(&cached);
        Ok(Engine { embedder, cached: Some(cached), remote })
    }
}

impl Chosen {
    /// Of the model's files; a server's model has none.
    fn digest(self) -> Result<String, Failure> {
        match self {
            Self::Stored { digest, .. } => Ok(digest),
            Self::Remote(_) => Ok(String::new()),
            Self::Folder(folder) => digest_of_folder(&folder).map_err(|error| {
                Failure::new(Code::StorageFailure, format!("can't read `{}`: {error}", folder.display()))
            }),
        }
    }
}

impl Engine {
    /// What it counted so far.
    pub(in crate::cli) fn report(&self) -> EngineReport {
        let cached = self.cached.as_deref();
        EngineReport {
            cache: cached.map(CachedEmbedder::counts),
            remote: self.remote.as_deref().map(RemoteEmbedder::counts),
            trouble: cached.and_then(CachedEmbedder::trouble),
        }
    }
}
