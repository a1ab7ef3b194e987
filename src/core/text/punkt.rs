//! Where sentences end, as NLTK's Punkt finds it with its English model.
//!
//! For: numbers that have to be those of who asks NLTK: sentences are counted, not shown. Not for: chunks, in which no
//! sentence may be cut (`sentences`, which knows German, too, and loses nothing in between). The one decision: the
//! algorithm is that of NLTK 3.10 to the letter, with its tables (`tables/punkt_english.*`).
//!
//! Kiss, T. and Strunk, J. (2006): Unsupervised Multilingual Sentence Boundary Detection. Computational Linguistics 32:
//! 485–525. NLTK is under the Apache licence (docs/licences.md).

mod model;
mod token;

use std::ops::Range;

use super::characters;
use model::Model;
use token::{is_non_word, push_tokens};

/// A mark that may end a sentence.
#[derive(Clone, Copy)]
struct Mark {
    /// Where the mark stands; it is one byte long.
    place: usize,
    /// Where the word begins that it stands behind.
    word: usize,
    /// Where what follows begins: other punctuation, or the next word.
    next: usize,
    /// Where that ends.
    end: usize,
}

/// The sentences of a text as ranges of its bytes, without the white space between them.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let model = Model::english();
    let mut found = Vec::new();
    let mut begin = 0;
    let mut tokens = Vec::new();
    for mark in marks(text) {
        push_tokens(text.get(mark.word..mark.end).unwrap_or_default(), &mut tokens);
        model.annotate(&mut tokens);
        // What the last token ends is not known.
        let ends = tokens.split_last().is_some_and(|(_, before)| before.iter().any(|token| token.ends_sentence));
        tokens.clear();
        if ends {
            found.push(begin..mark.place + 1);
            begin = mark.next;
        }
    }
    found.push(begin..text.trim_end_matches(characters::is_space).len());
    realigned(text, &found)
}

/// Marks that may end a sentence; of several behind one word, the last.
fn marks(text: &str) -> Vec<Mark> {
    let mut found: Vec<Mark> = Vec::new();
    let (mut place_before, mut word_before) = (0, 0);
    for (place, _) in text.match_indices(['.', '?', '!']) {
        let Some((next, end)) = what_follows(text, place + 1) else { continue };
        let between = text.get(place_before..place).unwrap_or_default();
        // A space that is the text's first character is taken for none, as there.
        let space = between.rfind([' ', '\t', '\n', '\r', '\x0b', '\x0c']).filter(|&space| space > 0);
        let word = space.map_or(word_before, |space| place_before + space + 1);
        if word < place_before {
            found.pop();
        }
        found.push(Mark { place, word, next, end });
        (place_before, word_before) = (place, word);
    }
    found
}

/// What stands behind a mark, if a sentence can end there: punctuation, or white space and a word. From where the next
/// sentence would begin, to where the context ends.
fn what_follows(text: &str, behind: usize) -> Option<(usize, usize)> {
    let rest = text.get(behind..)?;
    let first = rest.chars().next()?;
    if is_non_word(first) {
        return Some((behind, behind + first.len_utf8()));
    }
    let word = rest.trim_start();
    if word.is_empty() || word.len() == rest.len() {
        return None;
    }
    let next = text.len() - word.len();
    Some((next, next + word.find(char::is_whitespace).unwrap_or(word.len())))
}

/// The sentences, with quotes and brackets that close given back to the sentence before.
fn realigned(text: &str, sentences: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut found = Vec::with_capacity(sentences.len());
    let mut given = 0;
    for (place, sentence) in sentences.iter().enumerate() {
        let begin = sentence.start + given;
        given = 0;
        let mut end = sentence.end;
        if let Some(next) = sentences.get(place + 1)
            && let Some((marks, all)) = closing(text.get(next.clone()).unwrap_or_default())
        {
            (end, given) = (next.start + marks, all);
        }
        if begin < end {
            found.push(begin..end);
        }
    }
    found
}

/// How long the marks are that close what stood before this sentence, without and with the white space behind them.
fn closing(sentence: &str) -> Option<(usize, usize)> {
    let behind = sentence.trim_start_matches(['"', '\'', ')', ']', '}', '‘', '’', '“', '”', '«', '»']);
    let marks = sentence.len() - behind.len();
    let rest = behind.trim_start();
    let is_closed = rest.len() < behind.len() || behind.is_empty() || behind.starts_with("--");
    (marks > 0 && is_closed).then(|| (marks, sentence.len() - rest.len()))
}

#[cfg(test)]
mod tests;
