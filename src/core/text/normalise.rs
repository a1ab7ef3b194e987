//! Texts in the form in which two of them are the same.
//!
//! For: telling which texts repeat another one. Not for: what is written down; nobody reads this form. The one decision:
//! case, blanks and the encoding of characters make no difference, everything else does.

use sha2::{Digest, Sha256};
use unicode_normalization::UnicodeNormalization;

/// What stands for a text in its normal form: the beginning of its SHA-256.
pub type TextKey = [u8; 16];

/// Makes keys; keeps the memory in which it does so.
#[derive(Debug, Default)]
pub struct TextKeys {
    normal: String,
}

impl TextKeys {
    /// The key of a text: equal for those that differ in case, in blanks, or in how their characters are encoded.
    pub fn of(&mut self, text: &str) -> TextKey {
        self.normal.clear();
        if text.is_ascii() {
            push_ascii(&mut self.normal, text);
        } else {
            push_words(&mut self.normal, &text.nfkc().collect::<String>().to_lowercase());
        }
        letter_key(&self.normal)
    }
}

/// The key of a text in its normal form.
pub fn normal_key(text: &str) -> TextKey {
    TextKeys::default().of(text)
}

/// The key of a text to the letter.
pub fn letter_key(text: &str) -> TextKey {
    let digest = Sha256::digest(text);
    let mut key = TextKey::default();
    key.copy_from_slice(&digest[..16]);
    key
}

/// The beginning of a key, as a number.
pub fn beginning(key: &TextKey) -> u64 {
    key.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes))
}

/// The words in small letters, a blank between two of them. Most texts are of one byte a character.
fn push_ascii(normal: &mut String, text: &str) {
    let mut is_between = false;
    for byte in text.bytes() {
        // What `char::is_whitespace` takes for blank, of ASCII.
        if matches!(byte, b' ' | b'\t'..=b'\r') {
            is_between = !normal.is_empty();
            continue;
        }
        if is_between {
            normal.push(' ');
            is_between = false;
        }
        normal.push(char::from(byte.to_ascii_lowercase()));
    }
}

/// The words, a blank between two of them.
fn push_words(normal: &mut String, text: &str) {
    for word in text.split_whitespace() {
        if !normal.is_empty() {
            normal.push(' ');
        }
        normal.push_str(word);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ascii_has_the_form_that_all_texts_have(text in "[ -~\\t-\\r]{0,20}") {
            let (mut fast, mut plain) = (String::new(), String::new());
            push_ascii(&mut fast, &text);
            push_words(&mut plain, &text.to_lowercase());
            prop_assert_eq!(fast, plain);
        }
    }

    #[test]
    fn case_blanks_and_encoding_of_characters_make_no_difference() {
        assert_eq!(normal_key(" Waste\tpaper \n"), normal_key("waste paper"));
        assert_eq!(normal_key("Wa\u{308}rme"), normal_key("wärme"));
        assert_eq!(normal_key("ﬁlter"), normal_key("FILTER"));
        assert_ne!(normal_key("waste paper"), normal_key("wastepaper"));
    }
}
