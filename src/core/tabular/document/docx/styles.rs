//! Which paragraph styles are headings.
//!
//! A style is a heading if it, or the style that it is based on, has an outline level above body text, or is named
//! `heading 1` to `heading 9` or `title`. Word stores these names in English whatever its language is; the outline
//! level also tells headings of documents that others made.

use std::collections::{HashMap, HashSet};
use std::io::BufRead;

use super::xml::{Node, attribute, walk};
use crate::core::tabular::error::TableError;

/// The outline level of body text.
const BODY_TEXT: u8 = 9;

/// The paragraph styles of a document.
#[derive(Debug, Default)]
pub(super) struct Styles {
    by_id: HashMap<String, Style>,
}

#[derive(Debug, Default)]
struct Style {
    named_heading: bool,
    based_on: Option<String>,
    is_heading: Option<bool>,
}

impl Styles {
    /// Reads the part that holds them.
    ///
    /// # Errors
    /// When it is not well-formed.
    pub(super) fn read(part: impl BufRead) -> Result<Self, TableError> {
        let mut styles = Self::default();
        let mut open: Option<(String, Style)> = None;
        walk(part, |node| {
            match node {
                Node::Begin("style", start) => {
                    open = attribute(start, "styleId").map(|id| (id, Style::default()));
                }
                Node::Begin(element, start) => {
                    if let Some(((_, style), value)) = open.as_mut().zip(attribute(start, "val")) {
                        style.take(element, value);
                    }
                }
                Node::End("style") => styles.by_id.extend(open.take()),
                Node::End(_) | Node::Text(_) => {}
            }
            Ok(())
        })?;
        Ok(styles)
    }

    /// Whether paragraphs of a style are headings.
    pub(super) fn is_heading(&self, id: &str) -> bool {
        let mut seen = HashSet::new();
        let mut next = Some(id);
        while let Some(id) = next {
            let Some(style) = self.by_id.get(id).filter(|_| seen.insert(id)) else { return false };
            if let Some(told) = style.is_heading {
                return told;
            }
            if style.named_heading {
                return true;
            }
            next = style.based_on.as_deref();
        }
        false
    }
}

impl Style {
    fn take(&mut self, element: &str, value: String) {
        match element {
            "name" => self.named_heading = is_heading_name(&value),
            "basedOn" => self.based_on = Some(value),
            "outlineLvl" => self.is_heading = is_heading_level(&value),
            _ => {}
        }
    }
}

/// Whether an outline level is one of a heading; `None`: it is no level.
pub(super) fn is_heading_level(level: &str) -> Option<bool> {
    Some(level.parse::<u8>().ok()? < BODY_TEXT)
}

fn is_heading_name(name: &str) -> bool {
    let name = name.to_lowercase();
    name == "title" || name.strip_prefix("heading ").is_some_and(|level| level.parse::<u8>().is_ok())
}
