//! What a client gets.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use utoipa::ToSchema;

use super::request::EncodingFormat;
use crate::core::embeddings::Embeddings;

/// Vectors of the texts of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct EmbeddingList {
    /// Always `list`.
    #[schema(pattern = "^list$")]
    object: &'static str,
    /// A vector for each text, in their order.
    data: Vec<EmbeddingView>,
    /// The model that made them.
    #[schema(example = "all-MiniLM-L6-v2")]
    model: String,
    /// What was computed.
    usage: EmbeddingUsage,
    /// Places of texts that are longer than the model reads: of them only the beginning was looked at.
    truncated: Vec<usize>,
}

/// The vector of a text.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct EmbeddingView {
    /// Always `embedding`.
    #[schema(pattern = "^embedding$")]
    object: &'static str,
    /// Place of the text in the request.
    index: usize,
    /// The vector.
    embedding: EmbeddingVector,
}

/// A vector, as `encoding_format` asks for it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(untagged)]
enum EmbeddingVector {
    /// The numbers.
    Float(Vec<f32>),
    /// The numbers as 32-bit floats, little end first, in Base64.
    Base64(String),
}

/// How much was computed.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
struct EmbeddingUsage {
    /// Tokens of all texts that were looked at, special ones included.
    prompt_tokens: usize,
    /// The same: nothing else is computed.
    total_tokens: usize,
}

impl EmbeddingList {
    pub(super) fn of(model: String, found: &Embeddings, format: EncodingFormat) -> Self {
        let view = |(index, vector)| EmbeddingView { object: "embedding", index, embedding: encoded(vector, format) };
        let lengths = found.lengths.as_deref().unwrap_or_default();
        let tokens = lengths.iter().map(|length| length.tokens).sum();
        let truncated = lengths.iter().enumerate().filter(|(_, length)| length.is_truncated);
        Self {
            object: "list",
            data: found.vectors().enumerate().map(view).collect(),
            model,
            usage: EmbeddingUsage { prompt_tokens: tokens, total_tokens: tokens },
            truncated: truncated.map(|(place, _)| place).collect(),
        }
    }
}

fn encoded(vector: &[f32], format: EncodingFormat) -> EmbeddingVector {
    match format {
        EncodingFormat::Float => EmbeddingVector::Float(vector.to_vec()),
        EncodingFormat::Base64 => {
            let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
            EmbeddingVector::Base64(STANDARD.encode(bytes))
        }
    }
}
