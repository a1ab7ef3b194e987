//! How many tokens a text has, and which of it has none, for those who cut texts to the length that a model reads, or want to
//! know what it can't read.
//!
//! Not for: making vectors (`tokens`). The one decision: a tokenizer alone is read, of a folder that need not hold weights,
//! and special tokens are not counted, since they belong to what a text is sent in.

use std::ops::Range;
use std::path::Path;

use tokenizers::{ModelWrapper, Tokenizer};

use super::error::EmbeddingError;
use super::model::Model;

/// Counts the tokens of a model.
#[derive(Debug)]
pub struct TokenCounter {
    tokenizer: Tokenizer,
    /// The token of whatever has none.
    unknown: Option<u32>,
}

/// What a model reads of a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadText {
    /// Its tokens, special ones left out.
    pub tokens: usize,
    /// Bytes that stand behind tokens of what has none.
    pub unknown: Vec<Range<usize>>,
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
        let unknown = unknown_token(&tokenizer);
        Ok(Self { tokenizer, unknown })
    }

    /// Most tokens that the model in a folder reads of a text, special ones included.
    ///
    /// # Errors
    /// When a file of the model is missing, is not as it should be, or asks for what is not supported.
    pub fn most_tokens(folder: &Path) -> Result<usize, EmbeddingError> {
        Ok(Model::open(folder, None)?.max_tokens)
    }

    /// The tokens of a text, special ones left out.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn count(&self, text: &str) -> Result<usize, EmbeddingError> {
        Ok(self.tokenizer.encode_fast(text, false).map_err(failed)?.len())
    }

    /// The tokens of a text, special ones left out, and what of it has none.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn read(&self, text: &str) -> Result<ReadText, EmbeddingError> {
        // Places cost half as much again, and few texts have something without a token.
        let quick = self.tokenizer.encode_fast(text, false).map_err(failed)?;
        if !quick.get_ids().iter().any(|id| Some(*id) == self.unknown) {
            return Ok(ReadText { tokens: quick.len(), unknown: Vec::new() });
        }
        let encoding = self.tokenizer.encode(text, false).map_err(failed)?;
        let places = encoding.get_ids().iter().zip(encoding.get_offsets());
        let unknown = places.filter(|(id, _)| Some(**id) == self.unknown).map(|(_, (begin, end))| *begin..*end);
        Ok(ReadText { tokens: encoding.len(), unknown: unknown.collect() })
    }

    /// Special tokens that every text is sent in.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub fn special_tokens(&self) -> Result<usize, EmbeddingError> {
        Ok(self.tokenizer.encode_fast("", true).map_err(failed)?.len())
    }
}

fn unknown_token(tokenizer: &Tokenizer) -> Option<u32> {
    match tokenizer.get_model() {
        ModelWrapper::WordPiece(model) => tokenizer.token_to_id(&model.unk_token),
        ModelWrapper::WordLevel(model) => tokenizer.token_to_id(&model.unk_token),
        ModelWrapper::BPE(model) => model.unk_token.as_deref().and_then(|token| tokenizer.token_to_id(token)),
        // Its number is not told; all models of this kind have it under one of these names.
        ModelWrapper::Unigram(_) => ["<unk>", "[UNK]"].iter().find_map(|token| tokenizer.token_to_id(token)),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn failed(error: tokenizers::Error) -> EmbeddingError {
    EmbeddingError::Tokenizer { what: error.to_string() }
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
