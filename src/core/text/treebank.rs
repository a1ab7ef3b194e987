//! Tokens of a text in the manner of the Penn Treebank, as NLTK's `word_tokenize` makes them.
//!
//! For: numbers that have to be those of who asks NLTK. Not for: places in the text; quotes are rewritten, as there. The
//! one decision: it is the rewriting rules of NLTK 3.10, one after another, on each of Punkt's sentences; what can be told
//! without a rule is not asked.
//!
//! NLTK is under the Apache licence; the rules are R. `MacIntyre`'s, improved by its authors (docs/licences.md).

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;

use super::{characters, punkt};

/// Words that are two, with what is before and after the seam.
const CONTRACTIONS: [(&str, &str); 6] =
    [("can", "not"), ("gim", "me"), ("gon", "na"), ("got", "ta"), ("lem", "me"), ("wan", "na")];

/// Quotes that open something.
static OPENING: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    rules([("[«“‘„]|`+", " $0 "), ("^\"", "``"), ("``", " `` "), (r#"([ (\[{<])("|'{2})"#, "$1 `` ")])
});

/// Other marks.
static PUNCTUATION: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    rules([
        (r#"([^.])(\.)([\])}>"'»”’ ]*)\s*$"#, "$1 $2 $3 "),
        (r"([:,])(\D)", " $1 $2"),
        (r"[:,]$", " $0 "),
        (r"\.{2,}", " $0 "),
        (r"[;@#$%&]", " $0 "),
        (r"[\u{2012}-\u{2015}]", " $0 "),
        (r#"([^.])(\.)([\])}>"']*)\s*$"#, "$1 $2$3 "),
        (r"[?!]", " $0 "),
        (r"([^'])' ", "$1 ' "),
        (r"\*", " * "),
        (r"[\]\[(){}<>]", " $0 "),
        ("--", " -- "),
    ])
});

/// Quotes that close something, and clitics; these need a space around the text.
static CLOSING: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    rules([
        ("[»”’]", " $0 "),
        ("''", " '' "),
        ("\"", " '' "),
        (r"\s+", " "),
        (r"([^' ])('[sS]|'[mM]|'[dD]|') ", "$1 $2 "),
        (r"([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "$1 $2 "),
    ])
});

/// What is replaced, and by what.
type Rule = (Regex, &'static str);

#[expect(clippy::expect_used, reason = "the patterns are constants that every test compiles")]
fn rules<const N: usize>(patterns: [(&str, &'static str); N]) -> Vec<Rule> {
    patterns.map(|(pattern, by)| (Regex::new(pattern).expect("the pattern is well-formed"), by)).into()
}

/// The text with each rule applied, one after another.
fn applied(rules: &[Rule], text: String) -> String {
    rules.iter().fold(text, |text, (pattern, by)| match pattern.replace_all(&text, *by) {
        Cow::Borrowed(_) => text,
        Cow::Owned(changed) => changed,
    })
}

/// The tokens of a text, in order.
pub fn tokens(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for sentence in punkt::sentences(text).into_iter().filter_map(|sentence| text.get(sentence)) {
        push_tokens(sentence, &mut found);
    }
    found
}

/// The two parts of a word that is written as one, in small letters.
pub(super) fn contraction(word: &str) -> Option<(&str, &str)> {
    let parts = CONTRACTIONS.iter().find(|(one, other)| word.strip_prefix(one) == Some(*other))?;
    word.split_at_checked(parts.0.len())
}

fn push_tokens(sentence: &str, found: &mut Vec<String>) {
    let text = part_opening_quotes(applied(&OPENING, sentence.to_owned()));
    let mut text = applied(&CLOSING, format!(" {} ", applied(&PUNCTUATION, text)));
    for (one, other) in [("can", "not"), ("d", "'ye"), ("gim", "me"), ("gon", "na"), ("got", "ta"), ("lem", "me")] {
        text = part_words(text, one, other, Before::Boundary);
    }
    text = part_words(text, "more", "'n", Before::Boundary);
    text = part_words(text, "wan", "na", Before::BoundaryAndSpaceBehind);
    text = part_words(text, "'t", "is", Before::Space);
    text = part_words(text, "'t", "was", Before::Space);
    found.extend(characters::pieces(&text).map(str::to_owned));
}

/// Splits off a quote that opens something: before a letter, but behind none, and not of what is left of a clitic.
fn part_opening_quotes(text: String) -> String {
    const CLITICS: [&str; 8] = ["re", "ve", "ll", "m", "t", "s", "d", "n"];
    if !text.contains('\'') {
        return text;
    }
    let mut parted = String::with_capacity(text.len() + 8);
    let mut before = None;
    for (place, character) in text.char_indices() {
        parted.push(character);
        let behind = text.get(place + character.len_utf8()..).unwrap_or_default();
        let opens = character == '\'' && !before.is_some_and(characters::is_word_or_mark) && starts_with_word(behind);
        let mut rests = CLITICS.iter().filter_map(|clitic| strip_prefix_ignoring_case(behind, clitic));
        if opens && rests.all(starts_with_word) {
            parted.push(' ');
        }
        before = Some(character);
    }
    parted
}

fn starts_with_word(text: &str) -> bool {
    text.chars().next().is_some_and(characters::is_word_or_mark)
}

fn strip_prefix_ignoring_case<'a>(text: &'a str, prefix: &str) -> Option<&'a str> {
    let (head, rest) = text.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix).then_some(rest)
}

