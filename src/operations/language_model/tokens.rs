//! A text as what is counted: words, in units that end.
//!
//! The one decision: nothing reaches over the end of a unit, which is a text or a sentence. Units without a word are none.

use super::options::{LanguageModelOptions, Tokenizer};
use crate::core::text::sentences::sentences;
use crate::core::text::words::{Word, normalise_into, words_into};

/// A piece of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// A word in the form in which it is counted.
    Word(&'a str),
    /// The end of a unit that has words.
    End,
}

/// Makes tokens of texts.
#[derive(Debug)]
pub(super) struct Tokens {
    tokenizer: Tokenizer,
    keep_case: bool,
    by_sentence: bool,
    found: Vec<Word>,
    form: String,
}

impl Tokens {
    /// As the options of a model say.
    pub(super) fn new(options: &LanguageModelOptions) -> Self {
        Self {
            tokenizer: options.tokenizer,
            keep_case: options.keep_case,
            by_sentence: options.sentences,
            found: Vec::new(),
            form: String::new(),
        }
    }

    /// Hands out the tokens of a text, in order.
    ///
    /// # Errors
    /// What `take` fails with; it is not called again then.
    pub(super) fn read<E>(&mut self, text: &str, mut take: impl FnMut(Token<'_>) -> Result<(), E>) -> Result<(), E> {
        if !self.by_sentence {
            return self.read_unit(text, &mut take);
        }
        sentences(text)
            .into_iter()
            .filter_map(|range| text.get(range))
            .try_for_each(|unit| self.read_unit(unit, &mut take))
    }

    fn read_unit<E>(&mut self, unit: &str, take: &mut impl FnMut(Token<'_>) -> Result<(), E>) -> Result<(), E> {
        let mut is_empty = true;
        match self.tokenizer {
            Tokenizer::Words => {
                words_into(unit, &mut self.found);
                for word in self.found.iter().filter_map(|word| unit.get(word.bytes.clone())) {
                    if self.keep_case {
                        take(Token::Word(word))?;
                    } else {
                        normalise_into(word, &mut self.form);
                        take(Token::Word(&self.form))?;
                    }
                    is_empty = false;
                }
            }
            Tokenizer::Whitespace => {
                for word in unit.split_whitespace() {
                    if self.keep_case || word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) {
                        take(Token::Word(word))?;
                    } else {
                        take(Token::Word(&word.to_lowercase()))?;
                    }
                    is_empty = false;
                }
            }
        }
        if is_empty { Ok(()) } else { take(Token::End) }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn of(text: &str, options: &LanguageModelOptions) -> Vec<String> {
        let mut found = Vec::new();
        let mut tokens = Tokens::new(options);
        let read = tokens.read(text, |token| {
            found.push(match token {
                Token::Word(word) => word.to_owned(),
                Token::End => "|".to_owned(),
            });
            Ok::<_, Infallible>(())
        });
        read.unwrap();
        found
    }

    #[test]
    fn words_are_runs_of_letters_and_a_text_is_a_unit() {
        let options = LanguageModelOptions::default();
        assert_eq!(of("Re-use it. Straße!", &options), ["re", "use", "it", "strasse", "|"]);
        assert_eq!(of(" … ", &options), Vec::<String>::new());
        let options = LanguageModelOptions { keep_case: true, sentences: true, ..options };
        assert_eq!(of("Reuse it. Burn NOT.  ", &options), ["Reuse", "it", "|", "Burn", "NOT", "|"]);
    }

    #[test]
    fn what_is_tokenized_already_is_parted_at_white_space_alone() {
        let options = LanguageModelOptions { tokenizer: Tokenizer::Whitespace, ..LanguageModelOptions::default() };
        assert_eq!(of("Re-use it , ÖKO\t.\n", &options), ["re-use", "it", ",", "öko", ".", "|"]);
        let options = LanguageModelOptions { keep_case: true, ..options };
        assert_eq!(of("It's ÖKO", &options), ["It's", "ÖKO", "|"]);
    }
}
