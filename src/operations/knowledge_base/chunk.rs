//! Long texts into pieces that are records of their own, without cutting sentences.
//!
//! The one decision: a piece is sentences of the text one after another, up to the budget. Only a sentence that is longer
//! than the budget by itself is cut, at words; only whole sentences are repeated at the beginning of the next piece.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::error::KnowledgeBaseError;
use super::options::{ChunkBy, KnowledgeBaseOptions};
use crate::core::embeddings::TokenCounter;
use crate::core::failure::Fails;
use crate::core::text::sentences::sentences;

/// Parts texts.
#[derive(Debug)]
pub(super) struct Chunker {
    unit: ChunkBy,
    size: usize,
    overlap: usize,
    tokens: Option<TokenCounter>,
}

/// A sentence, or a part of one that is too long.
#[derive(Debug)]
struct Part {
    range: Range<usize>,
    units: usize,
    /// Whether it is a whole sentence.
    is_whole: bool,
}

impl Chunker {
    /// As the options say; `tokens` counts those of the model, where they are asked for.
    pub(super) fn new(options: &KnowledgeBaseOptions, tokens: Option<TokenCounter>) -> Self {
        let (size, overlap) = (options.chunk_size() as usize, options.chunk_overlap as usize);
        Self { unit: options.chunk_by, size, overlap, tokens }
    }

