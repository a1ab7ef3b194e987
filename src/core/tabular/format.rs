//! What a file holds, told by its content; the name only says whether to look, and how to read ambiguous text.
//!
//! For: what a name promises, and which reader takes the content. Not for: text (`text::sniff` tells JSON from delimited
//! text). The one decision: content decides. A workbook named `.csv` is read as a workbook, a CSV named `.xlsx` as text.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::delimited::Habit;

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
    /// A workbook of Excel since 2007: `.xlsx`, `.xlsm`.
    Xlsx,
    /// A binary workbook of Excel since 2007.
    Xlsb,
    /// A workbook of Excel before 2007.
    Xls,
    /// A workbook of `LibreOffice` and others, in the `OpenDocument` format.
    Ods,
    /// A PDF: a row a page.
    Pdf,
    /// A Word document: a row a section.
    Docx,
    /// A web page: a row a section.
    Html,
    /// The tables of a web page that is named like a workbook.
    HtmlTable,
    /// XML: a row for each of its repeated elements.
    Xml,
    /// Parquet: previews and jobs on tables read it, conversions have nothing to do.
    Parquet,
}

/// How text is probably written, by the file's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum TextWish {
    /// `.csv`, `.tsv`, `.tab`, `.psv`, `.ssv`, `.txt`
    Delimited(Habit),
    /// `.json`
    Json,
    /// `.jsonl`, `.ndjson`
    JsonLines,
}

/// What a file's name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Promise {
    /// Text that holds a table.
    Text(TextWish),
    /// `.xlsx`, `.xlsm`, `.xlsb`, `.xls`, `.ods`
    Workbook,
    /// `.pdf`
    Pdf,
    /// `.docx`
    Word,
    /// `.html`, `.htm`, `.xhtml`
    Html,
    /// `.xml`
    Xml,
}

/// Names that are read, for those who ask.
pub const EXTENSIONS: &str = "csv, tsv, tab, psv, ssv, txt, json, jsonl, ndjson, xlsx, xlsm, xlsb, xls, ods, pdf, docx, \
                              html, htm, xhtml, xml (also .gz, .zst), zip";

/// What the name promises, `.gz` and `.zst` looked through; `None`: not a format that is read.
pub fn promise(file_name: &str) -> Option<Promise> {
    let lower = file_name.to_lowercase();
    let bare = [".gz", ".zst"].iter().find_map(|packed| lower.strip_suffix(packed)).unwrap_or(&lower);
    let (_, extension) = bare.rsplit_once('.')?;
    Some(match extension {
        "csv" | "psv" | "ssv" => Promise::Text(TextWish::Delimited(Habit::Comma)),
        "tsv" | "tab" => Promise::Text(TextWish::Delimited(Habit::Tab)),
        "txt" => Promise::Text(TextWish::Delimited(Habit::Plain)),
        "json" => Promise::Text(TextWish::Json),
        "jsonl" | "ndjson" => Promise::Text(TextWish::JsonLines),
        "xlsx" | "xlsm" | "xlsb" | "xls" | "ods" => Promise::Workbook,
        "pdf" => Promise::Pdf,
        "docx" => Promise::Word,
        "html" | "htm" | "xhtml" => Promise::Html,
        "xml" => Promise::Xml,
        _ => return None,
    })
}

/// What a file holds, as far as its first bytes and its name tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Content {
    /// Text that holds a table.
    Text(TextWish),
    /// A zip archive: an Office document, if it is one that is read.
    Zip,
    /// An OLE compound file: an old workbook, if it is one that is read.
    Ole,
    /// A PDF.
    Pdf,
    /// A web page; with `tables`, only its tables are wanted.
    Html {
        /// Whether the name promises a workbook.
        tables: bool,
    },
    /// XML.
    Xml,
}

impl Content {
    /// Whether a reader of ours takes it, whose memory, time and depth are bounded by construction.
    pub fn is_plain_text(self) -> bool {
        matches!(self, Self::Text(_))
    }
}

/// Tells the content from its first bytes; the error names a format that is not read.
///
/// # Errors
/// When no table is read from such content.
pub fn content(head: &[u8], promise: Promise) -> Result<Content, &'static str> {
    match binary_format(head) {
        Some(Magic::Read(content)) => return Ok(content),
        Some(Magic::NotRead(what)) => return Err(what),
        None => {}
    }
    // Some producers write a few bytes before the PDF itself.
    if memchr::memmem::find(&head[..head.len().min(1024)], b"%PDF-").is_some() && promise == Promise::Pdf {
        return Ok(Content::Pdf);
    }
    Ok(match promise {
        Promise::Text(wish) => Content::Text(wish),
        Promise::Html => Content::Html { tables: false },
        Promise::Xml => Content::Xml,
        Promise::Pdf => return Err("not a PDF"),
        Promise::Word => return Err("not a Word document"),
        Promise::Workbook if begins_with_tag(head) => Content::Html { tables: true },
        Promise::Workbook if begin(head).starts_with(b"<?xml") || begin(head).starts_with(b"<Workbook") => Content::Xml,
        Promise::Workbook => Content::Text(TextWish::Delimited(Habit::Comma)),
    })
}

/// How what programs save as a workbook, and is a web page or a part of one, begins.
const TAGS: [&[u8]; 10] =
    [b"<html", b"<!doctype html", b"<table", b"<body", b"<head", b"<meta", b"<style", b"<div", b"<title", b"<center"];

