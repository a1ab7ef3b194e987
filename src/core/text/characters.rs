//! Classes of characters, as Python has them.
//!
//! For: what has to come out as NLTK and Python's regular expressions would have it (`comparable`, `punkt`, `treebank`,
//! `properties`). Not for: words of annotation and search (`words`). The one decision: the classes are those of Unicode's
//! general categories; a character that is younger than the Python beside which numbers are compared can be in another
//! class there, because that Python doesn't know it.

use unicode_properties::{GeneralCategory, GeneralCategoryGroup, UnicodeGeneralCategory as _};

/// Letters and numbers of all scripts; no marks, so no accents that are characters of their own (`str.isalnum`).
pub fn is_alphanumeric(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_alphanumeric();
    }
    matches!(character.general_category_group(), GeneralCategoryGroup::Letter | GeneralCategoryGroup::Number)
}

/// `\w` of Python's regular expressions: letters, numbers and the underscore.
pub fn is_word(character: char) -> bool {
    character == '_' || is_alphanumeric(character)
}

/// `\w` as Unicode recommends it (UTS #18) and NLTK 3.10 has it: with marks, and without numbers that are no digits.
pub fn is_word_or_mark(character: char) -> bool {
    if character.is_ascii() {
        return character == '_' || character.is_ascii_alphanumeric();
    }
    character.is_alphabetic()
        || matches!(character, '\u{200c}' | '\u{200d}')
        || character.general_category_group() == GeneralCategoryGroup::Mark
        || matches!(
            character.general_category(),
            GeneralCategory::DecimalNumber | GeneralCategory::ConnectorPunctuation
        )
}

/// Digits of all scripts that write decimal numbers (`\d`).
pub fn is_decimal(character: char) -> bool {
    if character.is_ascii() {
        return character.is_ascii_digit();
    }
    character.general_category() == GeneralCategory::DecimalNumber
}

/// White space (`\s`, `str.isspace`): Unicode's, and the four ASCII separators of files, groups, records and units.
pub fn is_space(character: char) -> bool {
    character.is_whitespace() || matches!(character, '\x1c'..='\x1f')
}

/// The pieces of a text between runs of white space (`str.split`).
pub fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split(is_space).filter(|piece| !piece.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accents_of_their_own_and_circled_letters_are_no_letters() {
        for character in ['é', '日', '٣', '²', 'Ⅷ', '½', 'ª'] {
            assert!(is_alphanumeric(character), "{character:?}");
        }
        for character in ['\u{301}', 'Ⓐ', '€', '_', ' ', '\u{200d}', '😀', '\u{93e}'] {
            assert!(!is_alphanumeric(character), "{character:?}");
        }
        assert!(is_word('_'));
    }

    #[test]
    fn marks_and_circled_letters_are_of_words_where_unicode_is_followed_and_fractions_are_not() {
        for character in ['a', '_', '7', 'é', '\u{301}', 'Ⓐ', 'Ⅷ', '٣', '\u{200d}', '‿'] {
            assert!(is_word_or_mark(character), "{character:?}");
        }
        for character in ['²', '½', '€', ' ', '😀', '-'] {
            assert!(!is_word_or_mark(character), "{character:?}");
        }
    }

    #[test]
    fn decimal_digits_are_those_of_any_script_and_no_other_numbers() {
        assert!(is_decimal('7') && is_decimal('٣') && is_decimal('７'));
        assert!(!is_decimal('²') && !is_decimal('Ⅷ') && !is_decimal('x'));
    }

    #[test]
    fn separators_of_records_are_white_space_and_zero_width_spaces_are_not() {
        assert_eq!(pieces(" a\u{1c}b\u{a0}\u{3000}c\u{200b}d ").collect::<Vec<_>>(), ["a", "b", "c\u{200b}d"]);
    }
}
