//! Which character encoding a file is in.
//!
//! Order: byte-order mark, UTF-16 by its zero bytes, strict UTF-8 over the whole file (which is the first pass itself, in
//! hope: files are UTF-8), then `chardetng` over the whole file. Short single-byte text is called windows-1252, where statistics of a few letters mislead
//! (`chardetng` takes short western text for windows-1250 or -1251). Every answer says how it was found.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::{Input, InputError};

/// No text has this in any encoding but UTF-16, whose mark tells it; damaged files and binary data do.
const NO_TEXT: &[u8; 2] = b"\xff\xff";
/// Letters beyond ASCII below which statistics are not trusted.
const FEW_LETTERS: u64 = 64;

/// How a guess was made, from certain to weak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// It can't be otherwise.
    Certain,
    /// It fits the whole file.
    High,
    /// It fits best.
    Low,
}

/// An encoding and how sure it is.
#[derive(Debug, Clone, Copy)]
pub struct EncodingGuess {
    /// The encoding.
    pub encoding: &'static Encoding,
    /// How sure.
    pub confidence: Confidence,
}

/// Finds the encoding; streams the file where its head does not settle it.
///
/// # Errors
/// When the file can't be read or unpacked.
pub fn detect(input: &Input, head: &[u8]) -> Result<EncodingGuess, InputError> {
    if let Some(found) = by_head(head) {
        return Ok(found);
    }
    let mut text = input.text(UTF_8)?;
    let mut chunk = String::new();
    loop {
        chunk.clear();
        match text.read_chunk(&mut chunk) {
            Ok(true) => {}
            Ok(false) => return Ok(EncodingGuess { encoding: UTF_8, confidence: Confidence::Certain }),
            Err(InputError::Undecodable { .. }) => return by_statistics(input),
            Err(error) => return Err(error),
        }
    }
}

/// What the head settles; `None`: UTF-8, unless reading it so comes upon a byte that is not (then [`by_statistics`]).
pub fn by_head(head: &[u8]) -> Option<EncodingGuess> {
    if let Some((encoding, _)) = Encoding::for_bom(head) {
        return Some(EncodingGuess { encoding, confidence: Confidence::Certain });
    }
    utf16_by_zero_bytes(head).map(|encoding| EncodingGuess { encoding, confidence: Confidence::High })
}

/// Western text in UTF-16 has a zero in every other byte.
fn utf16_by_zero_bytes(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.as_chunks::<2>().0;
    if pairs.len() < 2 {
        return None;
    }
    let zeros = |side: usize| pairs.iter().filter(|pair| pair[side] == 0).count() * 100 / pairs.len();
    match (zeros(0), zeros(1)) {
        (0..=2, 60..) => Some(UTF_16LE),
        (60.., 0..=2) => Some(UTF_16BE),
        _ => None,
    }
}

/// What fits best a file that is not UTF-8; streams it.
///
/// # Errors
/// When the file can't be read or unpacked.
pub fn by_statistics(input: &Input) -> Result<EncodingGuess, InputError> {
    let mut bytes = input.bytes()?;
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let (mut chunk, mut beyond_ascii, mut offset, mut last) = (Vec::new(), 0, 0, 0);
    while bytes.read_chunk(&mut chunk)? > 0 {
        let split = [last, chunk[0]] == *NO_TEXT;
        if let Some(at) = memchr::memmem::find(&chunk, NO_TEXT).or(split.then_some(0)) {
            return Err(InputError::Undecodable { offset: offset + at as u64, encoding: "UTF-8" });
        }
        offset += chunk.len() as u64;
        last = chunk[chunk.len() - 1];
        detector.feed(&chunk, false);
        beyond_ascii += chunk.iter().filter(|byte| !byte.is_ascii()).count() as u64;
        chunk.clear();
    }
    detector.feed(&[], true);
    let guess = detector.guess(None, Utf8Detection::Deny);
    let encoding = if guess.is_single_byte() && beyond_ascii < FEW_LETTERS { WINDOWS_1252 } else { guess };
    Ok(EncodingGuess { encoding, confidence: Confidence::Low })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::tabular::input::UnpackLimits;
    use std::io::Write;
    use tokio_util::sync::CancellationToken;

    fn encoding_of(bytes: &[u8]) -> &'static str {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(bytes).unwrap();
        let input = Input::open(file.path(), UnpackLimits::default(), CancellationToken::new()).unwrap();
        detect(&input, bytes).unwrap().encoding.name()
    }

    #[test]
    fn tells_unicode_by_mark_zero_bytes_or_validity() {
        assert_eq!(encoding_of(b"\xff\xfea\x00"), "UTF-16LE");
        assert_eq!(encoding_of(b"\x00a\x00,\x00b\x00\n"), "UTF-16BE");
        assert_eq!(encoding_of(b"\xef\xbb\xbfa"), "UTF-8");
        assert_eq!(encoding_of("naïve,€".as_bytes()), "UTF-8");
        assert_eq!(encoding_of(b""), "UTF-8");
    }

    #[test]
    fn short_western_text_is_windows_1252() {
        assert_eq!(encoding_of(b"name,price\nse\xf1or,5 \x80\n"), "windows-1252");
    }

    #[test]
    fn bytes_that_no_text_has_are_not_guessed_at() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"name,age\nbo\xff\xffgie,3\n").unwrap();
        let input = Input::open(file.path(), UnpackLimits::default(), CancellationToken::new()).unwrap();
        assert!(matches!(detect(&input, b"name"), Err(InputError::Undecodable { offset: 11, .. })));
    }

    #[test]
    fn japanese_is_told_from_its_bytes() {
        let (bytes, _, _) = encoding_rs::SHIFT_JIS.encode("名前,年齢,住所\n佐藤太郎,30,東京都千代田区\n");
        assert_eq!(encoding_of(&bytes), "Shift_JIS");
    }
}
