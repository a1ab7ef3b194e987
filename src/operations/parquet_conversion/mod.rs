//! Folder in, the same folder in Parquet out, with every row accounted for.
//!
//! For: the plan, the run, the outcome. Not for: reading tables (`core::tabular`) or showing the outcome (`report`).
//! The one decision: the destination carries its own history (`textmill-report.json`), so a re-run skips what has not
//! changed without any database.

mod copy;
mod encoding;
mod error;
mod file;
mod job;
mod naming;
mod options;
mod outcome;
mod parts;
mod plan;
mod rejects;
mod run;
mod staging;
mod stop;
mod written;

pub use encoding::Encoding;
pub use error::ConversionError;
pub use job::{ConversionHandler, KIND};
pub use options::{
    AmbiguousDates, Compression, ConversionOptions, ConversionRequest, DecimalComma, Delimiter, Header, OnReject,
    SchemaMode,
};
pub use outcome::{ConversionOutcome, FileOutcome, FileStatus, OutputFile, Summary, TableOutcome};
pub use run::convert;

/// Every fault of the options that can be found without looking at files, each with its place, e.g. `include/0`.
pub fn check_options(options: &ConversionOptions) -> Vec<(String, ConversionError)> {
    plan::check(options)
}
