//! The model that a check of data asks for, out of the store.

use std::path::PathBuf;

use tokio_util::sync::CancellationToken;

use crate::app;
use crate::cli::embed::engine::{Choice, EngineArgs};
use crate::cli::exit::CommandError;
use crate::config::Config;
use crate::core::embeddings::LocalOptions;
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

    /// Makes it ready, on a thread that may block.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn open(self, cancel: &CancellationToken) -> Result<Engines, CommandError> {
        let engine = self.choice.open(&LocalOptions::default(), cancel)?;
        Ok(Engines { embedder: Some(engine.embedder), model: Some(self.model), model_folder: Some(self.folder) })
    }
}
