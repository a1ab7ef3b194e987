//! How much of a text is written in capitals.

use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "upper_case_share",
    title: "Upper-Case Share",
    meaning: "share (0 to 1) of letters that are capitals; 0 where there is no letter",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    let counts = analysis.characters();
    share(counts.capitals, counts.letters)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn letters_count_and_nothing_else() {
        assert_eq!(of_english("upper_case_share", "WIN £100 now"), Some(3.0 / 6.0));
        assert_eq!(of_english("upper_case_share", "100"), Some(0.0));
    }
}
