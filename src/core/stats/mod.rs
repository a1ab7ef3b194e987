//! Statistics of what was counted and measured, one file a statistic.
//!
//! For: whoever compares two sets of values. Not for: reading data, thresholds, words about results. The one decision: a
//! statistic is a pure function of plain values, with the source of its formula, so that it can be held against others'.

pub mod boosting;
pub mod numpy_random;
pub mod pca;
pub mod pps;
pub(crate) mod size;
pub mod splits;
pub mod tree;
pub mod vectors;

mod benjamini_hochberg;
mod counts;
mod distribution;

pub use benjamini_hochberg::benjamini_hochberg;
pub use counts::Counts;
pub use distribution::Distribution;
