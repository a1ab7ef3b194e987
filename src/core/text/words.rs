//! The words of a text: where they stand, and the form in which two of them are compared.
//!
//! For: matching and tagging by words. Not for: sentences, or a model's tokens. The one decision: a word is a run of letters
//! and digits, nothing else: hyphens and apostrophes part words, so that `eco-label` and `eco label` are the same two. A
//! character of a script that is written without spaces is a word by itself.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

/// A word of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// Its bytes.
    pub bytes: Range<usize>,
    /// Its code points.
    pub chars: Range<usize>,
    /// Between it and the word before something ends: a sentence, a clause that stands by itself, a paragraph.
    pub follows_stop: bool,
}

/// What a character does to a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Part of one.
    Letter,
    /// A word by itself.
    Alone,
    /// Part of one that has begun, and else nothing: accents, soft hyphens.
    Mark,
    /// Ends something if white space follows.
    Stop,
    /// A line break: two in a row end a paragraph.
    Line,
    /// Other white space.
    Space,
    /// A quote or bracket: may stand between what ends and the space behind it.
    Closing,
    /// Anything else.
    Other,
}

/// The words of a text, in order; `words` is emptied first.
pub fn words_into(text: &str, words: &mut Vec<Word>) {
    words.clear();
    let mut scan = Scan { words, begun: None, stop_seen: false, lines: 0, has_stopped: false };
    if text.is_ascii() {
        for (place, byte) in text.bytes().enumerate() {
            scan.take(ASCII[usize::from(byte)], place, place, 1);
        }
        scan.end_word(text.len(), text.len());
        return;
    }
    let mut count = 0;
    for (place, character) in text.char_indices() {
        scan.take(class(character), place, count, character.len_utf8());
        count += 1;
    }
    scan.end_word(text.len(), count);
}

/// The words of a text, in order.
pub fn words(text: &str) -> Vec<Word> {
    let mut found = Vec::new();
    words_into(text, &mut found);
    found
}

struct Scan<'a> {
    words: &'a mut Vec<Word>,
    /// Byte and code point at which a word has begun.
    begun: Option<(usize, usize)>,
    stop_seen: bool,
    lines: u8,
    has_stopped: bool,
}

impl Scan<'_> {
    #[inline]
    fn take(&mut self, class: Class, byte: usize, char: usize, width: usize) {
        match class {
            Class::Letter => {
                if self.begun.is_none() {
                    self.begun = Some((byte, char));
                }
            }
            Class::Mark => {}
            Class::Alone => {
                self.end_word(byte, char);
                self.begun = Some((byte, char));
                self.end_word(byte + width, char + 1);
            }
            parting => {
                self.end_word(byte, char);
                self.part(parting);
            }
        }
    }

    fn part(&mut self, class: Class) {
        match class {
            Class::Stop => self.stop_seen = true,
            Class::Line => {
                self.lines += 1;
                self.has_stopped |= self.stop_seen || self.lines > 1;
            }
            Class::Space => self.has_stopped |= self.stop_seen,
            Class::Closing => {}
            _ => self.stop_seen = false,
        }
    }

    #[inline]
    fn end_word(&mut self, byte: usize, char: usize) {
        let Some((first_byte, first_char)) = self.begun.take() else { return };
        let follows_stop = self.has_stopped;
        self.words.push(Word { bytes: first_byte..byte, chars: first_char..char, follows_stop });
        (self.stop_seen, self.lines, self.has_stopped) = (false, 0, false);
    }
}

const ASCII: [Class; 128] = {
    let mut classes = [Class::Other; 128];
    let mut byte = 0_u8;
    while byte < 128 {
        classes[byte as usize] = match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Class::Letter,
            b'.' | b'!' | b'?' | b';' | b':' => Class::Stop,
            b'"' | b'\'' | b')' | b']' => Class::Closing,
            b'\n' => Class::Line,
            b' ' | b'\t' | b'\r' | 0x0b | 0x0c => Class::Space,
            _ => Class::Other,
        };
        byte += 1;
    }
    classes
};

fn class(character: char) -> Class {
    match character {
        '\0'..='\x7f' => ASCII[character as usize],
        // Soft hyphen, zero-width space and joiners: invisible, and wherever a program put them.
        '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => Class::Mark,
        '\u{2026}' | '\u{3002}' | '\u{ff01}' | '\u{ff1f}' => Class::Stop,
        '\u{2028}' | '\u{2029}' => Class::Line,
        '\u{201c}' | '\u{201d}' | '\u{2019}' | '\u{bb}' | '\u{203a}' => Class::Closing,
        // Han, Hiragana, Katakana.
        '\u{3005}'..='\u{3007}'
        | '\u{3041}'..='\u{30ff}'
        | '\u{3400}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}'
        | '\u{20000}'..='\u{3ffff}' => Class::Alone,
        other if other.is_alphanumeric() => Class::Letter,
        other if other.is_whitespace() => Class::Space,
        other if unicode_normalization::char::is_combining_mark(other) => Class::Mark,
        _ => Class::Other,
    }
}

