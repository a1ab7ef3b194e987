//! Texts into tokens.
//!
//! For: `tokenizer.json`, with the model's own longest text. Not for: batches. The one decision: padding and truncation
//! of the file are not used: files say what was convenient when they were written (MiniLM's pads every text to 128).

use std::path::Path;

use tokenizers::{PreTokenizerWrapper, Tokenizer, TruncationParams};

use super::TextLength;
use super::error::EmbeddingError;

/// Characters for each token that are looked at first, where a text may be longer than the model reads.
const LETTERS_A_TOKEN: usize = 32;

/// Makes tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    tokenizer: Tokenizer,
    max_tokens: usize,
    /// Whether blanks part words for good, so that the beginning of a text has the tokens that the text begins with.
    is_cut_at_blanks: bool,
}

/// A text as the model reads it.
#[derive(Debug, Clone)]
pub(super) struct Tokenized {
    /// The tokens, special ones included.
    pub(super) ids: Vec<u32>,
    /// How many, and whether there were more.
    pub(super) length: TextLength,
}

impl Tokens {
    /// Reads `tokenizer.json` in the folder.
    ///
    /// # Errors
    /// When it is not there, is not as it should be, or makes tokens that the model does not know.
    pub(super) fn open(folder: &Path, max_tokens: usize, known: usize) -> Result<Self, EmbeddingError> {
        let path = folder.join("tokenizer.json");
        let bytes = std::fs::read(&path).map_err(EmbeddingError::read(&path))?;
        let mut tokenizer = Tokenizer::from_bytes(&bytes).map_err(|error| EmbeddingError::malformed(&path, error))?;
        let largest = tokenizer.get_vocab(true).into_values().max().unwrap_or_default();
        if largest as usize >= known {
            return Err(EmbeddingError::malformed(&path, format!("token {largest} is beyond the model's {known}")));
        }
        // Special tokens alone would fill it, and the tokenizer subtracts without looking.
        let least = tokenizer.encode_fast("", true).map_err(failed)?.len();
        if max_tokens <= least {
            return Err(EmbeddingError::malformed(&path, format!("{max_tokens} tokens leave no room for a text")));
        }
        let truncation = TruncationParams { max_length: max_tokens, ..TruncationParams::default() };
        tokenizer.with_truncation(Some(truncation)).map_err(failed)?.with_padding(None);
        let is_cut_at_blanks = matches!(tokenizer.get_pre_tokenizer(), Some(PreTokenizerWrapper::BertPreTokenizer(_)));
        Ok(Self { tokenizer, max_tokens, is_cut_at_blanks })
    }

    /// The tokens of a text. Of a text that is far too long only the beginning is looked at.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub(super) fn of(&self, text: &str) -> Result<Tokenized, EmbeddingError> {
        let mut letters = self.max_tokens.saturating_mul(LETTERS_A_TOKEN);
        while self.is_cut_at_blanks && letters < text.len() {
            if let Some(beginning) = until_blank(text, letters) {
                let found = self.whole(beginning)?;
                if found.length.is_truncated {
                    return Ok(found);
                }
            }
            letters = letters.saturating_mul(2);
        }
        self.whole(text)
    }

    fn whole(&self, text: &str) -> Result<Tokenized, EmbeddingError> {
        let encoding = self.tokenizer.encode_fast(text, true).map_err(failed)?;
        let is_truncated = !encoding.get_overflowing().is_empty();
        let ids = encoding.get_ids().to_vec();
        Ok(Tokenized { length: TextLength { tokens: ids.len(), is_truncated }, ids })
    }
}

/// The text up to the last blank among so many bytes.
fn until_blank(text: &str, bytes: usize) -> Option<&str> {
    let end = text.as_bytes().get(..bytes)?.iter().rposition(|byte| matches!(byte, b' ' | b'\n' | b'\t'))?;
    text.get(..end)
}

fn failed(error: tokenizers::Error) -> EmbeddingError {
    EmbeddingError::Tokenizer { what: error.to_string() }
}
