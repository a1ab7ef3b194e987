//! Finding records: by words, by meaning, or by both.
//!
//! For: a query and what is to be looked at in, records with scores and highlights out. Not for: the indexes
//! (`core::search`), or making them ([`super::index`]). The one decision: scores of words and cosines can't be compared,
//! places can: both lists are fused by the places that a record has in them (reciprocal rank fusion), and an answer says
//! them, so that everybody sees why a record is where it is.

mod error;
mod fusion;
mod open_bases;
mod options;
mod outcome;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::index::{IndexedModel, TEXT_FOLDER, VECTORS_FOLDER, label_of};
use super::name::KnowledgeBaseName;
use super::store::{KnowledgeBase, KnowledgeBases};
use crate::core::embeddings::Embedder;
use crate::core::failure::Failure;
use crate::core::search::text::{TextFilter, TextIndex, TextQuery};
use crate::core::search::vectors::{ExactIndex, Selection, VectorIndex};
pub use error::KnowledgeBaseSearchError;
use fusion::{Ranked, fused};
pub use open_bases::SearchableBases;
pub use options::{MOST_RESULTS, SearchMode, SearchOptions};
pub use outcome::{Placing, SearchHit, SearchOutcome};

/// Places of each list that count, at least: a record that is far down in both may still be the best of all.
const DEPTH: usize = 100;
/// Code points of a piece that is shown.
const PIECE: usize = 240;

/// Brings the embedder of a model, by its id.
pub type Embedders<'a> = &'a dyn Fn(&str) -> Result<Arc<dyn Embedder>, Failure>;

/// A knowledge base and its indexes, open. It stays as it is when a new generation is built; many may ask it at once.
#[derive(Debug)]
pub struct SearchableBase {
    base: KnowledgeBase,
    text: TextIndex,
    meaning: Option<(IndexedModel, ExactIndex)>,
}

impl SearchableBase {
    /// Opens the current generation. Reads next to nothing: milliseconds.
    ///
    /// # Errors
    /// When there is no such base, or it is not what was written.
    pub fn open(bases: &KnowledgeBases, name: &KnowledgeBaseName) -> Result<Self, KnowledgeBaseSearchError> {
        loop {
            let base = bases.open(name)?;
            let folder = base.folder().to_owned();
            match Self::of(base) {
                // A build may have replaced it between the two looks.
                Err(_) if bases.open(name)?.folder() != folder => {}
                other => return other,
            }
        }
    }

    fn of(base: KnowledgeBase) -> Result<Self, KnowledgeBaseSearchError> {
        let text = TextIndex::open(&base.folder().join(TEXT_FOLDER))?;
        let folder = base.folder().join(VECTORS_FOLDER);
        let meaning = match IndexedModel::read(&folder)? {
            Some(model) => Some((model, ExactIndex::open(&folder)?)),
            None => None,
        };
        Ok(Self { base, text, meaning })
    }

    /// The knowledge base.
    pub fn base(&self) -> &KnowledgeBase {
        &self.base
    }

    /// The model of its index by meaning; `None` if it has none.
    pub fn model(&self) -> Option<&IndexedModel> {
        self.meaning.as_ref().map(|(model, _)| model)
    }

    /// Its index by meaning, by the places of records.
    pub fn vectors(&self) -> Option<&dyn VectorIndex> {
        self.meaning.as_ref().map(|(_, index)| index as &dyn VectorIndex)
    }

