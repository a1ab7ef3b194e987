//! Which language a text is in.

use super::{Analysis, Measure, Property};

pub(super) const PROPERTY: Property = Property {
    id: "language",
    title: "Language",
    meaning: "language with a probability of at least 0.8 by fastText's table lid.176 (ISO 639-1 where it has a code)",
    is_english_only: false,
    is_default: true,
    measure: Measure::Category(measure),
};

fn measure(analysis: &Analysis<'_>) -> Option<String> {
    analysis.language().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use crate::core::text::identification::LanguageTable;
    use crate::core::text::properties::{Analysis, PropertyValue, named};

    #[test]
    fn a_sentence_has_a_language_and_a_number_has_none() {
        let language = |text| named("language").unwrap().of(&Analysis::new(text, &LanguageTable));
        assert_eq!(
            language("Glas wird gesammelt, sortiert und geschmolzen."),
            PropertyValue::Category("de".to_owned())
        );
        assert_eq!(language("12 345"), PropertyValue::Missing);
        assert_eq!(language(""), PropertyValue::Missing);
    }
}
