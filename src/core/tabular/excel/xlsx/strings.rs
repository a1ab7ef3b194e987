//! Texts of cells: those that sheets share, and how one is put together from its runs.

use super::super::part::{self, broken_part};
use super::super::texts::Texts;
use super::super::xml::{self, Tag, Token, XmlFault};
use crate::core::tabular::error::TableError;
use crate::core::tabular::package::Package;

/// A text while its runs are read: `t` elements, those of phonetic hints left out.
#[derive(Debug, Default)]
pub(super) struct RichText {
    bytes: Vec<u8>,
    /// Where the run begins that is being read.
    run: usize,
    reading: bool,
    keeps_spaces: bool,
    phonetic: bool,
}

impl RichText {
    /// A new text begins.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        (self.reading, self.phonetic) = (false, false);
    }

    /// An element inside the text begins.
    pub(super) fn begin(&mut self, tag: Tag<'_>) {
        match tag.name {
            b"t" if !self.phonetic && !tag.empty => {
                (self.reading, self.run) = (true, self.bytes.len());
                self.keeps_spaces = tag.attribute(b"xml:space") == Some(b"preserve");
            }
            b"rPh" => self.phonetic = !tag.empty,
            _ => {}
        }
    }

    /// Text as written in XML.
    pub(super) fn written(&mut self, written: &[u8]) {
        if self.reading {
            xml::unescape(written, &mut self.bytes);
        }
    }

    /// Text as it is.
    pub(super) fn plain(&mut self, plain: &[u8]) {
        if self.reading {
            self.bytes.extend_from_slice(plain);
        }
    }

    /// An element inside the text ends.
    pub(super) fn end(&mut self, name: &[u8]) {
        match name {
            b"t" if std::mem::take(&mut self.reading) => {
                if !self.keeps_spaces {
                    trim(&mut self.bytes, self.run);
                }
                unescape_characters(&mut self.bytes, self.run);
            }
            b"rPh" => self.phonetic = false,
            _ => {}
        }
    }

    /// What was read.
    pub(super) fn text(&self) -> Result<&str, XmlFault> {
        simdutf8::basic::from_utf8(&self.bytes).map_err(|_invalid| XmlFault::NotText)
    }
}

/// Takes white space off both ends of the run.
fn trim(bytes: &mut Vec<u8>, run: usize) {
    let end = run + bytes[run..].trim_ascii_end().len();
    bytes.truncate(end);
    let spaces = bytes.len() - run - bytes[run..].trim_ascii_start().len();
    bytes.drain(run..run + spaces);
}

/// Resolves `_x000D_`, by which workbooks write characters that XML does not have, in what follows `run`.
pub(super) fn unescape_characters(bytes: &mut Vec<u8>, run: usize) {
    if memchr::memmem::find(&bytes[run..], b"_x").is_none() {
        return;
    }
    let written = bytes.split_off(run);
    let mut rest = &written[..];
    while let Some(start) = memchr::memmem::find(rest, b"_x") {
        bytes.extend_from_slice(&rest[..start]);
        rest = &rest[start..];
        if let Some(character) = escaped(rest) {
            bytes.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[7..];
        } else {
            bytes.extend_from_slice(b"_x");
            rest = &rest[2..];
        }
    }
    bytes.extend_from_slice(rest);
}

fn escaped(rest: &[u8]) -> Option<char> {
    let [b'_', b'x', digits @ .., b'_'] = rest.get(..7)? else { return None };
    let digits = std::str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|it| it.is_ascii_hexdigit()))?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// The texts that sheets share.
pub(super) fn read(package: &mut Package, path: &str) -> Result<Texts, TableError> {
    let mut texts = Texts::default();
    let Some(mut xml) = part::xml(package, path)? else { return Ok(texts) };
    let broken = |fault: XmlFault| broken_part(path, &fault);
    let mut text = RichText::default();
    loop {
        match xml.next().map_err(broken)? {
            Token::Start(tag) if tag.name == b"si" => {
                text.clear();
                if tag.empty {
                    texts.push("")?;
                }
            }
            Token::Start(tag) => text.begin(tag),
            Token::Text(written) => text.written(written),
            Token::Plain(plain) => text.plain(plain),
            Token::End(b"si") => {
                texts.push(text.text().map_err(broken)?)?;
            }
            Token::End(b"sst") | Token::Eof => break,
            Token::End(name) => text.end(name),
        }
    }
    texts.shrink();
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_xml_lacks_are_resolved() {
        let resolve = |text: &str| {
            let mut bytes = text.as_bytes().to_vec();
            unescape_characters(&mut bytes, 0);
            String::from_utf8(bytes).unwrap()
        };
        assert_eq!(resolve("a_x000D_b"), "a\rb");
        assert_eq!(resolve("_x005F_x000D_"), "_x000D_");
        assert_eq!(resolve("a_xyz_ _x00_ _xD800_ _x0041"), "a_xyz_ _x00_ _xD800_ _x0041");
    }
}
