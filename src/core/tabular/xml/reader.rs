//! Tags and text of an XML document, one after another, under limits.
//!
//! Not for: what they mean. The one decision: only the five entities of XML itself and characters by number are
//! resolved. A document type is passed over, so nothing it declares is ever expanded or fetched; a reference to anything
//! else stays as it is written, and is counted.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::attributes::AttrError;
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::source::Source;
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::TextStream;

/// Elements inside each other at most.
pub(super) const MAX_DEPTH: usize = 128;

/// Reads an XML document. Streams; holds one tag or piece of text.
#[derive(Debug)]
pub(super) struct XmlReader {
    parser: Reader<Source>,
    buffer: Vec<u8>,
    open: usize,
}

/// A tag or a piece of text.
#[derive(Debug)]
pub(super) struct Piece<'a> {
    /// What it is.
    pub(super) event: Event<'a>,
    /// Line on which it begins, from 1.
    pub(super) line: u64,
    /// Where it ends, in bytes from the beginning of the text.
    pub(super) end: u64,
}

/// Text of a piece.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Text<'a> {
    /// References resolved, line ends as `\n`.
    pub(super) value: Cow<'a, str>,
    /// References that are not known, and stay as they are written.
    pub(super) unknown: u64,
}

impl XmlReader {
    /// Reads from the beginning of `stream`.
    pub(super) fn new(stream: TextStream) -> Self {
        let mut parser = Reader::from_reader(Source::new(stream));
        // Kept and counted, as other references that are not known.
        parser.config_mut().allow_dangling_amp = true;
        Self { parser, buffer: Vec::new(), open: 0 }
    }

    /// The next tag or piece of text; `None` at the end.
    ///
    /// # Errors
    /// When reading fails, the text is not XML, or elements are nested too deeply.
    pub(super) fn next(&mut self) -> Result<Option<Piece<'_>>, TableError> {
        self.buffer.clear();
        let line = self.parser.get_mut().begin();
        let malformed = |what: String| TableError::Malformed { line, what: format!("not XML: {what}") };
        let event = self.parser.read_event_into(&mut self.buffer);
        let event = event.map_err(|error| {
            let fault = self.parser.get_mut().take_fault();
            fault.unwrap_or_else(|| malformed(error.to_string()))
        })?;
        match &event {
            Event::Eof if self.open > 0 => return Err(malformed("the text ends inside an element".to_owned())),
            Event::Eof => return Ok(None),
            Event::Start(_) => self.open += 1,
            Event::End(_) => self.open -= 1,
            Event::Text(text) if self.open == 0 && !text.trim().is_empty() => {
                return Err(malformed("text stands outside of the elements".to_owned()));
            }
            _ => {}
        }
        if self.open > MAX_DEPTH {
            let what = format!("the nesting of elements at line {line}");
            return Err(TableError::Limit { what, limit: MAX_DEPTH.to_string() });
        }
        Ok(Some(Piece { event, line, end: self.parser.buffer_position() }))
    }
}

impl Piece<'_> {
    /// The text that it is, if it is text.
    pub(super) fn text(&self) -> Option<Text<'_>> {
        match &self.event {
            Event::Text(text) => {
                let value = text.xml10_content();
                let unknown = value.matches('&').count() as u64;
                Some(Text { value, unknown })
            }
            Event::CData(text) => Some(Text { value: text.xml10_content(), unknown: 0 }),
            Event::GeneralRef(reference) => Some(match resolve(reference) {
                Some(character) => Text { value: Cow::Owned(character), unknown: 0 },
                None => Text { value: Cow::Owned(format!("&{};", &**reference)), unknown: 1 },
            }),
            _ => None,
        }
    }

    /// Appends it as it stands in the text.
    pub(super) fn append_to(&self, xml: &mut String) {
        let parts: [&str; 3] = match &self.event {
            Event::Start(tag) => ["<", tag, ">"],
            Event::Empty(tag) => ["<", tag, "/>"],
            Event::End(tag) => ["</", tag, ">"],
            Event::Text(text) => ["", text, ""],
            Event::CData(text) => ["<![CDATA[", text, "]]>"],
            Event::Comment(text) => ["<!--", text, "-->"],
            Event::PI(text) => ["<?", text, "?>"],
            Event::GeneralRef(reference) => ["&", reference, ";"],
            Event::Decl(_) | Event::DocType(_) | Event::Eof => return,
        };
        xml.extend(parts);
    }
}

/// The attributes of a tag that say something: no declarations of namespaces.
pub(super) fn attributes<'a>(
    tag: &'a BytesStart<'_>,
    line: u64,
) -> impl Iterator<Item = Result<(&'a str, Text<'a>), TableError>> {
    let malformed = move |error: AttrError| TableError::Malformed { line, what: format!("not XML: {error}") };
    let is_data = |name: &str| name != "xmlns" && !name.starts_with("xmlns:");
    tag.attributes().filter_map(move |attribute| match attribute {
        Ok(attribute) => {
            let name = attribute.key.into_inner();
            let value = || match attribute.value {
                Cow::Borrowed(value) => attribute_text(value),
                Cow::Owned(value) => {
                    let Text { value, unknown } = attribute_text(&value);
                    Text { value: Cow::Owned(value.into_owned()), unknown }
                }
            };
            is_data(name).then(|| Ok((name, value())))
        }
        Err(error) => Some(Err(malformed(error))),
    })
}

/// Whether an attribute says that its element has no value, and whether it does.
pub(super) fn nil(name: &str, value: &str) -> Option<bool> {
    name.ends_with(":nil").then(|| matches!(value.trim(), "true" | "1"))
}

/// References resolved; line ends and tabs are spaces in attributes.
fn attribute_text(raw: &str) -> Text<'_> {
    if memchr::memchr3(b'&', b'\n', b'\t', raw.as_bytes()).is_none() && !raw.contains('\r') {
        return Text { value: Cow::Borrowed(raw), unknown: 0 };
    }
    let raw = raw.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
    let (mut value, mut unknown, mut rest) = (String::with_capacity(raw.len()), 0, raw.as_str());
    while let Some((before, after)) = rest.split_once('&') {
        value.push_str(before);
        let reference = after.split_once(';').map(|(name, behind)| (resolve(&BytesRef::new(name)), behind));
        if let Some((Some(character), behind)) = reference {
            value.push_str(&character);
            rest = behind;
        } else {
            unknown += 1;
            value.push('&');
            rest = after;
        }
    }
    value.push_str(rest);
    Text { value: Cow::Owned(value), unknown }
}

fn resolve(reference: &BytesRef<'_>) -> Option<String> {
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Some(character.to_string()),
        Ok(None) => resolve_xml_entity(reference).map(str::to_owned),
        Err(_no_character) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_that_are_not_known_stay_as_written_and_are_counted() {
        let text = attribute_text("a&amp;b &nbsp; c&d&#x41;\n&#0;");
        assert_eq!(text.value, "a&b &nbsp; c&dA &#0;");
        assert_eq!(text.unknown, 3);
    }
}
