//! What goes between a worker and the process that started it: frames of a kind, a length and a body.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use arrow_schema::Schema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::core::failure::Failure;
use crate::core::tabular::format::Content;
use crate::core::tabular::report::{TableNote, TableReport};
use crate::core::tabular::table::TableOptions;

/// Bytes of a frame at most: a batch of one record as long as may be, and room for what Arrow adds.
const MAX_FRAME: u32 = 1 << 30;

/// What a worker is told.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Request {
    /// Begin with a file.
    Open(Box<OpenRequest>),
    /// Send the rows of the table that was told last.
    Read,
    /// Look at the next table.
    Next,
}

/// A file, and how to read it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OpenRequest {
    /// Where it lies.
    pub(super) path: PathBuf,
    /// What it holds.
    pub(super) content: Content,
    /// How to read it.
    pub(super) options: TableOptions,
}

/// What a worker answers.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Answer {
    /// A table was looked at.
    Table(Box<TableAnswer>),
    /// There is no further table.
    NoMoreTables,
    /// A row that can't be part of the table.
    Reject {
        /// Line, from 1.
        line: u64,
        /// Why.
        reason: String,
        /// As it stands in the file.
        record: String,
    },
    /// All rows were sent.
    RowsEnd {
        /// What was noticed while reading.
        notes: Vec<TableNote>,
    },
    /// The file holds no table.
    Empty,
    /// It can't be read.
    Failed(Failure),
}

/// What a worker found out about a table.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct TableAnswer {
    pub(super) report: TableReport,
    pub(super) schema: Schema,
    pub(super) preamble: Option<String>,
}

/// A frame that arrived.
#[derive(Debug)]
pub(super) enum Frame {
    /// Words.
    Answer(Answer),
    /// A piece of an Arrow stream: the schema first, then batches.
    Arrow(Vec<u8>),
}

const WORDS: u8 = b'W';
const ARROW: u8 = b'A';

/// Writes words.
///
/// # Errors
/// When the other side is gone.
pub(super) fn write_words(mut to: impl Write, words: &impl Serialize) -> io::Result<()> {
    let body = serde_json::to_vec(words)?;
    write_frame(&mut to, WORDS, &body)?;
    to.flush()
}

/// Writes a piece of an Arrow stream.
///
/// # Errors
/// When the other side is gone, or the piece is too long.
pub(super) fn write_arrow(mut to: impl Write, body: &[u8]) -> io::Result<()> {
    write_frame(&mut to, ARROW, body)
}

fn write_frame(to: &mut impl Write, kind: u8, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len()).ok().filter(|length| *length <= MAX_FRAME);
    let length = length.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "a frame is too long"))?;
    to.write_all(&[kind])?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(body)
}

/// Reads what the worker says; `None`: it has ended.
///
/// # Errors
/// When it ends within a frame, or the frame is none of ours.
pub(super) fn read_frame(from: &mut impl Read) -> io::Result<Option<Frame>> {
    let Some((kind, body)) = read_body(from)? else { return Ok(None) };
    Ok(Some(match kind {
        WORDS => Frame::Answer(serde_json::from_slice(&body)?),
        ARROW => Frame::Arrow(body),
        _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame of an unknown kind")),
    }))
}

/// Reads words; `None`: the other side has ended.
///
/// # Errors
/// When it ends within a frame, or these are no such words.
pub(super) fn read_words<T: DeserializeOwned>(from: &mut impl Read) -> io::Result<Option<T>> {
    match read_body(from)? {
        None => Ok(None),
        Some((WORDS, body)) => Ok(Some(serde_json::from_slice(&body)?)),
        Some(_) => Err(io::Error::new(io::ErrorKind::InvalidData, "words were expected")),
    }
}

fn read_body(from: &mut impl Read) -> io::Result<Option<(u8, Vec<u8>)>> {
    let mut kind = [0];
    if from.read(&mut kind)? == 0 {
        return Ok(None);
    }
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length);
    if length > MAX_FRAME {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "a frame is too long"));
    }
    let mut body = Vec::new();
    from.take(u64::from(length)).read_to_end(&mut body)?;
    if body.len() < length as usize {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(Some((kind[0], body)))
}
