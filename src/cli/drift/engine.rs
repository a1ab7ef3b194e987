//! The model that a check of data asks for, out of the store.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::app;
use crate::cli::embed::engine::{Choice, EngineArgs};
use crate::cli::exit::CommandError;
use crate::config::Config;
use crate::core::embeddings::{LocalOptions, TokenCounter};
use crate::operations::drift::Engines;

/// What was found of the model; it is not read yet.
#[derive(Debug)]
pub(super) struct Wanted {
    choice: Choice,
    model: String,
    folder: PathBuf,
}

impl Wanted {
    /// Looks whether the model is there.
    ///
    /// # Errors
    /// When it is not in the store.
    pub(super) fn find(id: &str, config: &Config) -> Result<Self, CommandError> {
        let store = app::open_models(config)?;
        let choice = EngineArgs::stored(Some(id.to_owned())).choose(config)?;
        Ok(Self { choice, model: app::described_model(&store, id), folder: store.path(id)? })
    }

    /// Makes ready what checks need of it, on a thread that may block: weights only where vectors are made.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn open(self, makes_vectors: bool, cancel: &CancellationToken) -> Result<Engines, CommandError> {
        let max_tokens = TokenCounter::most_tokens(&self.folder)?;
        let open = || self.choice.open(&LocalOptions::default(), cancel);
        let embedder = makes_vectors.then(open).transpose()?.map(|engine| engine.embedder);
        Ok(Engines { embedder, max_tokens: Some(max_tokens), model: Some(self.model), model_folder: Some(self.folder) })
    }
}
