//! Properties of a text: what can be measured of it without asking anybody.
//!
//! For: comparing what two sets of texts are like. Not for: deciding whether they differ (`core::stats`,
//! `operations::drift`). The one decision: a property is one file with one entry in `ALL`; where a known tool measures
//! something wrongly, its value keeps that tool's name and the right one stands beside it under a name of its own.
//! English ones have no value for texts that are not surely English.

mod analysis;
mod average_syllable_length;
mod average_word_length;
mod average_words_per_sentence;
mod digit_share;
mod email_addresses;
mod english_text;
mod flesch_kincaid_grade;
mod flesch_reading_ease;
mod language;
mod lexical_density;
mod max_word_length;
mod non_letter_share;
mod punctuation;
mod reading_ease;
mod reading_time;
mod rounding;
mod sentence_count;
mod sentiment;
mod special_characters;
mod syllable_count;
mod text_length;
mod transformers;
mod unique_nouns;
mod unique_syllables;
mod upper_case_share;
mod urls;
mod word_count;

pub use analysis::{Analysis, CharacterCounts, LanguageId, Sounds};

/// How a property is measured.
#[derive(Debug, Clone, Copy)]
pub enum Measure {
    /// As a number that every text has.
    EveryText(fn(&Analysis<'_>) -> f64),
    /// As a number that a text may lack.
    Number(fn(&Analysis<'_>) -> Option<f64>),
    /// As one of some categories.
    Category(fn(&Analysis<'_>) -> Option<String>),
    /// Not at all, for the reason that is given; it would be a number.
    Unavailable(&'static str),
}

/// One property of texts.
#[derive(Debug, Clone, Copy)]
pub struct Property {
    /// Its name here, in small letters with underscores.
    pub id: &'static str,
    /// Its name in deepchecks where it is known there, and in reports.
    pub title: &'static str,
    /// What it says, in one sentence.
    pub meaning: &'static str,
    /// Whether it has a value for English texts only.
    pub is_english_only: bool,
    /// Whether it is measured when nobody says which.
    pub is_default: bool,
    /// How it is measured.
    pub measure: Measure,
}

/// What was measured.
#[derive(Debug, Clone, PartialEq)]
pub enum PropertyValue {
    /// A number, never NaN.
    Number(f64),
    /// A category.
    Category(String),
    /// Nothing: the text does not have it, or is in another language.
    Missing,
}

/// All properties, in the order in which they are shown.
pub const ALL: &[Property] = &[
    text_length::PROPERTY,
    average_word_length::PROPERTY,
    max_word_length::PROPERTY,
    special_characters::PROPERTY,
    punctuation::PROPERTY,
    language::PROPERTY,
    sentiment::SENTIMENT,
    sentiment::SUBJECTIVITY,
    average_words_per_sentence::PROPERTY,
    reading_ease::PROPERTY,
    lexical_density::PROPERTY,
    english_text::PROPERTY,
    urls::COUNT,
    urls::UNIQUE_COUNT,
    email_addresses::COUNT,
    email_addresses::UNIQUE_COUNT,
    unique_syllables::PROPERTY,
    reading_time::PROPERTY,
    sentence_count::PROPERTY,
    average_syllable_length::PROPERTY,
    word_count::PROPERTY,
    syllable_count::PROPERTY,
    flesch_reading_ease::PROPERTY,
    flesch_kincaid_grade::PROPERTY,
    non_letter_share::PROPERTY,
    digit_share::PROPERTY,
    upper_case_share::PROPERTY,
    unique_nouns::PROPERTY,
    transformers::TOXICITY,
    transformers::FLUENCY,
    transformers::FORMALITY,
];

/// The properties that are measured when nobody says which.
pub fn default_properties() -> impl Iterator<Item = &'static Property> {
    ALL.iter().filter(|property| property.is_default)
}

/// The property of a name: its id, or its title in small or capital letters.
pub fn named(name: &str) -> Option<&'static Property> {
    ALL.iter().find(|property| property.id == name || property.title.eq_ignore_ascii_case(name))
}

impl Property {
    /// Whether its values are numbers.
    pub fn is_numeric(&self) -> bool {
        !matches!(self.measure, Measure::Category(_))
    }

    /// Why it has no values, where it has none.
    pub fn unavailable(&self) -> Option<&'static str> {
        match self.measure {
            Measure::Unavailable(reason) => Some(reason),
            _ => None,
        }
    }

    /// Its value for a text.
    pub fn of(&self, analysis: &Analysis<'_>) -> PropertyValue {
        if self.is_english_only && !analysis.is_english() {
            return PropertyValue::Missing;
        }
        self.of_any_language(analysis)
    }

    /// Its value for a text whatever its language is.
    pub fn of_any_language(&self, analysis: &Analysis<'_>) -> PropertyValue {
        let measured = match self.measure {
            Measure::EveryText(measure) => Some(PropertyValue::Number(measure(analysis))),
            Measure::Number(measure) => measure(analysis).map(PropertyValue::Number),
            Measure::Category(measure) => measure(analysis).map(PropertyValue::Category),
            Measure::Unavailable(_) => None,
        };
        measured.unwrap_or(PropertyValue::Missing)
    }
}

/// A count as a number: exact up to 2⁵³, which no text reaches.
#[expect(clippy::cast_precision_loss, reason = "no text has 2^53 of anything")]
fn number(count: usize) -> f64 {
    count as f64
}

/// `part` of `whole`, and 0 of nothing.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 { 0.0 } else { number(part) / number(whole) }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Takes every text for English.
    pub(crate) struct English;

    impl LanguageId for English {
        fn language<'a>(&'a self, _text: &str) -> Option<&'a str> {
            Some("en")
        }
    }

    /// Can't tell any language.
    struct Unsure;

    impl LanguageId for Unsure {
        fn language<'a>(&'a self, _text: &str) -> Option<&'a str> {
            None
        }
    }

    /// The number that a property is for an English text.
    pub(crate) fn of_english(id: &str, text: &str) -> Option<f64> {
        match named(id).unwrap().of(&Analysis::new(text, &English)) {
            PropertyValue::Number(value) => Some(value),
            PropertyValue::Missing => None,
            PropertyValue::Category(category) => panic!("{id} is a category: {category}"),
        }
    }

    #[test]
    fn names_are_told_once_and_titles_find_their_property() {
        let ids: HashSet<_> = ALL.iter().map(|property| property.id).collect();
        let titles: HashSet<_> = ALL.iter().map(|property| property.title.to_lowercase()).collect();
        assert_eq!((ids.len(), titles.len()), (ALL.len(), ALL.len()));
        assert_eq!(named("% Special Characters").unwrap().id, "special_characters");
        assert_eq!(named("text length").unwrap().id, "text_length");
        assert!(named("no such property").is_none());
    }

    #[test]
    fn english_properties_have_no_value_for_texts_that_are_not_surely_english() {
        let text = "Reading this is easy.";
        let ease = named("reading_ease").unwrap();
        assert_eq!(ease.of(&Analysis::new(text, &Unsure)), PropertyValue::Missing);
        assert_ne!(ease.of_any_language(&Analysis::new(text, &Unsure)), PropertyValue::Missing);
        assert_eq!(named("text_length").unwrap().of(&Analysis::new(text, &Unsure)), PropertyValue::Number(21.0));
    }

    #[test]
    fn no_text_makes_a_number_that_is_none() {
        for text in ["", " ", "\0", "...", "😀", "1", "\u{301}", "a", "A. B. C.", "http://", "@"] {
            let analysis = Analysis::new(text, &English);
            for property in ALL {
                if let PropertyValue::Number(value) = property.of(&analysis) {
                    assert!(value.is_finite(), "{} of {text:?} is {value}", property.id);
                }
            }
        }
    }

    #[test]
    fn what_would_need_a_transformer_says_so() {
        let toxicity = named("Toxicity").unwrap();
        assert!(toxicity.unavailable().is_some() && toxicity.is_numeric());
        assert_eq!(toxicity.of(&Analysis::new("text", &English)), PropertyValue::Missing);
    }
}
