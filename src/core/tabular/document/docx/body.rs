//! Sections out of the XML of a Word document.

use std::io::BufRead;

use quick_xml::events::BytesStart;

use super::math::Math;
use super::styles::{Styles, is_heading_level};
use super::xml::{Node, attribute, walk};
use crate::core::tabular::document::flow::Flow;
use crate::core::tabular::document::{Row, check_text};
use crate::core::tabular::error::TableError;

/// Elements whose content is not text of the document: deleted or moved-away text, the second form of what an older
/// Word can't show, the reading aid of ruby text, and properties.
const SKIPPED: [&str; 8] = ["del", "moveFrom", "Fallback", "rt", "rPr", "pPrChange", "tabs", "sectPr"];

/// Collects the sections of a document.
pub(super) struct Body<'a> {
    styles: &'a Styles,
    rows: Vec<Row>,
    heading: Option<String>,
    /// The document itself; above it, the text boxes that are open.
    frames: Vec<Frame>,
    /// Name of the skipped element that is open, and how often.
    skipped: Option<(&'static str, usize)>,
    /// Text of the `t` that is open.
    text: Option<RunText>,
    /// Open runs: a text box hangs in one and has its own.
    runs: usize,
    in_notes: bool,
    math: Math,
    bytes: usize,
}

#[derive(Default)]
struct RunText {
    text: String,
    /// Whether white space at its ends counts.
    preserve: bool,
}

/// Text with paragraphs of its own.
#[derive(Default)]
struct Frame {
    flow: Flow,
    paragraph: Flow,
    is_heading: bool,
    /// Text boxes that hang in the paragraph.
    boxes: Vec<String>,
}

impl<'a> Body<'a> {
    pub(super) fn new(styles: &'a Styles) -> Self {
        let frames = vec![Frame::default()];
        let (rows, heading) = (Vec::new(), None);
        Self {
            styles,
            rows,
            heading,
            frames,
            skipped: None,
            text: None,
            runs: 0,
            in_notes: false,
            math: Math::default(),
            bytes: 0,
        }
    }

    /// Reads the main part.
    ///
    /// # Errors
    /// When it is not well-formed, or holds too much text.
    pub(super) fn read(&mut self, part: impl BufRead) -> Result<(), TableError> {
        walk(part, |node| self.take(&node))?;
        self.end_section();
        Ok(())
    }

    /// Reads foot or end notes: all of them are one section without a heading.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub(super) fn read_notes(&mut self, part: impl BufRead) -> Result<(), TableError> {
        // The lines between text and notes are notes by form.
        let mut separator = false;
        self.in_notes = true;
        walk(part, |node| {
            match &node {
                Node::Begin("footnote" | "endnote", start) => {
                    separator = attribute(start, "type").is_some_and(|kind| kind != "normal");
                }
                Node::End("footnote" | "endnote") => separator = false,
                _ => {}
            }
            if separator { Ok(()) } else { self.take(&node) }
        })
    }

    /// All sections, the notes last.
    pub(super) fn finish(mut self) -> Vec<Row> {
        self.end_section();
        self.rows
    }

    fn take(&mut self, node: &Node<'_>) -> Result<(), TableError> {
        if self.skip(node) {
            return Ok(());
        }
        match node {
            Node::Begin(element, start) => self.begin(element, start),
            Node::End(element) => self.end(element),
            Node::Text(text) => {
                if let Some(run) = &mut self.text {
                    run.text.push_str(text);
                    self.bytes += text.len();
                    return check_text(self.bytes);
                }
            }
        }
        Ok(())
    }

    fn skip(&mut self, node: &Node<'_>) -> bool {
        let Some((name, open)) = &mut self.skipped else {
            let Node::Begin(element, _) = node else { return false };
            self.skipped = SKIPPED.iter().find(|skipped| *skipped == element).map(|name| (*name, 1));
            return self.skipped.is_some();
        };
        match node {
            Node::Begin(element, _) if element == name => *open += 1,
            Node::End(element) if element == name => *open -= 1,
            _ => {}
        }
        if *open == 0 {
            self.skipped = None;
        }
        true
    }

    /// There is always the document's own frame.
    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    fn begin(&mut self, element: &str, start: &BytesStart<'_>) {
        match element {
            "t" => {
                let preserve = attribute(start, "space").is_some_and(|space| space == "preserve");
                self.text = Some(RunText { text: String::new(), preserve });
            }
            "r" => self.runs += 1,
            "tab" | "ptab" if self.runs > 0 => self.frame().paragraph.verbatim("\t"),
            "br" | "cr" if self.runs > 0 => self.frame().paragraph.verbatim("\n"),
            "noBreakHyphen" => self.frame().paragraph.verbatim("\u{2011}"),
            "sym" => {
                let code = attribute(start, "char").and_then(|code| u32::from_str_radix(&code, 16).ok());
                if let Some(symbol) = code.and_then(char::from_u32) {
                    self.frame().paragraph.verbatim(symbol.encode_utf8(&mut [0; 4]));
                }
            }
            "pStyle" => {
                let style = attribute(start, "val").unwrap_or_default();
                self.frame().is_heading = self.styles.is_heading(&style);
            }
            "outlineLvl" => {
                if let Some(told) = attribute(start, "val").as_deref().and_then(is_heading_level) {
                    self.frame().is_heading = told;
                }
            }
            "tbl" => self.frame().flow.begin_table(),
            "tr" => self.frame().flow.begin_row(),
            "tc" => self.frame().flow.begin_cell(),
            "txbxContent" => self.frames.push(Frame::default()),
            _ => {
                if let Some(text) = self.math.begin(element, start) {
                    self.frame().paragraph.verbatim(&text);
                }
            }
        }
    }

    fn end(&mut self, element: &str) {
        match element {
            "t" => {
                let RunText { text, preserve } = self.text.take().unwrap_or_default();
                let kept = if preserve { &text } else { text.trim_matches([' ', '\n', '\t', '\r']) };
                self.frame().paragraph.verbatim(kept);
            }
            "r" => self.runs = self.runs.saturating_sub(1),
            "p" => self.end_paragraph(),
            "tbl" => self.frame().flow.end_table(),
            "txbxContent" if self.frames.len() > 1 => {
                let text = self.frames.pop().and_then(|mut frame| frame.flow.take());
                self.frame().boxes.extend(text);
            }
            _ => {
                if let Some(text) = self.math.end(element) {
                    self.frame().paragraph.verbatim(&text);
                }
            }
        }
    }

    fn end_paragraph(&mut self) {
        let in_document = self.frames.len() == 1;
        let in_notes = self.in_notes;
        let frame = self.frame();
        let is_heading = std::mem::take(&mut frame.is_heading) && in_document && !frame.flow.in_table();
        let boxes = std::mem::take(&mut frame.boxes);
        if is_heading {
            if let Some(heading) = frame.paragraph.take_line() {
                self.end_section();
                self.heading = Some(heading);
            }
        } else if let Some(text) = frame.paragraph.take() {
            frame.flow.line();
            // A space parts a note from its number, which is not text.
            frame.flow.verbatim(if in_notes { text.trim_start() } else { &text });
            frame.flow.line();
        }
        for text in boxes {
            let flow = &mut self.frame().flow;
            flow.line();
            flow.verbatim(&text);
            flow.line();
        }
    }

    fn end_section(&mut self) {
        let text = self.frame().flow.take();
        let heading = self.heading.take();
        if heading.is_some() || text.is_some() {
            self.rows.push(Row { page: None, heading, text });
        }
    }
}
