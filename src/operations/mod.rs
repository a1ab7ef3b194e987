//! What we do: one folder an operation, usable from the service, the command line and tests alike.
//!
//! For: options in, outcome out. Not for: HTTP, SQL or printing. The one decision: an operation's options are one
//! struct that the JSON body, the command line and the documentation share, and its outcome is plain data.

pub mod annotation;
pub mod classification;
pub mod context;
pub mod drift;
pub mod embedding_job;
pub mod knowledge_base;
pub mod language_model;
pub mod model_download;
pub mod parquet_conversion;
pub mod rows;
pub mod sources;
pub mod stored_job;
pub mod table_preview;
