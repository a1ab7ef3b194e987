//! Texts into tokens.
//!
//! For: `tokenizer.json`, with the model's own longest text. Not for: batches. The one decision: padding and truncation
//! of the file are not used: files say what was convenient when they were written (MiniLM's pads every text to 128).

use tokenizers::{PreTokenizerWrapper, Tokenizer, TruncationParams};

use super::TextLength;
use super::error::EmbeddingError;
use super::model::Model;

/// Characters for each token that are looked at first, where a text may be longer than the model reads.
const LETTERS_A_TOKEN: usize = 32;

/// Makes tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    tokenizer: Tokenizer,
    /// Tokens of a text that are looked at.
    most: usize,
    /// What stands before every text.
    prompt: String,
    /// Characters that part words for good, so that the beginning of a text has the tokens that the text begins with.
    blanks: &'static [u8],
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
    /// Reads `tokenizer.json` in the model's folder.
    ///
    /// # Errors
    /// When it is not there, is not as it should be, or makes tokens that the model does not know.
    pub(super) fn open(model: &Model) -> Result<Self, EmbeddingError> {
        let (max_tokens, known) = (model.max_tokens, model.config.vocab_size);
        let path = model.folder.join("tokenizer.json");
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
        let blanks = tokenizer.get_pre_tokenizer().map_or(NONE, blanks);
        Ok(Self { tokenizer, most: max_tokens, prompt: model.prompt.clone(), blanks })
    }

    /// The tokens of a text. Of a text that is far too long only the beginning is looked at.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub(super) fn of(&self, text: &str) -> Result<Tokenized, EmbeddingError> {
        if self.prompt.is_empty() {
            return self.beginning(text);
        }
        self.beginning(&format!("{}{text}", self.prompt))
    }

    fn beginning(&self, text: &str) -> Result<Tokenized, EmbeddingError> {
        let mut letters = self.most.saturating_mul(LETTERS_A_TOKEN);
        while !self.blanks.is_empty() && letters < text.len() {
            if let Some(beginning) = until_blank(text, letters, self.blanks) {
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

const NONE: &[u8] = b"";

/// Characters behind which no piece goes on. That a piece may begin with one does no harm: what is looked at ends before it.
fn blanks(pre_tokenizer: &PreTokenizerWrapper) -> &'static [u8] {
    match pre_tokenizer {
        PreTokenizerWrapper::BertPreTokenizer(_)
        | PreTokenizerWrapper::WhitespaceSplit(_)
        | PreTokenizerWrapper::Whitespace(_) => b" \n\t",
        PreTokenizerWrapper::ByteLevel(bytes) if bytes.use_regex => b" \n\t",
        PreTokenizerWrapper::Metaspace(metaspace) if metaspace.get_split() => b" ",
        PreTokenizerWrapper::Sequence(parts) => {
            parts.as_ref().iter().map(blanks).find(|blanks| !blanks.is_empty()).unwrap_or(NONE)
        }
        _ => NONE,
    }
}

/// The text up to the last blank among so many bytes.
fn until_blank<'a>(text: &'a str, bytes: usize, blanks: &[u8]) -> Option<&'a str> {
    let end = text.as_bytes().get(..bytes)?.iter().rposition(|byte| blanks.contains(byte))?;
    text.get(..end)
}

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` gives it")]
fn failed(error: tokenizers::Error) -> EmbeddingError {
    EmbeddingError::Tokenizer { what: error.to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::tests::tiny_model::{MAX_TOKENS, TinyModel};
    use super::*;

    /// The tiny model's tokens with another way to part words; words in the forms that it gives them.
    fn tokens(pre_tokenizer: &Value) -> Tokens {
        let folder = tempfile::tempdir().unwrap();
        TinyModel::default().write(folder.path());
        let path = folder.path().join("tokenizer.json");
        let mut file: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
        file["pre_tokenizer"] = pre_tokenizer.clone();
        let words = file["model"]["vocab"].as_object_mut().unwrap();
        for (word, other) in [("steel", "▁tree"), ("wood", "Ġtree"), ("wind", "▁cat"), ("power", "Ġcat")] {
            let id = words.remove(word).unwrap();
            words.insert(other.to_owned(), id);
        }
        std::fs::write(path, file.to_string()).unwrap();
        Tokens::open(&Model::open(folder.path(), None).unwrap()).unwrap()
    }

    #[test]
    fn the_beginning_of_a_long_text_has_the_tokens_of_the_whole() {
        let bytes = json!({ "type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": true });
        let marked = json!({ "type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": true });
        let both = json!({ "type": "Sequence", "pretokenizers": [{ "type": "WhitespaceSplit" }, marked] });
        for (pre_tokenizer, blanks) in
            [(json!({ "type": "BertPreTokenizer" }), 3), (bytes, 3), (marked.clone(), 1), (both, 3)]
        {
            let tokens = tokens(&pre_tokenizer);
            assert_eq!(tokens.blanks.len(), blanks, "{pre_tokenizer}");
            for part in ["tree cat  ", "tree\ncat\t ", "cat tree,  \n"] {
                let long = part.repeat(4_000);
                let (found, whole) = (tokens.of(&long).unwrap(), tokens.whole(&long).unwrap());
                assert_eq!((&found.ids, found.length), (&whole.ids, whole.length), "{pre_tokenizer} {part:?}");
                assert_eq!((found.ids.len(), found.length.is_truncated), (MAX_TOKENS, true));
            }
        }
    }
}
