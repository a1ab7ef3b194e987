//! Where labels come from, and what they are called.
//!
//! For: labels of a column, by meaning, by concepts, or none yet. Not for: dividing rows by their labels (`split`). The one
//! decision: a label is never drawn at random. Who can't tell says so, by no label or by `unsure`.

mod written;

pub use written::{Descriptions, LabelMap, LabelSet};
pub(super) use written::{descriptions_file, label_set_file};

/// What labels by meaning say of a text that no description is clearly nearest to.
pub const UNSURE: &str = "unsure";
