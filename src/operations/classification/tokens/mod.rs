//! Tokens of a text and a tag for each: what entities are learnt from.
//!
//! For: tags out of a column of IOB tags, of spans, or out of the concepts of a knowledge base. Not for: dividing rows, or
//! writing them. The one decision: every tagger says IOB2, whatever it read, and each row is tagged once.
//!
//! - `tag` knows schemes of tags, `token` makes tokens of a text, `span` goes between spans and tags.
//! - `columns` reads all of that out of a table, `taggers` tag the rows of a data set with it.
//! - `forms` are the files in which others keep entities, and `convert` gets from one to another.

mod columns;
mod convert;
mod error;
mod forms;
mod json;
mod options;
mod outcome;
mod span;
mod tag;
mod taggers;
#[cfg(test)]
mod tests;
mod token;

pub use convert::convert_tokens;
pub use error::TokensError;
pub use forms::TokensTarget;
pub(super) use forms::write_conll;
pub use options::{TokensForm, TokensOptions};
pub use outcome::{Faults, TokensOutcome};
pub(super) use taggers::tagger;

use arrow_array::RecordBatch;

use super::error::ClassificationError;
use super::outcome::Finding;

/// A text in tokens, each with its tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tagged {
    /// The tokens.
    pub(super) tokens: Vec<String>,
    /// Their tags: `O`, `B-TYPE` or `I-TYPE` after one of its type; as many as tokens.
    pub(super) tags: Vec<String>,
}

/// Tags that do not fit the tokens: the row is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NotFitting;

/// Where tags come from; asked once for every batch of the table, in order.
pub(super) trait Tagger {
    /// The tags of each row; `texts` are those of the rows of `batch`, empty ones too.
    ///
    /// # Errors
    /// When nothing can be said: a column of another kind, a model that fails, a stop.
    fn tag(
        &mut self,
        batch: &RecordBatch,
        texts: &[&str],
    ) -> Result<Vec<Result<Tagged, NotFitting>>, ClassificationError>;

    /// Knowledge base and generation, for the card; `None` where the table says it itself.
    fn source(&self) -> Option<String> {
        None
    }

    /// What was mended, and what did not fit, of all batches (`InvalidTags`, `TagsNotFitting`).
    fn findings(&self) -> Vec<Finding>;
}