/// What has to stand before two words written as one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Boundary,
    /// And white space behind them.
    BoundaryAndSpaceBehind,
    Space,
}

/// Puts spaces around and between `one` and `other` wherever they are written as one word.
fn part_words(text: String, one: &str, other: &str, before: Before) -> String {
    let pair = [one, other].concat();
    let Some(first) = find_pair(&text, &pair, 0, before) else { return text };
    let mut parted = String::with_capacity(text.len() + 6);
    let (mut done, mut next) = (0, Some(first));
    while let Some(place) = next {
        // The space before belongs to what is replaced where one is asked for.
        let begin = if before == Before::Space { place - 1 } else { place };
        let (middle, end) = (place + one.len(), place + pair.len());
        for piece in [text.get(done..begin), Some(" "), text.get(place..middle), Some(" "), text.get(middle..end)] {
            parted.push_str(piece.unwrap_or_default());
        }
        parted.push(' ');
        done = end;
        next = find_pair(&text, &pair, end, before);
    }
    parted.push_str(text.get(done..).unwrap_or_default());
    parted
}

/// Where `pair` stands by itself, from `from` on. These rules of NLTK, and no others, go by Python's own classes.
fn find_pair(text: &str, pair: &str, from: usize, before: Before) -> Option<usize> {
    let bytes = text.as_bytes();
    let windows = bytes.get(from..)?.windows(pair.len()).enumerate();
    let matching =
        windows.filter(|(_, window)| window.eq_ignore_ascii_case(pair.as_bytes())).map(|(place, _)| from + place);
    let mut standing = matching.filter(|&place| {
        let ahead = text.get(..place).and_then(|ahead| ahead.chars().next_back());
        let behind = text.get(place + pair.len()..).and_then(|behind| behind.chars().next());
        let is_bound = !behind.is_some_and(characters::is_word);
        match before {
            Before::Boundary => is_bound && !ahead.is_some_and(characters::is_word),
            Before::BoundaryAndSpaceBehind => {
                behind.is_some_and(characters::is_space) && !ahead.is_some_and(characters::is_word)
            }
            Before::Space => is_bound && place > from && ahead == Some(' '),
        }
    });
    standing.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_clitics_and_brackets_are_tokens() {
        assert_eq!(
            tokens("Good bins cost $3.88 (roughly 3,36 euros) in New York.  Please buy me two: it's \"cheap\"!"),
            [
                "Good", "bins", "cost", "$", "3.88", "(", "roughly", "3,36", "euros", ")", "in", "New", "York", ".",
                "Please", "buy", "me", "two", ":", "it", "'s", "``", "cheap", "''", "!"
            ]
        );
        assert_eq!(
            tokens("They'll say \"I don't--we couldn't,…\""),
            ["They", "'ll", "say", "``", "I", "do", "n't", "--", "we", "could", "n't", ",", "…", "''"]
        );
    }

    #[test]
    fn quotes_that_open_are_parted_and_clitics_are_not() {
        assert_eq!(
            tokens("the 'big' 'un 's rock 'n' roll"),
            ["the", "'", "big", "'", "'", "un", "'s", "rock", "'n", "'", "roll"]
        );
    }

    #[test]
    fn words_written_as_one_are_parted() {
        assert_eq!(tokens("Cannot wanna, wanna go"), ["Can", "not", "wan", "na", ",", "wan", "na", "go"]);
        assert_eq!(tokens("'Tis d'ye more'n 'twas"), ["'", "Tis", "d", "'ye", "more", "'n", "'", "twas"]);
        assert_eq!(tokens("scannot cannots"), ["scannot", "cannots"]);
        assert_eq!(contraction("gotta"), Some(("got", "ta")));
        assert_eq!(contraction("gottas"), None);
    }

    #[test]
    fn an_empty_text_has_no_tokens() {
        assert_eq!(tokens(" \n"), Vec::<String>::new());
    }
}
