//! How much of a text is punctuation.

use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "punctuation",
    title: "% Punctuation",
    meaning: "share (0 to 1) of the 32 punctuation characters of ASCII",
    is_english_only: false,
    is_default: true,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    let counts = analysis.characters();
    share(counts.punctuation, counts.all)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn marks_of_ascii_count_and_curly_quotes_do_not() {
        assert_eq!(of_english("punctuation", "“Go_!”"), Some(2.0 / 6.0));
        assert_eq!(of_english("punctuation", ""), Some(0.0));
    }
}
