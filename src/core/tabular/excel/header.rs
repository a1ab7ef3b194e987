//! How sure it is that the first row of a sheet's table names its columns.
//!
//! The one decision: it does. In workbooks a first row without names is so rare that every reader takes it for names,
//! and years as names of columns are common; what can be found out is whether somebody should look at it.

use super::super::delimited::header::{HeaderGuess, filled_unique_short, names_years};
use super::profile::Profile;
use crate::core::tabular::encoding::Confidence;

/// A cell of the first row.
#[derive(Debug, Clone)]
pub(super) struct FirstCell {
    /// Its wording; empty: nothing in it.
    pub(super) wording: String,
    /// Whether it is a number, date, boolean: no text.
    pub(super) is_value: bool,
}

/// Judges the first row, by what stands below each cell.
pub(super) fn guess(first: &[FirstCell], below: &[Profile], any_below: bool) -> HeaderGuess {
    let wordings: Vec<String> = first.iter().map(|cell| cell.wording.clone()).collect();
    let mut pairs = first.iter().zip(below);
    let contrast = pairs.any(|(cell, below)| !cell.is_value && !cell.wording.is_empty() && below.is_typed());
    let all_text = first.iter().all(|cell| !cell.is_value);
    let is_sure = contrast || names_years(&wordings) || (all_text && any_below && filled_unique_short(&wordings));
    HeaderGuess { is_header: true, confidence: if is_sure { Confidence::High } else { Confidence::Low } }
}
