//! Mentions for operations that make something else of them than an annotated table.
//!
//! For: labels and tags by concepts. Not for: writing anything. The one decision: what is asked for is found as annotation
//! finds it, with the same options; whoever asks sees concepts, places and scores, and nothing of how they were found.

use std::ops::Range;
use std::sync::Arc;
use std::thread;

use tokio_util::sync::CancellationToken;

use super::annotator::{Annotator, Found};
use super::error::AnnotationError;
use super::lists::lexicon_of;
use super::matcher::Matcher;
use super::options::AnnotationOptions;
use super::overlap::across_concepts;
use super::run::spelling_of_table;
use super::text::placed;
use crate::core::embeddings::Embedder;
use crate::core::intake::LocalSource;
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::KnowledgeBase;

/// Where a text mentions a concept.
#[derive(Debug, Clone, PartialEq)]
pub struct ConceptMention {
    /// Which concept, by its place in [`ConceptFinder::concepts`].
    pub concept: usize,
    /// Its code points.
    pub chars: Range<usize>,
    /// How like its phrase it is, above 0 to 1.
    pub score: f32,
}

/// Knows the concepts of a knowledge base.
pub struct ConceptFinder {
    annotator: Annotator,
    source: String,
}

impl std::fmt::Debug for ConceptFinder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConceptFinder").field("source", &self.source).finish_non_exhaustive()
    }
}

impl ConceptFinder {
    /// Makes ready to look for the concepts of a knowledge base in some columns of a table, which is read once if slips of
    /// the pen are to be found.
    ///
    /// # Errors
    /// When the knowledge base has no list, it or the table can't be read, the embedder fails or is missing, or it was
    /// cancelled.
    pub fn new(
        base: &KnowledgeBase,
        options: &AnnotationOptions,
        embedder: Option<Arc<dyn Embedder>>,
        (source, columns): (&LocalSource, &[&str]),
        context: &RunContext,
    ) -> Result<Self, AnnotationError> {
        let lexicon = Arc::new(lexicon_of(base, options)?);
        let spelling = options.typo.then(|| spelling_of_table(&lexicon, base, source, columns, context)).transpose()?;
        let annotator = Annotator::new(lexicon, spelling, embedder, options, &context.cancel)?;
        Ok(Self { annotator, source: format!("{} {}", base.name(), base.generation()) })
    }

    /// Names of the concepts: folders and the file's stem, parted by `/`.
    pub fn concepts(&self) -> &[String] {
        self.annotator.lexicon.concepts()
    }

    /// Name and generation of the knowledge base.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Somebody who reads texts; remembers words from call to call.
    pub fn reader(&self, cancel: CancellationToken) -> ConceptReader<'_> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        ConceptReader { annotator: &self.annotator, matchers: self.annotator.matchers(threads), cancel }
    }
}

/// Reads texts, on all cores.
pub struct ConceptReader<'a> {
    annotator: &'a Annotator,
    matchers: Vec<Matcher<'a>>,
    cancel: CancellationToken,
}

impl std::fmt::Debug for ConceptReader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConceptReader").field("threads", &self.matchers.len()).finish_non_exhaustive()
    }
}

impl ConceptReader<'_> {
    /// The mentions in each text, in its order; those of one concept do not overlap.
    ///
    /// # Errors
    /// When the embedder fails, or it was cancelled.
    pub fn mentions(&mut self, texts: &[&str]) -> Result<Vec<Vec<ConceptMention>>, AnnotationError> {
        Ok(self.found(texts)?.iter().zip(texts).map(|(found, text)| told(text, found)).collect())
    }

    /// The same, but of mentions that overlap the longest alone, whichever concept it is of.
    ///
    /// # Errors
    /// As [`ConceptReader::mentions`].
    pub fn mentions_apart(&mut self, texts: &[&str]) -> Result<Vec<Vec<ConceptMention>>, AnnotationError> {
        let mut all = self.found(texts)?;
        for found in &mut all {
            found.mentions = across_concepts(std::mem::take(&mut found.mentions));
        }
        Ok(all.iter().zip(texts).map(|(found, text)| told(text, found)).collect())
    }

    fn found(&mut self, texts: &[&str]) -> Result<Vec<Found>, AnnotationError> {
        if self.cancel.is_cancelled() {
            return Err(AnnotationError::Cancelled);
        }
        self.annotator.annotate(&mut self.matchers, texts, &self.cancel)
    }
}

fn told(text: &str, found: &Found) -> Vec<ConceptMention> {
    let mentions = found.mentions.iter();
    let mention = |mention: &super::mention::Mention| ConceptMention {
        concept: mention.concept as usize,
        chars: placed(text, found, mention).chars,
        score: mention.score,
    };
    mentions.map(mention).collect()
}
