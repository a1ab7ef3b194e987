#[path = "/work/w-lm/src/operations/language_model/build.rs"]
mod build;
#[path = "/work/w-lm/src/operations/language_model/cooccurrence/mod.rs"]
mod cooccurrence;
#[path = "/work/w-lm/src/operations/language_model/error.rs"]
mod error;
#[path = "/work/w-lm/src/operations/language_model/file/mod.rs"]
mod file;
#[path = "/work/w-lm/src/operations/language_model/info.rs"]
mod info;
#[path = "/work/w-lm/src/operations/language_model/model.rs"]
mod model;
#[path = "/work/w-lm/src/operations/language_model/name.rs"]
mod name;
#[path = "/work/w-lm/src/operations/language_model/ngram/mod.rs"]
mod ngram;
#[path = "/work/w-lm/src/operations/language_model/options.rs"]
mod options;
#[path = "/work/w-lm/src/operations/language_model/score.rs"]
mod score;
#[path = "/work/w-lm/src/operations/language_model/score_table.rs"]
mod score_table;
#[path = "/work/w-lm/src/operations/language_model/store.rs"]
mod store;
#[path = "/work/w-lm/src/operations/language_model/tally.rs"]
mod tally;
#[cfg(test)]
#[path = "/work/w-lm/src/operations/language_model/tests.rs"]
mod tests;
#[path = "/work/w-lm/src/operations/language_model/token_log.rs"]
mod token_log;
#[path = "/work/w-lm/src/operations/language_model/tokens.rs"]
mod tokens;
#[path = "/work/w-lm/src/operations/language_model/words.rs"]
mod words;

pub use build::build_model;
pub use error::LanguageModelError;
pub use info::{CooccurrenceInfo, DiscountFrom, LanguageModelInfo, OrderInfo, SourceInfo};
pub use model::{Completion, CountedWord, LanguageModel, MOST_ANSWERS, Neighbour};
pub use name::LanguageModelName;
pub use options::{LanguageModelOptions, LanguageModelRequest, Tokenizer, Weighting, check_options};
pub use score::{Scorer, TextScore};
pub use score_table::{ScoreOutcome, ScoreSource, score_table};
pub use store::{Claim, LanguageModels};
