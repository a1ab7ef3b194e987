//! Sentences that mean what a phrase means.
//!
//! For: paraphrases, which share no word with the phrase. Not for: anything that words can tell. The one decision: a whole
//! sentence is compared, and of all phrases the nearest one alone is believed; the run of words that is most like the phrase
//! only says where. Runs of words decided worse by far: among so many, some come near anything (docs/annotate.md).

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::annotator::Found;
use super::lexicon::{Lexicon, Role};
use super::mention::{How, Mention};
use crate::core::embeddings::{Embedder, EmbeddingError, cosine, unit_vectors};
use crate::core::text::sentences::sentences;
use crate::core::text::words::Word;

/// Words that a sentence must have: fewer say too little to be compared.
const FEWEST_WORDS: usize = 3;
/// Words of a run at most.
const LONGEST_RUN: usize = 8;

/// Tells whether a sentence means what a phrase means.
pub(super) struct Meaning {
    embedder: Arc<dyn Embedder>,
    threshold: f32,
    /// Phrases that are told apart, and for each the concepts that have it, by their phrases.
    phrases: Vec<Vec<(u32, u32)>>,
    /// Their vectors, of length 1, one after another.
    vectors: Vec<f32>,
}

/// A sentence of a text that is near enough to a phrase.
struct Near {
    text: usize,
    words: Range<usize>,
    phrase: usize,
    cosine: f32,
}

impl Meaning {
    /// Embeds the phrases of a lexicon.
    ///
    /// # Errors
    /// When the embedder fails, or it was cancelled.
    pub(super) fn new(
        lexicon: &Lexicon,
        embedder: Arc<dyn Embedder>,
        threshold: f32,
        cancel: &CancellationToken,
    ) -> Result<Self, EmbeddingError> {
        let mut by_text: BTreeMap<&str, Vec<(u32, u32)>> = BTreeMap::new();
        for (place, phrase) in (0..).zip(&lexicon.phrases) {
            if let Role::Names(concept) = phrase.role {
                by_text.entry(&phrase.text).or_default().push((concept, place));
            }
        }
        let texts: Vec<&str> = by_text.keys().copied().collect();
        let vectors = unit_vectors(embedder.as_ref(), &texts, cancel)?;
        Ok(Self { embedder, threshold, phrases: by_text.into_values().collect(), vectors })
    }

    /// Adds to what words told of some texts.
    ///
    /// # Errors
    /// When the embedder fails, or it was cancelled.
    pub(super) fn add(
        &self,
        texts: &[&str],
        found: &mut [Found],
        cancel: &CancellationToken,
    ) -> Result<(), EmbeddingError> {
        let near = self.near(texts, found, cancel)?;
        let places = self.places(&near, texts, found, cancel)?;
        for (near, words) in near.iter().zip(places) {
            let known = &mut found[near.text].mentions;
            for (concept, phrase) in &self.phrases[near.phrase] {
                let is_known = known
                    .iter()
                    .any(|mention| mention.concept == *concept && near.words.contains(&mention.words.start));
                if !is_known {
                    let (how, score, words) = (How::Meaning, near.cosine.min(1.0), words.clone());
                    known.push(Mention { concept: *concept, phrase: *phrase, words, how, score });
                }
            }
        }
        Ok(())
    }

    /// The sentences that are near enough to a phrase.
    fn near(&self, texts: &[&str], found: &[Found], cancel: &CancellationToken) -> Result<Vec<Near>, EmbeddingError> {
        let mut all = Vec::new();
        for (text, (content, found)) in texts.iter().zip(found).enumerate() {
            let sentences = sentences_of(content, &found.words);
            all.extend(sentences.map(|(words, sentence)| (text, words, sentence)));
        }
        let contents: Vec<&str> = all.iter().map(|(_, _, sentence)| *sentence).collect();
        let vectors = unit_vectors(self.embedder.as_ref(), &contents, cancel)?;
        let mut near = Vec::new();
        for ((text, words, _), vector) in all.into_iter().zip(self.each(&vectors)) {
            if let Some((phrase, cosine)) = self.nearest(vector).filter(|(_, cosine)| *cosine >= self.threshold) {
                near.push(Near { text, words, phrase, cosine });
            }
        }
        Ok(near)
    }

    fn nearest(&self, vector: &[f32]) -> Option<(usize, f32)> {
        let cosines = self.each(&self.vectors).map(|phrase| cosine(phrase, vector));
        cosines.enumerate().max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.cmp(&a.0)))
    }

    /// For each sentence the run of words that is most like its phrase.
    fn places(
        &self,
        near: &[Near],
        texts: &[&str],
        found: &[Found],
        cancel: &CancellationToken,
    ) -> Result<Vec<Range<usize>>, EmbeddingError> {
        let mut places = Vec::with_capacity(near.len());
        for near in near {
            let words = &found[near.text].words;
            let runs: Vec<_> = runs(&near.words).collect();
            let parts: Vec<&str> = runs.iter().map(|run| part(texts[near.text], &words[run.clone()])).collect();
            let vectors = unit_vectors(self.embedder.as_ref(), &parts, cancel)?;
            let phrase = self.each(&self.vectors).nth(near.phrase).unwrap_or_default();
            let cosines = self.each(&vectors).map(|vector| cosine(vector, phrase));
            let best = runs.iter().zip(cosines).max_by(|a, b| a.1.total_cmp(&b.1).then(b.0.start.cmp(&a.0.start)));
            places.push(best.map_or_else(|| near.words.clone(), |(run, _)| run.clone()));
        }
        Ok(places)
    }

    fn each<'a>(&self, vectors: &'a [f32]) -> impl Iterator<Item = &'a [f32]> + use<'a> {
        vectors.chunks_exact(self.embedder.dimension().max(1))
    }
}

/// The sentences of a text that have enough words: which words, and as they stand there. The mark at the end stays: models
/// know sentences that have one, and without it fewer paraphrases are found.
fn sentences_of<'a>(text: &'a str, words: &[Word]) -> impl Iterator<Item = (Range<usize>, &'a str)> {
    let begun_before = |byte: usize| words.partition_point(|word| word.bytes.start < byte);
    let with_words = move |bytes: Range<usize>| {
        let sentence = text.get(bytes.clone()).unwrap_or_default().trim();
        (begun_before(bytes.start)..begun_before(bytes.end), sentence)
    };
    sentences(text).into_iter().map(with_words).filter(|(words, _)| words.len() >= FEWEST_WORDS)
}

/// All runs of up to so many words.
fn runs(words: &Range<usize>) -> impl Iterator<Item = Range<usize>> {
    let end = words.end;
    words.clone().flat_map(move |start| (start + 1..=end.min(start + LONGEST_RUN)).map(move |end| start..end))
}

/// From the first word to the last.
fn part<'a>(text: &'a str, words: &[Word]) -> &'a str {
    let bytes = words.first().zip(words.last()).map(|(first, last)| first.bytes.start..last.bytes.end);
    bytes.and_then(|bytes| text.get(bytes)).unwrap_or_default()
}
