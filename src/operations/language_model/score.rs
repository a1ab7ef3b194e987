//! How likely texts are to a model.
//!
//! The perplexity is exp(−(sum of ln p) / tokens). Tokens are the words of a text and the end of each unit. What the model
//! gives no probability, as an unknown word with a closed vocabulary, is left out of both, and counted.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::model::LanguageModel;
use super::ngram::Ngrams;
use super::tokens::{Token, Tokens};
use super::words::{END, UNKNOWN, WordList};

/// How likely a text is, or several together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TextScore {
    /// exp(−`log_probability` / `tokens`); `null` without tokens.
    pub perplexity: Option<f64>,
    /// Sum of the natural logarithms of the tokens' probabilities.
    pub log_probability: f64,
    /// Words and ends that have a probability.
    pub tokens: u64,
    /// Words.
    pub words: u64,
    /// ... of which the model does not know these.
    pub unknown_words: u64,
}

impl TextScore {
    fn take(&mut self, probability: f64) {
        if probability > 0.0 {
            self.log_probability += probability.ln();
            self.tokens += 1;
        }
    }

    /// Together with another text.
    #[must_use]
    pub fn with(mut self, other: &Self) -> Self {
        self.log_probability += other.log_probability;
        self.tokens += other.tokens;
        self.words += other.words;
        self.unknown_words += other.unknown_words;
        self.assessed()
    }

    #[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 tokens")]
    fn assessed(mut self) -> Self {
        self.perplexity = (self.tokens > 0).then(|| (-self.log_probability / self.tokens as f64).exp());
        self
    }
}

/// Scores texts, one after another.
#[derive(Debug)]
pub struct Scorer<'a> {
    words: WordList<'a>,
    ngrams: Ngrams<'a>,
    tokens: Tokens,
    /// What a unit begins with.
    beginning: Vec<u32>,
    /// The unit at hand.
    context: Vec<u32>,
}

impl LanguageModel {
    /// Something that scores texts.
    pub fn scorer(&self) -> Scorer<'_> {
        let ngrams = self.ngrams();
        let beginning = ngrams.beginning();
        let context = beginning.clone();
        Scorer { words: self.words(), ngrams, tokens: Tokens::new(&self.info().options), beginning, context }
    }
}

impl Scorer<'_> {
    /// How likely a text is.
    pub fn score(&mut self, text: &str) -> TextScore {
        let Self { words, ngrams, tokens, beginning, context } = self;
        context.clone_from(beginning);
        let mut score = TextScore::default();
        let Ok(()) = tokens.read(text, |token| {
            match token {
                Token::Word(word) => {
                    let number = words.number(word);
                    score.words += 1;
                    score.unknown_words += u64::from(number == UNKNOWN);
                    score.take(ngrams.probability(context, number));
                    context.push(number);
                }
                Token::End => {
                    score.take(ngrams.probability(context, END));
                    context.clone_from(beginning);
                }
            }
            Ok::<_, std::convert::Infallible>(())
        });
        score.assessed()
    }
}
