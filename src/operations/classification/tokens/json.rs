//! Lists and spans as JSON says them: in lines of a file, and in cells of a table.

use serde::{Deserialize, Serialize};

use super::span::Span;

/// A span as others write it.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Written {
    Named {
        start: usize,
        end: usize,
        #[serde(alias = "concept", alias = "entity", alias = "entity_group", alias = "type")]
        label: String,
    },
    Triple(usize, usize, String),
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match Written::deserialize(deserializer)? {
            Written::Named { start, end, label } | Written::Triple(start, end, label) => Self { start, end, label },
        })
    }
}

/// A text and its spans, a line of JSON; both may be missing.
#[derive(Debug, Deserialize)]
pub(super) struct SpanLine {
    pub(super) text: Option<String>,
    #[serde(alias = "entities", alias = "mentions", alias = "label", alias = "labels")]
    pub(super) spans: Vec<Span>,
}

/// Tokens and their tags, a line of JSON.
#[derive(Debug, Deserialize)]
pub(super) struct TagLine {
    #[serde(alias = "words")]
    pub(super) tokens: Vec<String>,
    #[serde(alias = "ner_tags", alias = "iob_tags", alias = "labels")]
    pub(super) tags: Vec<String>,
}

/// Tokens and their tags, to be written.
#[derive(Debug, Serialize)]
pub(super) struct TagsOut<'a> {
    pub(super) tokens: &'a [String],
    pub(super) tags: &'a [String],
}

/// A text and its spans, to be written.
#[derive(Debug, Serialize)]
pub(super) struct SpansOut<'a> {
    pub(super) text: &'a str,
    pub(super) spans: Vec<SpanOut<'a>>,
}

/// A span, to be written.
#[derive(Debug, Serialize)]
pub(super) struct SpanOut<'a> {
    start: usize,
    end: usize,
    label: &'a str,
}

impl<'a> From<&'a Span> for SpanOut<'a> {
    fn from(span: &'a Span) -> Self {
        Self { start: span.start, end: span.end, label: &span.label }
    }
}

/// The list of texts that a cell says as JSON, if it does.
pub(super) fn list_of_texts(cell: &str) -> Option<Vec<String>> {
    cell.trim_start().starts_with('[').then(|| serde_json::from_str(cell).ok()).flatten()
}

/// The spans that a cell says as JSON; an empty cell says none.
pub(super) fn spans_of(cell: &str) -> Result<Vec<Span>, String> {
    if cell.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(cell).map_err(|error| format!("`{}` is no list of spans: {error}", shortened(cell)))
}

/// The beginning of something, for people.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = text.chars().take(SHOWN).collect();
    if shown.len() < text.len() {
        shown.push('…');
    }
    shown
}
