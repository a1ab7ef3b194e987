//! An index that is only read.
//!
//! The one decision: what is on the disk is not believed. Sizes are compared when an index is opened, and where tantivy
//! stops at bytes that it can't have written, that is an answer, too.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::{fs, io};

use tantivy::collector::{Collector, Count, SegmentCollector, TopDocs};
use tantivy::columnar::Column;
use tantivy::directory::MmapDirectory;
use tantivy::query::{
    AllQuery, BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, Occur, PhraseQuery, Query, TermQuery,
};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, Index, ReloadPolicy, Score, Searcher, SegmentOrdinal, SegmentReader, Term};

use super::filter::{FOLDER, TextFilter};
use super::query::{QueryWord, TextQuery};
use super::read_only::ReadOnly;
use super::schema::{FORMAT, Fields, HEAD_FILE, ORDINAL, schema, with_tokenizers};
use super::writer::{Head, failed, sizes};
use crate::core::search::error::SearchIndexError;

/// What a second form of a word adds to the score of the better one.
const OTHER_FORM: Score = 0.3;

/// Somebody's words were found in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextHit {
    /// The number of the text.
    pub ordinal: u64,
    /// BM25, above 0. Scores of one query can be compared, those of two can't.
    pub score: f32,
}

/// An index of numbered texts.
pub struct TextIndex {
    folder: PathBuf,
    searcher: Searcher,
    fields: Fields,
    documents: u64,
}

impl TextIndex {
    /// Opens what a [`super::TextIndexWriter`] finished. What is open stays readable when the folder is removed.
    ///
    /// # Errors
    /// When it is not there, or not what was written.
    pub fn open(folder: &Path) -> Result<Self, SearchIndexError> {
        let head = checked_head(folder)?;
        let (expected, fields) = schema();
        let searcher = guarded(folder, || {
            let directory = MmapDirectory::open(folder).map_err(tantivy::TantivyError::from)?;
            let index = with_tokenizers(Index::open(ReadOnly(directory))?);
            if index.schema() != expected {
                return Err(tantivy::TantivyError::SchemaError("it has other fields".to_owned()));
            }
            let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
            Ok(reader.searcher())
        })?;
        if searcher.num_docs() != head.documents {
            let what = format!("it holds {} texts instead of {}", searcher.num_docs(), head.documents);
            return Err(SearchIndexError::broken(folder, what));
        }
        Ok(Self { folder: folder.to_owned(), searcher, fields, documents: head.documents })
    }

    /// Texts in it.
    pub fn len(&self) -> u64 {
        self.documents
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.documents == 0
    }

    /// The best texts for a query, best first, at most `limit`; of equal ones the first. Nothing is found by nothing.
    ///
    /// # Errors
    /// When the index is not what was written.
    pub fn search(
        &self,
        query: &TextQuery,
        filter: &TextFilter,
        limit: usize,
    ) -> Result<Vec<TextHit>, SearchIndexError> {
        let limit = limit.min(usize::try_from(self.documents).unwrap_or(usize::MAX));
        if query.is_empty() || limit == 0 {
            return Ok(Vec::new());
        }
        let all = self.with_filter(self.scoring(query), filter);
        guarded(&self.folder, || {
            let collector = TopDocs::with_limit(limit).order_by_score();
            let found = self.searcher.search(&all, &collector)?;
            found
                .into_iter()
                .map(|(score, address)| {
                    let segment = self.searcher.segment_reader(address.segment_ord);
                    let ordinal = segment.fast_fields().u64(ORDINAL)?.first(address.doc_id).unwrap_or_default();
                    Ok(TextHit { ordinal, score })
                })
                .collect()
        })
    }

    /// Numbers of all texts that pass a filter, ascending. Memory: eight bytes each.
    ///
    /// # Errors
    /// When the index is not what was written.
    pub fn matching(&self, filter: &TextFilter) -> Result<Vec<u64>, SearchIndexError> {
        let query = self.with_filter(Box::new(AllQuery), filter);
        guarded(&self.folder, || self.searcher.search(&query, &Ordinals))
    }

    /// How many texts have all phrases and a word of a query, and pass a filter.
    ///
    /// # Errors
    /// When the index is not what was written.
    pub fn count(&self, query: &TextQuery, filter: &TextFilter) -> Result<u64, SearchIndexError> {
        if query.is_empty() {
            return Ok(0);
        }
        let all = self.with_filter(self.scoring(query), filter);
        guarded(&self.folder, || self.searcher.search(&all, &Count)).map(|count| count as u64)
    }

