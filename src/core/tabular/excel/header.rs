//! Whether the first row of a sheet's table names its columns.
//!
//! The one decision: it does, unless it holds values. In workbooks a first row of texts is a header nearly always, also
//! where some of its cells are empty or the same; and cells tell themselves whether they are text.

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
    let found = |is_header, confidence| HeaderGuess { is_header, confidence };
    let wordings: Vec<String> = first.iter().map(|cell| cell.wording.clone()).collect();
    let mut pairs = first.iter().zip(below);
    if first.iter().any(|cell| cell.is_value) {
        let years = names_years(&wordings);
        let above_text = pairs.all(|(cell, below)| !cell.is_value || below.has_text());
        return match (years, above_text) {
            (true, _) => found(true, Confidence::High),
            (_, true) => found(true, Confidence::Low),
            _ => found(false, Confidence::High),
        };
    }
    if pairs.any(|(cell, below)| !cell.wording.is_empty() && below.is_typed()) {
        return found(true, Confidence::High);
    }
    let names = filled_unique_short(&wordings);
    match (any_below, names) {
        (true, true) => found(true, Confidence::High),
        // One row that does not look like names is all there is: a row.
        (false, false) => found(false, Confidence::Low),
        _ => found(true, Confidence::Low),
    }
}
