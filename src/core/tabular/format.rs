//! What a file holds, told by its content; the name is only a habit.
//!
//! For: delimited text, JSON documents, JSON Lines, and names for the binary formats that are not read here. Not for:
//! the dialect (`delimited::dialect`). The one decision: an extension says how to read text that could be several
//! things; it never makes binary data or JSON into a table of commas.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::delimited::Habit;
use super::json::{Fault, Layout, Tape};

/// A format that tables are read from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Fields parted by a delimiter, or one value a line.
    Delimited(Habit),
    /// JSON values.
    Json(Layout),
}

/// The format's name in reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum FormatName {
    /// Fields parted by a delimiter, or one value a line.
    Delimited,
    /// One JSON document: an array of records, or values one after another.
    Json,
    /// One JSON value a line.
    JsonLines,
}

impl Format {
    /// The name in reports.
    pub fn name(self) -> FormatName {
        match self {
            Self::Delimited(_) => FormatName::Delimited,
            Self::Json(Layout::Lines) => FormatName::JsonLines,
            Self::Json(Layout::Array | Layout::Stream) => FormatName::Json,
        }
    }
}

/// What a file's name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Promise {
    /// `.csv`, `.tsv`, `.tab`, `.psv`, `.ssv`, `.txt`
    Delimited(Habit),
    /// `.json`
    Json,
    /// `.jsonl`, `.ndjson`
    JsonLines,
}

/// What the name promises, `.gz` and `.zst` looked through; `None`: not a format that is read.
pub fn promise(file_name: &str) -> Option<Promise> {
    let lower = file_name.to_lowercase();
    let bare = [".gz", ".zst"].iter().find_map(|packed| lower.strip_suffix(packed)).unwrap_or(&lower);
    let (_, extension) = bare.rsplit_once('.')?;
    match extension {
        "csv" | "psv" | "ssv" => Some(Promise::Delimited(Habit::Comma)),
        "tsv" | "tab" => Some(Promise::Delimited(Habit::Tab)),
        "txt" => Some(Promise::Delimited(Habit::Plain)),
        "json" => Some(Promise::Json),
        "jsonl" | "ndjson" => Some(Promise::JsonLines),
        _ => None,
    }
}

/// Names the binary format that begins like this, if it is one.
pub fn binary_format(head: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 14] = [
        (b"PK\x03\x04", "a zip archive or an Office document (xlsx, docx, ods)"),
        (b"PK\x05\x06", "an empty zip archive"),
        (b"%PDF-", "a PDF"),
        (b"\xd0\xcf\x11\xe0", "an old Office document (xls, doc)"),
        (b"PAR1", "a Parquet file"),
        (b"ARROW1", "an Arrow file"),
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"\x7fELF", "a program"),
        (b"SQLite format 3\0", "an SQLite database"),
        (b"7z\xbc\xaf", "a 7z archive"),
        (b"BZh", "a bzip2 archive"),
        (b"\xfd7zXZ", "an xz archive"),
    ];
    // A table may begin with the letters of a magic number; binary data goes on with bytes that are no text.
    let is_text =
        head.iter().take(64).all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace()) && head.is_ascii();
    if is_text {
        return None;
    }
    MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, name)| *name)
}

/// Whether decoded text holds so many control characters that it is no text.
pub fn is_binary(text: &[u8]) -> bool {
    let controls = text.iter().filter(|byte| matches!(byte, 0..=8 | 11 | 14..=26 | 28..=31 | 127)).count();
    text.len() >= 64 && controls * 20 > text.len()
}

/// Tells the format from the head of the text. `whole`: the head is the whole text.
pub fn sniff(head: &[u8], whole: bool, promise: Promise) -> Format {
    let first = head.iter().find(|byte| !byte.is_ascii_whitespace());
    let looks_json = matches!(first, Some(b'{' | b'['));
    match promise {
        Promise::Json => Format::Json(layout(head, whole, false)),
        Promise::JsonLines => Format::Json(layout(head, whole, true)),
        Promise::Delimited(_) if looks_json && begins_with_json(head, whole) => {
            Format::Json(layout(head, whole, false))
        }
        Promise::Delimited(habit) => Format::Delimited(habit),
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

    fn json(text: &str, promise: Promise) -> Layout {
        match sniff(text.as_bytes(), true, promise) {
            Format::Json(layout) => layout,
            Format::Delimited(_) => panic!("{text} taken for delimited text"),
        }
    }

    #[test]
    fn json_is_told_by_its_content() {
        assert_eq!(json("[{\"a\":1},\n{\"a\":2}]", Promise::Json), Layout::Array);
        assert_eq!(json("{\"a\":1}\n{\"a\":2}\n", Promise::Json), Layout::Lines);
        assert_eq!(json("{\n \"a\":1\n}\n", Promise::Json), Layout::Stream);
        assert_eq!(json("{\n \"a\":1\n}\n{\n}", Promise::JsonLines), Layout::Stream);
        assert_eq!(json("{\"a\":1}\nbad\n", Promise::JsonLines), Layout::Lines);
        assert_eq!(json("bad\n{\"a\":1}\n", Promise::JsonLines), Layout::Lines);
        assert_eq!(json("[1,2]\n[3,4]\n", Promise::JsonLines), Layout::Lines);
        assert_eq!(json("{\"a\":1}\n{\"a\":2}\n", Promise::Delimited(Habit::Plain)), Layout::Lines);
    }

    #[test]
    fn a_csv_whose_fields_hold_json_stays_csv() {
        let text = b"key,val\n1,\"{\"\"type\"\": 1}\"\n";
        assert_eq!(sniff(text, true, Promise::Delimited(Habit::Comma)), Format::Delimited(Habit::Comma));
        assert_eq!(sniff(b"[a],b\n1,2\n", true, Promise::Delimited(Habit::Comma)), Format::Delimited(Habit::Comma));
    }

    #[test]
    fn names_look_through_packing_and_case() {
        assert_eq!(promise("A.CSV"), Some(Promise::Delimited(Habit::Comma)));
        assert_eq!(promise("a.jsonl.gz"), Some(Promise::JsonLines));
        assert_eq!(promise("a.gz"), None);
        assert_eq!(promise("README.md"), None);
    }
}
