//! Records by their words: BM25 over an index of tantivy's.
//!
//! For: [`TextIndexWriter`], which makes an index of numbered texts in bounded memory, [`TextIndex`], which is only read,
//! [`TextQuery`], which is what somebody typed, and [`Highlights`], where its words are in a text. Not for: syntax. A query
//! is words and "phrases"; nothing that is typed is an error. The one decision: every word is indexed twice, as it is
//! written (case and diacritics folded) and by its English and German stems, and counts as the better of both: nobody has
//! to say which language a text is in, and `recycling` finds `recycled`, after `recycling`.
//!
//! Equal texts have equal scores; among them the one that comes first in the knowledge base is first.

mod filter;
mod highlight;
mod query;
mod read_only;
mod reader;
mod schema;
#[cfg(test)]
mod tests;
mod tokens;
mod words;
mod writer;

pub use filter::TextFilter;
pub use highlight::{Highlights, Span};
pub use query::TextQuery;
pub use reader::{TextHit, TextIndex};
pub use writer::{TextDocument, TextIndexWriter};
