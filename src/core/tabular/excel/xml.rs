//! The XML of workbooks as a stream of tags and texts, fast enough for sheets of hundreds of megabytes.
//!
//! For: everything that real parts of workbooks hold: name prefixes, attributes in any order and quotes, comments,
//! CDATA, character references, any encoding that is declared. Not for: checking that XML is well-formed. The one
//! decision: no document type, so no entities but the five of XML: workbooks have none by their standard, and attacks
//! do.

use std::io::{self, Cursor, Read};

use encoding_rs::{Encoding, UTF_8};
use memchr::memchr;

/// Bytes read at once.
const CHUNK: usize = 256 << 10;
/// Bytes of one tag or text at most.
const MOST: usize = 256 << 20;

/// Why XML can't be read on.
#[derive(Debug, thiserror::Error)]
pub(super) enum XmlFault {
    /// It can't be read or unpacked.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// It ends too early.
    #[error("it ends too early")]
    Truncated,
    /// It declares a document type.
    #[error("it declares a document type, which workbooks never do and attacks do")]
    DocumentType,
    /// A tag or text has no end.
    #[error("a tag or text is longer than 256 MiB")]
    TooLong,
    /// A text does not fit the encoding.
    #[error("a text is not valid UTF-8")]
    NotText,
}

/// A piece of XML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    /// `<name …>` or `<name …/>`
    Start(Tag<'a>),
    /// `</name>`: the name without its prefix.
    End(&'a [u8]),
    /// Text between tags, as written; long ones are still one piece.
    Text(&'a [u8]),
    /// Text in CDATA: nothing in it is escaped.
    Plain(&'a [u8]),
    /// The end.
    Eof,
}

/// The beginning of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tag<'a> {
    /// Its name without the prefix.
    pub(super) name: &'a [u8],
    rest: &'a [u8],
    /// Whether it ends here.
    pub(super) empty: bool,
}

impl<'a> Tag<'a> {
    /// Names with their prefixes, and values as written.
    pub(super) fn attributes(self) -> Attributes<'a> {
        Attributes(self.rest)
    }

    /// The value as written of the attribute of this name.
    pub(super) fn attribute(self, name: &[u8]) -> Option<&'a [u8]> {
        self.attributes().find(|(key, _)| *key == name).map(|(_, value)| value)
    }

    /// The value as text of the attribute of this name, whatever its prefix.
    pub(super) fn text(self, name: &[u8]) -> Option<String> {
        let (_, value) = self.attributes().find(|(key, _)| local(key) == name)?;
        let mut text = Vec::new();
        unescape(value, &mut text);
        String::from_utf8(text).ok()
    }
}

/// Attributes of a tag, one after another.
pub(super) struct Attributes<'a>(&'a [u8]);

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let equals = self.0.iter().position(|byte| *byte == b'=')?;
        let name = self.0[..equals].trim_ascii();
        let (quote, value) = self.0[equals + 1..].trim_ascii_start().split_first()?;
        let close = value.iter().position(|byte| byte == quote)?;
        self.0 = &value[close + 1..];
        Some((name, &value[..close]))
    }
}

/// A name without its prefix.
#[inline]
fn local(name: &[u8]) -> &[u8] {
    match name.iter().rposition(|byte| *byte == b':') {
        Some(colon) => &name[colon + 1..],
        None => name,
    }
}

/// Reads XML piece by piece. Streams; holds one tag or text whole.
pub(super) struct XmlScanner<'r> {
    source: Box<dyn Read + 'r>,
    buffer: Vec<u8>,
    /// Where the next piece begins.
    at: usize,
    /// Where the bytes read so far end.
    end: usize,
}

