//! One JSON value as a flat tape of nodes over its text: checked against RFC 8259, nothing copied, nothing rounded.
//!
//! For: two quick passes over many records. Not for: documents that must be held or changed (`serde_json` does that).
//! The one decision: our own parser, because numbers must keep their digits: `serde_json` turns what does not fit 64
//! bits into a float, and `arrow-json` would infer conflicting types from a sample.
//! A property test holds it against `serde_json`.

use std::borrow::Cow;

use crate::core::tabular::lanes::{repeat, zeros};

/// Deepest nesting of arrays and objects.
pub(super) const MAX_DEPTH: usize = 128;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// A number.
    Number,
    /// A string without escapes.
    Text,
    /// A string with escapes.
    EscapedText,
    /// `[`
    Array,
    /// `{`; its children are keys and values by turns.
    Object,
    /// Ends an array or object.
    End,
}

#[derive(Debug, Clone, Copy)]
struct Node {
    kind: Kind,
    /// Offset of the value's first byte (of a string's: after the quote).
    start: u32,
    /// Scalars: offset after the last byte. Arrays and objects: index of the node after their end.
    end: u32,
}

/// Why a text is not a JSON value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It ends too early.
    Incomplete,
    /// At this offset stands something else than JSON wants.
    At {
        /// Offset from the beginning of the text.
        offset: usize,
        /// What would have been right, or what is wrong.
        what: &'static str,
    },
}

/// A parsed value; keeps its memory for the next one.
#[derive(Debug, Default)]
pub struct Tape {
    nodes: Vec<Node>,
    open: Vec<Open>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    node: usize,
    is_object: bool,
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expect {
    Value,
    ValueOrEnd,
    KeyOrEnd,
    Key,
    CommaOrEnd,
}

impl Tape {
    /// Parses the value at the beginning of `text` (spaces allowed before it); says where it ends.
    ///
    /// # Errors
    /// When there is no whole, well-formed value.
    pub fn parse(&mut self, text: &[u8]) -> Result<usize, Fault> {
        self.nodes.clear();
        self.open.clear();
        let mut at = 0;
        let mut expect = Expect::Value;
        loop {
            at = skip_space(text, at);
            let byte = *text.get(at).ok_or(Fault::Incomplete)?;
            (at, expect) = match expect {
                Expect::ValueOrEnd if byte == b']' => self.close(at),
                Expect::Value | Expect::ValueOrEnd => self.value(text, at, byte)?,
                Expect::KeyOrEnd if byte == b'}' => self.close(at),
                Expect::KeyOrEnd | Expect::Key => self.key(text, at, byte)?,
                Expect::CommaOrEnd => self.comma_or_end(at, byte)?,
            };
            if self.open.is_empty() {
                return Ok(at);
            }
        }
    }

    /// The value, if the last [`Self::parse`] succeeded on `text`.
    pub fn root<'a>(&'a self, text: &'a str) -> Value<'a> {
        Value { nodes: &self.nodes, text, at: 0 }
    }

    fn value(&mut self, text: &[u8], at: usize, byte: u8) -> Result<(usize, Expect), Fault> {
        let after = match byte {
            b'{' => return self.open(at, Kind::Object),
            b'[' => return self.open(at, Kind::Array),
            b'"' => self.string(text, at)?,
            b't' => self.word(text, at, b"true", Kind::Bool)?,
            b'f' => self.word(text, at, b"false", Kind::Bool)?,
            b'n' => self.word(text, at, b"null", Kind::Null)?,
            b'-' | b'0'..=b'9' => self.number(text, at)?,
            _ => return Err(Fault::At { offset: at, what: "a value is expected" }),
        };
        Ok((after, Expect::CommaOrEnd))
    }

    fn open(&mut self, at: usize, kind: Kind) -> Result<(usize, Expect), Fault> {
        if self.open.len() == MAX_DEPTH {
            return Err(Fault::At { offset: at, what: "nested deeper than 128" });
        }
        let is_object = kind == Kind::Object;
        self.open.push(Open { node: self.nodes.len(), is_object });
        self.push(kind, at, 0);
        Ok((at + 1, if is_object { Expect::KeyOrEnd } else { Expect::ValueOrEnd }))
    }

    fn close(&mut self, at: usize) -> (usize, Expect) {
        if let Some(open) = self.open.pop() {
            self.push(Kind::End, at + 1, at + 1);
            self.nodes[open.node].end = offset(self.nodes.len());
        }
        (at + 1, Expect::CommaOrEnd)
    }

