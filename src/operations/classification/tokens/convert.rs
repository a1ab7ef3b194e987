//! From one form of entities to another, a row at a time.
//!
//! For: files of any size, streamed. Not for: data sets (`taggers`). The one decision: a row that can't be brought over is left
//! out and told, and the others go on; with `strict` there is no output unless every row is right as it stands.

use std::collections::BTreeSet;

use super::Tagged;
use super::error::TokensError;
use super::forms::{Content, Reader, Row, TokensTarget, Writer};
use super::options::{TokensForm, TokensOptions};
use super::outcome::TokensOutcome;
use super::span::{self, Laid};
use super::tag::{self, begun, without_blanks};
use super::taggers::{first_of, mended};
use crate::core::intake::LocalSource;
use crate::core::progress::Progress;
use crate::operations::context::RunContext;

/// Rows between two looks at whether somebody says stop.
const ROWS_BETWEEN_LOOKS: u64 = 4096;

/// Converts tags or spans of a file.
///
/// # Errors
/// When nothing says the forms, the input can't be read, the output can't be written, it was cancelled, or, with
/// `strict`, something is not right. Then there is no output.
pub fn convert_tokens(
    source: &LocalSource,
    target: TokensTarget,
    options: &TokensOptions,
    context: &RunContext,
) -> Result<TokensOutcome, TokensError> {
    let to = target.form(options)?;
    let mut reader = Reader::open(source, options, to, context)?;
    let mut conversion = Conversion {
        outcome: TokensOutcome::new(reader.form(), to),
        writer: Writer::begin(target, to, options)?,
        renamed: BTreeSet::new(),
        is_iob1: options.iob1,
    };
    while let Some(rows) = reader.next()? {
        for row in rows {
            conversion.take(row)?;
            if conversion.outcome.rows_read.is_multiple_of(ROWS_BETWEEN_LOOKS) {
                look(context, conversion.outcome.rows_read, reader.total())?;
            }
        }
    }
    look(context, conversion.outcome.rows_read, reader.total())?;
    conversion.finish(&reader, options)
}

fn look(context: &RunContext, done: u64, total: Option<u64>) -> Result<(), TokensError> {
    if context.cancel.is_cancelled() {
        return Err(TokensError::Cancelled);
    }
    context.progress.report(&Progress { done, total, unit: "rows".to_owned(), message: None });
    Ok(())
}

struct Conversion {
    outcome: TokensOutcome,
    writer: Writer,
    renamed: BTreeSet<String>,
    is_iob1: bool,
}

impl Conversion {
    fn take(&mut self, Row { line, content }: Row) -> Result<(), TokensError> {
        self.outcome.rows_read += 1;
        let number = self.outcome.rows_read;
        let place = || line.map_or_else(|| format!("row {number}"), |line| format!("row {number} (line {line})"));
        match content.and_then(|content| self.carried(content, &place)) {
            Err(why) => self.outcome.not_fitting.add(|| format!("{}: {why}", place())),
            Ok(Content::Tagged(tagged)) if tagged.tokens.is_empty() && self.outcome.to == TokensForm::Conll => {
                self.outcome.rows_without_tokens += 1;
            }
            Ok(content) => {
                self.count(&content);
                self.writer.write(content)?;
            }
        }
        Ok(())
    }

    /// The row as the output wants it.
    fn carried(&mut self, content: Content, place: &dyn Fn() -> String) -> Result<Content, String> {
        let wants_spans = self.outcome.to.has_spans();
        match content {
            Content::Tagged(tagged) => {
                self.writer.holds(&tagged)?;
                let tagged = self.mended(tagged, place)?;
                if !wants_spans {
                    return Ok(Content::Tagged(tagged));
                }
                let (text, spans) = span::spans(&tagged);
                Ok(Content::Spans(text, spans))
            }
            Content::Spans(text, spans) if wants_spans => {
                span::check(&text, &spans)?;
                Ok(Content::Spans(text, spans))
            }
            Content::Spans(text, spans) => {
                let Laid { tagged, overlapping, widened } = span::tagged(&text, &spans)?;
                self.writer.holds(&tagged)?;
                let labels = spans.into_iter().map(|span| span.label);
                self.renamed.extend(labels.filter(|label| without_blanks(label) != *label));
                self.outcome.spans_overlapping += overlapping;
                self.outcome.spans_widened += widened;
                Ok(Content::Tagged(tagged))
            }
        }
    }

    /// Its tags as IOB2.
    fn mended(&mut self, mut tagged: Tagged, place: &dyn Fn() -> String) -> Result<Tagged, String> {
        let blank = tagged.tags.iter().filter(|tag| tag.contains(char::is_whitespace));
        self.renamed.extend(blank.filter_map(|tag| tag::label_of(tag)).map(str::to_owned));
        let faults = mended(&mut tagged.tags, self.is_iob1)?;
        if let Some(told) = first_of(&faults) {
            self.outcome.tags_mended += faults.len() as u64;
            self.outcome.mended.add(|| format!("{}, {told}", place()));
        }
        Ok(tagged)
    }

    fn count(&mut self, content: &Content) {
        self.outcome.rows_written += 1;
        match content {
            Content::Tagged(tagged) => {
                self.outcome.tokens += tagged.tokens.len() as u64;
                tagged.tags.iter().filter_map(|tag| begun(tag)).for_each(|label| self.one_more(label));
            }
            Content::Spans(_, spans) => spans.iter().for_each(|span| self.one_more(&span.label)),
        }
    }

    fn one_more(&mut self, label: &str) {
        match self.outcome.entities.get_mut(label) {
            Some(count) => *count += 1,
            None => drop(self.outcome.entities.insert(label.to_owned(), 1)),
        }
    }

    fn finish(mut self, reader: &Reader, options: &TokensOptions) -> Result<TokensOutcome, TokensError> {
        if let Some(rejected) = reader.rejected() {
            self.outcome.rows_rejected = rejected.count;
            self.outcome.first_reject.clone_from(&rejected.first);
        }
        let outcome = &mut self.outcome;
        outcome.labels_renamed = self.renamed.into_iter().collect();
        outcome.document_marks = reader.document_marks();
        outcome.columns_left_out = reader.columns_left_out();
        let faulty = outcome.not_fitting.rows + outcome.mended.rows + outcome.rows_rejected;
        if options.strict && faulty > 0 {
            let found = outcome.not_fitting.examples.first().or(outcome.mended.examples.first());
            let first = found.or(outcome.first_reject.as_ref()).cloned().unwrap_or_default();
            return Err(TokensError::Faulty { rows: faulty, first });
        }
        self.writer.finish()?;
        Ok(self.outcome)
    }
}
