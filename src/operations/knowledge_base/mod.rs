//! Knowledge bases: everything that is read from a folder, one record a line, to be filtered, annotated and searched.
//!
//! For: what a record is, where knowledge bases lie, and what is said of them. Not for: reading files (`core::tabular`).
//! The one decision: a knowledge base is changed by writing a new generation of it beside the old one, which becomes the
//! current one as a whole, so that readers see the one or the other, and a build that dies leaves nothing.

mod build;
mod chunk;
mod clean;
mod dedupe;
mod error;
mod export;
pub mod graph;
pub mod index;
mod job;
mod line;
mod making;
mod manifest;
mod name;
mod options;
mod outcome;
mod record;
#[cfg(test)]
mod samples;
pub mod search;
mod selection;
mod store;
mod tree;

pub use build::{Builder, REJECTS};
pub use error::KnowledgeBaseError;
pub use export::{NESTED, RECORD_LINES};
pub use job::{KIND, KnowledgeBaseHandler};
pub use manifest::{Field, FileEntry, FileStatus, Manifest, Summary};
pub use name::{KnowledgeBaseName, NAME_PATTERN};
pub use options::{ChunkBy, Clean, Dedupe, KnowledgeBaseOptions, KnowledgeBaseRequest, check_options};
pub use outcome::BuildOutcome;
pub use record::{Meta, Record};
pub use selection::{Portion, RecordFilter, Selected, Selection};
pub use store::{Draft, KnowledgeBase, KnowledgeBases, Lines, RecordsWriter, WrittenRecords};
pub use tree::{Extent, FileNode, FolderNode, folder_tree};
