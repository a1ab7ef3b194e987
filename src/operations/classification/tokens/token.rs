//! The tokens of a text that has none yet.
//!
//! For: texts whose entities are spans, or mentions of concepts. Not for: texts that come in tokens, which keep them. The
//! one decision: words as annotation knows them, and every other visible character by itself. So mentions begin and end with
//! a token, nothing visible is lost, and BERT's tokenizers, which part words and marks alike, cut at the same places. Where
//! entities stand has no say: a tokenizer that is asked for a text without labels must give the same tokens.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use crate::core::text::words::words;

/// A token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// Its bytes.
    pub(super) bytes: Range<usize>,
    /// Its code points.
    pub(super) chars: Range<usize>,
}

/// The tokens of a text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token> {
    let (mut found, mut byte, mut char) = (Vec::new(), 0, 0);
    for word in words(text) {
        marks(text, byte..word.bytes.start, char, &mut found);
        (byte, char) = (word.bytes.end, word.chars.end);
        found.push(Token { bytes: word.bytes, chars: word.chars });
    }
    marks(text, byte..text.len(), char, &mut found);
    found
}

/// What shows between two words.
fn marks(text: &str, gap: Range<usize>, mut char: usize, found: &mut Vec<Token>) {
    let start = gap.start;
    for (offset, mark) in text.get(gap).unwrap_or_default().grapheme_indices(true) {
        let shown = mark.trim_start();
        let end = char + mark.chars().count();
        if shown.chars().any(is_visible) {
            let bytes = start + offset + mark.len() - shown.len()..start + offset + mark.len();
            found.push(Token { bytes, chars: end - shown.chars().count()..end });
        }
        char = end;
    }
}

fn is_visible(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    );
    !character.is_whitespace() && !character.is_control() && !is_format
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text).into_iter().map(|token| text.get(token.bytes).unwrap()).collect()
    }

    #[test]
    fn marks_stand_by_themselves_and_nothing_visible_is_lost() {
        assert_eq!(
            texts("Don't re-use 3.5 t, ok…"),
            ["Don", "'", "t", "re", "-", "use", "3", ".", "5", "t", ",", "ok", "…"]
        );
        assert_eq!(texts("👩‍👩‍👧 e\u{301}co\r\n\u{200b} #tag"), ["👩‍👩‍👧", "e\u{301}co", "#", "tag"]);
        assert_eq!(texts(" \u{301}a"), ["\u{301}", "a"]);
        assert_eq!(texts(" \t\u{feff}"), Vec::<&str>::new());
    }

    proptest! {
        #[test]
        fn tokens_are_what_stands_there_and_hold_no_blank(text in "[a-cé .,'\u{301}\u{200b}😀\n-]{0,40}") {
            let chars: Vec<char> = text.chars().collect();
            let mut end = 0;
            for token in tokens(&text) {
                let letters: String = chars[token.chars.clone()].iter().collect();
                prop_assert_eq!(text.get(token.bytes).unwrap(), letters.as_str());
                prop_assert!(!letters.contains(char::is_whitespace) && !letters.is_empty());
                prop_assert!(token.chars.start >= end);
                prop_assert!(!chars[end..token.chars.start].iter().any(|skipped| is_visible(*skipped)));
                end = token.chars.end;
            }
            prop_assert!(!chars[end..].iter().any(|skipped| is_visible(*skipped)));
        }
    }
}
