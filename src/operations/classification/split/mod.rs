//! Which row goes to which split.
//!
//! For: shares, strata, groups, time. Not for: leaving rows out. The one decision: rows are ordered by a digest of the seed
//! and their text, so that neither the order of the rows nor the number of threads changes where a row goes, and repeated
//! texts stay together. Counts are exact, by largest remainder.

mod shares;

pub use shares::{Shares, Split};
