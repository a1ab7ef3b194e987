//! Delimited text: fields parted by a delimiter, or one value a line.

mod batches;
mod dialect;
pub(super) mod header;
mod records;
mod scan;

pub use batches::DelimitedBatches;
pub(super) use header::{Below, HeaderGuess, guess as guess_header, names};
pub use dialect::{DelimiterWish, Escape, Habit, LineEnd};
pub use scan::{DelimitedScan, DialectReport};
