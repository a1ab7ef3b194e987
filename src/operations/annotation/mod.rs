//! The mentions of concepts in texts: which phrase of which list stands where.
//!
//! For: tables (`textmill annotate`, a job) and a few texts at once. Not for: building the knowledge base whose lists say
//! what is looked for. The one decision: words are compared, not letters, and every mention says how it was found and how
//! like its phrase it is, so that whoever uses it can draw the line elsewhere.
//!
//! - `lists` reads the concepts of a knowledge base, `lexicon` makes their phrases ready to be found, `inflection` knows
//!   forms of words.
//! - `matcher` finds phrases by their words, those with slips of the pen by `typo`; `meaning` finds what means the same;
//!   `annotator` puts them together, and `overlap` decides between mentions.
//! - `run` takes a table's rows to `output` and `export`; `job` is its binding to the queue; `text` is for a few texts.
//!
//! Memory: the lexicon, some thousand rows and their mentions, and what the reader holds; with slips of the pen, counts of
//! the words that are near to one of a phrase.

mod annotator;
mod error;
mod export;
mod finder;
mod inflection;
mod job;
mod lexicon;
mod lists;
mod matcher;
mod meaning;
mod mention;
mod options;
mod outcome;
mod output;
mod overlap;
mod run;
#[cfg(test)]
mod tests;
mod text;
mod typo;

pub use error::AnnotationError;
pub use finder::{ConceptFinder, ConceptMention, ConceptReader};
pub use job::{AnnotationHandler, Embedders, KIND};
pub use lexicon::{Ban, Concept, Lexicon};
pub use lists::lexicon_of;
pub use mention::How;
pub use options::{AnnotationOptions, AnnotationRequest, Export, Language};
pub use outcome::{AnnotationOutcome, ConceptOutcome, FoundBy};
pub use run::{TableAnnotation, annotate_table};
pub use text::{AnnotatedMention, Lexicons, Terms, annotate_texts};
