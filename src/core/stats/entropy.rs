//! How evenly rows are spread over categories.
//!
//! Decided here: scaled by the most that so many categories can have, so that the number of classes does not matter.

use super::{count_of, real, share};

/// From 0 (all rows in one of several categories) to 1 (all equally frequent); none for fewer than two categories.
pub fn normalised_entropy(category_rows: &[u64]) -> Option<f64> {
    let occurring: Vec<u64> = category_rows.iter().copied().filter(|rows| *rows > 0).collect();
    if occurring.len() < 2 {
        return None;
    }
    let rows: u64 = occurring.iter().sum();
    let entropy: f64 = occurring.iter().map(|count| share(*count, rows)).map(|share| -share * share.ln()).sum();
    Some((entropy / real(count_of(occurring.len())).ln()).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_classes_are_even_and_a_dominant_one_is_not() {
        assert!((normalised_entropy(&[5, 5, 5, 0]).unwrap() - 1.0).abs() < 1e-12);
        assert!(normalised_entropy(&[999, 1]).unwrap() < 0.02);
        assert_eq!(normalised_entropy(&[5, 0]), None);
    }
}
