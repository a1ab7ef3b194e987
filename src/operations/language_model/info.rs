//! What a language model says about itself: the head of its file, and the answer to whoever asks.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::options::LanguageModelOptions;

/// How a language model was built, and how much is in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LanguageModelInfo {
    /// Version of textmill that built it.
    pub textmill: String,
    /// The table that it was built from.
    pub source: SourceInfo,
    /// Column of the texts.
    pub text_column: String,
    /// How it was built.
    pub options: LanguageModelOptions,
    /// Rows that were read.
    pub rows: u64,
    /// Rows without a word.
    pub rows_without_words: u64,
    /// Rows that can't be read.
    pub rows_rejected: u64,
    /// Where and why the first was rejected.
    pub first_reject: Option<String>,
    /// Texts, or sentences, that have words.
    pub units: u64,
    /// Words of all texts.
    pub words: u64,
    /// ... of which these are unknown, since they are too rare.
    pub unknown_words: u64,
    /// Different words that are known, without `<unk>`, `<s>` and `</s>`.
    pub vocabulary: u64,
    /// The n-grams, by their order from 1.
    pub orders: Vec<OrderInfo>,
    /// The co-occurrences; `null` where none were counted.
    pub cooccurrences: Option<CooccurrenceInfo>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SourceInfo {
    /// Name of the file.
    pub name: String,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size_bytes: u64,
}

/// The n-grams of an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OrderInfo {
    /// Words of each.
    pub order: u8,
    /// Different n-grams.
    pub ngrams: u64,
    /// ... that count 1, and 2: occurrences in the highest order, in the others different words before.
    pub once: u64,
    /// See `once`.
    pub twice: u64,
    /// What is taken from each count.
    pub discount: f64,
    /// Where that is from.
    pub discount_from: DiscountFrom,
}

/// Where a discount is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DiscountFrom {
    /// n1 / (n1 + 2 n2).
    Estimated,
    /// There is nothing to estimate it from: 0.75.
    Fallback,
    /// The options.
    Option,
    /// With a closed vocabulary nothing is taken from single words.
    ClosedVocabulary,
}

/// The co-occurrences.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct CooccurrenceInfo {
    /// Pairs of words: cells of the matrix that are not 0.
    pub pairs: u64,
    /// Sum of their counts.
    pub total: f64,
    /// Pairs that count less than `min_pair_count`, and are left out.
    pub pairs_left_out: u64,
}
