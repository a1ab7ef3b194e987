//! Forms whose rows are lines: CoNLL, and JSON lines of tags or spans.

use std::path::Path;

use serde_json::Value;
use tokio_util::sync::CancellationToken;

use super::super::columns::fitting;
use super::super::error::TokensError;
use super::super::json::{SpanLine, TagLine, shortened};
use super::super::options::TokensForm;
use super::conll::Sentences;
use super::{Content, Row};
use crate::core::tabular::lines::Lines;

/// Rows out of lines.
pub(super) struct LineRows {
    lines: Lines,
    kind: Kind,
}

enum Kind {
    Conll(Sentences),
    /// Lines so far, and what each holds.
    Json(u64, fn(&str) -> Result<Content, String>),
}

impl LineRows {
    /// Opens a file of this form, which is none of a table.
    ///
    /// # Errors
    /// When it can't be read.
    pub(super) fn open(path: &Path, form: TokensForm, cancel: &CancellationToken) -> Result<Self, TokensError> {
        let kind = match form {
            TokensForm::Iob => Kind::Json(0, tags_of),
            TokensForm::Spans => Kind::Json(0, spans_of),
            TokensForm::Conll | TokensForm::Table | TokensForm::SpanTable => Kind::Conll(Sentences::default()),
        };
        Ok(Self { lines: Lines::open(path, cancel).map_err(TokensError::input(path))?, kind })
    }

    /// The next rows, maybe none; `None` at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub(super) fn next(&mut self, path: &Path) -> Result<Option<Vec<Row>>, TokensError> {
        let lines = self.lines.next_lines().map_err(TokensError::input(path))?;
        Ok(match (lines, &mut self.kind) {
            (Some(lines), Kind::Conll(sentences)) => {
                Some(lines.iter().filter_map(|line| sentences.take(line)).collect())
            }
            (None, Kind::Conll(sentences)) => sentences.end().map(|last| vec![last]),
            (Some(lines), Kind::Json(count, read)) => {
                Some(lines.iter().filter_map(|line| row(line, count, *read)).collect())
            }
            (None, Kind::Json(..)) => None,
        })
    }

    /// Marks of new documents that were passed over.
    pub(super) fn document_marks(&self) -> u64 {
        if let Kind::Conll(sentences) = &self.kind { sentences.documents } else { 0 }
    }

    /// Columns that are neither token nor tag.
    pub(super) fn columns_left_out(&self) -> Vec<String> {
        let Kind::Conll(sentences) = &self.kind else { return Vec::new() };
        (0..sentences.columns_between).map(|place| format!("column {}", place + 2)).collect()
    }
}

/// What the first line of a file of JSON lines holds; `None`: nothing of ours.
///
/// # Errors
/// When it can't be read.
pub(super) fn form_of_json(path: &Path, cancel: &CancellationToken) -> Result<Option<TokensForm>, TokensError> {
    let failed = TokensError::input(path);
    let mut lines = Lines::open(path, cancel).map_err(&failed)?;
    let lines = lines.next_lines().map_err(&failed)?.unwrap_or_default();
    let Some(first) = lines.iter().find(|line| !line.trim().is_empty()) else { return Ok(None) };
    let first: Value = serde_json::from_str(first).unwrap_or_default();
    let has = |names: &[&str]| names.iter().any(|name| first.get(name).is_some_and(Value::is_array));
    Ok(if has(&["tokens", "words"]) {
        Some(TokensForm::Iob)
    } else if has(&["spans", "entities", "mentions", "label", "labels"]) {
        Some(TokensForm::Spans)
    } else {
        None
    })
}

fn row(line: &str, count: &mut u64, read: fn(&str) -> Result<Content, String>) -> Option<Row> {
    *count += 1;
    (!line.trim().is_empty()).then(|| Row { line: Some(*count), content: read(line) })
}

fn tags_of(line: &str) -> Result<Content, String> {
    let TagLine { tokens, tags } = parsed(line, "`tokens` and `tags`")?;
    fitting(tokens, tags).map(Content::Tagged)
}

fn spans_of(line: &str) -> Result<Content, String> {
    let SpanLine { text, spans } = parsed(line, "`text` and `spans`")?;
    Ok(Content::Spans(text.unwrap_or_default(), spans))
}

fn parsed<'a, T: serde::Deserialize<'a>>(line: &'a str, wanted: &str) -> Result<T, String> {
    serde_json::from_str(line).map_err(|error| format!("`{}` is no object with {wanted}: {error}", shortened(line)))
}