    fn key(&mut self, text: &[u8], at: usize, byte: u8) -> Result<(usize, Expect), Fault> {
        if byte != b'"' {
            return Err(Fault::At { offset: at, what: "a key in quotes is expected" });
        }
        let colon = skip_space(text, self.string(text, at)?);
        match text.get(colon) {
            Some(b':') => Ok((colon + 1, Expect::Value)),
            Some(_) => Err(Fault::At { offset: colon, what: "a colon is expected" }),
            None => Err(Fault::Incomplete),
        }
    }

    fn comma_or_end(&mut self, at: usize, byte: u8) -> Result<(usize, Expect), Fault> {
        let is_object = self.open.last().is_some_and(|open| open.is_object);
        match (byte, is_object) {
            (b',', true) => Ok((at + 1, Expect::Key)),
            (b',', false) => Ok((at + 1, Expect::Value)),
            (b'}', true) | (b']', false) => Ok(self.close(at)),
            (_, true) => Err(Fault::At { offset: at, what: "a comma or } is expected" }),
            (_, false) => Err(Fault::At { offset: at, what: "a comma or ] is expected" }),
        }
    }

    fn word(&mut self, text: &[u8], at: usize, word: &[u8], kind: Kind) -> Result<usize, Fault> {
        let rest = &text[at..];
        if rest.starts_with(word) {
            self.push(kind, at, at + word.len());
            return Ok(at + word.len());
        }
        if word.starts_with(rest) {
            return Err(Fault::Incomplete);
        }
        Err(Fault::At { offset: at, what: "true, false or null is expected" })
    }

    fn number(&mut self, text: &[u8], start: usize) -> Result<usize, Fault> {
        let digits = |from: usize| from + text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let need = |from: usize, to: usize| match text.get(to) {
            _ if to > from => Ok(to),
            Some(_) => Err(Fault::At { offset: to, what: "a digit is expected" }),
            None => Err(Fault::Incomplete),
        };
        let whole = start + usize::from(text[start] == b'-');
        let mut at = need(whole, digits(whole))?;
        if at - whole > 1 && text[whole] == b'0' {
            return Err(Fault::At { offset: whole, what: "a number can't begin with 0" });
        }
        if text.get(at) == Some(&b'.') {
            at = need(at + 1, digits(at + 1))?;
        }
        if matches!(text.get(at), Some(b'e' | b'E')) {
            let sign = at + 1;
            let power = sign + usize::from(matches!(text.get(sign), Some(b'+' | b'-')));
            at = need(power, digits(power))?;
        }
        self.push(Kind::Number, start, at);
        Ok(at)
    }

    fn string(&mut self, text: &[u8], quote: usize) -> Result<usize, Fault> {
        let start = quote + 1;
        let mut at = start;
        let mut kind = Kind::Text;
        loop {
            at = plain_until(text, at).ok_or(Fault::Incomplete)?;
            match text[at] {
                b'"' => {
                    self.push(kind, start, at);
                    return Ok(at + 1);
                }
                b'\\' => {
                    kind = Kind::EscapedText;
                    at = escape(text, at)?;
                }
                _ => return Err(Fault::At { offset: at, what: "a control character must be escaped" }),
            }
        }
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize) {
        self.nodes.push(Node { kind, start: offset(start), end: offset(end) });
    }
}

/// Records are limited to far less than 4 GiB by their reader.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn skip_space(text: &[u8], at: usize) -> usize {
    at + text[at..].iter().take_while(|byte| matches!(byte, b' ' | b'\t' | b'\n' | b'\r')).count()
}

/// Where the first quote, backslash or control character stands; eight bytes at once.
#[inline]
fn plain_until(text: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    while let Some(bytes) = text[at..].first_chunk() {
        let word = u64::from_le_bytes(*bytes);
        // Of a control character the three highest bits are zero.
        let stops = zeros(word & repeat(0xe0)) | zeros(word ^ repeat(b'"')) | zeros(word ^ repeat(b'\\'));
        if stops != 0 {
            return Some(at + stops.trailing_zeros() as usize / 8);
        }
        at += bytes.len();
    }
    let last = text[at..].iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1f));
    last.map(|offset| at + offset)
}

