//! Vectors of length 1, whose product is their cosine.

use tokio_util::sync::CancellationToken;

use super::{Embedder, EmbeddingError};

/// A vector of length 1 for each text, one after another; some texts at a time.
///
/// # Errors
/// When the embedder fails, or it was cancelled.
pub fn unit_vectors(
    embedder: &dyn Embedder,
    texts: &[&str],
    cancel: &CancellationToken,
) -> Result<Vec<f32>, EmbeddingError> {
    let mut all = Vec::with_capacity(texts.len() * embedder.dimension());
    for some in texts.chunks(embedder.texts_at_once().max(1)) {
        let found = embedder.embed(some, cancel)?;
        for vector in found.vectors() {
            let length = cosine(vector, vector).sqrt().max(f32::MIN_POSITIVE);
            all.extend(vector.iter().map(|number| number / length));
        }
    }
    Ok(all)
}

/// The cosine of two vectors of length 1.
pub fn cosine(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
