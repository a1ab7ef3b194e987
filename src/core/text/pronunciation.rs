//! How English words are spoken, as far as counting goes.
//!
//! For: pronunciations and syllables of a word. Not for: the sounds themselves. The one decision: it is what the Carnegie
//! Mellon Pronouncing Dictionary says (`tables/cmudict.words`), in two editions: pronunciations are counted as NLTK's copy
//! of 2007 lists them, because numbers are compared with those of who asks NLTK; syllables are those of today's edition. A
//! guess at words that neither has goes by another name, so that nobody takes one for the other.

use std::sync::LazyLock;

use super::word_table::WordTable;

/// What the dictionary says of a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pronunciation {
    /// How many pronunciations NLTK's copy lists; 0 where it does not have the word.
    pub variants: u8,
    /// How many syllables the first pronunciation has in today's edition, or in the older one if only that has the word.
    pub syllables: u8,
}

static WORDS: LazyLock<WordTable> = LazyLock::new(|| WordTable::new(include_bytes!("tables/cmudict.words")));

/// What the dictionary says of a word in small letters, without punctuation.
pub fn of(word: &str) -> Option<Pronunciation> {
    let value = WORDS.get(word)?;
    Some(Pronunciation { variants: value >> 4, syllables: value & 15 })
}

/// How many syllables a word in small letters probably has: groups of vowels, without a silent `e` at its end. At least
/// one, if there is a letter or digit in it.
pub fn vowel_groups(word: &str) -> usize {
    let (mut groups, mut is_in_group) = (0, false);
    for letter in word.chars() {
        let is_vowel = matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
        groups += usize::from(is_vowel && !is_in_group);
        is_in_group = is_vowel;
    }
    let before = word.strip_suffix('e').and_then(|rest| rest.chars().next_back());
    let is_silent = before.is_some_and(|letter| !matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y' | 'l'));
    let spoken = if is_silent { groups - 1 } else { groups };
    spoken.max(usize::from(word.chars().any(char::is_alphanumeric)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::text::word_table::tests::words_of;

    #[test]
    fn the_dictionary_is_whole_sorted_and_found_again() {
        let words = words_of(&WORDS);
        assert_eq!(words.len(), 117_510);
        assert!(words.is_sorted());
        for (word, value) in &words {
            assert_eq!(WORDS.get(word), Some(*value), "{word}");
        }
        assert_eq!(words.iter().map(|(_, value)| usize::from(value >> 4)).sum::<usize>(), 124_673);
    }

    #[test]
    fn words_have_the_syllables_of_their_first_pronunciation() {
        let cases = [("the", 3, 1), ("water", 1, 2), ("sustainability", 1, 6), ("bottle", 1, 2), ("blog", 0, 1)];
        for (word, variants, syllables) in cases {
            assert_eq!(of(word), Some(Pronunciation { variants, syllables }), "{word}");
        }
        assert_eq!(of("xqzt"), None);
        assert_eq!(of("Water"), None);
    }

    #[test]
    fn other_words_are_guessed_by_their_vowels() {
        let cases =
            [("blorptangle", 3), ("gizmode", 2), ("tree", 1), ("crwth", 1), ("2", 1), ("–", 0), ("e", 1), ("", 0)];
        for (word, syllables) in cases {
            assert_eq!(vowel_groups(word), syllables, "{word}");
        }
    }
}
