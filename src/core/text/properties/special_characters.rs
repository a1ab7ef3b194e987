//! How much of a text is special characters.

use super::{Analysis, Measure, Property, share};

pub(super) const PROPERTY: Property = Property {
    id: "special_characters",
    title: "% Special Characters",
    meaning: "share (0 to 1) of characters that are neither letter nor number, nor ASCII white space, nor one of \
              !\"#$%&'()*+,-./:;=?\\@",
    is_english_only: false,
    is_default: true,
    measure: Measure::EveryText(measure),
};

fn measure(analysis: &Analysis<'_>) -> f64 {
    let counts = analysis.characters();
    share(counts.special, counts.all)
}

#[cfg(test)]
mod tests {
    use crate::core::text::properties::tests::of_english;

    #[test]
    fn angle_brackets_symbols_and_foreign_spaces_are_special_and_full_stops_are_not() {
        assert_eq!(of_english("special_characters", "a<b>€.\u{a0}\t"), Some(4.0 / 8.0));
        assert_eq!(of_english("special_characters", ""), Some(0.0));
    }
}
