//! How many tokens a text has, for those who cut texts to the length that a model reads.
//!
//! Not for: making vectors (`tokens`). The one decision: a tokenizer alone is read, of a folder that need not hold weights,
//! and special tokens are not counted, since they belong to what a text is sent in.

use std::path::Path;

use tokenizers::Tokenizer;

use super::error::EmbeddingError;

/// Counts the tokens of a model.
#[derive(Debug)]
pub struct TokenCounter {
    tokenizer: Tokenizer,
}

impl TokenCounter {
    /// Reads `tokenizer.json` in a model's folder.
    ///
    /// # Errors
    /// When it is not there, or not as it should be.
    pub fn open(folder: &Path) -> Result<Self, EmbeddingError> {
        let path = folder.join("tokenizer.json");
        let bytes = std::fs::read(&path).map_err(EmbeddingError::read(&path))?;
        let mut tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| EmbeddingError::malformed(&path, error))?;
        let without = tokenizer.with_truncation(None).map(|tokenizer| tokenizer.with_padding(None));
        without.map_err(|error| EmbeddingError::malformed(&path, error))?;
        Ok(Self { tokenizer })
    }

    /// The tokens of a text, special ones left out.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn count(&self, text: &str) -> Result<usize, EmbeddingError> {
        let encoding = self.tokenizer.encode_fast(text, false);
        encoding.map(|encoding| encoding.len()).map_err(|error| EmbeddingError::Tokenizer { what: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::tiny_model::TinyModel;
    use super::*;

    #[test]
    fn tokens_are_counted_beyond_what_the_model_reads() {
        let folder = tempfile::tempdir().unwrap();
        TinyModel::default().write(folder.path());
        let counter = TokenCounter::open(folder.path()).unwrap();
        assert_eq!(counter.count("").unwrap(), 0);
        assert_eq!(counter.count(&"steel ".repeat(5_000)).unwrap(), 5_000);
        assert!(TokenCounter::open(&folder.path().join("nowhere")).is_err());
    }
}
