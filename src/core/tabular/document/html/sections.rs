//! Sections out of the markup of a web page.

use super::element::{Element, Markup};
use crate::core::tabular::document::Row;
use crate::core::tabular::document::flow::Flow;

/// Collects text until the next heading ends the section.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// Heading of the section.
    heading: Option<String>,
    /// Its text.
    text: Flow,
    /// A heading that is being read.
    next_heading: Option<OpenHeading>,
    /// Title of the page; the first one counts.
    title: Title,
    /// A skipped element that is open, and how often.
    skipped: Option<(&'static str, usize)>,
    /// Open elements in which white space counts.
    preformatted: usize,
    /// Whether such an element has just begun: a line break there does not count.
    preformatted_begins: bool,
    /// Whether a link has just ended: menus set links side by side without a space.
    link_ended: bool,
}

#[derive(Debug, Default)]
struct OpenHeading {
    text: Flow,
    /// Blocks open inside it.
    blocks: usize,
}

#[derive(Debug, Default)]
enum Title {
    #[default]
    None,
    Open(Flow),
    Known(Option<String>),
}

impl Sections {
    /// Takes the next piece; a section that it ended is handed out.
    pub(super) fn take(&mut self, markup: Markup) -> Option<Row> {
        if self.skip(&markup) {
            return None;
        }
        let link_ended = std::mem::replace(&mut self.link_ended, markup == Markup::End(Element::Link));
        match markup {
            Markup::Begin(Element::Link) if link_ended => self.flow().words(" "),
            Markup::Text(text) => self.text(&text),
            Markup::Begin(element) => return self.begin(element),
            Markup::End(element) => return self.end(element),
            Markup::SelfClosed => {}
        }
        None
    }

    /// What is left at the end of the page, section by section: a heading may be the last word.
    pub(super) fn finish(&mut self) -> Option<Row> {
        self.end_heading().or_else(|| self.end_section())
    }

    /// Bytes held.
    pub(super) fn len(&self) -> usize {
        self.text.len() + self.next_heading.as_ref().map_or(0, |heading| heading.text.len())
    }

    /// Title of the page.
    pub(super) fn title(self) -> Option<String> {
        match self.title {
            Title::Known(title) => title,
            Title::Open(mut title) => title.take_line(),
            Title::None => None,
        }
    }

    /// Whether it is part of an element that is passed over.
    fn skip(&mut self, markup: &Markup) -> bool {
        let Some((name, open)) = &mut self.skipped else {
            let Markup::Begin(Element::Skipped(name)) = markup else { return false };
            self.skipped = Some((name, 1));
            return true;
        };
        match markup {
            Markup::Begin(Element::Skipped(inner)) if inner == name => *open += 1,
            Markup::End(Element::Skipped(inner)) if inner == name => *open -= 1,
            // Only drawings can be closed in their start tag.
            Markup::SelfClosed if *name == "svg" && *open == 1 => *open = 0,
            Markup::Begin(Element::Frame) | Markup::End(Element::Frame) => *open = 0,
            _ => {}
        }
        if *open == 0 {
            self.skipped = None;
        }
        true
    }

    fn text(&mut self, text: &str) {
        let begins = std::mem::take(&mut self.preformatted_begins);
        if let Title::Open(title) = &mut self.title {
            title.words(text);
        } else if self.preformatted > 0 {
            let text = if begins { text.strip_prefix('\n').unwrap_or(text) } else { text };
            self.flow().verbatim(text);
        } else {
            self.flow().words(text);
        }
    }

    fn flow(&mut self) -> &mut Flow {
        match &mut self.next_heading {
            Some(heading) => &mut heading.text,
            None => &mut self.text,
        }
    }

    fn begin(&mut self, element: Element) -> Option<Row> {
        match element {
            Element::Heading => {
                let ended = self.end_heading();
                self.next_heading = Some(OpenHeading::default());
                return ended;
            }
            Element::Block => {
                if let Some(heading) = &mut self.next_heading {
                    heading.blocks += 1;
                }
                self.flow().line();
            }
            Element::Break if self.preformatted > 0 => self.flow().verbatim("\n"),
            Element::Break => self.flow().line(),
            Element::Preformatted => {
                self.flow().line();
                self.preformatted += 1;
                self.preformatted_begins = true;
            }
            Element::Table => self.flow().begin_table(),
            Element::Row => self.flow().begin_row(),
            Element::Cell => self.flow().begin_cell(),
            Element::Title if matches!(self.title, Title::None) => self.title = Title::Open(Flow::default()),
            Element::Title | Element::Link | Element::Skipped(_) | Element::Frame => {}
        }
        None
    }

    fn end(&mut self, element: Element) -> Option<Row> {
        match element {
            Element::Heading | Element::Frame => return self.end_heading(),
            Element::Block => match &mut self.next_heading {
                // The heading was not closed: it ends with the block around it.
                Some(heading) if heading.blocks == 0 => {
                    let ended = self.end_heading();
                    self.flow().line();
                    return ended;
                }
                Some(heading) => heading.blocks -= 1,
                None => self.text.line(),
            },
            Element::Preformatted => {
                self.flow().line();
                self.preformatted = self.preformatted.saturating_sub(1);
            }
            Element::Table => self.flow().end_table(),
            Element::Title => {
                if let Title::Open(title) = &mut self.title {
                    self.title = Title::Known(title.take_line());
                }
            }
            Element::Break => self.flow().line(),
            Element::Row | Element::Cell | Element::Link | Element::Skipped(_) => {}
        }
        None
    }

    /// Ends the section before an open heading, unless the heading is blank.
    fn end_heading(&mut self) -> Option<Row> {
        let heading = self.next_heading.take()?.text.take_line();
        self.text.line();
        let heading = heading?;
        let ended = self.end_section();
        self.heading = Some(heading);
        ended
    }

    fn end_section(&mut self) -> Option<Row> {
        let (heading, text) = (self.heading.take(), self.text.take());
        if heading.is_none() && text.is_none() {
            return None;
        }
        Some(Row { page: None, heading, text })
    }
}
