//! Pass 1 over XML: every path of elements, how often it stands there, and what its values may be.
//!
//! The one decision: everything is counted for every path, before it is known which element makes the rows, so that one
//! pass is enough.

use std::collections::HashMap;

use quick_xml::events::{BytesStart, Event};

use super::reader::{self, XmlReader};
use crate::core::tabular::column::ColumnProfile;
use crate::core::tabular::error::TableError;
use crate::core::tabular::table::{MAX_COLUMNS, MAX_RECORD};

/// The document itself, above its root element.
pub(super) const DOCUMENT: usize = 0;

/// Every path of a document.
#[derive(Debug)]
pub(super) struct Outline {
    nodes: Vec<Node>,
}

/// Elements of one path.
#[derive(Debug)]
pub(super) struct Node {
    /// Name as written, prefix included.
    pub(super) name: Box<str>,
    pub(super) parent: usize,
    /// 1 for the root element.
    pub(super) depth: usize,
    children: HashMap<Box<str>, usize>,
    /// Children in the order in which they first stand there.
    pub(super) order: Vec<usize>,
    /// Names and values, in the order in which they first stand there.
    pub(super) attributes: Vec<(Box<str>, ColumnProfile)>,
    pub(super) text: ColumnProfile,
    /// Whether any of them holds text of its own.
    pub(super) has_text: bool,
    /// Whether any of them holds text beside elements.
    pub(super) is_mixed: bool,
    /// Most of them in one parent.
    pub(super) most: u64,
    /// Elements and attributes, at first without those below.
    pub(super) weight: u64,
    /// The parent element that was seen last, and how many of them are in it.
    run: (u64, u64),
}

impl Node {
    fn new(name: &str, parent: usize, depth: usize) -> Self {
        Self {
            name: name.into(),
            parent,
            depth,
            children: HashMap::new(),
            order: Vec::new(),
            attributes: Vec::new(),
            // Commas part nothing in XML.
            text: ColumnProfile::new(true),
            has_text: false,
            is_mixed: false,
            most: 0,
            weight: 0,
            run: (0, 0),
        }
    }

    /// Whether none of them ever holds anything but text.
    pub(super) fn is_bare(&self) -> bool {
        self.order.is_empty() && self.attributes.is_empty()
    }
}

/// An element that is open.
struct Frame {
    node: usize,
    serial: u64,
    line: u64,
    /// Where its text begins in the texts of all open elements.
    text: usize,
    has_children: bool,
    is_nil: bool,
}

/// The pass itself.
struct Survey {
    nodes: Vec<Node>,
    frames: Vec<Frame>,
    texts: String,
    serial: u64,
    /// Paths and attributes that there may be yet.
    room: usize,
}

impl Outline {
    /// Reads all of a document.
    ///
    /// # Errors
    /// When it is not XML, holds no element, or has too many different ones.
    pub(super) fn run(reader: &mut XmlReader) -> Result<Self, TableError> {
        let mut survey = Survey {
            nodes: vec![Node::new("", DOCUMENT, 0)],
            frames: Vec::new(),
            texts: String::new(),
            serial: 0,
            room: MAX_COLUMNS,
        };
        while let Some(piece) = reader.next()? {
            match &piece.event {
                Event::Start(tag) => survey.open(tag, piece.line)?,
                Event::Empty(tag) => {
                    survey.open(tag, piece.line)?;
                    survey.close();
                }
                Event::End(_) => survey.close(),
                _ => {
                    if let Some(text) = piece.text() {
                        survey.text(&text.value)?;
                    }
                }
            }
        }
        if survey.nodes[DOCUMENT].order.is_empty() {
            return Err(TableError::Empty);
        }
        // Parents stand before their children.
        for node in (1..survey.nodes.len()).rev() {
            let (parent, weight) = (survey.nodes[node].parent, survey.nodes[node].weight);
            survey.nodes[parent].weight += weight;
        }
        Ok(Self { nodes: survey.nodes })
    }

    /// A path.
    pub(super) fn node(&self, node: usize) -> &Node {
        &self.nodes[node]
    }

    /// How many paths there are, the document's own included.
    pub(super) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Every path below the document's own.
    pub(super) fn elements(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate().skip(1)
    }

