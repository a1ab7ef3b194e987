//! A language model that answers: its file, opened.

use std::path::Path;

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::cooccurrence::{PairMatrix, write_matrix, write_vocabulary};
use super::error::LanguageModelError;
use super::file::ModelFile;
use super::info::LanguageModelInfo;
use super::ngram::Ngrams;
use super::tokens::{Token, Tokens};
use super::words::{END, START, UNKNOWN, WordList};
use crate::core::nearest::nearest;

pub(super) const LETTERS: &str = "letters";
pub(super) const WORD_ENDS: &str = "word-ends";
pub(super) const WORD_COUNTS: &str = "word-counts";
pub(super) const WORD_SLOTS: &str = "word-slots";

/// Most answers to one question.
pub const MOST_ANSWERS: usize = 1_000;
/// Words among which one that may be meant is looked for: the most frequent.
const MEANT_AMONG: u32 = 50_000;

/// A language model. Its file stays open, whatever takes its name.
#[derive(Debug)]
pub struct LanguageModel {
    pub(super) file: ModelFile,
}

/// A word that is like another one.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Neighbour {
    /// The word.
    pub word: String,
    /// Cosine of the rows of PPMI, above 0 to 1.
    pub similarity: f64,
    /// How often it is in the texts of the model.
    pub count: u64,
}

/// A word that may come next.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Completion {
    /// The word; `</s>` is the end of the text.
    pub word: String,
    /// Its probability.
    pub probability: f64,
}

/// A word of a model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct CountedWord {
    /// The word.
    pub word: String,
    /// How often it is in the texts of the model.
    pub count: u64,
}

impl LanguageModel {
    /// Opens a model: reads its file once, to see whether it is as it was written.
    ///
    /// # Errors
    /// When it can't be read, is no model, or damaged.
    pub fn open(path: &Path) -> Result<Self, LanguageModelError> {
        let model = Self { file: ModelFile::open(path)? };
        let words = model.words();
        let is_whole = u64::from(words.len()) == model.info().vocabulary + u64::from(END) + 1
            && words.counts.len() == words.ends.len()
            && words.word(END) == super::words::SPECIAL[END as usize];
        if is_whole { Ok(model) } else { Err(LanguageModelError::damaged(path, "its vocabulary is another one")) }
    }

    /// How it was built, and how much is in it.
    pub fn info(&self) -> &LanguageModelInfo {
        &self.file.info
    }

    /// Its most frequent words.
    pub fn most_frequent(&self, k: usize) -> Vec<CountedWord> {
        let words = self.words();
        let known = (END + 1..words.len()).take(k);
        known.map(|number| CountedWord { word: words.word(number).to_owned(), count: words.count(number) }).collect()
    }

    /// The `k` words that are used most like a word: cosine of their rows of PPMI, exact.
    ///
    /// # Errors
    /// When the model does not know the word, has no co-occurrences, or somebody said stop.
    pub fn neighbours(
        &self,
        word: &str,
        k: usize,
        cancel: &CancellationToken,
    ) -> Result<Vec<Neighbour>, LanguageModelError> {
        let matrix = PairMatrix::of(&self.file)?;
        let words = self.words();
        let number = self.number_of(word)?;
        let found = matrix.neighbours(number, k.min(MOST_ANSWERS), cancel)?;
        let neighbour = |(number, similarity)| Neighbour {
            word: words.word(number).to_owned(),
            similarity,
            count: words.count(number),
        };
        Ok(found.into_iter().map(neighbour).collect())
    }

    /// The `k` words that are most likely to come behind a text, which may be empty; `</s>` stands for its end.
    pub fn completions(&self, text: &str, k: usize) -> Vec<Completion> {
        let (words, ngrams) = (self.words(), self.ngrams());
        let mut context = ngrams.beginning();
        let mut is_at_end = false;
        let read = Tokens::new(&self.info().options).read(text, |token| {
            if is_at_end {
                context.fill(START);
            }
            is_at_end = token == Token::End;
            if let Token::Word(word) = token {
                context.push(words.number(word));
            }
            Ok::<_, std::convert::Infallible>(())
        });
        let Ok(()) = read;
        let completion = |(number, probability)| Completion { word: words.word(number).to_owned(), probability };
        ngrams.most_likely(&context, k.min(MOST_ANSWERS)).into_iter().map(completion).collect()
    }

    /// Writes the co-occurrences as Parquet: `row`, `column`, `count`, `ppmi`.
    ///
    /// # Errors
    /// When there are none, the file can't be written, or somebody said stop.
    pub fn write_cooccurrences(&self, path: &Path, cancel: &CancellationToken) -> Result<(), LanguageModelError> {
        write_matrix(&PairMatrix::of(&self.file)?, path, cancel)
    }

    /// Writes the vocabulary as Parquet: `id`, `word`, `count`.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn write_vocabulary(&self, path: &Path) -> Result<(), LanguageModelError> {
        write_vocabulary(self.words(), path)
    }

    pub(super) fn words(&self) -> WordList<'_> {
        WordList {
            letters: self.file.section(LETTERS),
            ends: self.file.section(WORD_ENDS),
            counts: self.file.section(WORD_COUNTS),
            slots: self.file.section(WORD_SLOTS),
        }
    }

    pub(super) fn ngrams(&self) -> Ngrams<'_> {
        Ngrams::of(&self.file, self.words().len())
    }

    /// The number of what is to be one known word.
    fn number_of(&self, text: &str) -> Result<u32, LanguageModelError> {
        let words = self.words();
        let mut found = Vec::new();
        let Ok(()) = Tokens::new(&self.info().options).read(text, |token| {
            if let Token::Word(word) = token {
                found.push(word.to_owned());
            }
            Ok::<_, std::convert::Infallible>(())
        });
        let [word] = found.as_slice() else {
            return Err(LanguageModelError::NotOneWord { text: text.chars().take(200).collect() });
        };
        match words.number(word) {
            UNKNOWN => {
                let known = (END + 1..words.len()).take(MEANT_AMONG as usize).map(|number| words.word(number));
                let meant = nearest(word, known).map(str::to_owned);
                Err(LanguageModelError::UnknownWord { word: word.chars().take(200).collect(), meant })
            }
            number => Ok(number),
        }
    }
}
