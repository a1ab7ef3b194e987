//! Tables out of raw files, typed from every value, with nothing lost in silence.
//!
//! For: reading (`table` is the door) and writing Parquet (`parquet`). Not for: folders, reports or jobs. The one
//! decision: two passes over every file. The first finds out everything, the second only reads.

pub mod cell;
pub mod column;
pub mod delimited;
pub mod encoding;
pub mod format;
pub mod input;
pub mod json;
pub mod parquet;
pub mod table;
