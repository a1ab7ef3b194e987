//! The character encoding that an XML or HTML text declares for itself.
//!
//! The one decision: option, byte-order mark, declaration, and only then the bytes. A declaration that can't be true,
//! UTF-16 in words of ASCII, counts for nothing.

use encoding_rs::Encoding;

use super::encoding::{self, Confidence, EncodingGuess};
use super::error::TableError;
use super::input::Input;
use super::table::TableOptions;

/// Bytes in which a declaration is looked for.
const HEAD: usize = 4096;

/// The encoding of a text that may declare it as `name="…"` after `before`, e.g. `encoding` after `<?xml`.
///
/// # Errors
/// When it can't be read or unpacked.
pub(super) fn encoding(
    input: &Input,
    (before, name): (&str, &str),
    options: &TableOptions,
) -> Result<EncodingGuess, TableError> {
    let certain = |encoding| EncodingGuess { encoding, confidence: Confidence::Certain };
    if let Some(encoding) = options.encoding {
        return Ok(certain(encoding));
    }
    let mut head = Vec::new();
    input.bytes()?.read_head(&mut head, HEAD)?;
    match (Encoding::for_bom(&head), declared(&head[..head.len().min(HEAD)], before, name)) {
        (Some((encoding, _)), _) => Ok(certain(encoding)),
        (None, Some(encoding)) => Ok(EncodingGuess { encoding, confidence: Confidence::High }),
        (None, None) => Ok(encoding::detect(input, &head)?),
    }
}

fn declared(head: &[u8], before: &str, name: &str) -> Option<&'static Encoding> {
    let head = head.to_ascii_lowercase();
    let start = memchr::memmem::find(&head, before.as_bytes())?;
    let mut rest = &head[start..];
    if before == "<?xml" {
        rest = &rest[..memchr::memmem::find(rest, b"?>")?];
    }
    let value = &rest[memchr::memmem::find(rest, name.as_bytes())? + name.len()..];
    let value = value.trim_ascii_start().strip_prefix(b"=")?;
    let is_quote = |byte: u8| matches!(byte, b'"' | b'\'') || byte.is_ascii_whitespace();
    let begin = value.iter().position(|byte| !is_quote(*byte))?;
    let ends = |byte: u8| is_quote(byte) || matches!(byte, b'>' | b';' | b'/' | b'?');
    let end = value[begin..].iter().position(|byte| ends(*byte)).map_or(value.len(), |end| begin + end);
    Encoding::for_label(&value[begin..end]).filter(|encoding| encoding.is_ascii_compatible())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_is_found_where_it_belongs() {
        let xml = |text: &str| declared(text.as_bytes(), "<?xml", "encoding").map(Encoding::name);
        assert_eq!(xml("<?xml version='1.0' encoding='ISO-8859-1'?><a/>"), Some("windows-1252"));
        assert_eq!(xml("<?xml version=\"1.0\"?><a encoding=\"koi8-r\"/>"), None);
        assert_eq!(xml("<?xml version=\"1.0\" encoding=\"UTF-16\"?><a/>"), None);
        let html = |text: &str| declared(text.as_bytes(), "<meta", "charset").map(Encoding::name);
        assert_eq!(html("<html><meta charset=utf-8>"), Some("UTF-8"));
        let old = "<META http-equiv=Content-Type content=\"text/html; charset=windows-1251\">";
        assert_eq!(html(old), Some("windows-1251"));
    }
}
