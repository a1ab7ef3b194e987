//! What is made of files on its way from the threads that make it to the one that writes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::lanes::{Gone, Lane};
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::InputError;
use crate::core::tabular::table::Rejects;
use crate::core::text::normalise::TextKey;
use crate::operations::knowledge_base::line::RecordLine;
use crate::operations::knowledge_base::making::{MakingError, Outlet, Reject};
use crate::operations::knowledge_base::manifest::FileEntry;

/// Bytes of lines after which they are handed over.
const FULL: usize = 256 << 10;
/// Bytes in all lanes together, a record each aside.
const IN_FLIGHT: usize = 128 << 20;

/// How many times [`FULL`] a lane may hold.
pub(super) fn lane_depth(lanes: usize) -> usize {
    (IN_FLIGHT / FULL / lanes).max(2)
}

/// Some records and rejects, and the files that end among them.
#[derive(Debug, Default)]
pub(super) struct Made {
    /// Lines of records.
    pub(super) lines: Vec<u8>,
    /// A key for each of them.
    pub(super) keys: Vec<TextKey>,
    /// Lines of rejects.
    pub(super) rejects: Vec<u8>,
    /// Files whose records end here, in order.
    pub(super) ends: Vec<FileEnd>,
}

/// A file is done.
#[derive(Debug)]
pub(super) struct FileEnd {
    /// What became of it; what only the writer knows is not yet in there.
    pub(super) entry: FileEntry,
    /// Whether its records are those of the earlier generation.
    pub(super) is_reused: bool,
    /// Columns of its tables, and how many records have a value of each.
    pub(super) columns: BTreeMap<String, u64>,
    /// Ends of its lines, keys and rejects among those of [`Made`].
    pub(super) until: Ends,
}

/// Places in [`Made`].
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Ends {
    pub(super) lines: usize,
    pub(super) keys: usize,
    pub(super) rejects: usize,
}

/// A row that can't be a record, as it is written down.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct RejectLine<'a> {
    /// Path of its file.
    pub(super) path: Cow<'a, str>,
    sheet: Option<Cow<'a, str>>,
    /// Where it begins.
    line: u64,
    reason: Cow<'a, str>,
    /// The row, as far as it is text.
    record: Cow<'a, str>,
}

/// Gathers what is made of files, and hands it over.
pub(super) struct Gathering<'a> {
    lane: &'a Lane<Made>,
    made: Made,
    max_rejects: u64,
    path: String,
    sheet: Option<String>,
    rejected: u64,
    /// Those of the present table that count towards the limit.
    counted: u64,
    first: Option<(u64, String)>,
    is_gone: bool,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(lane: &'a Lane<Made>, max_rejects: u32) -> Self {
        Self {
            lane,
            made: Made::default(),
            max_rejects: u64::from(max_rejects),
            path: String::new(),
            sheet: None,
            rejected: 0,
            counted: 0,
            first: None,
            is_gone: false,
        }
    }

    /// What comes now is of this file.
    pub(super) fn begin(&mut self, path: &str) {
        path.clone_into(&mut self.path);
        (self.sheet, self.rejected) = (None, 0);
        self.begin_table(None);
    }

    /// What comes now is of this table.
    pub(super) fn begin_table(&mut self, sheet: Option<&str>) {
        self.sheet = sheet.map(str::to_owned);
        (self.counted, self.first) = (0, None);
    }

    /// Rows of the present file that can't be records.
    pub(super) fn rejected(&self) -> u64 {
        self.rejected
    }

    /// The present file is done.
    pub(super) fn end(&mut self, entry: FileEntry, is_reused: bool, columns: BTreeMap<String, u64>) {
        let Made { lines, keys, rejects, .. } = &self.made;
        let until = Ends { lines: lines.len(), keys: keys.len(), rejects: rejects.len() };
        self.made.ends.push(FileEnd { entry, is_reused, columns, until });
    }

    /// Whether nobody takes anything any more.
    pub(super) fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// Takes a record's line with its end.
    pub(super) fn line(&mut self, line: &[u8], key: TextKey) -> Result<(), MakingError> {
        self.made.lines.extend_from_slice(line);
        self.made.keys.push(key);
        self.hand_over_if_full()
    }

    /// Takes so many rejects of an earlier generation, as lines.
    pub(super) fn rejects(&mut self, lines: &[u8], count: u64) -> Result<(), MakingError> {
        self.made.rejects.extend_from_slice(lines);
        self.rejected += count;
        self.hand_over_if_full()
    }

    /// Hands over what is there.
    pub(super) fn hand_over(&mut self) -> Result<(), MakingError> {
        self.lane.send(std::mem::take(&mut self.made)).map_err(|Gone| {
            self.is_gone = true;
            MakingError::Gone
        })
    }

    fn hand_over_if_full(&mut self) -> Result<(), MakingError> {
        if self.made.lines.len() + self.made.rejects.len() >= FULL { self.hand_over() } else { Ok(()) }
    }

    fn write_down(&mut self, reject: &Reject<'_>, text: &str) -> Result<(), MakingError> {
        self.rejected += 1;
        let (path, sheet) = (self.path.as_str().into(), self.sheet.as_deref().map(Into::into));
        let line = RejectLine { path, sheet, line: reject.line, reason: reject.reason.into(), record: text.into() };
        write_line(&mut self.made.rejects, &line)?;
        if reject.counts {
            self.counted += 1;
            let (line, reason) = self.first.get_or_insert_with(|| (reject.line, reject.reason.to_owned()));
            if self.counted > self.max_rejects {
                let (line, reason) = (*line, reason.clone());
                return Err(TableError::TooManyRejects { limit: self.max_rejects, line, reason }.into());
            }
        }
        self.hand_over_if_full()
    }
}

impl Outlet for Gathering<'_> {
    fn record(&mut self, key: TextKey, most_bytes: usize, line: &RecordLine<'_>) -> Result<bool, MakingError> {
        let begin = self.made.lines.len();
        write_line(&mut self.made.lines, line)?;
        if self.made.lines.len() - begin > most_bytes {
            self.made.lines.truncate(begin);
            return Ok(false);
        }
        self.made.keys.push(key);
        self.hand_over_if_full().map(|()| true)
    }

    fn reject(&mut self, reject: &Reject<'_>, text: &str) -> Result<(), MakingError> {
        self.write_down(reject, text)
    }
}

impl Rejects for Gathering<'_> {
    fn reject(&mut self, line: u64, reason: &str, record: &[u8]) -> Result<(), TableError> {
        // Text was decoded strictly, so this replaces nothing.
        let record = String::from_utf8_lossy(record);
        self.write_down(&Reject { line, reason, counts: true }, &record).map_err(|error| match error {
            MakingError::Table(error) => error,
            // Whoever asked for the batch looks at `is_gone`.
            MakingError::Build(_) | MakingError::Gone => InputError::Cancelled.into(),
        })
    }
}

fn write_line(into: &mut Vec<u8>, value: &impl Serialize) -> Result<(), TableError> {
    serde_json::to_writer(&mut *into, value).map_err(|error| TableError::Broken { what: error.to_string() })?;
    into.push(b'\n');
    Ok(())
}
