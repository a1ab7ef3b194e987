//! Vectors for the texts of a set.

use tokio_util::sync::CancellationToken;

use super::sample::sampled;
use super::{Set, Vectors};
use crate::core::embeddings::Embedder;
use crate::operations::drift::error::DriftError;

impl Set {
    /// Makes vectors of the texts, of at most `most` rows; a set that has some keeps them.
    ///
    /// # Errors
    /// When the embedder fails, or somebody said stop.
    pub(in crate::operations::drift) fn embed(
        &mut self,
        embedder: &dyn Embedder,
        (most, seed): (u64, u64),
        cancel: &CancellationToken,
    ) -> Result<(), DriftError> {
        if self.vectors.is_some() {
            return Ok(());
        }
        let places = sampled(self, usize::try_from(most).unwrap_or(usize::MAX), seed);
        let mut numbers = Vec::with_capacity(places.len() * embedder.dimension());
        for some in places.chunks(embedder.texts_at_once().max(1)) {
            let texts: Vec<&str> = some.iter().filter_map(|place| self.text(*place)).collect();
            numbers.extend(embedder.embed(&texts, cancel)?.numbers);
        }
        self.vectors = Some(Vectors { places, dimension: embedder.dimension(), numbers });
        Ok(())
    }
}
