//! Finding records: by their words, and by their meaning.
//!
//! For: two indexes over numbered texts. [`text`] ranks by words (BM25), [`vectors`] by the cosine of embeddings. Not for:
//! what a record is, or how both answers become one (`operations::knowledge_base::search`). The one decision: an index
//! holds no text and no metadata, only what it needs to find the number of a record, so that there is one truth, and an
//! index can be made again from it at any time.

mod error;
pub mod text;
pub mod vectors;

pub use error::SearchIndexError;
