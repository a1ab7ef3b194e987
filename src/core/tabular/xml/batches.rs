//! Pass 2 over XML: records into Arrow batches, what stands beside them counted.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::SchemaRef;
use quick_xml::events::{BytesStart, Event};

use super::columns::{Collect, Layout, Role};
use super::outline::{DOCUMENT, is_blank};
use super::reader::{self, Piece, XmlReader};
use crate::core::tabular::column::{ColumnBuilder, Misfit};
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::TextStream;
use crate::core::tabular::report::TableNote;
use crate::core::tabular::table::{BATCH_BYTES, BATCH_CELLS, BATCH_ROWS, Batches, MAX_RECORD, Rejects};

/// Reads the records of an XML document. Streams; holds one record.
#[derive(Debug)]
pub(super) struct XmlBatches {
    reader: XmlReader,
    schema: SchemaRef,
    rows: Rows,
    preamble_lines: u64,
}

/// The rows in the making.
#[derive(Debug)]
struct Rows {
    layout: Layout,
    cells: Vec<Cells>,
    frames: Vec<Frame>,
    texts: String,
    /// An element that is kept as it is written.
    kept: Option<Kept>,
    /// Where the record begins, in bytes.
    start: u64,
    finished: usize,
    bytes: usize,
    beside: Beside,
}

/// An element that is open.
#[derive(Debug)]
struct Frame {
    node: usize,
    line: u64,
    text: usize,
    has_children: bool,
    has_attributes: bool,
    is_nil: bool,
}

#[derive(Debug)]
struct Kept {
    column: usize,
    xml: String,
    open: usize,
}

/// What no column holds.
#[derive(Debug, Default)]
struct Beside {
    /// Whether it is counted: what stands above the first record may be in the preamble.
    counts: bool,
    elements: u64,
    first: String,
    texts: u64,
    unknown_references: u64,
}

/// The values of a column.
#[derive(Debug)]
struct Cells {
    values: Values,
    /// Whether the present record has one.
    is_filled: bool,
}

#[derive(Debug)]
enum Values {
    One(ColumnBuilder),
    Many(ListBuilder<StringBuilder>),
    Joined(StringBuilder, String),
}

impl XmlBatches {
    /// Reads from the beginning of `stream`; `preamble_lines`: `None` if what is above the rows was not kept.
    pub(super) fn new(layout: Layout, stream: TextStream, preamble_lines: Option<u64>) -> Self {
        let cells = layout.columns.iter().map(|column| Cells::new(column.collect)).collect();
        let beside = Beside { counts: preamble_lines.is_none(), ..Beside::default() };
        Self {
            reader: XmlReader::new(stream),
            schema: layout.schema(),
            rows: Rows {
                layout,
                cells,
                frames: Vec::new(),
                texts: String::new(),
                kept: None,
                start: 0,
                finished: 0,
                bytes: 0,
                beside,
            },
            preamble_lines: preamble_lines.unwrap_or(0),
        }
    }
}

impl Batches for XmlBatches {
    fn next_batch(&mut self, _rejects: &mut dyn Rejects) -> Result<Option<RecordBatch>, TableError> {
        let rows = &mut self.rows;
        let width = rows.cells.len();
        (rows.finished, rows.bytes) = (0, 0);
        while rows.finished < BATCH_ROWS && rows.finished * width < BATCH_CELLS && rows.bytes < BATCH_BYTES {
            let Some(piece) = self.reader.next()? else { break };
            rows.take(&piece)?;
        }
        if rows.finished == 0 {
            return Ok(None);
        }
        let arrays = rows.cells.iter_mut().map(Cells::finish).collect();
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), arrays);
        batch.map(Some).map_err(|_unequal| TableError::Changed { line: 0 })
    }

    fn notes(&self) -> Vec<TableNote> {
        let beside = &self.rows.beside;
        let notes = [
            (self.preamble_lines, TableNote::Preamble { lines: self.preamble_lines }),
            (beside.elements, TableNote::ElementsBesideRows { count: beside.elements, first: beside.first.clone() }),
            (beside.texts, TableNote::StrayText { count: beside.texts }),
            (beside.unknown_references, TableNote::UnknownReferences { count: beside.unknown_references }),
        ];
        notes.into_iter().filter(|(count, _)| *count > 0).map(|(_, note)| note).collect()
    }
}

impl Rows {
    fn take(&mut self, piece: &Piece<'_>) -> Result<(), TableError> {
        let in_record = self.frames.iter().any(|frame| frame.node == self.layout.record);
        if in_record && piece.end.saturating_sub(self.start) > MAX_RECORD as u64 {
            let what = format!("the record before line {}", piece.line);
            return Err(TableError::Limit { what, limit: format!("{MAX_RECORD} bytes") });
        }
        if self.kept.is_some() {
            return self.keep(piece);
        }
        match &piece.event {
            Event::Start(tag) | Event::Empty(tag) => {
                let is_empty = matches!(piece.event, Event::Empty(_));
                let node = self.enter(tag, piece)?;
                if let Some(column) = self.layout.place(node).xml {
                    self.kept = Some(Kept { column, xml: String::new(), open: 0 });
                    return self.keep(piece);
                }
                self.open(node, tag, piece.line)?;
                if is_empty { self.close() } else { Ok(()) }
            }
            Event::End(_) => self.close(),
            _ => {
                if let Some(text) = piece.text().filter(|_| !self.frames.is_empty()) {
                    self.texts.push_str(&text.value);
                    self.beside.unknown_references += text.unknown;
                }
                Ok(())
            }
        }
    }