impl<'r> XmlScanner<'r> {
    /// Begins at the beginning.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn new(source: impl Read + 'r) -> Result<Self, XmlFault> {
        let mut scanner = Self { source: Box::new(source), buffer: vec![0; CHUNK], at: 0, end: 0 };
        while scanner.end < 256 && scanner.fill()? {}
        let head = &scanner.buffer[..scanner.end];
        match declared(head) {
            Some((encoding, skip)) if encoding == UTF_8 => scanner.at = skip,
            Some((encoding, _)) => {
                let mut bytes = head.to_vec();
                scanner.source.read_to_end(&mut bytes)?;
                let (text, _, malformed) = encoding.decode(&bytes);
                if malformed {
                    return Err(XmlFault::NotText);
                }
                let text = text.into_owned().into_bytes();
                (scanner.source, scanner.at, scanner.end) = (Box::new(Cursor::new(text)), 0, 0);
            }
            None => {}
        }
        Ok(scanner)
    }

    /// The next piece.
    ///
    /// # Errors
    /// When it can't be read, or is no XML of a workbook.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Token<'_>, XmlFault> {
        loop {
            if self.at == self.end && !self.fill()? {
                return Ok(Token::Eof);
            }
            let start = self.at;
            if self.buffer[start] != b'<' {
                let length = self.text_length()?;
                let start = self.at;
                self.at += length;
                return Ok(Token::Text(&self.buffer[start..start + length]));
            }
            if start + 1 == self.end && !self.fill()? {
                return Err(XmlFault::Truncated);
            }
            match self.buffer[self.at + 1] {
                b'/' => {
                    let close = self.find(b'>', 2)?;
                    let start = self.at;
                    self.at += close + 1;
                    return Ok(Token::End(local(self.buffer[start + 2..start + close].trim_ascii_end())));
                }
                b'!' => {
                    if let Some((start, end)) = self.declaration()? {
                        return Ok(Token::Plain(&self.buffer[start..end]));
                    }
                }
                b'?' => {
                    let end = self.past(b"?>", 2)?;
                    self.at += end;
                }
                _ => {
                    let close = self.tag_end()?;
                    let start = self.at;
                    self.at += close + 1;
                    return Ok(Token::Start(tag(&self.buffer[start + 1..start + close])));
                }
            }
        }
    }

    /// Passes over a comment; CDATA: where its text lies.
    fn declaration(&mut self) -> Result<Option<(usize, usize)>, XmlFault> {
        while self.end - self.at < 9 && self.fill()? {}
        let head = &self.buffer[self.at..self.end];
        if head.starts_with(b"<!--") {
            let end = self.past(b"-->", 4)?;
            self.at += end;
            return Ok(None);
        }
        if head.starts_with(b"<![CDATA[") {
            let end = self.past(b"]]>", 9)?;
            let text = (self.at + 9, self.at + end - 3);
            self.at += end;
            return Ok(Some(text));
        }
        Err(if head.len() < 9 { XmlFault::Truncated } else { XmlFault::DocumentType })
    }

    /// Offset of the next such byte, at or after `from`.
    #[inline]
    fn find(&mut self, byte: u8, mut from: usize) -> Result<usize, XmlFault> {
        loop {
            let seen = &self.buffer[self.at..self.end];
            if let Some(found) = seen.get(from..).and_then(|rest| memchr(byte, rest)) {
                return Ok(from + found);
            }
            from = seen.len().max(from);
            if !self.fill()? {
                return Err(XmlFault::Truncated);
            }
        }
    }

    /// Offset after the next such mark, at or after `from`.
    fn past(&mut self, mark: &[u8], mut from: usize) -> Result<usize, XmlFault> {
        loop {
            let close = self.find(b'>', from)?;
            let seen = &self.buffer[self.at..=self.at + close];
            if close + 1 >= from + mark.len() - 1 && seen.ends_with(mark) {
                return Ok(close + 1);
            }
            from = close + 1;
        }
    }

    /// Offset of the `>` that ends the tag; one inside quotes does not.
    #[inline]
    fn tag_end(&mut self) -> Result<usize, XmlFault> {
        let (mut from, mut open) = (1, None);
        loop {
            let close = self.find(b'>', from)?;
            open = quote_after(open, &self.buffer[self.at + from..self.at + close]);
            if open.is_none() {
                return Ok(close);
            }
            from = close + 1;
        }
    }

    /// Bytes up to the next tag, or to the end.
    #[inline]
    fn text_length(&mut self) -> Result<usize, XmlFault> {
        match self.find(b'<', 0) {
            Err(XmlFault::Truncated) => Ok(self.end - self.at),
            found => found,
        }
    }

    /// Reads more behind what is there; `false`: there is no more.
    #[cold]
    fn fill(&mut self) -> Result<bool, XmlFault> {
        if self.at > 0 {
            self.buffer.copy_within(self.at..self.end, 0);
            self.end -= self.at;
            self.at = 0;
        }
        if self.end == self.buffer.len() {
            if self.end >= MOST {
                return Err(XmlFault::TooLong);
            }
            self.buffer.resize(self.end * 2, 0);
        }
        loop {
            match self.source.read(&mut self.buffer[self.end..]) {
                Ok(read) => {
                    self.end += read;
                    return Ok(read > 0);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The encoding by byte-order mark or declaration, and the bytes of the mark; `None`: UTF-8 without either.
fn declared(head: &[u8]) -> Option<(&'static Encoding, usize)> {
    if let Some(found) = Encoding::for_bom(head) {
        return Some(found);
    }
    let rest = head.strip_prefix(b"<?xml")?;
    let declaration = &rest[..memchr(b'>', rest)?];
    let (_, label) = Attributes(declaration).find(|(name, _)| *name == b"encoding")?;
    Some((Encoding::for_label(label)?, 0))
}

/// The quote that is open after this part of a tag, if one is, by the one that was open before it.
#[inline]
fn quote_after(open: Option<u8>, part: &[u8]) -> Option<u8> {
    let count = |quote| memchr::memchr_iter(quote, part).count();
    if open != Some(b'\'') && count(b'\'') == 0 {
        let is_open = open.is_some() == count(b'"').is_multiple_of(2);
        return is_open.then_some(b'"');
    }
    part.iter().fold(open, |open, byte| match open {
        None => matches!(byte, b'"' | b'\'').then_some(*byte),
        Some(quote) => (*byte != quote).then_some(quote),
    })
}

#[inline]
fn tag(inside: &[u8]) -> Tag<'_> {
    let (inside, empty) = match inside {
        [inside @ .., b'/'] => (inside, true),
        _ => (inside, false),
    };
    let name_end = inside.iter().position(u8::is_ascii_whitespace).unwrap_or(inside.len());
    Tag { name: local(&inside[..name_end]), rest: &inside[name_end..], empty }
}

/// Appends a text, or the value of an attribute, with references resolved and line ends as `\n`. What looks like a
/// reference and is none stays.
pub(super) fn unescape(written: &[u8], into: &mut Vec<u8>) {
    let mut rest = written;
    while let Some(special) = memchr::memchr2(b'&', b'\r', rest) {
        into.extend_from_slice(&rest[..special]);
        rest = &rest[special..];
        if rest[0] == b'\r' {
            into.push(b'\n');
            rest = rest.strip_prefix(b"\r\n").unwrap_or(&rest[1..]);
            continue;
        }
        let end = rest.iter().take(12).position(|byte| *byte == b';');
        if let Some((character, end)) = end.and_then(|end| Some((reference(&rest[1..end])?, end))) {
            into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
            rest = &rest[end + 1..];
        } else {
            into.push(b'&');
            rest = &rest[1..];
        }
    }
    into.extend_from_slice(rest);
}

fn reference(name: &[u8]) -> Option<char> {
    match name {
        b"amp" => Some('&'),
        b"lt" => Some('<'),
        b"gt" => Some('>'),
        b"quot" => Some('"'),
        b"apos" => Some('\''),
        [b'#', b'x' | b'X', digits @ ..] => char_of(digits, 16),
        [b'#', digits @ ..] => char_of(digits, 10),
        _ => None,
    }
}

fn char_of(digits: &[u8], radix: u32) -> Option<char> {
    char::from_u32(u32::from_str_radix(std::str::from_utf8(digits).ok()?, radix).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives one byte at a time, so that every piece crosses a border.
    struct Drops<'a>(&'a [u8]);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let Some((first, rest)) = self.0.split_first() else { return Ok(0) };
            (into[0], self.0) = (*first, rest);
            Ok(1)
        }
    }

    fn pieces(xml: &[u8]) -> Result<Vec<String>, XmlFault> {
        let mut scanner = XmlScanner::new(Drops(xml))?;
        let mut found = Vec::new();
        loop {
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            found.push(match scanner.next()? {
                Token::Start(tag) => format!("<{}{}", text(tag.name), if tag.empty { "/" } else { "" }),
                Token::End(name) => format!(">{}", text(name)),
                Token::Text(written) => {
                    let mut plain = Vec::new();
                    unescape(written, &mut plain);
                    text(&plain)
                }
                Token::Plain(plain) => text(plain),
                Token::Eof => return Ok(found),
            });
        }
    }

    #[test]
    fn the_grammar_of_real_files_is_read() {
        let xml = "\u{feff}<?xml version=\"1.0\"?><!-- > --><x:a b='\"' c = \">\" ><d/>1 &lt;&#65;&#x42;&amp;amp;\r\n&nix; \
                   &<![CDATA[<&]]]]></x:a >";
        let expected = ["<a", "<d/", "1 <AB&amp;\n&nix; &", "<&]]", ">a"];
        assert_eq!(pieces(xml.as_bytes()).unwrap(), expected);
    }

    #[test]
    fn attributes_are_found_by_name() {
        let mut scanner = XmlScanner::new(&b"<c r=\"A1\" x:id = 'a&amp;\"b' s=\"\"/>"[..]).unwrap();
        let Token::Start(tag) = scanner.next().unwrap() else { panic!("no tag") };
        assert_eq!(tag.attribute(b"r"), Some(&b"A1"[..]));
        assert_eq!(tag.attribute(b"s"), Some(&b""[..]));
        assert_eq!(tag.text(b"id").as_deref(), Some("a&\"b"));
        assert_eq!(tag.attribute(b"t"), None);
    }

    #[test]
    fn a_tag_ends_behind_all_of_its_quotes() {
        assert_eq!(pieces(b"<a b='>\">' c=\">'>\" d='>' e=\">\"/><f>").unwrap(), ["<a/", "<f"]);
    }

    #[test]
    fn a_quote_that_never_closes_is_looked_at_once() {
        let xml = [&b"<a b=\"1"[..], &b">".repeat(4 << 20)].concat();
        // Once for each `>`, this would take hours.
        let mut scanner = XmlScanner::new(&xml[..]).unwrap();
        assert!(matches!(scanner.next(), Err(XmlFault::Truncated)));
    }

    #[test]
    fn other_encodings_are_decoded() {
        let utf16: Vec<u8> = "\u{feff}<a>ä</a>".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(pieces(&utf16).unwrap(), ["<a", "ä", ">a"]);
        assert_eq!(pieces(b"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe4</a>").unwrap(), ["<a", "ä", ">a"]);
    }

    #[test]
    fn document_types_and_cut_files_are_faults() {
        assert!(matches!(pieces(b"<!DOCTYPE a [<!ENTITY b \"c\">]><a/>"), Err(XmlFault::DocumentType)));
        for cut in [&b"<a b=\"1"[..], b"<", b"<!-- -", b"<![CDATA[", b"</a", b"<?xml"] {
            assert!(matches!(pieces(cut), Err(XmlFault::Truncated)), "{}", String::from_utf8_lossy(cut));
        }
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_end(bytes in proptest::collection::vec(prop_oneof![Just(b'<'), Just(b'>'), Just(b'!'), Just(b'-'), Just(b'"'), any::<u8>()], 0..80)) {
            let _ = pieces(&bytes);
        }
    }
}
