//! Texts and their words in the form in which a check of incoming data compares them.
//!
//! For: duplicates, conflicts and leakage, and words that are counted, all as deepchecks has them. Not for: chunks and data
//! sets, which have a stricter form (`normalise`), or words that must be found again in their text (`words`). The one
//! decision: each step is done to the letter as there, also where it is odd: punctuation goes before compatibility
//! characters become ASCII, so that marks which come out of them stay.

use std::borrow::Cow;
use std::ops::Range;

use serde::{Deserialize, Serialize};
use unicode_normalization::{IsNormalized, UnicodeNormalization as _, is_nfkc_quick};

use super::{characters, stop_words, treebank};

/// What makes no difference between two texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "five switches that are independent of each other")]
pub struct NormalForm {
    /// Capital or small letters.
    pub ignore_case: bool,
    /// The 32 punctuation characters of ASCII.
    pub remove_punctuation: bool,
    /// How characters are encoded (NFKC).
    pub normalise_unicode: bool,
    /// English stop words.
    pub remove_stop_words: bool,
    /// White space, all of it.
    pub ignore_white_space: bool,
}

impl Default for NormalForm {
    fn default() -> Self {
        Self {
            ignore_case: true,
            remove_punctuation: true,
            normalise_unicode: true,
            remove_stop_words: true,
            ignore_white_space: false,
        }
    }
}

impl NormalForm {
    /// The form in which everything makes a difference.
    pub const EXACT: Self = Self {
        ignore_case: false,
        remove_punctuation: false,
        normalise_unicode: false,
        remove_stop_words: false,
        ignore_white_space: false,
    };

    /// A text in this form.
    pub fn of(self, text: &str) -> String {
        let mut form = Cow::Borrowed(text);
        if self.ignore_case {
            form = Cow::Owned(form.to_lowercase());
        }
        if self.remove_punctuation {
            form = Cow::Owned(without_punctuation(&form));
        }
        if self.normalise_unicode && is_nfkc_quick(form.chars()) != IsNormalized::Yes {
            form = Cow::Owned(form.nfkc().collect());
        }
        if self.remove_stop_words {
            form = Cow::Owned(without_stop_words(&form));
        }
        if self.ignore_white_space {
            form = Cow::Owned(characters::pieces(&form).collect());
        }
        form.into_owned()
    }
}

/// A text without the 32 punctuation characters of ASCII.
pub fn without_punctuation(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_punctuation()).collect()
}

/// The tokens of a text that are no stop words, a space between two of them.
fn without_stop_words(text: &str) -> String {
    let mut left = String::with_capacity(text.len());
    let mut keep = |token: &str| {
        if !stop_words::is_english(&token.to_lowercase()) {
            if !left.is_empty() {
                left.push(' ');
            }
            left.push_str(token);
        }
    };
    if is_plain(text) {
        characters::pieces(text).for_each(|word| match treebank::contraction(word) {
            Some((one, other)) => [one, other].into_iter().for_each(&mut keep),
            None => keep(word),
        });
    } else {
        for token in treebank::tokens(text) {
            keep(&token);
        }
    }
    left
}

/// Whether a text is words and white space of ASCII, of which tokens are easily made. Most are, once punctuation is gone.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'\t'..=b'\r'))
}

/// The words of a text: small letters, no punctuation of ASCII, NFKC; runs of letters, numbers and underscores of that.
#[derive(Debug, Clone, Default)]
pub struct ComparableWords {
    form: String,
    words: Vec<Range<usize>>,
}

impl ComparableWords {
    /// The words of a text, in order.
    pub fn of(text: &str) -> Self {
        let form = if text.is_ascii() {
            text.chars()
                .filter(|letter| !letter.is_ascii_punctuation())
                .map(|letter| letter.to_ascii_lowercase())
                .collect()
        } else {
            NormalForm { remove_stop_words: false, ..NormalForm::default() }.of(text)
        };
        let mut words = Vec::new();
        let mut begun = None;
        for (place, character) in form.char_indices() {
            if characters::is_word(character) {
                begun.get_or_insert(place);
            } else if let Some(begin) = begun.take() {
                words.push(begin..place);
            }
        }
        words.extend(begun.map(|begin| begin..form.len()));
        Self { form, words }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.words.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// One after another.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().filter_map(|word| self.form.get(word.clone()))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn normal(text: &str) -> String {
        NormalForm::default().of(text)
    }

    #[test]
    fn case_punctuation_stop_words_and_runs_of_blanks_make_no_difference() {
        assert_eq!(normal("The CAT sat,  on the mat!"), "cat sat mat");
        assert_eq!(normal("It is the, and... (we)!"), "");
        assert_eq!(normal("\u{fb01}ne\u{a0}line"), "fine line");
        assert_eq!(normal("İstanbul'da"), "i\u{307}stanbulda");
    }

    #[test]
    fn marks_that_come_out_of_compatibility_characters_stay_and_are_tokens() {
        assert_eq!(normal("wait… what！"), "wait ... !");
        assert_eq!(normal("“smart” — dash"), "“ smart ” — dash");
        assert_eq!(normal("one ⑴ two"), "one ( 1 ) two");
    }

    #[test]
    fn six_words_are_two_and_their_parts_can_be_stop_words() {
        assert_eq!(normal("I cannot, gonna, gotta, gimme, lemme, wanna go"), "gon na got ta gim lem wan na go");
    }

    #[test]
    fn every_step_can_be_left_out() {
        assert_eq!(NormalForm::EXACT.of("The  Cat, ﬁne!"), "The  Cat, ﬁne!");
        let keep = NormalForm { remove_stop_words: false, ..NormalForm::default() };
        assert_eq!(keep.of("The  Cat, ﬁne!"), "the  cat fine");
        let dense = NormalForm { ignore_white_space: true, ..NormalForm::EXACT };
        assert_eq!(dense.of("a b\u{a0}\tc\n"), "abc");
    }

    #[test]
    fn words_are_letters_numbers_and_marks_part_them() {
        let words = ComparableWords::of("E-Mail's ﬁ x² कि! ");
        assert_eq!(words.iter().collect::<Vec<_>>(), ["emails", "fi", "x2", "क"]);
        assert!(ComparableWords::of(" ... ").is_empty());
    }

    proptest! {
        #[test]
        fn plain_texts_have_the_form_that_all_texts_have(
            words in prop::collection::vec("(the|and|cannot|gonna|wanna|Wannabe|lemme|[a-z0-9]{1,3})", 0..8),
            blank in "[ \t\n]{1,3}",
        ) {
            let text = words.join(&blank).to_lowercase();
            let general: Vec<_> =
                treebank::tokens(&text).into_iter().filter(|token| !stop_words::is_english(token)).collect();
            prop_assert_eq!(without_stop_words(&text), general.join(" "));
        }
    }
}
