//! A file of texts in, a file of vectors out, row by row in the same order.
//!
//! For: `textmill embed`. Not for: what a vector is (`core::embeddings`) or how files are read (`core::tabular`). The one
//! decision: every row of the input is a row of the output. A row without a text has no vector, but keeps its place, so
//! that the two files can be laid side by side.
//!
//! Memory: some hundred texts and their vectors for each thread, and what the reader holds.

mod error;
mod input;
mod options;
mod outcome;
mod output;
mod run;

pub use error::EmbeddingJobError;
pub use options::{EmbeddingOptions, InputFormat, VectorFormat};
pub use outcome::EmbeddingOutcome;
pub use run::{TextSource, VectorTarget, embed};
