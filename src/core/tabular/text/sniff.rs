//! Whether a text is delimited or JSON, and how JSON records lie in it, told from its head.
//!
//! The one decision: the name says how to read text that could be several things; it never makes JSON into a table of
//! commas.

use crate::core::tabular::delimited::Habit;
use crate::core::tabular::format::{FormatName, TextWish};
use crate::core::tabular::json::{Fault, Layout, Tape};

/// How a table is written in text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextFormat {
    /// Fields parted by a delimiter, or one value a line.
    Delimited(Habit),
    /// JSON values.
    Json(Layout),
}

impl TextFormat {
    /// The name in reports.
    pub(super) fn name(self) -> FormatName {
        match self {
            Self::Delimited(_) => FormatName::Delimited,
            Self::Json(Layout::Lines) => FormatName::JsonLines,
            Self::Json(Layout::Array | Layout::Stream) => FormatName::Json,
        }
    }
}

/// Whether decoded text holds so many control characters that it is no text.
pub(super) fn is_binary(text: &[u8]) -> bool {
    let controls = text.iter().filter(|byte| matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31 | 127)).count();
    text.len() >= 64 && controls * 20 > text.len()
}

/// Tells the format from the head of the text. `whole`: the head is the whole text.
pub(super) fn sniff(head: &[u8], whole: bool, wish: TextWish) -> TextFormat {
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    let looks_json = matches!(first, Some(b'{' | b'['));
    match wish {
        TextWish::Json => TextFormat::Json(layout(head, whole, false)),
        TextWish::JsonLines => TextFormat::Json(layout(head, whole, true)),
        TextWish::Delimited(_) if looks_json && begins_with_json(head, whole) => {
            TextFormat::Json(layout(head, whole, false))
        }
        TextWish::Delimited(habit) => TextFormat::Delimited(habit),
    }
}

fn begins_with_json(head: &[u8], whole: bool) -> bool {
    match Tape::default().parse(head) {
        Ok(end) => matches!(head.get(end), None | Some(b'\n' | b'\r')),
        // Longer than the head, and JSON as far as it goes.
        Err(Fault::Incomplete) => !whole,
        Err(Fault::At { .. }) => false,
    }
}

/// Lines where the first line is a whole value and others follow, or where the name says so and nothing speaks
/// against it; else an array, else values one after another.
fn layout(head: &[u8], whole: bool, promised_lines: bool) -> Layout {
    let text = head.trim_ascii_start();
    let (line, rest) = match memchr::memchr(b'\n', text) {
        Some(at) => (&text[..at], text[at..].trim_ascii()),
        None => (text, &b""[..]),
    };
    let only_line = rest.is_empty() && (whole || line.len() == text.len());
    let mut tape = Tape::default();
    let line_is_value = matches!(tape.parse(line), Ok(end) if line[end..].trim_ascii().is_empty());
    if line_is_value && !only_line {
        return Layout::Lines;
    }
    let document = if text.first() == Some(&b'[') { Layout::Array } else { Layout::Stream };
    if !promised_lines || (line_is_value && document == Layout::Array) {
        return document;
    }
    // A pretty-printed document in a file named .jsonl: its first value spans lines.
    let spans_lines = match tape.parse(text) {
        Ok(end) => end > line.len(),
        // Longer than the head: an array on one line, or a document whose first line opens it.
        Err(Fault::Incomplete) if rest.is_empty() => !whole && document == Layout::Array,
        Err(Fault::Incomplete) => !whole && line.len() < 80,
        Err(Fault::At { .. }) => false,
    };
    if spans_lines { document } else { Layout::Lines }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str, wish: TextWish) -> Layout {
        match sniff(text.as_bytes(), true, wish) {
            TextFormat::Json(layout) => layout,
            TextFormat::Delimited(_) => panic!("{text} taken for delimited text"),
        }
    }

    #[test]
    fn json_is_told_by_its_content() {
        assert_eq!(json("[{\"a\":1},\n{\"a\":2}]", TextWish::Json), Layout::Array);
        assert_eq!(json("{\"a\":1}\n{\"a\":2}\n", TextWish::Json), Layout::Lines);
        assert_eq!(json("{\n \"a\":1\n}\n", TextWish::Json), Layout::Stream);
        assert_eq!(json("{\n \"a\":1\n}\n{\n}", TextWish::JsonLines), Layout::Stream);
        assert_eq!(json("{\"a\":1}\nbad\n", TextWish::JsonLines), Layout::Lines);
        assert_eq!(json("bad\n{\"a\":1}\n", TextWish::JsonLines), Layout::Lines);
        assert_eq!(json("[1,2]\n[3,4]\n", TextWish::JsonLines), Layout::Lines);
        assert_eq!(json("{\"a\":1}\n{\"a\":2}\n", TextWish::Delimited(Habit::Plain)), Layout::Lines);
    }

    #[test]
    fn a_csv_whose_fields_hold_json_stays_csv() {
        let text = b"key,val\n1,\"{\"\"type\"\": 1}\"\n";
        assert_eq!(sniff(text, true, TextWish::Delimited(Habit::Comma)), TextFormat::Delimited(Habit::Comma));
        assert_eq!(
            sniff(b"[a],b\n1,2\n", true, TextWish::Delimited(Habit::Comma)),
            TextFormat::Delimited(Habit::Comma)
        );
    }
}
