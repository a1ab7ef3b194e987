//! Which engine makes the vectors of `textmill embed`.
//!
//! The one decision: a model that is not here is never fetched along the way. Whoever embeds says what it is that must be
//! fetched first, with `textmill model pull`.

use std::path::PathBuf;

use clap::Args;

use crate::app;
use crate::cli::exit::CommandError;
use crate::config::Config;
use crate::core::embeddings::{Embedder, LocalEmbedder};
use crate::operations::embedding_job::EmbeddingOptions;

/// What embeds.
#[derive(Debug, Clone, Args)]
pub(super) struct EngineArgs {
    /// Model of the store, by its id; `textmill model list` shows them
    #[arg(long, value_name = "ID", default_value = "all-MiniLM-L6-v2")]
    model: String,
    /// Folder of a model instead: config.json, tokenizer.json, model.safetensors
    #[arg(long, value_name = "DIR", conflicts_with = "model")]
    model_dir: Option<PathBuf>,
}

/// What was found of what was asked for.
#[derive(Debug)]
pub(super) struct Choice {
    folder: PathBuf,
}

impl EngineArgs {
    /// Looks whether it is there.
    ///
    /// # Errors
    /// When the model is not in the store.
    pub(super) fn choose(&self, config: &Config) -> Result<Choice, CommandError> {
        let folder = match &self.model_dir {
            Some(folder) => folder.clone(),
            None => app::open_models(config)?.path(&self.model)?,
        };
        Ok(Choice { folder })
    }
}

impl Choice {
    /// Makes it ready, on a thread that may block.
    ///
    /// # Errors
    /// When the model can't be read.
    pub(super) fn open(self, options: &EmbeddingOptions) -> Result<Box<dyn Embedder>, CommandError> {
        Ok(Box::new(LocalEmbedder::open(&self.folder, options.local())?))
    }
}
