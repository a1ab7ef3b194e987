//! What checks may need beside the data: a model.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::core::embeddings::Embedder;

/// What checks may need beside the data; the caller opens what the options ask for.
#[derive(Clone, Default)]
pub struct Engines {
    /// Makes vectors of texts.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// Most tokens that the model reads of a text, special ones included.
    pub max_tokens: Option<usize>,
    /// The model of the embedder and its revision.
    pub model: Option<String>,
    /// Folder of the model, where its tokenizer lies.
    pub model_folder: Option<PathBuf>,
}

impl fmt::Debug for Engines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engines").field("model", &self.model).finish_non_exhaustive()
    }
}
