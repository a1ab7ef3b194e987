//! What was found, as plain data.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::options::SearchMode;
use crate::core::search::text::Highlights;
use crate::operations::knowledge_base::record::Record;

/// What was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchOutcome {
    /// How it was searched: other than asked for where that could not be done.
    pub mode: SearchMode,
    /// Why it was not searched as asked; `null` if it was.
    pub note: Option<String>,
    /// Records that have a word of the query and all its phrases; `null` where words don't count.
    pub matches: Option<u64>,
    /// The best records, best first.
    pub items: Vec<SearchHit>,
}

/// A record that was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SearchHit {
    /// The record.
    pub record: Record,
    /// What results are ordered by: of `text` its BM25, of `meaning` its cosine, of `hybrid` the sum of 1 / (60 + rank) over
    /// both lists. Only scores of one answer can be compared.
    pub score: f64,
    /// Its place by words; `null` if it is not among them.
    pub text: Option<Placing>,
    /// Its place by meaning; `null` if it is not among them.
    pub meaning: Option<Placing>,
    /// The piece of its content that shows why.
    pub highlights: Highlights,
}

/// A place in one of the lists that an answer is made of.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Placing {
    /// The place, from 1.
    pub rank: u64,
    /// BM25, or the cosine.
    pub score: f64,
}
