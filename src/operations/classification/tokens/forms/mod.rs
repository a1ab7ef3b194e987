//! The forms in which entities lie in files: each read into rows, and written from them.
//!
//! For: where a row begins and ends, and what stands in it. Not for: what its tags mean, or getting from one form to
//! another (`convert`). The one decision: a row is either tokens with tags or a text with spans, as it was written; nothing
//! is changed on the way in.

mod conll;
mod lines;
mod reader;
mod rows_out;
mod table;
mod writer;

pub(super) use reader::Reader;
pub use writer::TokensTarget;
pub(super) use writer::Writer;
pub(in crate::operations::classification) use writer::write_conll;

use super::Tagged;
use super::span::Span;

/// What stands in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Content {
    /// Tokens and their tags.
    Tagged(Tagged),
    /// A text and its spans.
    Spans(String, Vec<Span>),
}

/// A row, or why it can't be understood.
#[derive(Debug)]
pub(super) struct Row {
    /// Where its line is, if it has one; from 1.
    pub(super) line: Option<u64>,
    pub(super) content: Result<Content, String>,
}