    fn scoring(&self, query: &TextQuery) -> Box<dyn Query> {
        let is_wanted = if query.phrases.is_empty() { Occur::Must } else { Occur::Should };
        let any: Vec<Box<dyn Query>> = query.words.iter().map(|word| self.word(word)).collect();
        let mut parts: Vec<(Occur, Box<dyn Query>)> =
            query.phrases.iter().map(|phrase| (Occur::Must, self.phrase(phrase))).collect();
        if !any.is_empty() {
            parts.push((is_wanted, Box::new(BooleanQuery::union(any))));
        }
        Box::new(BooleanQuery::new(parts))
    }

    fn word(&self, word: &QueryWord) -> Box<dyn Query> {
        let exact = term(Term::from_field_text(self.fields.words, &word.folded));
        let stems = word.stems.iter().map(|stem| term(Term::from_field_text(self.fields.stems, stem)));
        Box::new(DisjunctionMaxQuery::with_tie_breaker([exact].into_iter().chain(stems).collect(), OTHER_FORM))
    }

    fn phrase(&self, phrase: &[String]) -> Box<dyn Query> {
        let terms: Vec<Term> = phrase.iter().map(|word| Term::from_field_text(self.fields.words, word)).collect();
        match terms.as_slice() {
            [one] => term(one.clone()),
            _ => Box::new(PhraseQuery::new(terms)),
        }
    }

    fn with_filter(&self, query: Box<dyn Query>, filter: &TextFilter) -> Box<dyn Query> {
        if filter.is_empty() {
            return query;
        }
        let folder = filter.folder().map(|folder| self.fields.label(FOLDER, folder));
        let labels = filter.labels.iter().map(|(name, value)| self.fields.label(name, value));
        let conditions = folder.into_iter().chain(labels).map(|label| {
            let condition = TermQuery::new(label, IndexRecordOption::Basic);
            (Occur::Must, Box::new(ConstScoreQuery::new(Box::new(condition), 0.0)) as Box<dyn Query>)
        });
        Box::new(BooleanQuery::new([(Occur::Must, query)].into_iter().chain(conditions).collect()))
    }
}

impl std::fmt::Debug for TextIndex {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TextIndex")
            .field("folder", &self.folder)
            .field("documents", &self.documents)
            .finish_non_exhaustive()
    }
}

fn term(term: Term) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, IndexRecordOption::WithFreqs))
}

/// Reads the head, and compares it with what is there.
fn checked_head(folder: &Path) -> Result<Head, SearchIndexError> {
    let bytes = match fs::read(folder.join(HEAD_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(SearchIndexError::broken(folder, "it is not whole, or not there"));
        }
        read => read.map_err(SearchIndexError::at("read", folder))?,
    };
    let head: Head = serde_json::from_slice(&bytes)
        .map_err(|error| SearchIndexError::broken(folder, format!("{HEAD_FILE}: {error}")))?;
    if head.format != FORMAT {
        let what = format!("it has format {}, and this version reads {FORMAT}", head.format);
        return Err(SearchIndexError::broken(folder, what));
    }
    let found = sizes(folder)?;
    for (name, size) in &head.files {
        match found.get(name) {
            Some(there) if there == size => {}
            Some(there) => {
                let what = format!("`{name}` has {there} bytes instead of {size}");
                return Err(SearchIndexError::broken(folder, what));
            }
            None => return Err(SearchIndexError::broken(folder, format!("`{name}` is missing"))),
        }
    }
    Ok(head)
}

/// tantivy trusts the bytes of its files, and panics where they can't be: that is told as what it is.
fn guarded<T>(folder: &Path, work: impl FnOnce() -> tantivy::Result<T>) -> Result<T, SearchIndexError> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(failed(folder)),
        Err(_) => Err(SearchIndexError::broken(folder, "its bytes are not those that were written")),
    }
}

/// Collects the numbers of all texts that match.
struct Ordinals;

/// The same, of a segment.
struct SegmentOrdinals {
    column: Column<u64>,
    found: Vec<u64>,
}

impl Collector for Ordinals {
    type Fruit = Vec<u64>;
    type Child = SegmentOrdinals;

    fn for_segment(&self, _number: SegmentOrdinal, segment: &SegmentReader) -> tantivy::Result<SegmentOrdinals> {
        Ok(SegmentOrdinals { column: segment.fast_fields().u64(ORDINAL)?, found: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        false
    }

    fn merge_fruits(&self, segments: Vec<Vec<u64>>) -> tantivy::Result<Vec<u64>> {
        let mut all = segments.concat();
        all.sort_unstable();
        Ok(all)
    }
}

impl SegmentCollector for SegmentOrdinals {
    type Fruit = Vec<u64>;

    fn collect(&mut self, document: DocId, _score: Score) {
        self.found.extend(self.column.first(document));
    }

    fn harvest(self) -> Vec<u64> {
        self.found
    }
}