    /// The path of an element of this name below another.
    pub(super) fn child(&self, parent: usize, name: &str) -> Option<usize> {
        self.nodes[parent].children.get(name).copied()
    }

    /// A path in words, e.g. `catalog/book`.
    pub(super) fn path(&self, node: usize) -> String {
        let mut names = Vec::new();
        let mut at = node;
        while at != DOCUMENT {
            names.push(&*self.nodes[at].name);
            at = self.nodes[at].parent;
        }
        names.reverse();
        names.join("/")
    }
}

impl Survey {
    fn open(&mut self, tag: &BytesStart<'_>, line: u64) -> Result<(), TableError> {
        let (parent, parent_serial) = self.frames.last().map_or((DOCUMENT, 0), |frame| (frame.node, frame.serial));
        if let Some(frame) = self.frames.last_mut() {
            frame.has_children = true;
            // Spaces between elements are layout.
            if is_blank(&self.texts, frame.text) {
                self.texts.truncate(frame.text);
            }
        }
        let index = self.child(parent, tag.name().into_inner(), line)?;
        let node = &mut self.nodes[index];
        let run = if node.run.0 == parent_serial && node.run.1 > 0 { node.run.1 + 1 } else { 1 };
        node.run = (parent_serial, run);
        node.most = node.most.max(run);
        node.weight += 1;
        self.serial += 1;
        let is_nil = self.attributes(index, tag, line)?;
        let (serial, text) = (self.serial, self.texts.len());
        self.frames.push(Frame { node: index, serial, line, text, has_children: false, is_nil });
        Ok(())
    }

    fn child(&mut self, parent: usize, name: &str, line: u64) -> Result<usize, TableError> {
        if let Some(node) = self.nodes[parent].children.get(name) {
            return Ok(*node);
        }
        self.take_room(line)?;
        let index = self.nodes.len();
        self.nodes.push(Node::new(name, parent, self.nodes[parent].depth + 1));
        self.nodes[parent].children.insert(name.into(), index);
        self.nodes[parent].order.push(index);
        Ok(index)
    }

    fn attributes(&mut self, index: usize, tag: &BytesStart<'_>, line: u64) -> Result<bool, TableError> {
        let mut is_nil = false;
        for attribute in reader::attributes(tag, line) {
            let (name, text) = attribute?;
            if let Some(nil) = reader::nil(name, &text.value) {
                is_nil = nil;
                continue;
            }
            let known = self.nodes[index].attributes.iter().position(|(known, _)| **known == *name);
            let at = if let Some(at) = known {
                at
            } else {
                self.take_room(line)?;
                self.nodes[index].attributes.push((name.into(), ColumnProfile::new(true)));
                self.nodes[index].attributes.len() - 1
            };
            let node = &mut self.nodes[index];
            node.weight += 1;
            node.attributes[at].1.see(text.value.as_bytes(), line);
        }
        Ok(is_nil)
    }

    fn take_room(&mut self, line: u64) -> Result<(), TableError> {
        self.room = self.room.checked_sub(1).ok_or_else(|| TableError::Limit {
            what: format!("the number of different elements and attributes up to line {line}"),
            limit: format!("{MAX_COLUMNS} columns"),
        })?;
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), TableError> {
        let Some(frame) = self.frames.last() else { return Ok(()) };
        self.texts.push_str(text);
        if self.texts.len() > MAX_RECORD {
            let what = format!("the text of the element that begins on line {}", frame.line);
            return Err(TableError::Limit { what, limit: format!("{MAX_RECORD} bytes") });
        }
        Ok(())
    }

    fn close(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        let node = &mut self.nodes[frame.node];
        let is_blank = frame.has_children && is_blank(&self.texts, frame.text);
        let text = self.texts.as_bytes().get(frame.text..).unwrap_or_default();
        if !text.is_empty() && !is_blank && !frame.is_nil {
            node.has_text = true;
            node.is_mixed |= frame.has_children;
            node.text.see(text, frame.line);
        }
        self.texts.truncate(frame.text);
    }
}

/// Whether a text holds only spaces from a place on.
pub(super) fn is_blank(texts: &str, from: usize) -> bool {
    texts.as_bytes().get(from..).unwrap_or_default().trim_ascii().is_empty()
}
