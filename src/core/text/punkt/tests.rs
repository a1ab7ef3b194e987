//! Sentences as NLTK 3.10 finds them.

use super::*;

fn of(text: &str) -> Vec<&str> {
    sentences(text).into_iter().map(|range| text.get(range).unwrap()).collect()
}

#[test]
fn marks_end_sentences_and_abbreviations_do_not() {
    assert_eq!(
        of("Mr. Novak left at 5 p.m. today. It was late! Why? Nobody knows..."),
        ["Mr. Novak left at 5 p.m. today.", "It was late!", "Why?", "Nobody knows..."]
    );
}

#[test]
fn quotes_and_brackets_that_close_belong_to_the_sentence_before() {
    assert_eq!(of("(It rained.) \"Stay.\" He did."), ["(It rained.)", "\"Stay.\"", "He did."]);
    assert_eq!(of("“Stay.” He did."), ["“Stay.”", "He did."]);
}

#[test]
fn nothing_makes_no_sentence_and_blanks_around_are_left_out() {
    assert_eq!(of(""), Vec::<&str>::new());
    assert_eq!(of(" \n\t"), Vec::<&str>::new());
    assert_eq!(of("  It rains.  \n It pours. "), ["  It rains.", "It pours."]);
    assert_eq!(of("..."), ["..."]);
}

#[test]
fn ten_megabytes_without_a_space_take_one_walk() {
    let text = "a.)".repeat(3_000_000);
    assert_eq!(sentences(&text).len(), 1);
}
