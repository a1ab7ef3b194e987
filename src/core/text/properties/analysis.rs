//! What several properties of one text have in common, worked out when the first of them asks.
//!
//! For: one text at a time, on one thread. Not for: properties themselves. The one decision: nothing is worked out that
//! no property asks for, and nothing twice.

use std::cell::OnceCell;
use std::collections::HashSet;
use std::ops::Range;

use foldhash::fast::RandomState;

use crate::core::text::comparable::{ComparableWords, without_punctuation};
use crate::core::text::pronunciation::{self, Pronunciation};
use crate::core::text::{characters, punkt, treebank};

/// What tells the language of a text.
pub trait LanguageId: Sync {
    /// The code of a text's language (ISO 639-1 where there is one), or none where it is not sure enough or the text is
    /// empty.
    fn language<'a>(&'a self, text: &str) -> Option<&'a str>;
}

/// A text, and what has been found out about it.
pub struct Analysis<'a> {
    text: &'a str,
    language_id: &'a dyn LanguageId,
    language: OnceCell<Option<&'a str>>,
    characters: OnceCell<CharacterCounts>,
    words: OnceCell<ComparableWords>,
    sentences: OnceCell<Vec<Range<usize>>>,
    sentence_words: OnceCell<usize>,
    tokens: OnceCell<Vec<String>>,
    sounds: OnceCell<Sounds>,
}

/// How many characters (code points) of which kind a text has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct CharacterCounts {
    /// All of them.
    pub all: usize,
    /// Letters of all scripts.
    pub letters: usize,
    /// Letters that are capitals.
    pub capitals: usize,
    /// Decimal digits of all scripts.
    pub digits: usize,
    /// Spaces (U+0020).
    pub spaces: usize,
    /// Of the 32 ASCII punctuation characters.
    pub punctuation: usize,
    /// Neither letter nor number, nor ASCII white space, nor ``!"#$%&'()*+,-./:;=?\@``.
    pub special: usize,
    /// Other than white space.
    pub visible: usize,
}

/// How the words of a text sound, as far as `CMUdict` has them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sounds {
    /// Pronunciations that are listed for them, all together.
    pub variants: usize,
    /// Syllables: those of the first pronunciation, and of words that are not listed, as many as groups of vowels.
    pub syllables: usize,
}

impl<'a> Analysis<'a> {
    /// Nothing is worked out yet.
    pub fn new(text: &'a str, language_id: &'a dyn LanguageId) -> Self {
        Self {
            text,
            language_id,
            language: OnceCell::new(),
            characters: OnceCell::new(),
            words: OnceCell::new(),
            sentences: OnceCell::new(),
            sentence_words: OnceCell::new(),
            tokens: OnceCell::new(),
            sounds: OnceCell::new(),
        }
    }

    /// The text itself.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The code of its language, where that is sure.
    pub fn language(&self) -> Option<&'a str> {
        *self.language.get_or_init(|| self.language_id.language(self.text))
    }

    /// Whether it is surely English.
    pub fn is_english(&self) -> bool {
        self.language() == Some("en")
    }

    /// How many characters of which kind it has.
    pub fn characters(&self) -> CharacterCounts {
        *self.characters.get_or_init(|| CharacterCounts::of(self.text))
    }

    /// Its words: small letters, no punctuation, NFKC.
    pub fn words(&self) -> &ComparableWords {
        self.words.get_or_init(|| ComparableWords::of(self.text))
    }

    /// How many different words it has.
    pub fn distinct_words(&self) -> usize {
        self.words().iter().collect::<HashSet<_, RandomState>>().len()
    }

    /// Its sentences, as Punkt finds them: ranges of bytes, without the white space between them.
    pub fn sentences(&self) -> &[Range<usize>] {
        self.sentences.get_or_init(|| punkt::sentences(self.text))
    }

    /// The words of its sentences, each sentence taken by itself: where one ends, a word does, too.
    pub fn sentence_words(&self) -> usize {
        *self.sentence_words.get_or_init(|| {
            let sentences = self.sentences();
            if sentences.len() == 1 {
                return self.words().len();
            }
            let sentences = sentences.iter().filter_map(|sentence| self.text.get(sentence.clone()));
            sentences.map(|sentence| ComparableWords::of(sentence).len()).sum()
        })
    }

    /// Its tokens as NLTK makes them, in small letters and without ASCII punctuation.
    pub fn tokens(&self) -> &[String] {
        self.tokens.get_or_init(|| treebank::tokens(&without_punctuation(&self.text.to_lowercase())))
    }

    /// How its words sound.
    pub fn sounds(&self) -> Sounds {
        *self.sounds.get_or_init(|| Sounds::of(self.words().iter()))
    }
}

impl CharacterCounts {
    fn of(text: &str) -> Self {
        let mut counts = Self::default();
        for character in text.chars() {
            counts.add(character);
        }
        counts
    }

    fn add(&mut self, character: char) {
        self.all += 1;
        let is_number_or_letter = characters::is_alphanumeric(character);
        let is_letter = is_number_or_letter && !character.is_numeric();
        self.letters += usize::from(is_letter);
        self.capitals += usize::from(is_letter && character.is_uppercase());
        self.digits += usize::from(is_number_or_letter && characters::is_decimal(character));
        self.spaces += usize::from(character == ' ');
        self.punctuation += usize::from(character.is_ascii_punctuation());
        self.special += usize::from(!is_number_or_letter && !is_usual(character));
        self.visible += usize::from(!characters::is_space(character));
    }
}

/// What is neither letter nor number, and still not special.
fn is_usual(character: char) -> bool {
    matches!(character, ' ' | '\t'..='\r' | '!'..='/' | ':' | ';' | '=' | '?' | '\\' | '@')
}

impl Sounds {
    fn of<'w>(words: impl Iterator<Item = &'w str>) -> Self {
        let mut sounds = Self::default();
        for word in words {
            match pronunciation::of(word) {
                Some(Pronunciation { variants, syllables }) => {
                    sounds.variants += usize::from(variants);
                    sounds.syllables += usize::from(syllables);
                }
                None => sounds.syllables += pronunciation::vowel_groups(word),
            }
        }
        sounds
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::text::properties::tests::English;

    #[test]
    fn characters_are_counted_by_kind() {
        let counts = Analysis::new("Ab 1²_<é\u{301}>\u{a0}?\t", &English).characters();
        let expected = CharacterCounts {
            all: 13,
            letters: 3,
            capitals: 1,
            digits: 1,
            spaces: 1,
            punctuation: 4,
            special: 5,
            visible: 10,
        };
        assert_eq!(counts, expected);
    }

    #[test]
    fn a_sentence_that_ends_without_a_space_ends_a_word() {
        let analysis = Analysis::new("It is cold.(It rains.) Nobody minds.", &English);
        assert_eq!(analysis.sentences().len(), 3);
        assert_eq!(analysis.sentence_words(), 7);
        assert_eq!(analysis.words().len(), 6, "the whole text has `coldit`");
    }

    #[test]
    fn words_that_no_dictionary_has_are_sounded_by_their_vowels() {
        let sounds = Analysis::new("water blorptangle", &English).sounds();
        assert_eq!(sounds.variants, 1);
        assert_eq!(sounds.syllables, 2 + 3);
    }
}