/// Comments before the first tag are looked over.
fn begins_with_tag(head: &[u8]) -> bool {
    let mut text = begin(head);
    while let Some(comment) = text.strip_prefix(b"<!--") {
        let Some(end) = memchr::memmem::find(comment, b"-->") else { return false };
        text = comment[end + 3..].trim_ascii_start();
    }
    TAGS.iter().any(|tag| text.get(..tag.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(tag)))
}

/// Without a byte-order mark and white space.
fn begin(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start()
}

/// A magic number, and who takes it.
#[derive(Debug, Clone, Copy)]
enum Magic {
    Read(Content),
    NotRead(&'static str),
}

/// What can be told of a file that is not read by its name: what it holds, and under which name it would be read.
pub fn unread_content(head: &[u8]) -> Option<String> {
    Some(match binary_format(head)? {
        Magic::Read(Content::Zip) => {
            "it looks like a zip archive or an Office document: give it its extension to convert it".to_owned()
        }
        Magic::Read(Content::Ole) => {
            "it looks like an old Office document: give it the extension .xls to convert it, if it is a workbook"
                .to_owned()
        }
        Magic::Read(Content::Pdf) => "it looks like a PDF: give it the extension .pdf to convert it".to_owned(),
        Magic::Read(_) => return None,
        Magic::NotRead(what) => format!("its content is {what}"),
    })
}

fn binary_format(head: &[u8]) -> Option<Magic> {
    const MAGIC: [(&[u8], Magic); 16] = [
        (b"PK\x03\x04", Magic::Read(Content::Zip)),
        (b"PK\x05\x06", Magic::NotRead("an empty zip archive")),
        (b"%PDF-", Magic::Read(Content::Pdf)),
        (b"\xd0\xcf\x11\xe0", Magic::Read(Content::Ole)),
        // The first record of workbooks before Excel 97.
        (b"\x09\x08\x10\x00", Magic::Read(Content::Ole)),
        (b"PAR1", Magic::NotRead("a Parquet file")),
        (b"ARROW1", Magic::NotRead("an Arrow file")),
        (b"\x89PNG", Magic::NotRead("a PNG image")),
        (b"\xff\xd8\xff", Magic::NotRead("a JPEG image")),
        (b"GIF8", Magic::NotRead("a GIF image")),
        (b"\x7fELF", Magic::NotRead("a program")),
        (b"SQLite format 3\0", Magic::NotRead("an SQLite database")),
        (b"7z\xbc\xaf", Magic::NotRead("a 7z archive")),
        (b"BZh", Magic::NotRead("a bzip2 archive")),
        (b"\xfd7zXZ", Magic::NotRead("an xz archive")),
        (b"Rar!\x1a\x07", Magic::NotRead("a RAR archive")),
    ];
    // A table may begin with the letters of a magic number; binary data goes on with bytes that are no text.
    let is_text =
        head.iter().take(64).all(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace()) && head.is_ascii();
    if is_text && !head.starts_with(b"%PDF-") {
        return None;
    }
    MAGIC.iter().find(|(magic, _)| head.starts_with(magic)).map(|(_, magic)| *magic)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CSV: Promise = Promise::Text(TextWish::Delimited(Habit::Comma));

    #[test]
    fn names_look_through_packing_and_case() {
        assert_eq!(promise("A.CSV"), Some(CSV));
        assert_eq!(promise("a.jsonl.gz"), Some(Promise::Text(TextWish::JsonLines)));
        assert_eq!(promise("Book.XLSM"), Some(Promise::Workbook));
        assert_eq!(promise("a.gz"), None);
        assert_eq!(promise("README.md"), None);
    }

    #[test]
    fn a_file_that_is_not_read_is_told_by_its_content() {
        assert_eq!(unread_content(b"\x89PNG\r\n\x1a\n").as_deref(), Some("its content is a PNG image"));
        let pdf = "it looks like a PDF: give it the extension .pdf to convert it";
        assert_eq!(unread_content(b"%PDF-1.7").as_deref(), Some(pdf));
        assert_eq!(unread_content(b"words"), None);
    }

    #[test]
    fn content_decides_whatever_the_name_is() {
        assert_eq!(content(b"PK\x03\x04\x14\0", CSV), Ok(Content::Zip));
        assert_eq!(content(b"a,b\n1,2\n", Promise::Workbook), Ok(Content::Text(TextWish::Delimited(Habit::Comma))));
        assert_eq!(content(b"\n<TABLE><tr>", Promise::Workbook), Ok(Content::Html { tables: true }));
        assert_eq!(content(b"<!-- made by x -->\n<div>", Promise::Workbook), Ok(Content::Html { tables: true }));
        assert_eq!(content(b"<html>,b\n1,2\n", CSV), Ok(Content::Text(TextWish::Delimited(Habit::Comma))));
        assert_eq!(content(b"\xef\xbb\xbf<?xml version=\"1.0\"?><Workbook>", Promise::Workbook), Ok(Content::Xml));
        assert_eq!(content(b"\x89PNG\r\n\x1a\n", CSV), Err("a PNG image"));
        assert_eq!(content(b"BZh,x\n1,2\n", CSV), Ok(Content::Text(TextWish::Delimited(Habit::Comma))));
    }
}
