//! Language models of the texts of a table: which words follow each other, and which stand near each other.
//!
//! For: co-occurrences with PPMI, and n-grams with interpolated Kneser–Ney smoothing, in one file; scores, likely words and
//! neighbours from it. Not for: neural models. The one decision: everything is counted exactly, in bounded memory, and in
//! whole numbers until it is asked: so equal texts and options give equal bytes.
//!
//! - `build` makes a model: `tokens` parts texts, `words` numbers words, `token_log` keeps the numbers, so that texts are
//!   read once; `ngram` and `cooccurrence` count, by `tally`; `file` lays it out, under a head with `info`.
//! - `model` answers from a file that is open; `score` and `score_table` say how likely texts are.
//! - `store` has models by name, `job` is the binding to the queue.

mod build;
mod cooccurrence;
mod error;
mod file;
mod info;
mod job;
mod model;
mod name;
mod ngram;
mod options;
mod score;
mod score_table;
mod store;
mod tally;
#[cfg(test)]
mod tests;
mod token_log;
mod tokens;
mod words;

pub use build::build_model;
pub use error::LanguageModelError;
pub use info::{CooccurrenceInfo, DiscountFrom, LanguageModelInfo, OrderInfo, SourceInfo};
pub use job::{KIND, LanguageModelHandler, LanguageModelOutcome};
pub use model::{Completion, CountedWord, LanguageModel, MOST_ANSWERS, Neighbour};
pub use name::LanguageModelName;
pub use options::{LanguageModelOptions, LanguageModelRequest, Tokenizer, Weighting, check_options};
pub use score::{Scorer, TextScore};
pub use score_table::{ScoreOutcome, ScoreSource, score_table};
pub use store::{Claim, LanguageModels};
