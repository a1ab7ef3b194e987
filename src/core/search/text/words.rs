//! Words as an index knows them.
//!
//! For: what two words must have in common to be one to somebody who searches. Not for: where words are
//! (`core::text::words`). The one decision: letters count, marks on them don't: nobody types them who has not got the
//! keyboard.

use frostem::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;

use crate::core::text::words::normalise_into;

/// Characters of a word that are looked at: enough for all words, too few for a file's digits to fill the index.
const LONGEST: usize = 64;

/// A word without case and diacritics, compatible forms made one: `Größe` is `grosse`, `ﬁne` is `fine`.
pub(super) fn fold(word: &str, folded: &mut String) {
    normalise_into(word, folded);
    if folded.is_ascii() {
        folded.truncate(LONGEST);
        return;
    }
    let letters = folded.nfd().filter(|character| !is_diacritic(*character)).flat_map(Spelling::of);
    *folded = letters.nfc().take(LONGEST).collect();
}

/// Marks on letters of alphabets. Vowels of scripts in which they are marks are not among them: they make the word.
fn is_diacritic(character: char) -> bool {
    matches!(character, '\u{300}'..='\u{36f}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

/// Letters that no normalisation takes apart, as they are written where they are missing.
struct Spelling {
    first: Option<char>,
    second: Option<char>,
}

impl Spelling {
    fn of(letter: char) -> Self {
        let (first, second) = match letter {
            'ß' => ('s', Some('s')),
            'æ' => ('a', Some('e')),
            'œ' => ('o', Some('e')),
            'þ' => ('t', Some('h')),
            'ø' => ('o', None),
            'ł' => ('l', None),
            'đ' | 'ð' => ('d', None),
            'ı' => ('i', None),
            'ς' => ('σ', None),
            other => (other, None),
        };
        Self { first: Some(first), second }
    }
}

impl Iterator for Spelling {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        self.first.take().or_else(|| self.second.take())
    }
}

/// Stems of a folded word.
pub(super) struct Stems {
    english: Stemmer,
    german: Stemmer,
}

impl Stems {
    pub(super) fn new() -> Self {
        Self { english: Stemmer::new(Algorithm::English), german: Stemmer::new(Algorithm::German) }
    }

    /// The English and the German stem; the German one only if it is another.
    pub(super) fn of(&self, folded: &str) -> (String, Option<String>) {
        let english = self.english.stem(folded).into_owned();
        let german = self.german.stem(folded);
        let german = (german != english).then(|| german.into_owned());
        (english, german)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::core::text::words::words;

    fn folded(word: &str) -> String {
        let mut folded = String::new();
        fold(word, &mut folded);
        folded
    }

    #[test]
    fn case_and_diacritics_do_not_tell_words_apart() {
        for (word, plain) in [
            ("GRÖSSE", "grosse"),
            ("Größe", "grosse"),
            ("cafe\u{301}", "cafe"),
            ("café", "cafe"),
            ("ﬁne", "fine"),
            ("Łódź", "lodz"),
            ("İstanbul", "istanbul"),
            ("ΟΔΟΣ", "οδοσ"),
            ("οδός", "οδοσ"),
            ("한국", "한국"),
        ] {
            assert_eq!(folded(word), plain, "{word}");
        }
        assert_eq!(folded("हिन्दी"), "हिन्दी", "its vowels are marks");
        assert_eq!(folded(&"x".repeat(500)).len(), LONGEST);
    }

    #[test]
    fn stems_bring_forms_of_a_word_together() {
        let stems = Stems::new();
        assert_eq!(stems.of("recycled").0, stems.of("recycling").0, "English");
        assert_eq!(stems.of("emissionen").1, stems.of("emission").1, "German");
        assert_eq!(stems.of("co2"), ("co2".to_owned(), None));
    }

    proptest! {
        #[test]
        fn what_is_folded_folds_to_itself(text in any::<String>()) {
            for word in words(&text) {
                let once = folded(text.get(word.bytes).unwrap());
                prop_assert_eq!(folded(&once), once);
            }
        }
    }
}
