//! Counts as floating-point numbers.
//!
//! For: statistics that divide counts. Not for: money, ids, or rounding. The one decision: the conversion is written once, so
//! that its one condition (fewer than 2^53 of anything) is stated once.

/// A count as a number to calculate with.
#[expect(clippy::cast_precision_loss, reason = "nobody has 2^53 rows")]
pub(crate) fn size(count: usize) -> f64 {
    count as f64
}

/// The whole part of a number that is at least 0 and far below 2^53; 0 for what is below.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the whole part is what is asked for")]
pub(crate) fn whole(number: f64) -> usize {
    number.max(0.0) as usize
}
