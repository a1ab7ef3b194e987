//! Delimited text: fields parted by a delimiter, or one value a line.

mod batches;
mod dialect;
mod header;
mod marks;
mod records;
mod scan;

pub use batches::DelimitedBatches;
pub use dialect::{DelimiterWish, Escape, Habit, LineEnd};
pub use scan::{DelimitedScan, DialectReport};
