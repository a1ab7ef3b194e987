//! Numbers with few decimals.
//!
//! For: properties that deepchecks rounds. Not for: what people read (`report`). The one decision: the value as it is in
//! binary is rounded, and ties go to the even digit, as Python's `round` does.

/// A finite number with as many decimals.
pub(super) fn rounded(value: f64, decimals: usize) -> f64 {
    format!("{value:.decimals$}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_go_to_the_even_digit_and_what_is_no_tie_in_binary_is_none() {
        let cases = [
            (0.125, 2, 0.12),
            (0.375, 2, 0.38),
            (2.675, 2, 2.67),
            (1.005, 2, 1.0),
            (-0.125, 2, -0.12),
            (2.5, 0, 2.0),
            (0.5, 0, 0.0),
            (116.0 / 3.0, 3, 38.667),
            (1e15, 3, 1e15),
        ];
        for (value, decimals, expected) in cases {
            assert_eq!(rounded(value, decimals).to_bits(), f64::to_bits(expected), "{value}");
        }
    }
}
