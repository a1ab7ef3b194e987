//! Tokens as Punkt has them: words with their full stops, and other marks by themselves.
//!
//! For: some words around a mark. Not for: anything that others call a token (`treebank`, `embeddings`). The one decision:
//! it is NLTK's regular expression, written out, so that a long word costs one walk.

use crate::core::text::characters::{is_decimal, is_space, is_word_or_mark};

/// A token, and what is known about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token<'a> {
    /// As it is written.
    pub(super) text: &'a str,
    /// In small letters, and one word for all numbers.
    kind: String,
    pub(super) is_abbreviation: bool,
    pub(super) is_ellipsis: bool,
    pub(super) ends_sentence: bool,
}

impl<'a> Token<'a> {
    fn new(text: &'a str) -> Self {
        let kind = if is_number(text) { "##number##".to_owned() } else { text.to_lowercase() };
        Self { text, kind, is_abbreviation: false, is_ellipsis: false, ends_sentence: false }
    }

    /// Its kind, without a full stop at its end.
    pub(super) fn kind_without_stop(&self) -> &str {
        self.kind.strip_suffix('.').filter(|rest| !rest.is_empty()).unwrap_or(&self.kind)
    }

    /// Its kind, without the full stop if that ends the sentence.
    pub(super) fn kind_in_sentence(&self) -> &str {
        if self.ends_sentence { self.kind_without_stop() } else { &self.kind }
    }

    /// Whether it begins with a capital.
    pub(super) fn is_upper(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_uppercase)
    }

    /// Whether it begins with a small letter.
    pub(super) fn is_lower(&self) -> bool {
        self.text.chars().next().is_some_and(char::is_lowercase)
    }

    /// Whether it is one letter and a full stop.
    pub(super) fn is_initial(&self) -> bool {
        let mut letters = self.text.chars();
        letters.next().is_some_and(|letter| is_word_or_mark(letter) && !is_decimal(letter))
            && letters.next() == Some('.')
            && letters.next().is_none()
    }
}

/// `-?[.,]?\d[\d,.-]*\.?`, in small letters or not.
fn is_number(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    let text = text.strip_prefix(['.', ',']).unwrap_or(text);
    text.starts_with(is_decimal)
        && text.chars().all(|character| matches!(character, ',' | '.' | '-') || is_decimal(character))
}

/// Marks that no word has inside.
pub(super) fn is_non_word(character: char) -> bool {
    matches!(
        character,
        ')' | '"'
            | ';'
            | '}'
            | ']'
            | '*'
            | ':'
            | '@'
            | '\''
            | '('
            | '{'
            | '['
            | '?'
            | '!'
            | '‘'
            | '’'
            | '“'
            | '”'
            | '«'
            | '»'
    )
}

/// Marks that no word begins with.
fn begins_no_word(character: char) -> bool {
    matches!(character, '(' | '"' | '`' | '{' | '[' | ':' | ';' | '&' | '#' | '*' | '@' | ')' | '}' | ']' | '-' | ',')
}

/// The tokens of a text, behind those that are there.
pub(super) fn push_tokens<'a>(text: &'a str, tokens: &mut Vec<Token<'a>>) {
    for line in text.split('\n').filter(|line| !line.chars().all(is_space)) {
        let mut rest = line.trim_start();
        while let Some(first) = rest.chars().next() {
            let length = token_length(rest, first);
            let Some((token, behind)) = rest.split_at_checked(length) else { break };
            tokens.push(Token::new(token));
            rest = behind.trim_start();
        }
    }
}

/// How long the token is with which a line goes on.
fn token_length(rest: &str, first: char) -> usize {
    if let Some(length) = run_of_marks(rest) {
        return length;
    }
    if begins_no_word(first) {
        return first.len_utf8();
    }
    let ends = rest.char_indices().skip(1).find(|&(place, _)| ends_word(rest.get(place..).unwrap_or_default()));
    ends.map_or(rest.len(), |(place, _)| place)
}

/// Whether a word ends before this.
fn ends_word(rest: &str) -> bool {
    let ends_before = |rest: &str| {
        let Some(first) = rest.chars().next() else { return true };
        first.is_whitespace() || is_non_word(first) || run_of_marks(rest).is_some()
    };
    ends_before(rest) || rest.strip_prefix(',').is_some_and(ends_before)
}

/// How long a run of hyphens or full stops is: two or more, or three full stops with white space between.
fn run_of_marks(rest: &str) -> Option<usize> {
    let mark = rest.bytes().next().filter(|mark| matches!(mark, b'-' | b'.'))?;
    let run = rest.bytes().take_while(|byte| *byte == mark).count();
    if run > 1 {
        return Some(run);
    }
    (mark == b'.').then(|| spaced_stops(rest)).flatten()
}

/// How long `. . .` is, as long as it goes on.
fn spaced_stops(rest: &str) -> Option<usize> {
    let (mut stops, mut length, mut behind) = (0, 0, rest);
    while let Some(after) = behind.strip_prefix('.') {
        stops += 1;
        length = rest.len() - after.len();
        let Some(next) = after.strip_prefix(char::is_whitespace) else { break };
        behind = next;
    }
    (stops > 2).then_some(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        let mut tokens = Vec::new();
        push_tokens(text, &mut tokens);
        tokens.into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_keep_their_stops_and_lose_other_marks() {
        assert_eq!(
            texts("Dr. Lee (U.S.), it's 5 p.m.!"),
            ["Dr.", "Lee", "(", "U.S.", ")", ",", "it", "'s", "5", "p.m.", "!"]
        );
        assert_eq!(
            texts("a--b...c, d ,e 1,5, -x"),
            ["a", "--", "b", "...", "c", ",", "d", ",", "e", "1,5", ",", "-", "x"]
        );
        assert_eq!(texts("so . . . then . . it"), ["so", ". . .", "then", ".", ".", "it"]);
        assert_eq!(texts("\n a\n\n b "), ["a", "b"]);
    }

    #[test]
    fn numbers_are_of_one_kind_and_initials_are_one_letter() {
        for number in ["5", "-1,000.50", ".5", "3.", "٣"] {
            assert_eq!(Token::new(number).kind, "##number##", "{number}");
        }
        assert_eq!(Token::new("3rd.").kind_without_stop(), "3rd");
        assert_eq!(Token::new(".").kind_without_stop(), ".");
        assert!(Token::new("J.").is_initial() && Token::new("É.").is_initial());
        assert!(!Token::new("5.").is_initial() && !Token::new("Jr.").is_initial() && !Token::new("J").is_initial());
    }
}
