//! The character encoding that an XML document or a web page declares for itself, by the labels of the WHATWG encoding
//! standard.
//!
//! The one decision: option, byte-order mark, declaration, and only then the bytes. A declaration that can't be true,
//! UTF-16 in words of ASCII, is taken for UTF-8, as browsers do.

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED};
use html5gum::{StartTag, Token, Tokenizer};

use super::encoding::{self, Confidence, EncodingGuess};
use super::error::TableError;
use super::input::Input;
use super::table::TableOptions;

/// Bytes in which a declaration is looked for.
const HEAD: usize = 1024;

/// The encoding of an XML document.
///
/// # Errors
/// When it can't be read or unpacked.
pub(super) fn xml(input: &Input, options: &TableOptions) -> Result<EncodingGuess, TableError> {
    find(input, of_xml, options)
}

/// The encoding of a web page.
///
/// # Errors
/// When it can't be read or unpacked.
pub(super) fn page(input: &Input, options: &TableOptions) -> Result<EncodingGuess, TableError> {
    find(input, of_page, options)
}

fn find(
    input: &Input,
    declared: fn(&[u8]) -> Option<&'static Encoding>,
    options: &TableOptions,
) -> Result<EncodingGuess, TableError> {
    let certain = |encoding| EncodingGuess { encoding, confidence: Confidence::Certain };
    if let Some(encoding) = options.encoding {
        return Ok(certain(encoding));
    }
    let mut head = Vec::new();
    input.bytes()?.read_head(&mut head, HEAD)?;
    match (Encoding::for_bom(&head), declared(&head[..head.len().min(HEAD)])) {
        (Some((encoding, _)), _) => Ok(certain(encoding)),
        (None, Some(encoding)) => Ok(EncodingGuess { encoding, confidence: Confidence::High }),
        (None, None) => Ok(encoding::detect(input, &head)?),
    }
}

/// What a web page declares in its first bytes, if that is an encoding that is known.
pub(super) fn of_page(head: &[u8]) -> Option<&'static Encoding> {
    in_xml_declaration(head).or_else(|| in_meta(head)).map(believable)
}

/// What an XML document declares in its first bytes.
fn of_xml(head: &[u8]) -> Option<&'static Encoding> {
    in_xml_declaration(head).map(believable)
}

fn believable(encoding: &'static Encoding) -> &'static Encoding {
    // What could be read as ASCII so far can't be in UTF-16.
    if encoding == UTF_16LE || encoding == UTF_16BE {
        return UTF_8;
    }
    if encoding == X_USER_DEFINED { WINDOWS_1252 } else { encoding }
}

fn in_xml_declaration(head: &[u8]) -> Option<&'static Encoding> {
    let declaration = head.strip_prefix(b"<?xml")?;
    let end = memchr::memchr(b'>', declaration)?;
    charset_after(&declaration[..end], b"encoding")
}

fn in_meta(head: &[u8]) -> Option<&'static Encoding> {
    for token in Tokenizer::new(head).flatten() {
        let Token::StartTag(tag) = token else { continue };
        if &**tag.name == b"meta"
            && let Some(encoding) = of_meta(&tag)
        {
            return Some(encoding);
        }
    }
    None
}

fn of_meta(tag: &StartTag<()>) -> Option<&'static Encoding> {
    let attribute = |name: &[u8]| tag.attributes.get(name).map(|value| value.as_slice());
    if let Some(label) = attribute(b"charset") {
        return Encoding::for_label(label);
    }
    let is_content_type = attribute(b"http-equiv")?.eq_ignore_ascii_case(b"content-type");
    if is_content_type { charset_after(attribute(b"content")?, b"charset") } else { None }
}

/// The label in `name = label`, quoted or not.
fn charset_after(text: &[u8], name: &[u8]) -> Option<&'static Encoding> {
    let lower = text.to_ascii_lowercase();
    let after = &lower[memchr::memmem::find(&lower, name)? + name.len()..];
    let value = after.trim_ascii_start().strip_prefix(b"=")?.trim_ascii_start();
    let bare = match value.first()? {
        quote @ (b'"' | b'\'') => value[1..].split(|byte| byte == quote).next()?,
        _ => value.split(|byte| *byte == b';' || byte.is_ascii_whitespace()).next()?,
    };
    Encoding::for_label(bare)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name_of(head: &str) -> Option<&'static str> {
        of_page(head.as_bytes()).map(Encoding::name)
    }

    #[test]
    fn every_form_of_declaration_is_found() {
        assert_eq!(name_of("<!doctype html><meta charset=latin1>"), Some("windows-1252"));
        assert_eq!(name_of("<META CHARSET='Shift_JIS'>"), Some("Shift_JIS"));
        let old = "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=ISO-8859-2\">";
        assert_eq!(name_of(old), Some("ISO-8859-2"));
        assert_eq!(name_of("<?xml version=\"1.0\" encoding=\"koi8-r\"?><html>"), Some("KOI8-R"));
    }

    #[test]
    fn what_declares_nothing_usable_is_none() {
        assert_eq!(name_of("<!-- <meta charset=latin1> --><p>charset=latin1"), None);
        assert_eq!(name_of("<meta charset=no-such-thing>"), None);
        assert_eq!(name_of("<meta name=description content='charset=latin1'>"), None);
    }

    #[test]
    fn an_xml_declaration_is_found_where_it_belongs() {
        let xml = |text: &str| of_xml(text.as_bytes()).map(Encoding::name);
        assert_eq!(xml("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), Some("windows-1252"));
        assert_eq!(xml("<?xml version=\"1.0\"?><a encoding=\"koi8-r\"/>"), None);
    }

    #[test]
    fn utf_16_in_ascii_letters_is_utf_8() {
        assert_eq!(name_of("<meta charset=utf-16>"), Some("UTF-8"));
    }
}
