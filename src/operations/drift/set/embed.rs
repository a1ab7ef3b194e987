//! Vectors for the texts of a set.

use std::collections::HashMap;

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
        // Texts that are there several times are embedded once.
        let mut numbers_of: HashMap<&str, usize> = HashMap::new();
        let mut texts: Vec<&str> = Vec::new();
        let mut which = Vec::with_capacity(places.len());
        for text in places.iter().filter_map(|place| self.text(*place)) {
            which.push(*numbers_of.entry(text).or_insert_with(|| {
                texts.push(text);
                texts.len() - 1
            }));
        }
        let dimension = embedder.dimension();
        let mut vectors = Vec::with_capacity(texts.len() * dimension);
        for some in texts.chunks(embedder.texts_at_once().max(1)) {
            vectors.extend(embedder.embed(some, cancel)?.numbers);
        }
        let numbers =
            which.iter().flat_map(|text| &vectors[text * dimension..(text + 1) * dimension]).copied().collect();
        self.vectors = Some(Vectors { places, dimension, numbers });
        Ok(())
    }
}
