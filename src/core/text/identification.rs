//! Which of 176 languages a text is in, and how probable that is, as fastText's table says it.
//!
//! For: checks of data, whose numbers are compared with those of other tools: they ask the same table (`lid.176.ftz`).
//! Not for: leaving rows out of a data set; `language` does that with whatlang's rules, which need no table under a
//! licence of its own and are sure or silent. The one decision: the table is part of the program, so that the answer
//! does not depend on what could be downloaded; it is opened at the first question.

use std::sync::LazyLock;

use super::fasttext::{Classifier, Guess};
use super::properties::LanguageId;

/// fastText's table for language identification, as published (tables/lid.176/lid.176.LICENCE.md).
static TABLE: &[u8] = include_bytes!("tables/lid.176/lid.176.ftz");

static CLASSIFIER: LazyLock<Classifier> = LazyLock::new(|| {
    #[expect(clippy::expect_used, reason = "the bytes are part of the program, and a test reads them")]
    Classifier::read(TABLE).expect("the table of languages is whole")
});

/// How probable a language has to be to count as told.
pub const SURE: f64 = 0.8;

/// The most probable language of a text (codes of fastText: two letters, three where there are no two), and its
/// probability. `None` for the empty text.
pub fn identify(text: &str) -> Option<Guess<'static>> {
    if text.is_empty() { None } else { CLASSIFIER.best(text) }
}

/// The language of a text if its probability is at least [`SURE`].
pub fn told_language(text: &str) -> Option<&'static str> {
    identify(text).filter(|guess| f64::from(guess.probability) >= SURE).map(|guess| guess.label)
}

/// The table as that which tells properties a text's language.
#[derive(Debug, Clone, Copy, Default)]
pub struct LanguageTable;

impl LanguageId for LanguageTable {
    fn language<'a>(&'a self, text: &str) -> Option<&'a str> {
        told_language(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assert_guess(text: &str, language: &str, probability: f32) {
        let guess = identify(text).unwrap();
        assert_eq!(guess.label, language, "{text}");
        assert!((guess.probability - probability).abs() < 2e-6, "{text}: {}", guess.probability);
    }

    // Expected values: fastText 0.9.2 with the same table.
    #[test]
    fn languages_and_probabilities_are_those_of_fasttext() {
        assert_guess("The quick brown fox jumps over the lazy dog.", "en", 0.697_450);
        assert_guess("Das Wasser, mit dem gekühlt wird, fließt in den Fluss zurück.", "de", 0.999_689);
        assert_guess("Το νερό της ψύξης επιστρέφει στο ποτάμι.", "el", 0.997_292);
        assert_guess("再利用する。再生する。", "ja", 1.000_049);
        assert_guess("ok", "en", 0.629_765);
        assert_guess("12 345", "en", 0.124_504);
        assert_guess("🙂 yes", "en", 0.178_658);
        assert_guess("Le rapport annuel n'est pas encore publié.", "fr", 0.989_058);
        assert_guess("\t", "en", 0.124_504);
        assert_guess("NO WAY!!! rofl", "en", 0.124_504);
    }

    #[test]
    fn what_can_not_be_told_has_no_language() {
        assert_eq!(told_language(""), None);
        assert_eq!(told_language("ok"), None);
        assert_eq!(told_language("The water that is used for cooling goes back into the river."), Some("en"));
    }

    #[test]
    fn ends_of_lines_count_as_blanks() {
        assert_eq!(identify("Das Wasser\nfließt."), identify("Das Wasser fließt."));
    }
}
