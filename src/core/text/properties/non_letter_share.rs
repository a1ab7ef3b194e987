//! How much of a text is no letters.

use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "non_letter_share",
    title: "Non-Letter Share",
    meaning: "share (0 to 1) of characters that are neither letter nor space; 0 of nothing",
    is_english_only: false,
    is_default: false,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    let counts = analysis.characters();
    share(counts.all - counts.letters - counts.spaces, counts.all)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn digits_and_marks_are_no_letters() {
        assert_eq!(of_english("non_letter_share", "Öl 10€"), Some(3.0 / 6.0));
        assert_eq!(of_english("non_letter_share", ""), Some(0.0));
    }
}
