//! What a model's tokenizer reads of the texts of a set.
//!
//! The one decision: each different text is read once, for all checks that ask; a run has one model.

use std::path::Path;

use rayon::prelude::*;

use super::Set;
use crate::core::embeddings::{EmbeddingError, ReadText, TokenCounter};

/// What was read of each different text.
#[derive(Debug, Default)]
pub(in crate::operations::drift) struct Tokens {
    /// Special tokens that every text is sent in.
    pub(in crate::operations::drift) special: usize,
    of_texts: Vec<ReadText>,
}

impl Set {
    /// What the tokenizer in a model's folder reads of the texts.
    ///
    /// # Errors
    /// When it can't be read, or fails.
    pub(in crate::operations::drift) fn tokens(&self, model_folder: &Path) -> Result<&Tokens, EmbeddingError> {
        if let Some(tokens) = self.computed.tokens.get() {
            return Ok(tokens);
        }
        let counter = TokenCounter::open(model_folder)?;
        let read = |place: &usize| counter.read(self.texts.value(*place));
        let of_texts = self.distinct().places.par_iter().with_min_len(16).map(read).collect::<Result<_, _>>()?;
        let tokens = Tokens { special: counter.special_tokens()?, of_texts };
        Ok(self.computed.tokens.get_or_init(|| tokens))
    }

    /// What was read of the text of the row at a place; `None` where it is missing.
    pub(in crate::operations::drift) fn read_text<'t>(&self, tokens: &'t Tokens, place: usize) -> Option<&'t ReadText> {
        let text = self.distinct().of_row[place]?;
        tokens.of_texts.get(text as usize)
    }
}
