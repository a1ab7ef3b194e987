//! Words and stems, as tantivy wants them handed.

use std::collections::HashMap;
use std::sync::Arc;

use tantivy::tokenizer::{Token, TokenStream, Tokenizer};

use super::words::{Stems, fold};
use crate::core::text::words::{Word, words_into};

/// Stems that are remembered: texts repeat their words.
const REMEMBERED: usize = 1 << 16;

/// Folded words, each with its position.
#[derive(Clone, Default)]
pub(super) struct WordTokens {
    words: Vec<Word>,
    token: Token,
}

impl Tokenizer for WordTokens {
    type TokenStream<'a> = WordStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> WordStream<'a> {
        words_into(text, &mut self.words);
        self.token.reset();
        WordStream { text, words: self.words.iter(), token: &mut self.token }
    }
}

pub(super) struct WordStream<'a> {
    text: &'a str,
    words: std::slice::Iter<'a, Word>,
    token: &'a mut Token,
}

impl TokenStream for WordStream<'_> {
    fn advance(&mut self) -> bool {
        let Some(Word { bytes, .. }) = self.words.next() else { return false };
        let Some(word) = self.text.get(bytes.clone()) else { return false };
        (self.token.offset_from, self.token.offset_to) = (bytes.start, bytes.end);
        self.token.position = self.token.position.wrapping_add(1);
        fold(word, &mut self.token.text);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}

/// The stems of each word, at its position: one or two.
#[derive(Clone)]
pub(super) struct StemTokens {
    words: WordTokens,
    stems: Arc<Stems>,
    remembered: HashMap<String, (String, Option<String>)>,
    token: Token,
}

impl StemTokens {
    pub(super) fn new() -> Self {
        Self {
            words: WordTokens::default(),
            stems: Arc::new(Stems::new()),
            remembered: HashMap::new(),
            token: Token::default(),
        }
    }
}

impl Tokenizer for StemTokens {
    type TokenStream<'a> = StemStream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> StemStream<'a> {
        self.token.reset();
        if self.remembered.len() > REMEMBERED {
            self.remembered.clear();
        }
        StemStream {
            words: self.words.token_stream(text),
            stems: &self.stems,
            remembered: &mut self.remembered,
            second: None,
            token: &mut self.token,
        }
    }
}

pub(super) struct StemStream<'a> {
    words: WordStream<'a>,
    stems: &'a Stems,
    remembered: &'a mut HashMap<String, (String, Option<String>)>,
    second: Option<String>,
    token: &'a mut Token,
}

impl TokenStream for StemStream<'_> {
    fn advance(&mut self) -> bool {
        if let Some(second) = self.second.take() {
            self.token.text = second;
            return true;
        }
        if !self.words.advance() {
            return false;
        }
        let word = self.words.token();
        self.token.clone_from(word);
        let known = self.remembered.get(&word.text).cloned();
        let (first, second) = known.unwrap_or_else(|| {
            let found = self.stems.of(&word.text);
            self.remembered.insert(word.text.clone(), found.clone());
            found
        });
        (self.token.text, self.second) = (first, second);
        true
    }

    fn token(&self) -> &Token {
        self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        self.token
    }
}