/// Checks the escape at `at` and says where it ends; a surrogate must be one of a pair.
fn escape(text: &[u8], at: usize) -> Result<usize, Fault> {
    match text.get(at + 1) {
        None => Err(Fault::Incomplete),
        Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(at + 2),
        Some(b'u') => {
            let lone = Fault::At { offset: at, what: "half of a surrogate pair is not text" };
            match hex4(text, at + 2)? {
                0xd800..=0xdbff => match (text.get(at + 6), text.get(at + 7)) {
                    (Some(b'\\'), Some(b'u')) => match hex4(text, at + 8)? {
                        0xdc00..=0xdfff => Ok(at + 12),
                        _ => Err(lone),
                    },
                    (None, _) | (Some(b'\\'), None) => Err(Fault::Incomplete),
                    _ => Err(lone),
                },
                0xdc00..=0xdfff => Err(lone),
                _ => Ok(at + 6),
            }
        }
        Some(_) => Err(Fault::At { offset: at, what: "no such escape" }),
    }
}

fn hex4(text: &[u8], at: usize) -> Result<u32, Fault> {
    let mut value = 0;
    for offset in at..at + 4 {
        let byte = *text.get(offset).ok_or(Fault::Incomplete)?;
        let digit = char::from(byte).to_digit(16).ok_or(Fault::At { offset, what: "four hex digits are expected" })?;
        value = value * 16 + digit;
    }
    Ok(value)
}

/// Nodes begin and end beside ASCII characters, so they never cut one of several bytes.
#[inline]
#[expect(clippy::string_slice, reason = "see above")]
fn between(text: &str, start: usize, end: usize) -> &str {
    &text[start..end]
}

/// A value on a tape.
#[derive(Debug, Clone, Copy)]
pub struct Value<'a> {
    nodes: &'a [Node],
    text: &'a str,
    at: usize,
}

impl<'a> Value<'a> {
    fn node(&self) -> Node {
        self.nodes[self.at]
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.node().kind
    }

    /// The text of a scalar as written, without quotes.
    pub fn scalar(&self) -> &'a str {
        let node = self.node();
        between(self.text, node.start as usize, node.end as usize)
    }

    /// The value as written in the file.
    pub fn raw(&self) -> &'a str {
        let node = self.node();
        match node.kind {
            Kind::Array | Kind::Object => {
                let end = self.nodes[node.end as usize - 1].start as usize;
                between(self.text, node.start as usize, end)
            }
            Kind::Text | Kind::EscapedText => between(self.text, node.start as usize - 1, node.end as usize + 1),
            _ => self.scalar(),
        }
    }

    /// The characters of a string, escapes resolved.
    pub fn text(&self) -> Cow<'a, str> {
        let written = self.scalar();
        if self.kind() == Kind::EscapedText { Cow::Owned(resolve(written)) } else { Cow::Borrowed(written) }
    }

    /// Whether a boolean is `true`.
    pub fn is_true(&self) -> bool {
        self.scalar() == "true"
    }

    /// The children of an array; of an object, keys and values by turns.
    pub fn children(self) -> Children<'a> {
        let inside = matches!(self.kind(), Kind::Array | Kind::Object);
        let end = if inside { self.node().end as usize - 1 } else { self.at };
        Children { nodes: self.nodes, text: self.text, at: if inside { self.at + 1 } else { end }, end }
    }

    /// The keys and values of an object.
    pub fn entries(self) -> impl Iterator<Item = (Value<'a>, Value<'a>)> {
        let mut children = self.children();
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// Index of its node, to find it again with [`Self::sibling`].
    pub fn index(&self) -> usize {
        self.at
    }

    /// The value at a node of the same tape.
    pub fn sibling(&self, index: usize) -> Value<'a> {
        Value { at: index, ..*self }
    }
}

/// Children of an array or object.
#[derive(Debug, Clone)]
pub struct Children<'a> {
    nodes: &'a [Node],
    text: &'a str,
    at: usize,
    end: usize,
}

impl<'a> Iterator for Children<'a> {
    type Item = Value<'a>;

    fn next(&mut self) -> Option<Value<'a>> {
        if self.at >= self.end {
            return None;
        }
        let value = Value { nodes: self.nodes, text: self.text, at: self.at };
        self.at = match value.kind() {
            Kind::Array | Kind::Object => value.node().end as usize,
            _ => self.at + 1,
        };
        Some(value)
    }
}

/// Resolves escapes that [`escape`] found well-formed.
fn resolve(written: &str) -> String {
    let mut out = String::with_capacity(written.len());
    let mut rest = written;
    while let Some((before, escaped)) = rest.split_once('\\') {
        out.push_str(before);
        let (character, length) = match escaped.as_bytes().first() {
            Some(b'u') => unicode(escaped.as_bytes()),
            Some(b'b') => ('\u{8}', 1),
            Some(b'f') => ('\u{c}', 1),
            Some(b'n') => ('\n', 1),
            Some(b'r') => ('\r', 1),
            Some(b't') => ('\t', 1),
            Some(other) => (char::from(*other), 1),
            None => ('\\', 0),
        };
        out.push(character);
        rest = between(escaped, length, escaped.len());
    }
    out.push_str(rest);
    out
}

