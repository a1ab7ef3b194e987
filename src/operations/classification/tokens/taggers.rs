//! Who tags the rows of a data set: a column of tags, a column of spans, or the concepts of a knowledge base.
//!
//! The one decision: the same reading and mending as conversions have; rows are numbered from 1 over all batches.

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use tokio_util::sync::CancellationToken;

use super::columns::{SpanColumn, TagColumns, is_list_of_texts};
use super::outcome::Faults;
use super::span::{Laid, Span, tagged};
use super::tag::{Fault, to_iob2, without_blanks};
use super::{NotFitting, Tagged, Tagger};
use crate::operations::annotation::{ConceptFinder, ConceptReader};
use crate::operations::classification::error::ClassificationError;
use crate::operations::classification::labels::concepts::short_names;
use crate::operations::classification::options::ClassificationOptions;
use crate::operations::classification::outcome::Finding;

type Tags = Vec<Result<Tagged, NotFitting>>;

/// The tagger that the options ask for; `schema` is that of the batches that it will see, `finder` is there if concepts are
/// asked for.
///
/// # Errors
/// When nothing is asked for, or a column is not there or holds something else.
pub(in super::super) fn tagger<'a>(
    options: &ClassificationOptions,
    schema: &Schema,
    finder: Option<&'a ConceptFinder>,
    cancel: &CancellationToken,
) -> Result<Box<dyn Tagger + 'a>, ClassificationError> {
    if let Some(tags) = &options.tags_column {
        return Ok(Box::new(ByTags::new(schema, &options.text_column, tags)?));
    }
    if let Some(spans) = &options.spans_column {
        return Ok(Box::new(BySpans { column: SpanColumn::new(schema, spans)?, noted: Noted::default() }));
    }
    let Some(finder) = finder else {
        return Err(ClassificationError::Options {
            what: "nothing says where the entities are".to_owned(),
            hint: "name a `tags_column` or a `spans_column`, or a knowledge base with `label_by_concepts`",
        });
    };
    Ok(Box::new(ByConcepts::new(finder, cancel.clone())))
}

/// What was mended, and what did not fit.
#[derive(Debug, Default)]
struct Noted {
    rows: u64,
    mended: Faults,
    not_fitting: Faults,
}

impl Noted {
    fn next_row(&mut self) -> u64 {
        self.rows += 1;
        self.rows
    }

    fn not_fitting(&mut self, row: u64, why: &str) -> NotFitting {
        self.not_fitting.add(|| format!("row {row}: {why}"));
        NotFitting
    }

    fn findings(&self) -> Vec<Finding> {
        let told = |faults: &Faults| (faults.rows > 0).then(|| (faults.rows, faults.examples.clone()));
        let mended = told(&self.mended).map(|(rows, examples)| Finding::InvalidTags { rows, examples });
        let left_out = told(&self.not_fitting).map(|(rows, examples)| Finding::TagsNotFitting { rows, examples });
        mended.into_iter().chain(left_out).collect()
    }
}

/// Brings tags into a form that every reader takes: IOB2, and without blanks.
///
/// # Errors
/// The first that is no tag.
pub(super) fn mended(tags: &mut [String], may_begin_inside: bool) -> Result<Vec<Fault>, String> {
    for tag in tags.iter_mut().filter(|tag| tag.contains(char::is_whitespace)) {
        *tag = without_blanks(tag);
    }
    to_iob2(tags, may_begin_inside)
}

/// The first fault, and how many more there are.
pub(super) fn first_of(faults: &[Fault]) -> Option<String> {
    let (first, others) = faults.split_first()?;
    Some(if others.is_empty() { first.to_string() } else { format!("{first}, and {} more", others.len()) })
}

/// Tags as a column has them.
struct ByTags {
    columns: TagColumns,
    noted: Noted,
}

