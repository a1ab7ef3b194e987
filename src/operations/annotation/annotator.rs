//! Everything that finds mentions, put together: texts in, mentions out.

use std::sync::Arc;
use std::thread;

use tokio_util::sync::CancellationToken;

use super::error::AnnotationError;
use super::lexicon::Lexicon;
use super::matcher::Matcher;
use super::meaning::Meaning;
use super::mention::Mention;
use super::options::AnnotationOptions;
use super::overlap::{in_order, within_concepts};
use super::typo::Spelling;
use crate::core::embeddings::Embedder;
use crate::core::text::words::Word;

/// Texts that one thread is given at least.
const SHARE: usize = 256;

/// What was found in a text.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Its words.
    pub(super) words: Vec<Word>,
    /// Its mentions, in its order.
    pub(super) mentions: Vec<Mention>,
}

/// Finds mentions in the ways that were asked for.
pub(super) struct Annotator {
    pub(super) lexicon: Arc<Lexicon>,
    spelling: Option<Spelling>,
    meaning: Option<Meaning>,
    keeps_all: bool,
}

impl Annotator {
    /// Makes ready what the options ask for; `spelling` is there if slips of the pen are to be found.
    ///
    /// # Errors
    /// When the embedder fails or is missing, or it was cancelled.
    pub(super) fn new(
        lexicon: Arc<Lexicon>,
        spelling: Option<Spelling>,
        embedder: Option<Arc<dyn Embedder>>,
        options: &AnnotationOptions,
        cancel: &CancellationToken,
    ) -> Result<Self, AnnotationError> {
        let means = |embedder| Meaning::new(&lexicon, embedder, options.threshold, cancel);
        let meaning = match (options.meaning, embedder) {
            (true, None) => return Err(AnnotationError::NoModel),
            (true, Some(embedder)) => Some(means(embedder)?),
            (false, _) => None,
        };
        Ok(Self { lexicon, spelling, meaning, keeps_all: options.all_mentions })
    }

    /// So many that look for phrases, each for a thread.
    pub(super) fn matchers(&self, threads: usize) -> Vec<Matcher<'_>> {
        (0..threads.max(1)).map(|_| Matcher::new(&self.lexicon, self.spelling.as_ref())).collect()
    }

    /// Annotates some texts, on as many threads as there are matchers.
    ///
    /// # Errors
    /// When the embedder fails, or it was cancelled.
    pub(super) fn annotate(
        &self,
        matchers: &mut [Matcher<'_>],
        texts: &[&str],
        cancel: &CancellationToken,
    ) -> Result<Vec<Found>, AnnotationError> {
        let mut found = by_words(matchers, texts);
        if let Some(meaning) = &self.meaning {
            meaning.add(texts, &mut found, cancel)?;
        }
        for found in &mut found {
            if self.keeps_all {
                in_order(&mut found.mentions);
            } else {
                found.mentions = within_concepts(std::mem::take(&mut found.mentions));
            }
        }
        Ok(found)
    }
}

fn by_words(matchers: &mut [Matcher<'_>], texts: &[&str]) -> Vec<Found> {
    let share = texts.len().div_ceil(matchers.len()).max(SHARE);
    let read = |matcher: &mut Matcher<'_>, texts: &[&str]| -> Vec<Found> {
        texts.iter().map(|text| matcher.read(text)).collect()
    };
    if texts.len() <= share {
        return matchers.first_mut().map(|matcher| read(matcher, texts)).unwrap_or_default();
    }
    thread::scope(|scope| {
        let shares = matchers.iter_mut().zip(texts.chunks(share));
        let running: Vec<_> = shares.map(|(matcher, texts)| scope.spawn(move || read(matcher, texts))).collect();
        let joined = running.into_iter().map(thread::ScopedJoinHandle::join);
        // A panic goes on to where panics of a job are told.
        joined.flat_map(|found| found.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect()
    })
}
