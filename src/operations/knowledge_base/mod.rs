//! Knowledge bases: everything that is read from a folder, one record a line, to be filtered, annotated and searched.
//!
//! For: what a record is, where knowledge bases lie, and what is said of them. Not for: reading files (`core::tabular`).
//! The one decision: a knowledge base is changed by writing a new generation of it beside the old one, which becomes the
//! current one as a whole, so that readers see the one or the other, and a build that dies leaves nothing.

mod error;
pub mod index;
mod manifest;
mod name;
mod options;
mod record;
pub mod search;
mod store;

pub use error::KnowledgeBaseError;
pub use manifest::{Field, FileEntry, FileStatus, Manifest, Summary};
pub use name::{KnowledgeBaseName, NAME_PATTERN};
pub use options::KnowledgeBaseOptions;
pub use record::{Meta, Record};
pub use store::{Draft, KnowledgeBase, KnowledgeBases, Lines, RecordsWriter, WrittenRecords};
