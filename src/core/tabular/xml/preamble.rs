//! What stands above the rows of a document, as it is written.

use quick_xml::events::Event;

use super::columns::{Layout, Role};
use super::outline::DOCUMENT;
use super::reader::{self, XmlReader};
use crate::core::tabular::error::TableError;

/// Bytes that are kept; it lies in the Parquet file's metadata, which every reader loads.
const MAX_BYTES: usize = 256 << 10;

/// What stands above the rows.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Preamble {
    /// Nothing but the elements that hold them.
    Nothing,
    /// All of it.
    Text(String),
    /// More than is kept: it is counted with what stands beside the rows.
    TooLong,
}

impl Preamble {
    /// Reads as far as the first record.
    pub(super) fn read(reader: &mut XmlReader, layout: &Layout) -> Result<Self, TableError> {
        let (mut text, mut says_something, mut path) = (String::new(), false, vec![DOCUMENT]);
        while let Some(piece) = reader.next()? {
            match &piece.event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let parent = path.last().copied().unwrap_or(DOCUMENT);
                    let node = layout.outline.child(parent, tag.name().into_inner());
                    let node = node.ok_or(TableError::Changed { line: piece.line })?;
                    if node == layout.record {
                        break;
                    }
                    let has_attributes = reader::attributes(tag, piece.line).next().is_some();
                    says_something |= layout.place(node).role == Role::Beside || has_attributes;
                    if matches!(piece.event, Event::Start(_)) {
                        path.push(node);
                    }
                }
                Event::End(_) => {
                    path.pop();
                }
                _ => says_something |= piece.text().is_some_and(|text| !text.value.trim().is_empty()),
            }
            piece.append_to(&mut text);
            if text.len() > MAX_BYTES {
                return Ok(Self::TooLong);
            }
        }
        text.truncate(text.trim_end().len());
        let begin = text.len() - text.trim_start().len();
        text.drain(..begin);
        Ok(if says_something { Self::Text(text) } else { Self::Nothing })
    }

    /// The text for the Parquet file's metadata.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Nothing | Self::TooLong => None,
        }
    }

    /// How many lines are kept; `None`: there is more than that.
    pub(super) fn lines(&self) -> Option<u64> {
        match self {
            Self::Nothing => Some(0),
            Self::Text(text) => Some(text.lines().count() as u64),
            Self::TooLong => None,
        }
    }
}