    /// The pieces of a text: itself where it need not be parted.
    ///
    /// # Errors
    /// When the tokenizer fails.
    pub(super) fn pieces<'a>(&self, text: &'a str, is_document: bool) -> Result<Vec<&'a str>, KnowledgeBaseError> {
        let is_kept = match self.unit {
            ChunkBy::Auto => !is_document,
            ChunkBy::None => true,
            ChunkBy::Sentence | ChunkBy::Word | ChunkBy::Token => false,
        };
        // A unit has a byte at least; only a tokenizer may add some of its own.
        if is_kept || self.tokens.is_none() && text.len() <= self.size {
            return Ok(vec![text]);
        }
        let parts = self.parts(text)?;
        if parts.iter().map(|part| part.units).sum::<usize>() <= self.size {
            return Ok(vec![text]);
        }
        let mut pieces = Vec::new();
        let mut begin = 0;
        while begin < parts.len() {
            let end = self.end(&parts, begin);
            let range = parts[begin].range.start..parts[end - 1].range.end;
            pieces.push(text.get(range).unwrap_or_default().trim());
            begin = self.next_begin(&parts, begin, end);
        }
        pieces.retain(|piece| !piece.is_empty());
        Ok(pieces)
    }

    /// Where the piece ends that begins at a part: behind it at least.
    fn end(&self, parts: &[Part], begin: usize) -> usize {
        let mut units = parts[begin].units;
        let more = parts[begin + 1..].iter().take_while(|part| {
            units += part.units;
            units <= self.size
        });
        begin + 1 + more.count()
    }

    /// Where the piece begins that follows one: at its end, or before it by the overlap, if something new fits behind that.
    fn next_begin(&self, parts: &[Part], begin: usize, end: usize) -> usize {
        let Some(next) = parts.get(end) else { return end };
        let room = self.overlap.min(self.size.saturating_sub(next.units));
        let mut units = 0;
        let repeated = parts[begin + 1..end].iter().rev().take_while(|part| {
            units += part.units;
            part.is_whole && units <= room
        });
        end - repeated.count()
    }

    fn parts(&self, text: &str) -> Result<Vec<Part>, KnowledgeBaseError> {
        let mut parts = Vec::new();
        for range in sentences(text) {
            let sentence = text.get(range.clone()).unwrap_or_default();
            let units = self.units(sentence)?;
            if units <= self.size {
                parts.push(Part { range, units, is_whole: true });
            } else {
                self.cut(sentence, range.start, &mut parts)?;
            }
        }
        Ok(parts)
    }

    /// Cuts a sentence that is too long before words that don't fit any more.
    fn cut(&self, sentence: &str, offset: usize, parts: &mut Vec<Part>) -> Result<(), KnowledgeBaseError> {
        let mut part = Part { range: offset..offset, units: 0, is_whole: false };
        for (begin, word) in sentence.split_word_bound_indices() {
            let units = self.units(word)?;
            if part.units + units > self.size && part.units > 0 {
                let next = offset + begin;
                parts.push(std::mem::replace(&mut part, Part { range: next..next, units: 0, is_whole: false }));
            }
            part.units += units;
            part.range.end += word.len();
        }
        parts.push(part);
        Ok(())
    }

    fn units(&self, text: &str) -> Result<usize, KnowledgeBaseError> {
        match (&self.tokens, self.unit) {
            (Some(tokens), _) => tokens.count(text).map_err(|error| KnowledgeBaseError::Told(error.to_failure())),
            (None, ChunkBy::Sentence) => Ok(1),
            (None, _) => Ok(text.unicode_words().count()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn chunker(chunk_by: ChunkBy, size: u32, overlap: u32) -> Chunker {
        let options = KnowledgeBaseOptions {
            chunk_by,
            chunk_size: Some(size),
            chunk_overlap: overlap,
            ..KnowledgeBaseOptions::default()
        };
        Chunker::new(&options, None)
    }

    fn by_words(text: &str, size: u32, overlap: u32) -> Vec<&str> {
        chunker(ChunkBy::Word, size, overlap).pieces(text, false).unwrap()
    }

    const TEXT: &str = "Glass is sorted. It is melted. New bottles are made of it. They last.";

    #[test]
    fn sentences_stay_whole() {
        assert_eq!(
            by_words(TEXT, 6, 0),
            ["Glass is sorted. It is melted.", "New bottles are made of it.", "They last."]
        );
        assert_eq!(by_words(TEXT, 100, 0), [TEXT]);
        let two = chunker(ChunkBy::Sentence, 2, 0).pieces(TEXT, true).unwrap();
        assert_eq!(two, ["Glass is sorted. It is melted.", "New bottles are made of it. They last."]);
    }

    #[test]
    fn whole_sentences_are_repeated_where_something_new_fits_behind_them() {
        let overlapping = ["Glass is sorted. It is melted.", "It is melted. New bottles are made of it.", "They last."];
        assert_eq!(by_words(TEXT, 9, 3)[..2], overlapping[..2]);
        let none = by_words(TEXT, 6, 3);
        assert_eq!(none, ["Glass is sorted. It is melted.", "New bottles are made of it.", "They last."]);
    }

    #[test]
    fn a_sentence_over_the_budget_is_cut_at_words() {
        assert_eq!(by_words("one two, three four five", 2, 1), ["one two,", "three four", "five"]);
    }

    #[test]
    fn documents_are_parted_by_themselves_and_rows_are_not() {
        let long = "A word. ".repeat(300);
        let auto = Chunker::new(&KnowledgeBaseOptions::default(), None);
        assert_eq!(auto.pieces(&long, false).unwrap().len(), 1);
        assert_eq!(auto.pieces(&long, true).unwrap().len(), 3);
    }

    proptest! {
        #[test]
        fn every_word_is_in_a_piece_and_in_one_alone_without_overlap(
            text in "([a-z]{1,5}[,.!]? |\n){1,60}", size in 1_u32..12
        ) {
            let pieces = by_words(&text, size, 0);
            let joined: Vec<_> = pieces.iter().flat_map(|piece| piece.split_whitespace()).collect();
            if pieces.len() > 1 {
                prop_assert_eq!(joined, text.split_whitespace().collect::<Vec<_>>());
                prop_assert!(pieces.iter().all(|piece| piece.unicode_words().count() <= size as usize));
            }
        }

        #[test]
        fn overlap_always_comes_to_an_end(text in "([a-z]{1,3}[.!]? ){1,60}", size in 2_u32..9, overlap in 1_u32..8) {
            let overlap = overlap.min(size - 1);
            let pieces = by_words(&text, size, overlap);
            prop_assert!(pieces.iter().all(|piece| piece.unicode_words().count() <= size as usize));
            prop_assert_eq!(pieces.last().unwrap().split_whitespace().last(), text.split_whitespace().last());
        }
    }
}
