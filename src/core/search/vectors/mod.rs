//! Records by their meaning: the nearest vectors.
//!
//! For: [`VectorIndex`], what an index of numbered vectors can do, and [`ExactIndex`], which does it in this process. Not
//! for: where vectors come from (`core::embeddings`), or metadata: whoever filters says which numbers are looked at, since
//! the text index knows, and there is one meaning of a filter. The one decision: every vector is compared. Up to some
//! millions of vectors that takes milliseconds, nothing is ever missed, and an index is a file of numbers that can be made
//! again at any time.
//!
//! `conformance` is the suite that every implementation passes, so that a server can be a second one.

#[cfg(test)]
pub(crate) mod conformance;
mod exact;
mod map;
mod nearest;
mod places;
mod scan;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::error::SearchIndexError;
pub use exact::ExactIndex;

/// How like each other two vectors are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The cosine of their angle, -1 to 1: lengths don't count, and a vector without length is like none (0).
    Cosine,
    /// Their dot product.
    Dot,
}

/// What vectors of an index have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Space {
    /// Numbers of a vector, at least 1.
    pub dimension: usize,
    /// How they are compared.
    pub metric: Metric,
}

impl std::fmt::Display for Space {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let metric = match self.metric {
            Metric::Cosine => "cosine",
            Metric::Dot => "dot product",
        };
        write!(f, "vectors of {} numbers, compared by {metric}", self.dimension)
    }
}

/// A vector and its number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point<'a> {
    /// What it is found by.
    pub id: u64,
    /// The vector.
    pub vector: &'a [f32],
}

/// Which points are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Selection<'a> {
    /// All of them.
    All,
    /// Those with these numbers, ascending, none twice; those that are not there are passed over.
    Ids(&'a [u64]),
}

/// A point that is near.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// Its number.
    pub id: u64,
    /// How like the vector that was asked for, by the index's metric.
    pub score: f32,
}

/// An index of numbered vectors. It is one of several that an engine may hold; which one is settled where the value is
/// made. Every call may wait for disk or network.
///
/// What was changed is seen, and outlives the process, after `flush`; before that it may be seen or not. One writer at a
/// time, any number of readers.
pub trait VectorIndex: Send + Sync {
    /// Makes the index if it is not there.
    ///
    /// # Errors
    /// When it is there for other vectors, or can't be made.
    fn ensure(&self, space: Space) -> Result<(), SearchIndexError>;

    /// Adds points; one of a number that is there is put in its place.
    ///
    /// # Errors
    /// When a vector has another dimension, or a number that is not finite (then no point of the call is added), or the
    /// index can't be changed.
    fn upsert(&self, points: &[Point<'_>]) -> Result<(), SearchIndexError>;

    /// Removes points.
    ///
    /// # Errors
    /// When the index can't be changed.
    fn delete(&self, which: Selection<'_>) -> Result<(), SearchIndexError>;

    /// The nearest points of each vector, nearest first, at most `limit`; of equally near ones the lowest number first.
    ///
    /// # Errors
    /// When a vector has another dimension, or a number that is not finite, or the index can't be read.
    fn search_many(
        &self,
        vectors: &[&[f32]],
        which: Selection<'_>,
        limit: usize,
    ) -> Result<Vec<Vec<Neighbour>>, SearchIndexError>;

    /// The nearest points of one vector: see [`VectorIndex::search_many`].
    ///
    /// # Errors
    /// The same.
    fn search(&self, vector: &[f32], which: Selection<'_>, limit: usize) -> Result<Vec<Neighbour>, SearchIndexError> {
        Ok(self.search_many(&[vector], which, limit)?.pop().unwrap_or_default())
    }

    /// A point's vector as the index compares it (for [`Metric::Cosine`] with length 1); `None` if it is not there.
    ///
    /// # Errors
    /// When the index can't be read.
    fn vector(&self, id: u64) -> Result<Option<Vec<f32>>, SearchIndexError>;

    /// How many points there are.
    ///
    /// # Errors
    /// When the index can't be read.
    fn count(&self, which: Selection<'_>) -> Result<u64, SearchIndexError>;

    /// Brings what was changed to the disk, and before the eyes of readers.
    ///
    /// # Errors
    /// When that fails; what was there before stays as it was.
    fn flush(&self) -> Result<(), SearchIndexError>;
}
