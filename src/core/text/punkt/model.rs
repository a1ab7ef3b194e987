//! What Punkt's English model knows, and what it makes of tokens.
//!
//! For: deciding which tokens end a sentence. Not for: learning; the model is as NLTK ships it. The one decision: the
//! order of its heuristics is that of NLTK, so that exceptions of exceptions come out the same.

use std::collections::HashSet;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

use super::token::Token;
use crate::core::text::word_table::WordTable;

type Words = HashSet<&'static str, RandomState>;

/// How a word was written in the texts that the model has learned from, one bit each.
mod written {
    /// With a capital, in the middle of a sentence.
    pub(super) const CAPITAL_INSIDE: u8 = 1 << 2;
    /// With a capital: at the beginning, in the middle, or not known where.
    pub(super) const CAPITAL: u8 = 1 << 1 | 1 << 2 | 1 << 3;
    /// With a small letter, at the beginning of a sentence.
    pub(super) const SMALL_FIRST: u8 = 1 << 4;
    /// With a small letter: at the beginning, in the middle, or not known where.
    pub(super) const SMALL: u8 = 1 << 4 | 1 << 5 | 1 << 6;
}

/// Punkt's tables.
pub(super) struct Model {
    abbreviations: Words,
    collocations: HashSet<(&'static str, &'static str), RandomState>,
    starters: Words,
    written: WordTable,
}

static ENGLISH: LazyLock<Model> = LazyLock::new(|| {
    Model::new(include_str!("../tables/punkt_english.txt"), include_bytes!("../tables/punkt_english.words"))
});

impl Model {
    /// The one for English.
    pub(super) fn english() -> &'static Self {
        &ENGLISH
    }

    /// Out of lists in sections that begin with `# `, and the table of how words were written.
    fn new(lists: &'static str, written: &'static [u8]) -> Self {
        let section = |name: &str| {
            let lines = lists.split('\n').skip_while(move |line| line.strip_prefix("# ") != Some(name)).skip(1);
            lines.take_while(|line| !line.is_empty() && !line.starts_with("# ")).collect::<Vec<&'static str>>()
        };
        Self {
            abbreviations: section("abbreviations").into_iter().collect(),
            collocations: section("collocations").into_iter().filter_map(|line| line.split_once('\t')).collect(),
            starters: section("starters").into_iter().collect(),
            written: WordTable::new(written),
        }
    }

    /// Decides for each token whether it ends a sentence.
    pub(super) fn annotate(&self, tokens: &mut [Token<'_>]) {
        for token in tokens.iter_mut() {
            self.look_at_one(token);
        }
        let mut rest = tokens;
        while let Some((token, behind)) = rest.split_first_mut() {
            if let Some(next) = behind.first()
                && token.text.ends_with('.')
            {
                self.look_at_two(token, next);
            }
            rest = behind;
        }
    }

    /// By the token alone: marks end sentences, and full stops do if they are not those of an abbreviation.
    fn look_at_one(&self, token: &mut Token<'_>) {
        let text = token.text;
        if matches!(text, "." | "?" | "!") {
            token.ends_sentence = true;
        } else if text.len() > 1 && text.bytes().all(|byte| byte == b'.') {
            token.is_ellipsis = true;
        } else if let Some(before) = text.strip_suffix('.')
            && !before.ends_with('.')
        {
            let before = before.to_lowercase();
            let last = before.rsplit('-').next().unwrap_or_default();
            token.is_abbreviation = self.abbreviations.contains(before.as_str()) || self.abbreviations.contains(last);
            token.ends_sentence = !token.is_abbreviation;
        }
    }

    /// By what follows, for a token with a full stop.
    fn look_at_two(&self, token: &mut Token<'_>, next: &Token<'_>) {
        let (kind, next_kind) = (token.kind_without_stop(), next.kind_in_sentence());
        if self.collocations.contains(&(kind, next_kind)) {
            (token.ends_sentence, token.is_abbreviation) = (false, true);
            return;
        }
        let is_initial = token.is_initial();
        if (token.is_abbreviation || token.is_ellipsis) && !is_initial {
            let begins = self.begins_sentence(next) == Some(true);
            if begins || next.is_upper() && self.starters.contains(next_kind) {
                token.ends_sentence = true;
                return;
            }
        }
        if is_initial || kind == "##number##" {
            let begins = self.begins_sentence(next);
            let is_name = begins.is_none()
                && is_initial
                && next.is_upper()
                && self.written.get(next_kind).unwrap_or(0) & written::SMALL == 0;
            if begins == Some(false) || is_name {
                (token.ends_sentence, token.is_abbreviation) = (false, true);
            }
        }
    }

    /// Whether a token is the first of a sentence, as far as can be told from how it is written.
    fn begins_sentence(&self, token: &Token<'_>) -> Option<bool> {
        if matches!(token.text, ";" | ":" | "," | "." | "!" | "?") {
            return Some(false);
        }
        let written = self.written.get(token.kind_in_sentence()).unwrap_or(0);
        if token.is_upper() && written & written::SMALL != 0 && written & written::CAPITAL_INSIDE == 0 {
            return Some(true);
        }
        if token.is_lower() && (written & written::CAPITAL != 0 || written & written::SMALL_FIRST == 0) {
            return Some(false);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::text::word_table::tests::words_of;

    #[test]
    fn the_model_is_whole() {
        let model = Model::english();
        assert_eq!(model.abbreviations.len(), 156);
        assert_eq!(model.collocations.len(), 37);
        assert_eq!(model.starters.len(), 39);
        let words = words_of(&model.written);
        assert_eq!(words.len(), 20_366);
        assert!(words.iter().all(|(word, flags)| model.written.get(word) == Some(*flags)));
        assert!(model.abbreviations.contains("dr") && model.abbreviations.contains(". . "));
    }
}