    /// The path of an element that begins.
    fn enter(&mut self, tag: &BytesStart<'_>, piece: &Piece<'_>) -> Result<usize, TableError> {
        let parent = self.frames.last().map_or(DOCUMENT, |frame| frame.node);
        if let Some(frame) = self.frames.last_mut() {
            frame.has_children = true;
            if is_blank(&self.texts, frame.text) {
                self.texts.truncate(frame.text);
            }
        }
        let node = self.layout.outline.child(parent, tag.name().into_inner());
        let node = node.ok_or(TableError::Changed { line: piece.line })?;
        if node == self.layout.record {
            if !std::mem::replace(&mut self.beside.counts, true) {
                // The preamble holds the text so far.
                self.texts.clear();
                self.frames.iter_mut().for_each(|frame| frame.text = 0);
            }
            self.start = piece.end;
        }
        Ok(node)
    }

    fn open(&mut self, node: usize, tag: &BytesStart<'_>, line: u64) -> Result<(), TableError> {
        let place = self.layout.place(node);
        let names = &self.layout.outline.node(node).attributes;
        let is_inside = matches!(place.role, Role::Record | Role::Inside);
        let (mut is_nil, mut has_attributes) = (false, false);
        let mut given = vec![false; if is_inside { place.attributes.len() } else { 0 }];
        for attribute in reader::attributes(tag, line) {
            let (name, text) = attribute?;
            if let Some(nil) = reader::nil(name, &text.value) {
                is_nil = nil;
                continue;
            }
            has_attributes = true;
            if !is_inside {
                continue;
            }
            self.beside.unknown_references += text.unknown;
            let at = names.iter().position(|(known, _)| **known == *name).ok_or(TableError::Changed { line })?;
            given[at] = true;
            self.bytes += text.value.len();
            self.cells[place.attributes[at]].push(Some(&text.value)).map_err(|Misfit| TableError::Changed { line })?;
        }
        // Items of lists that belong together stand at the same place.
        for (column, _) in place.attributes.iter().zip(&given).filter(|(_, given)| !**given) {
            self.cells[*column].push(None).map_err(|Misfit| TableError::Changed { line })?;
        }
        let text = self.texts.len();
        self.frames.push(Frame { node, line, text, has_children: false, has_attributes, is_nil });
        Ok(())
    }

    fn close(&mut self) -> Result<(), TableError> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let place = self.layout.place(frame.node);
        let is_blank = is_blank(&self.texts, frame.text);
        let misfit = |Misfit| TableError::Changed { line: frame.line };
        match place.role {
            Role::Above => self.beside.texts += u64::from(!is_blank),
            Role::Beside => {
                if self.beside.counts && (frame.has_attributes || !is_blank) {
                    if self.beside.elements == 0 {
                        self.beside.first = self.layout.outline.path(frame.node);
                    }
                    self.beside.elements += 1;
                }
            }
            Role::Record | Role::Inside => {
                let is_layout = frame.has_children && is_blank;
                if let Some(column) = place.text.filter(|_| !is_layout) {
                    let text = self.texts.get(frame.text..).filter(|_| !frame.is_nil);
                    // A record without text of its own has none, rather than an empty one.
                    let text = text.filter(|text| place.role == Role::Inside || !text.is_empty());
                    self.bytes += text.map_or(0, str::len);
                    self.cells[column].push(text).map_err(misfit)?;
                }
                if place.role == Role::Record {
                    self.cells.iter_mut().for_each(Cells::end_record);
                    self.finished += 1;
                }
            }
        }
        self.texts.truncate(frame.text);
        Ok(())
    }

    /// Takes a piece of an element that is kept as it is written.
    fn keep(&mut self, piece: &Piece<'_>) -> Result<(), TableError> {
        let Some(mut kept) = self.kept.take() else { return Ok(()) };
        piece.append_to(&mut kept.xml);
        match &piece.event {
            Event::Start(_) => kept.open += 1,
            Event::End(_) => kept.open -= 1,
            _ => {}
        }
        if kept.open > 0 {
            self.kept = Some(kept);
            return Ok(());
        }
        self.bytes += kept.xml.len();
        self.cells[kept.column].push(Some(&kept.xml)).map_err(|Misfit| TableError::Changed { line: piece.line })
    }
}

impl Cells {
    fn new(collect: Collect) -> Self {
        let values = match collect {
            // An element that is there and empty is not one that is missing.
            Collect::One(column) => Values::One(ColumnBuilder::new(column, true)),
            Collect::Many => Values::Many(ListBuilder::new(StringBuilder::new())),
            Collect::Joined => Values::Joined(StringBuilder::new(), String::new()),
        };
        Self { values, is_filled: false }
    }

    /// Adds a value of the present record; `None` only holds a place in a list.
    fn push(&mut self, value: Option<&str>) -> Result<(), Misfit> {
        match (&mut self.values, value) {
            (Values::One(_) | Values::Joined(..), None) => return Ok(()),
            // Two in one record: pass 1 has seen one at most.
            (Values::One(_), Some(_)) if self.is_filled => return Err(Misfit),
            (Values::One(builder), Some(value)) => builder.push(value.as_bytes())?,
            (Values::Many(builder), value) => builder.values().append_option(value),
            (Values::Joined(_, text), Some(value)) => text.push_str(value),
        }
        self.is_filled = true;
        Ok(())
    }

    fn end_record(&mut self) {
        let is_filled = std::mem::take(&mut self.is_filled);
        match &mut self.values {
            Values::One(builder) if !is_filled => builder.push_null(),
            Values::One(_) => {}
            Values::Many(builder) => builder.append(is_filled),
            Values::Joined(builder, text) => {
                builder.append_option(is_filled.then_some(&*text));
                text.clear();
            }
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match &mut self.values {
            Values::One(builder) => builder.finish(),
            Values::Many(builder) => Arc::new(builder.finish()),
            Values::Joined(builder, _) => Arc::new(builder.finish()),
        }
    }
}