/// The character of `uXXXX`, or of two such escapes, and how long they are.
fn unicode(escape: &[u8]) -> (char, usize) {
    let first = hex4(escape, 1).unwrap_or(0xfffd);
    if !(0xd800..0xdc00).contains(&first) {
        return (char::from_u32(first).unwrap_or('\u{fffd}'), 5);
    }
    let second = hex4(escape, 7).unwrap_or(0xdc00);
    let code = 0x1_0000 + ((first - 0xd800) << 10) + (second.saturating_sub(0xdc00));
    (char::from_u32(code).unwrap_or('\u{fffd}'), 11)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn to_serde(value: Value<'_>) -> serde_json::Value {
        match value.kind() {
            Kind::Null | Kind::End => serde_json::Value::Null,
            Kind::Bool => value.is_true().into(),
            Kind::Number => number(value.scalar()),
            Kind::Text | Kind::EscapedText => value.text().into_owned().into(),
            Kind::Array => value.children().map(to_serde).collect(),
            Kind::Object => value.entries().map(|(key, value)| (key.text().into_owned(), to_serde(value))).collect(),
        }
    }

    /// `serde_json` rounds some floats by a digit unless asked not to.
    fn number(text: &str) -> serde_json::Value {
        match (text.parse::<i64>(), text.parse::<u64>()) {
            (Ok(whole), _) => whole.into(),
            (_, Ok(whole)) => whole.into(),
            _ => text.parse::<f64>().unwrap().into(),
        }
    }

    /// Whole text as one value, as `serde_json::from_slice` wants it.
    fn parse(text: &str) -> Option<serde_json::Value> {
        let mut tape = Tape::default();
        let end = tape.parse(text.as_bytes()).ok()?;
        (skip_space(text.as_bytes(), end) == text.len()).then(|| to_serde(tape.root(text)))
    }

    #[test]
    fn raw_text_is_as_written() {
        let text = r#" {"a": [1, {"b" : "x\n"}], "c":-0.50e+1} "#;
        let mut tape = Tape::default();
        tape.parse(text.as_bytes()).unwrap();
        let raws: Vec<_> = tape.root(text).entries().map(|(_, value)| value.raw().to_owned()).collect();
        assert_eq!(raws, [r#"[1, {"b" : "x\n"}]"#, "-0.50e+1"]);
    }

    #[test]
    fn every_prefix_of_a_container_is_incomplete() {
        let text = br#"{"a":[true,null,-1.5e-3,"\u00e9\ud83d\ude00"]}"#;
        for end in 0..text.len() {
            assert_eq!(Tape::default().parse(&text[..end]), Err(Fault::Incomplete), "{end}");
        }
    }

    #[test]
    fn malformed_texts_are_refused() {
        for text in
            ["{\"a\"::1}", "[1,]", "{,}", "01", "1.", "\"\t\"", "\"\\x\"", "\"\\ud800\"", "tru}", "[1}", "'a'", "NaN"]
        {
            assert!(parse(text).is_none(), "{text}");
        }
        let deep = "[".repeat(MAX_DEPTH + 1);
        assert!(matches!(Tape::default().parse(deep.as_bytes()), Err(Fault::At { .. })));
    }

    fn any_json() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            Just(serde_json::Value::Null),
            any::<bool>().prop_map(Into::into),
            any::<i64>().prop_map(Into::into),
            any::<f64>().prop_map(Into::into),
            ".*".prop_map(Into::into),
        ];
        leaf.prop_recursive(4, 32, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6).prop_map(Into::into),
                proptest::collection::btree_map(".{0,6}", inner, 0..6)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn reads_what_serde_json_writes(value in any_json(), pretty: bool) {
            let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
            prop_assert_eq!(parse(&text), Some(value));
        }

        #[test]
        fn agrees_with_serde_json_on_damaged_text(value in any_json(), at: prop::sample::Index, byte in 0x09_u8..0x7f) {
            let mut text = serde_json::to_vec(&value).unwrap();
            let at = at.index(text.len());
            text[at] = byte;
            if let Ok(text) = std::str::from_utf8(&text) {
                let theirs = serde_json::from_str::<Box<serde_json::value::RawValue>>(text).is_ok();
                let lone_surrogate = theirs && serde_json::from_str::<serde_json::Value>(text).is_err();
                prop_assert!(lone_surrogate || parse(text).is_some() == theirs, "{}", text);
            }
        }
    }
}
