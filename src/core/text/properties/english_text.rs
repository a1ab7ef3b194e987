//! Whether a text is English.

use super::{Analysis, Measure, Property};

pub(super) const PROPERTY: Property = Property {
    id: "english_text",
    title: "English Text",
    meaning: "whether the language is surely English; nothing for the empty text",
    is_english_only: false,
    is_default: false,
    measure: Measure::Category(measure),
};

fn measure(analysis: &Analysis<'_>) -> Option<String> {
    (!analysis.text().is_empty()).then(|| analysis.is_english().to_string())
}

#[cfg(test)]
mod tests {
    use crate::core::text::identification::LanguageTable;
    use crate::core::text::properties::{Analysis, PropertyValue, named};

    #[test]
    fn what_can_not_be_told_is_not_english() {
        let english = |text| named("English Text").unwrap().of(&Analysis::new(text, &LanguageTable));
        let said = |answer: &str| PropertyValue::Category(answer.to_owned());
        assert_eq!(english("Glass is collected, sorted and melted."), said("true"));
        assert_eq!(english("12 345"), said("false"));
        assert_eq!(english(""), PropertyValue::Missing);
    }
}
