//! Tables out of raw files, typed from every value, with nothing lost in silence.
//!
//! For: reading (`open` is the door, `table` the contract of all readers) and writing Parquet (`parquet`). Not for:
//! folders, reports or jobs. The one decision: a table is looked at from end to end before its first row is handed out.

pub mod cell;
pub mod column;
mod declared;
pub mod decoding;
pub mod delimited;
mod document;
pub mod encoding;
pub mod error;
pub mod excel;
mod flatten;
pub mod format;
mod grid;
pub mod html_table;
pub mod input;
pub mod json;
mod lanes;
mod lineage;
pub mod lines;
mod names;
pub mod open;
mod package;
pub mod parquet;
pub mod report;
#[cfg(test)]
mod showing;
pub mod table;
pub mod text;
pub mod xml;