/// The form in which words are compared: compatibility composition (NFKC), lower case, `ß` as `ss`, nothing invisible.
/// Words of small ASCII letters are borrowed.
pub fn normalised(word: &str) -> Cow<'_, str> {
    if !word.is_ascii() {
        return Cow::Owned(folded(word));
    }
    if word.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Cow::Owned(word.to_ascii_lowercase());
    }
    Cow::Borrowed(word)
}

/// The same into a buffer that is emptied first: for those who do it a million times.
pub fn normalise_into(word: &str, buffer: &mut String) {
    buffer.clear();
    if word.is_ascii() {
        buffer.push_str(word);
        buffer.make_ascii_lowercase();
    } else {
        buffer.push_str(&folded(word));
    }
}

fn folded(word: &str) -> String {
    let composed: Cow<'_, str> = match is_nfkc_quick(word.chars()) {
        IsNormalized::Yes => Cow::Borrowed(word),
        _ => word.nfkc().collect(),
    };
    let mut form = String::with_capacity(composed.len());
    for character in composed.to_lowercase().chars() {
        match character {
            'ß' => form.push_str("ss"),
            invisible
                if class(invisible) == Class::Mark && !unicode_normalization::char::is_combining_mark(invisible) => {}
            other => form.push(other),
        }
    }
    form
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(text: &str) -> Vec<String> {
        words(text).into_iter().map(|word| text.get(word.bytes).unwrap().to_owned()).collect()
    }

    #[test]
    fn hyphens_and_apostrophes_part_words_and_digits_do_not() {
        assert_eq!(
            texts("Eco-labelling: the NGO's 3R, CO2 & 1,5 t"),
            ["Eco", "labelling", "the", "NGO", "s", "3R", "CO2", "1", "5", "t"]
        );
        assert_eq!(texts(""), Vec::<String>::new());
        assert_eq!(texts(" – … "), Vec::<String>::new());
    }

    #[test]
    fn accents_and_soft_hyphens_stay_inside_and_places_are_code_points() {
        let text = "Die Wert\u{ad}stoffe e\u{301}te\u{301} 再利用";
        assert_eq!(texts(text), ["Die", "Wert\u{ad}stoffe", "e\u{301}te\u{301}", "再", "利", "用"]);
        let found = words(text);
        assert_eq!(found[1].chars, 4..15);
        assert_eq!(found[5].chars, 24..25);
        assert_eq!(normalised("Wert\u{ad}stoffe"), "wertstoffe");
        assert_eq!(normalised("e\u{301}te\u{301}"), "été");
    }

    #[test]
    fn words_are_compared_in_small_composed_letters() {
        let forms = [("Straße", "strasse"), ("STRASSE", "strasse"), ("ﬁre", "fire"), ("ÖKO", "öko"), ("３R", "3r")];
        for (word, form) in forms {
            assert_eq!(normalised(word), form);
            let mut buffer = "old".to_owned();
            normalise_into(word, &mut buffer);
            assert_eq!(buffer, form);
        }
        assert!(matches!(normalised("plain"), Cow::Borrowed("plain")));
    }

    #[test]
    fn what_ends_between_two_words_is_noted() {
        let stops = |text: &str| words(text).into_iter().map(|word| word.follows_stop).collect::<Vec<_>>();
        assert_eq!(stops("They return. Network U.S. tax"), [false, false, true, false, false, true]);
        assert_eq!(stops("one\ntwo\n\nthree (four) 1.5"), [false, false, true, false, false, false]);
        assert_eq!(stops("a.\"b c.\nd.) e"), [false, false, false, true, true]);
    }

    proptest! {
        #[test]
        fn places_in_bytes_and_in_code_points_name_the_same_letters(text in "(\\PC|[ a-zß.ä\u{301}\n]){0,40}") {
            let chars: Vec<char> = text.chars().collect();
            let mut end = 0;
            for word in words(&text) {
                prop_assert!(word.bytes.start >= end && !word.bytes.is_empty());
                end = word.bytes.end;
                let by_chars: String = chars[word.chars.clone()].iter().collect();
                prop_assert_eq!(text.get(word.bytes).unwrap(), by_chars);
            }
        }
    }
}
