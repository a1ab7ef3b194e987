//! What labels may need beside the table: a knowledge base, a model.

use std::fmt;
use std::sync::Arc;

use crate::core::embeddings::Embedder;
use crate::operations::knowledge_base::KnowledgeBase;

/// What labels may need beside the table; the caller opens what the options ask for.
#[derive(Default)]
pub struct Engines<'a> {
    /// The knowledge base of `label_by_concepts`.
    pub base: Option<&'a KnowledgeBase>,
    /// Tells meanings: for `label_by_meaning`, and for concepts that are found by meaning.
    pub embedder: Option<Arc<dyn Embedder>>,
    /// The model of the embedder and its revision, for the card.
    pub model: Option<String>,
}

impl fmt::Debug for Engines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engines").field("model", &self.model).finish_non_exhaustive()
    }
}
