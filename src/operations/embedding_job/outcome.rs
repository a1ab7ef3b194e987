//! What came of it, as plain data.

use serde::Serialize;

use super::options::VectorFormat;

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmbeddingOutcome {
    /// What was written.
    pub format: VectorFormat,
    /// Numbers of a vector.
    pub dimension: usize,
    /// Rows written, those without a text included.
    pub rows: u64,
    /// Rows without a text: they have no vector.
    pub rows_without_text: u64,
    /// Rows of the input that can't be read, and are not in the output.
    pub rows_rejected: u64,
    /// Where and why the first was rejected.
    pub first_reject: Option<String>,
    /// Tokens that were looked at, special ones included; `null` where the engine does not tell.
    pub tokens: Option<u64>,
    /// Texts of which only the beginning was looked at; `null` where the engine does not tell.
    pub texts_truncated: Option<u64>,
    /// Tokens of a text that are looked at; `null` where the engine does not tell.
    pub max_tokens: Option<usize>,
}
