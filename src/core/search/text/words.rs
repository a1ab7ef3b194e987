//! Words of a text, as an index knows them.
//!
//! The one decision: a word is a run of letters and digits. Everything else parts words: nobody types a hyphen where the
//! text has it. Scripts that write no spaces (Chinese, Japanese) are taken sign by sign, and what is typed in them in one
//! piece must stand so in the text.

use std::ops::Range;

use rust_stemmers::{Algorithm, Stemmer};
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// Characters of a word that are looked at: enough for all words, too few for a file's digits to fill the index.
const LONGEST: usize = 64;

/// The places of a text's words, in bytes.
pub(super) fn words(text: &str) -> Words<'_> {
    Words { text, at: 0 }
}

/// See [`words`].
#[derive(Debug, Clone)]
pub(super) struct Words<'a> {
    text: &'a str,
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + rest.find(char::is_alphanumeric)?;
        let word = self.text.get(start..)?;
        let first = word.chars().next()?;
        let length = if is_sign(first) {
            first.len_utf8()
        } else {
            word.find(|next: char| is_sign(next) || !(next.is_alphanumeric() || is_mark(next))).unwrap_or(word.len())
        };
        self.at = start + length;
        Some(start..self.at)
    }
}

/// Whether it is a mark on the letter before it.
fn is_mark(character: char) -> bool {
    !character.is_ascii() && is_combining_mark(character)
}

/// Whether it is a word by itself: Han, Hiragana and Katakana.
pub(super) fn is_sign(character: char) -> bool {
    matches!(character, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

/// A word without case and diacritics, compatible forms made one: `Größe` is `grosse`, `ﬁne` is `fine`.
pub(super) fn fold(word: &str, folded: &mut String) {
    folded.clear();
    if word.is_ascii() {
        folded.extend(word.bytes().take(LONGEST).map(|byte| char::from(byte.to_ascii_lowercase())));
        return;
    }
    let letters = word.nfkd().filter(|character| !is_diacritic(*character));
    let lower = letters.flat_map(char::to_lowercase).flat_map(Spelling::of);
    // Lower case of a few capitals brings a diacritic along.
    folded.extend(lower.filter(|character| !is_diacritic(*character)).nfc().take(LONGEST));
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
        Self { english: Stemmer::create(Algorithm::English), german: Stemmer::create(Algorithm::German) }
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

    fn folded(word: &str) -> String {
        let mut folded = String::new();
        fold(word, &mut folded);
        folded
    }

    fn split(text: &str) -> Vec<&str> {
        words(text).map(|range| &text[range]).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(split("Waste-water, CO2 (3.5 t) — don't"), ["Waste", "water", "CO2", "3", "5", "t", "don", "t"]);
        assert_eq!(split("cafe\u{301} naïve"), ["cafe\u{301}", "naïve"]);
        assert_eq!(split("循環経済 ESGレポート"), ["循", "環", "経", "済", "ESG", "レ", "ポ", "ー", "ト"]);
        assert_eq!(split("हिन्दी भाषा"), ["हिन्दी", "भाषा"]);
        assert!(split("... — !").is_empty());
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
        fn words_of_any_text_lie_in_it_in_order_and_fold_to_what_folds_to_itself(text in any::<String>()) {
            let mut end = 0;
            for range in words(&text) {
                prop_assert!(range.start >= end && range.end > range.start);
                end = range.end;
                let once = folded(&text[range]);
                prop_assert_eq!(folded(&once), once);
            }
        }
    }
}
