//! Words that say little: English ones.
//!
//! For: leaving them out where texts are compared. Not for: other languages. The one decision: the list is NLTK's, to the
//! letter (`tables/stop_words_english.txt`), because what is left of a text is compared with what others make of it.

use std::collections::HashSet;
use std::sync::LazyLock;

use foldhash::fast::RandomState;

static ENGLISH: LazyLock<HashSet<&'static str, RandomState>> =
    LazyLock::new(|| include_str!("tables/stop_words_english.txt").lines().collect());

/// Whether a word in small letters is an English stop word.
pub fn is_english(word: &str) -> bool {
    // The longest have ten letters.
    word.len() <= 10 && ENGLISH.contains(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_one_of_198_words() {
        assert_eq!(ENGLISH.len(), 198);
        assert_eq!(ENGLISH.iter().map(|word| word.len()).max(), Some(10));
        assert!(is_english("the") && is_english("yourselves") && is_english("don't"));
        assert!(!is_english("The") && !is_english("water") && !is_english(""));
    }
}
