//! Some of the records of a knowledge base: those of a folder, of a file, with a text in them.
//!
//! The one decision: records come in portions that are bounded in lines and in bytes looked at, so that whoever asks can
//! stop in between, however few records fit.

use std::borrow::Cow;
use std::io::{BufRead, BufReader};
use std::ops::Range;

use serde::Deserialize;

use super::error::KnowledgeBaseError;
use super::record::Record;
use super::store::KnowledgeBase;

/// Which records are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordFilter {
    /// Of files in this folder of the source, or below; empty: all.
    pub folder: Option<String>,
    /// Of this file of the source.
    pub path: Option<String>,
    /// With this text in their content, in whatever case.
    pub text: Option<String>,
}

/// How much of a selection is looked at in one go.
#[derive(Debug, Clone, Copy)]
pub struct Portion {
    /// Records that are handed out, at most.
    pub records: usize,
    /// Bytes that are looked at: not much more.
    pub bytes: usize,
}

/// The records of a knowledge base that a filter lets through.
#[derive(Debug, Clone)]
pub struct Selection {
    base: KnowledgeBase,
    /// Places of records, ascending, none twice.
    ranges: Vec<Range<u64>>,
    /// In lower case.
    text: Option<String>,
}

/// Some records of a selection.
#[derive(Debug, Default)]
pub struct Selected {
    /// Their lines, as they stand in the file, each with its line end.
    pub lines: Vec<Vec<u8>>,
    /// The place from which to go on; `None`: that was all.
    pub next: Option<u64>,
}

impl Selection {
    /// Finds out where the records may be.
    ///
    /// # Errors
    /// When the source has no such folder or file, or the knowledge base can't be read.
    pub fn new(base: KnowledgeBase, filter: &RecordFilter) -> Result<Self, KnowledgeBaseError> {
        let ranges = ranges(&base, filter)?;
        let text = filter.text.as_ref().map(|text| text.to_lowercase()).filter(|text| !text.is_empty());
        Ok(Self { base, ranges, text })
    }

    /// The records from a place on, as many as the portion allows; one line is looked at in any case.
    ///
    /// # Errors
    /// When the knowledge base can't be read.
    pub fn from(&self, place: u64, portion: Portion) -> Result<Selected, KnowledgeBaseError> {
        let mut selected = Selected::default();
        let mut bytes_left = portion.bytes;
        for range in self.ranges.iter().filter(|range| range.end > place) {
            let begin = range.start.max(place);
            let mut lines = BufReader::new(self.base.lines(begin, range.end)?);
            for place in begin..range.end {
                if selected.lines.len() >= portion.records || bytes_left == 0 {
                    selected.next = Some(place);
                    return Ok(selected);
                }
                let line = self.line(&mut lines, place)?;
                bytes_left = bytes_left.saturating_sub(line.len());
                if self.fits(&line)? {
                    selected.lines.push(line);
                }
            }
        }
        Ok(selected)
    }

    fn line(&self, lines: &mut impl BufRead, place: u64) -> Result<Vec<u8>, KnowledgeBaseError> {
        let mut line = Vec::new();
        match lines.read_until(b'\n', &mut line) {
            Ok(0) => Err(self.damaged(format!("record {place} is missing"))),
            Ok(_) => Ok(line),
            Err(source) => Err(KnowledgeBaseError::Storage {
                doing: "read the records of",
                path: self.base.folder().to_owned(),
                source,
            }),
        }
    }

    fn fits(&self, line: &[u8]) -> Result<bool, KnowledgeBaseError> {
        let Some(text) = &self.text else { return Ok(true) };
        let content: ContentOnly<'_> =
            serde_json::from_slice(line).map_err(|error| self.damaged(format!("a record: {error}")))?;
        Ok(content.content.to_lowercase().contains(text))
    }

    fn damaged(&self, what: String) -> KnowledgeBaseError {
        KnowledgeBaseError::Damaged { path: self.base.folder().to_owned(), what }
    }
}

impl Selected {
    /// The records as values.
    ///
    /// # Errors
    /// When a line is no record.
    pub fn records(&self) -> Result<Vec<Record>, serde_json::Error> {
        self.lines.iter().map(|line| serde_json::from_slice(line)).collect()
    }

    /// The lines, one after another.
    pub fn into_bytes(self) -> Vec<u8> {
        self.lines.concat()
    }
}

/// What of a record a text is looked for in.
#[derive(Deserialize)]
struct ContentOnly<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
}

/// A folder as it stands before its files' paths; empty for the whole source.
pub(super) fn prefix_of(folder: &str) -> String {
    match folder.trim_end_matches('/') {
        "" => String::new(),
        folder => format!("{folder}/"),
    }
}

/// Where the records of the wanted files are; neighbours become one range.
fn ranges(base: &KnowledgeBase, filter: &RecordFilter) -> Result<Vec<Range<u64>>, KnowledgeBaseError> {
    let prefix = filter.folder.as_deref().map(prefix_of).unwrap_or_default();
    if prefix.is_empty() && filter.path.is_none() {
        return Ok(std::iter::once(0..base.len()).collect());
    }
    let (mut ranges, mut is_known): (Vec<Range<u64>>, bool) = (Vec::new(), false);
    for file in base.files() {
        let file = file?;
        let is_wanted = file.path.starts_with(&prefix) && filter.path.as_ref().is_none_or(|path| *path == file.path);
        if !is_wanted {
            continue;
        }
        is_known = true;
        let range = file.first_record..file.first_record + file.records;
        match ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ if range.is_empty() => {}
            _ => ranges.push(range),
        }
    }
    ranges.sort_by_key(|range| range.start);
    if is_known { Ok(ranges) } else { Err(unknown(base, filter)) }
}

fn unknown(base: &KnowledgeBase, filter: &RecordFilter) -> KnowledgeBaseError {
    let path = filter.path.as_ref().or(filter.folder.as_ref()).cloned().unwrap_or_default();
    KnowledgeBaseError::NotInSource { name: base.name().to_string(), path }
}