    /// Finds records. An embedder is asked for only where a query's meaning is.
    ///
    /// # Errors
    /// When a filter is none, the base has no index by meaning and nothing else was asked for, its model is not there or
    /// fails, an index is not what was written, or the search was cancelled.
    pub fn search(
        &self,
        query: &str,
        options: &SearchOptions,
        embedders: Embedders<'_>,
        cancel: &CancellationToken,
    ) -> Result<SearchOutcome, KnowledgeBaseSearchError> {
        let asked = Asked { words: TextQuery::parse(query), filter: filter_of(options)?, options };
        let Way { mode, note, vector } = self.way_of(query, options.mode, embedders, cancel)?;
        let by_words = if mode == SearchMode::Meaning { Vec::new() } else { self.by_words(&asked)? };
        let by_meaning = match &vector {
            Some(vector) => self.by_meaning(vector, &asked)?,
            None => Vec::new(),
        };
        let mut items = Vec::new();
        for found in fused(mode, &by_words, &by_meaning).into_iter().take(options.k) {
            if let Some(record) = self.base.record(found.ordinal)? {
                let highlights = asked.words.highlights(&record.content, PIECE);
                let Ranked { score, text, meaning, .. } = found;
                items.push(SearchHit { record, score, text, meaning, highlights });
            }
        }
        let matches = match mode {
            SearchMode::Meaning => None,
            _ => Some(self.text.count(&asked.words, &asked.filter)?),
        };
        Ok(SearchOutcome { mode, note, matches, items })
    }

    /// What can be done of what was asked for.
    fn way_of(
        &self,
        query: &str,
        mode: SearchMode,
        embedders: Embedders<'_>,
        cancel: &CancellationToken,
    ) -> Result<Way, KnowledgeBaseSearchError> {
        if mode == SearchMode::Text || query.trim().is_empty() {
            return Ok(Way { mode, note: None, vector: None });
        }
        let found = self.vector_of(query, embedders, cancel);
        match (found, mode) {
            (Ok(vector), _) => Ok(Way { mode, note: None, vector: Some(vector) }),
            (Err(error), SearchMode::Hybrid) if error.is_without_meaning() => {
                let note = Some(format!("found by words only: {error}"));
                Ok(Way { mode: SearchMode::Text, note, vector: None })
            }
            (Err(error), _) => Err(error),
        }
    }

    fn vector_of(
        &self,
        query: &str,
        embedders: Embedders<'_>,
        cancel: &CancellationToken,
    ) -> Result<Vec<f32>, KnowledgeBaseSearchError> {
        let Some((model, _)) = &self.meaning else {
            return Err(KnowledgeBaseSearchError::NoMeaning { name: self.base.name().to_string() });
        };
        let embedder = embedders(&model.model).map_err(KnowledgeBaseSearchError::Model)?;
        Ok(embedder.embed(&[query], cancel)?.numbers)
    }

    fn by_words(&self, asked: &Asked<'_>) -> Result<Vec<(u64, f32)>, KnowledgeBaseSearchError> {
        let hits = self.text.search(&asked.words, &asked.filter, asked.depth())?;
        Ok(hits.into_iter().map(|hit| (hit.ordinal, hit.score)).collect())
    }

    fn by_meaning(&self, vector: &[f32], asked: &Asked<'_>) -> Result<Vec<(u64, f32)>, KnowledgeBaseSearchError> {
        let Some((_, index)) = &self.meaning else { return Ok(Vec::new()) };
        let ids = if asked.filter.is_empty() { None } else { Some(self.text.matching(&asked.filter)?) };
        let which = ids.as_deref().map_or(Selection::All, Selection::Ids);
        let neighbours = index.search(vector, which, asked.depth())?;
        Ok(neighbours.into_iter().map(|neighbour| (neighbour.id, neighbour.score)).collect())
    }
}

/// How a question is answered: by which mode, with which vector, and why not as asked.
struct Way {
    mode: SearchMode,
    note: Option<String>,
    vector: Option<Vec<f32>>,
}

/// What was asked for, made ready.
struct Asked<'a> {
    words: TextQuery,
    filter: TextFilter,
    options: &'a SearchOptions,
}

impl Asked<'_> {
    fn depth(&self) -> usize {
        match self.options.mode {
            SearchMode::Hybrid => self.options.k.max(DEPTH),
            SearchMode::Text | SearchMode::Meaning => self.options.k,
        }
    }
}

fn filter_of(options: &SearchOptions) -> Result<TextFilter, KnowledgeBaseSearchError> {
    let label = |filter: &String| {
        label_of(filter).ok_or_else(|| KnowledgeBaseSearchError::Filter { given: filter.chars().take(200).collect() })
    };
    let labels = options.filters.iter().map(label).collect::<Result<_, _>>()?;
    Ok(TextFilter { folder: options.folder.clone(), labels })
}
