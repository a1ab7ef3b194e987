//! Mentions in the forms that those who train models read.
//!
//! For: IOB2 tags of words, spans, and what Label Studio imports. Not for: the annotated table. The one decision: every row
//! has its place in every form, a text without a word too, so that files can be laid beside the table; Label Studio, which
//! knows no empty task, is told the row instead.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use serde_json::json;

use super::annotator::Found;
use super::error::AnnotationError;
use super::lexicon::Lexicon;
use super::mention::How;
use super::options::Export;
use super::overlap::across_concepts;
use super::text::{Placed, described, placed};
use crate::core::storage::atomic::Place;

/// A word outside of all mentions.
const OUTSIDE: &str = "O";

/// A file of mentions in the making.
pub(super) struct Exported {
    form: Export,
    out: BufWriter<File>,
    place: Place,
    is_first: bool,
}

/// A row, and what was found in its text.
pub(super) struct Row<'a> {
    /// Its number, from 1.
    pub(super) number: u64,
    /// Its text, if it has one.
    pub(super) text: Option<&'a str>,
    /// What was found.
    pub(super) found: &'a Found,
}

impl Exported {
    /// Begins the file that is to be at `path`.
    ///
    /// # Errors
    /// When it can't be made.
    pub(super) fn begin(form: Export, path: &Path) -> Result<Self, AnnotationError> {
        let (place, file) = Place::beside(path).map_err(AnnotationError::output(path))?;
        Ok(Self { form, out: BufWriter::with_capacity(1 << 18, file), place, is_first: true })
    }

    /// Appends a row.
    ///
    /// # Errors
    /// When it can't be written.
    pub(super) fn write(&mut self, row: &Row<'_>, lexicon: &Lexicon) -> Result<(), AnnotationError> {
        let written = match self.form {
            Export::Iob => self.iob(row, lexicon),
            Export::Conll => self.conll(row, lexicon),
            Export::Spans => self.spans(row, lexicon),
            Export::LabelStudio => self.task(row, lexicon),
        };
        written.map_err(AnnotationError::output(self.place.path()))
    }

    /// Everything was appended: gives the file its name.
    ///
    /// # Errors
    /// When that fails.
    pub(super) fn finish(mut self) -> Result<(), AnnotationError> {
        let failed = AnnotationError::output(self.place.path());
        if self.form == Export::LabelStudio {
            let end: &[u8] = if self.is_first { b"[]\n" } else { b"\n]\n" };
            self.out.write_all(end).map_err(&failed)?;
        }
        let file = self.out.into_inner().map_err(|error| failed(error.into_error()))?;
        self.place.publish(&file).map_err(failed)
    }

    fn iob(&mut self, row: &Row<'_>, lexicon: &Lexicon) -> io::Result<()> {
        let (tokens, tags) = (tokens(row), tags(row, lexicon));
        self.line(&json!({ "tokens": tokens, "tags": tags }))
    }

    fn conll(&mut self, row: &Row<'_>, lexicon: &Lexicon) -> io::Result<()> {
        for (token, tag) in tokens(row).iter().zip(tags(row, lexicon)) {
            writeln!(self.out, "{token}\t{tag}")?;
        }
        writeln!(self.out)
    }

    fn spans(&mut self, row: &Row<'_>, lexicon: &Lexicon) -> io::Result<()> {
        let text = row.text.unwrap_or_default();
        let spans: Vec<Span> = row
            .found
            .mentions
            .iter()
            .map(|mention| {
                let mention = described(text, row.found, mention, lexicon);
                Span {
                    start: mention.start,
                    end: mention.end,
                    label: mention.concept,
                    text: mention.matched,
                    phrase: mention.phrase,
                    how: mention.how,
                    score: mention.score,
                }
            })
            .collect();
        self.line(&Spans { text: row.text, spans })
    }

    fn task(&mut self, row: &Row<'_>, lexicon: &Lexicon) -> io::Result<()> {
        let Some(text) = row.text else { return Ok(()) };
        self.out.write_all(if self.is_first { b"[\n" } else { b",\n" })?;
        self.is_first = false;
        let mentions = row.found.mentions.iter().enumerate();
        let results: Vec<_> = mentions
            .map(|(place, mention)| {
                let Placed { matched, chars } = placed(text, row.found, mention);
                let labels = [lexicon.concept_name(mention.concept)];
                let value = json!({ "start": chars.start, "end": chars.end, "text": matched, "labels": labels });
                json!({
                    "id": format!("{}-{place}", row.number),
                    "from_name": "label",
                    "to_name": "text",
                    "type": "labels",
                    "score": rounded(mention.score),
                    "value": value,
                })
            })
            .collect();
        let prediction = json!({ "model_version": "textmill", "result": results });
        let task = json!({ "data": { "text": text, "row": row.number }, "predictions": [prediction] });
        serde_json::to_writer(&mut self.out, &task)?;
        Ok(())
    }

    fn line(&mut self, value: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.out, value)?;
        self.out.write_all(b"\n")
    }
}

/// A number that looks the same with twice the digits.
fn rounded(score: f32) -> f64 {
    (f64::from(score) * 1e6).round() / 1e6
}

#[derive(Serialize)]
struct Spans<'a> {
    text: Option<&'a str>,
    spans: Vec<Span>,
}

/// Named as those who read spans name them.
#[derive(Serialize)]
struct Span {
    start: usize,
    end: usize,
    label: String,
    text: String,
    phrase: String,
    how: How,
    score: f32,
}

/// The words of a text as they stand in it.
fn tokens<'a>(row: &Row<'a>) -> Vec<&'a str> {
    let text = row.text.unwrap_or_default();
    row.found.words.iter().map(|word| text.get(word.bytes.clone()).unwrap_or_default()).collect()
}

/// A tag for each word: a word has one concept at most, that of the longest mention.
fn tags(row: &Row<'_>, lexicon: &Lexicon) -> Vec<String> {
    let mut tags = vec![OUTSIDE.to_owned(); row.found.words.len()];
    for mention in across_concepts(row.found.mentions.clone()) {
        let label = label(lexicon.concept_name(mention.concept));
        for (place, tag) in tags[mention.words.clone()].iter_mut().enumerate() {
            *tag = format!("{}-{label}", if place == 0 { "B" } else { "I" });
        }
    }
    tags
}

/// Readers of tags part them at white space.
fn label(concept: &str) -> String {
    concept.split_whitespace().collect::<Vec<_>>().join("_")
}