impl ByTags {
    /// Where the one text column is of lists, they are the tokens.
    fn new(schema: &Schema, texts: &[String], tags: &str) -> Result<Self, ClassificationError> {
        let is_list = |name: &&String| {
            schema.column_with_name(name).is_some_and(|(_, field)| is_list_of_texts(field.data_type()))
        };
        let tokens = texts.first().filter(|_| texts.len() == 1).filter(is_list);
        let columns = TagColumns::new(schema, tokens.map(String::as_str), tags)?;
        Ok(Self { columns, noted: Noted::default() })
    }

    fn tagged(&mut self, read: Result<Tagged, String>) -> Result<Tagged, NotFitting> {
        let row = self.noted.next_row();
        let fitting = read.and_then(|mut tagged| mended(&mut tagged.tags, false).map(|faults| (tagged, faults)));
        let (tagged, faults) = fitting.map_err(|why| self.noted.not_fitting(row, &why))?;
        if let Some(first) = first_of(&faults) {
            self.noted.mended.add(|| format!("row {row}, {first}"));
        }
        Ok(tagged)
    }
}

impl Tagger for ByTags {
    fn tag(&mut self, batch: &RecordBatch, texts: &[&str]) -> Result<Tags, ClassificationError> {
        let read = self.columns.read(batch, texts)?;
        Ok(read.into_iter().map(|row| self.tagged(row)).collect())
    }

    fn findings(&self) -> Vec<Finding> {
        self.noted.findings()
    }
}

/// Tags by the spans of a column.
struct BySpans {
    column: SpanColumn,
    noted: Noted,
}

impl BySpans {
    fn tagged(&mut self, text: &str, read: Result<Vec<Span>, String>) -> Result<Tagged, NotFitting> {
        let row = self.noted.next_row();
        let laid = read.and_then(|spans| tagged(text, &spans));
        let Laid { tagged, overlapping, widened } = laid.map_err(|why| self.noted.not_fitting(row, &why))?;
        if overlapping + widened > 0 {
            let told =
                format!("row {row}: {overlapping} overlap a longer span, {widened} begin or end inside of a token");
            self.noted.mended.add(|| told);
        }
        Ok(tagged)
    }
}

impl Tagger for BySpans {
    fn tag(&mut self, batch: &RecordBatch, texts: &[&str]) -> Result<Tags, ClassificationError> {
        let read = self.column.read(batch)?;
        Ok(read.into_iter().zip(texts).map(|(spans, text)| self.tagged(text, spans)).collect())
    }

    fn findings(&self) -> Vec<Finding> {
        self.noted.findings()
    }
}

/// Tags by the concepts of a knowledge base: a token has that of the longest mention.
struct ByConcepts<'a> {
    reader: ConceptReader<'a>,
    names: Vec<String>,
    source: String,
    noted: Noted,
}

impl<'a> ByConcepts<'a> {
    fn new(finder: &'a ConceptFinder, cancel: CancellationToken) -> Self {
        Self {
            reader: finder.reader(cancel),
            names: short_names(finder.concepts()),
            source: finder.source().to_owned(),
            noted: Noted::default(),
        }
    }
}

impl Tagger for ByConcepts<'_> {
    fn tag(&mut self, _batch: &RecordBatch, texts: &[&str]) -> Result<Tags, ClassificationError> {
        let mut all = Vec::with_capacity(texts.len());
        for (text, mentions) in texts.iter().zip(self.reader.mentions_apart(texts)?) {
            let span = |mention: crate::operations::annotation::ConceptMention| Span {
                start: mention.chars.start,
                end: mention.chars.end,
                label: self.names[mention.concept].clone(),
            };
            let spans: Vec<Span> = mentions.into_iter().map(span).collect();
            let row = self.noted.next_row();
            let laid = tagged(text, &spans).map(|laid| laid.tagged);
            all.push(laid.map_err(|why| self.noted.not_fitting(row, &why)));
        }
        Ok(all)
    }

    fn source(&self) -> Option<String> {
        Some(self.source.clone())
    }

    fn findings(&self) -> Vec<Finding> {
        self.noted.findings()
    }
}
