//! What somebody typed.
//!
//! The one decision: there is no syntax that can be wrong. Words are looked for, each by itself; what stands in quotes of
//! any kind must be in the text word for word; a quote that is not closed is no quote, and every other sign parts words.
//! Where words touch (Chinese and Japanese, whose every character is one), what is typed in one piece is a phrase.

use super::words::{Stems, fold};
use crate::core::text::words::{Word, words};

/// Different words that are looked for: whoever pastes a page finds what has its beginning.
const MOST_WORDS: usize = 64;

/// Words and phrases to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextQuery {
    /// Words outside of phrases: the more of them a text has, the better.
    pub(super) words: Vec<QueryWord>,
    /// Phrases, folded word for word: a text must have them all.
    pub(super) phrases: Vec<Vec<String>>,
}

/// A word to look for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct QueryWord {
    /// As it is written, folded.
    pub(super) folded: String,
    /// Its stems.
    pub(super) stems: Vec<String>,
}

impl TextQuery {
    /// Takes anything.
    pub fn parse(typed: &str) -> Self {
        let mut query = Self::default();
        let stems = Stems::new();
        for piece in pieces(typed) {
            match piece {
                Piece::Quoted(text) => query.add_phrase(folded(text)),
                Piece::Plain(text) => query.add_plain(text, &stems),
            }
        }
        query
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.phrases.is_empty()
    }

    fn add_plain(&mut self, text: &str, stems: &Stems) {
        for piece in text.split_whitespace() {
            let places = words(piece);
            let touch = places.windows(2).all(|pair| matches!(pair, [a, b] if a.bytes.end == b.bytes.start));
            if places.len() > 1 && touch {
                self.add_phrase(folded(piece));
                continue;
            }
            for word in folded(piece) {
                self.add_word(word, stems);
            }
        }
    }

    fn add_word(&mut self, folded: String, stems: &Stems) {
        if self.words.len() < MOST_WORDS && self.words.iter().all(|word| word.folded != folded) {
            let (first, second) = stems.of(&folded);
            self.words.push(QueryWord { folded, stems: [Some(first), second].into_iter().flatten().collect() });
        }
    }

    fn add_phrase(&mut self, mut phrase: Vec<String>) {
        phrase.truncate(MOST_WORDS);
        if self.phrases.len() < MOST_WORDS && !phrase.is_empty() && !self.phrases.contains(&phrase) {
            self.phrases.push(phrase);
        }
    }
}

fn folded(text: &str) -> Vec<String> {
    let fold_one = |word: Word| {
        let mut folded = String::new();
        fold(text.get(word.bytes).unwrap_or_default(), &mut folded);
        folded
    };
    words(text).into_iter().map(fold_one).filter(|word| !word.is_empty()).collect()
}

enum Piece<'a> {
    Plain(&'a str),
    Quoted(&'a str),
}

/// What ends a quote that begins with this.
fn closing(opening: char) -> Option<&'static [char]> {
    match opening {
        '"' => Some(&['"']),
        '“' => Some(&['”', '"']),
        // Germans close with what others open with.
        '„' => Some(&['“', '”', '"']),
        '«' => Some(&['»']),
        '»' => Some(&['«']),
        '「' => Some(&['」']),
        _ => None,
    }
}

/// Cuts at quotes that are closed.
fn pieces(typed: &str) -> Vec<Piece<'_>> {
    let (mut pieces, mut plain_from, mut at) = (Vec::new(), 0, 0);
    while let Some((open, ends)) = next_quote(typed, at) {
        let inside = open + typed.get(open..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        let close = typed.get(inside..).and_then(|rest| rest.find(ends)).map(|place| inside + place);
        let Some(close) = close else {
            at = inside;
            continue;
        };
        pieces.extend(typed.get(plain_from..open).map(Piece::Plain));
        pieces.extend(typed.get(inside..close).map(Piece::Quoted));
        at = close + typed.get(close..).and_then(|rest| rest.chars().next()).map_or(1, char::len_utf8);
        plain_from = at;
    }
    pieces.extend(typed.get(plain_from..).map(Piece::Plain));
    pieces
}

fn next_quote(typed: &str, from: usize) -> Option<(usize, &'static [char])> {
    let rest = typed.get(from..)?;
    rest.char_indices().find_map(|(at, character)| Some((from + at, closing(character)?)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn typed(text: &str) -> (Vec<String>, Vec<String>) {
        let query = TextQuery::parse(text);
        let words = query.words.into_iter().map(|word| word.folded).collect();
        (words, query.phrases.iter().map(|phrase| phrase.join(" ")).collect())
    }

    fn both(words: &[&str], phrases: &[&str]) -> (Vec<String>, Vec<String>) {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        (owned(words), owned(phrases))
    }

    #[test]
    fn words_and_phrases_are_told_apart_and_nothing_is_an_error() {
        assert_eq!(typed(r#"Waste "Circular Economy" waste"#), both(&["waste"], &["circular economy"]));
        assert_eq!(typed("„grüner Strom“ und «vert»"), both(&["und"], &["gruner strom", "vert"]));
        assert_eq!(
            typed(r#"the 15" pipe AND (NOT x:y*) +-~^ \"#),
            both(&["the", "15", "pipe", "and", "not", "x", "y"], &[])
        );
        assert_eq!(typed(r#""" " " """"#), both(&[], &[]));
        assert_eq!(typed("循環経済 report"), both(&["report"], &["循 環 経 済"]));
    }

    proptest! {
        #[test]
        fn anything_can_be_typed(text in any::<String>()) {
            let query = TextQuery::parse(&text);
            prop_assert!(query.words.len() <= MOST_WORDS && query.phrases.len() <= MOST_WORDS);
        }

        #[test]
        fn quotes_in_any_place_can_be_typed(text in "[a-c \"„“”«»é]{0,30}") {
            TextQuery::parse(&text);
        }
    }
}
