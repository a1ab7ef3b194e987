//! How long a text is.

use super::{Analysis, Measure, Property, number};

pub(super) const PROPERTY: Property = Property {
    id: "text_length",
    title: "Text Length",
    meaning: "number of characters (code points)",
    is_english_only: false,
    is_default: true,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    number(analysis.characters().all)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn characters_are_code_points() {
        assert_eq!(of_english("text_length", "Ta\u{308}t 👍🏽"), Some(7.0));
        assert_eq!(of_english("text_length", ""), Some(0.0));
    }
}
