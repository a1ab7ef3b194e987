//! What is indexed of a record, and under which version of that.

use sha2::{Digest as _, Sha256};
use tantivy::schema::{FAST, Field, INDEXED, IndexRecordOption, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::TokenizerManager;
use tantivy::{Index, Term};

use super::tokens::{StemTokens, WordTokens};

/// Changes with everything that makes other terms of the same text.
pub(super) const FORMAT: u32 = 1;
/// Bytes of the head of an index that say what it consists of.
pub(super) const HEAD_FILE: &str = "index.json";

const WORDS: &str = "words";
const STEMS: &str = "stems";
pub(super) const ORDINAL: &str = "ordinal";
const LABELS: &str = "labels";

/// The fields of every index.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    /// Words as they are written, with their places.
    pub(super) words: Field,
    /// Their stems.
    pub(super) stems: Field,
    /// The number of the record.
    pub(super) ordinal: Field,
    /// What a record can be filtered by, as digests.
    pub(super) labels: Field,
}

/// The schema of every index.
pub(super) fn schema() -> (Schema, Fields) {
    let text = |tokenizer: &str, option| {
        TextOptions::default()
            .set_indexing_options(TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(option))
    };
    let mut schema = Schema::builder();
    let fields = Fields {
        words: schema.add_text_field(WORDS, text(WORDS, IndexRecordOption::WithFreqsAndPositions)),
        stems: schema.add_text_field(STEMS, text(STEMS, IndexRecordOption::WithFreqs)),
        ordinal: schema.add_u64_field(ORDINAL, FAST),
        labels: schema.add_u64_field(LABELS, INDEXED),
    };
    (schema.build(), fields)
}

/// Gives an index its tokenizers.
pub(super) fn with_tokenizers(mut index: Index) -> Index {
    let tokenizers = TokenizerManager::default();
    tokenizers.register(WORDS, WordTokens::default());
    tokenizers.register(STEMS, StemTokens::new());
    index.set_tokenizers(tokenizers);
    index
}

impl Fields {
    /// The term of a label.
    pub(super) fn label(self, name: &str, value: &str) -> Term {
        Term::from_field_u64(self.labels, label(name, value))
    }
}

/// Name and value in eight bytes: whatever their length, a label costs no more, and two that meet are not to be expected.
pub(super) fn label(name: &str, value: &str) -> u64 {
    let mut hasher = Sha256::new();
    hasher.update((name.len() as u64).to_le_bytes());
    hasher.update(name);
    hasher.update(value);
    let digest: [u8; 32] = hasher.finalize().into();
    digest.first_chunk().map_or(0, |first| u64::from_le_bytes(*first))
}
