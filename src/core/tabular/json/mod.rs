//! JSON: an array of records, values one after another, or one value a line.

mod batches;
mod builder;
mod records;
mod scan;
mod shape;
mod tape;

pub use batches::JsonBatches;
pub use records::Layout;
pub use scan::JsonScan;
pub use tape::{Fault, Tape};
