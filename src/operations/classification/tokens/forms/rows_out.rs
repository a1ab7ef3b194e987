//! Rows as columns of a table that is written.

use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, ListArray, RecordBatch, StringArray, StructArray};
use arrow_buffer::OffsetBuffer;
use arrow_schema::{ArrowError, DataType, Field, FieldRef, Fields, Schema, SchemaRef};

use super::super::Tagged;
use super::super::json::SpanOut;
use super::super::options::{TokensForm, TokensOptions};
use super::super::span::Span;
use super::Content;

/// Rows that wait, and the columns that they are to be.
pub(super) struct Columns {
    schema: SchemaRef,
    has_lists: bool,
    waiting: Vec<Content>,
}

impl Columns {
    /// Tokens and tags, or texts and spans, as lists.
    pub(super) fn of_lists(form: TokensForm, options: &TokensOptions) -> Self {
        let (first, second) = if form == TokensForm::SpanTable {
            (field(options.text_column.as_deref(), "text", DataType::Utf8), spans_field(options))
        } else {
            let list = || DataType::List(item());
            let tokens = field(options.text_column.as_deref(), "tokens", list());
            (tokens, field(options.tags_column.as_deref(), "tags", list()))
        };
        Self { schema: Arc::new(Schema::new(vec![first, second])), has_lists: true, waiting: Vec::new() }
    }

    /// The same as texts: parted by blanks, or JSON.
    pub(super) fn of_texts(form: TokensForm, options: &TokensOptions) -> Self {
        let first = field(options.text_column.as_deref(), "text", DataType::Utf8);
        let second = if form == TokensForm::SpanTable {
            field(options.spans_column.as_deref(), "spans", DataType::Utf8)
        } else {
            field(options.tags_column.as_deref(), "iob_tags", DataType::Utf8)
        };
        Self { schema: Arc::new(Schema::new(vec![first, second])), has_lists: false, waiting: Vec::new() }
    }

    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    pub(super) fn push(&mut self, content: Content) {
        self.waiting.push(content);
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// The rows that wait, of which there are none after that.
    ///
    /// # Errors
    /// When they are too many for a column.
    pub(super) fn take(&mut self) -> Result<RecordBatch, ArrowError> {
        let rows = std::mem::take(&mut self.waiting);
        let columns = if self.has_lists { lists(&rows, &self.schema)? } else { texts(&rows)? };
        RecordBatch::try_new(self.schema(), columns.to_vec())
    }
}

fn field(name: Option<&str>, usual: &str, found: DataType) -> Field {
    Field::new(name.unwrap_or(usual), found, false)
}

fn item() -> FieldRef {
    Arc::new(Field::new("item", DataType::Utf8, false))
}

fn spans_field(options: &TokensOptions) -> Field {
    let place = |name| Field::new(name, DataType::Int64, false);
    let members = Fields::from(vec![place("start"), place("end"), Field::new("label", DataType::Utf8, false)]);
    let span = Field::new("item", DataType::Struct(members), false);
    field(options.spans_column.as_deref(), "spans", DataType::List(Arc::new(span)))
}

fn texts(rows: &[Content]) -> Result<[ArrayRef; 2], ArrowError> {
    let cells = rows.iter().map(|row| match row {
        Content::Tagged(Tagged { tokens, tags }) => Ok((tokens.join(" "), tags.join(" "))),
        Content::Spans(text, spans) => {
            let spans: Vec<_> = spans.iter().map(SpanOut::from).collect();
            let spans = serde_json::to_string(&spans).map_err(|error| ArrowError::JsonError(error.to_string()))?;
            Ok((text.clone(), spans))
        }
    });
    let (first, second): (Vec<_>, Vec<_>) = cells.collect::<Result<Vec<_>, ArrowError>>()?.into_iter().unzip();
    Ok([Arc::new(StringArray::from(first)), Arc::new(StringArray::from(second))])
}

fn lists(rows: &[Content], schema: &Schema) -> Result<[ArrayRef; 2], ArrowError> {
    let builder = || ListBuilder::new(StringBuilder::new()).with_field(item());
    let (mut tokens, mut tags, mut texts, mut spans) = (builder(), builder(), Vec::new(), Vec::new());
    for row in rows {
        match row {
            Content::Tagged(tagged) => {
                tokens.append_value(tagged.tokens.iter().map(Some));
                tags.append_value(tagged.tags.iter().map(Some));
            }
            Content::Spans(text, found) => {
                texts.push(text.as_str());
                spans.push(found.as_slice());
            }
        }
    }
    match schema.field(1).data_type() {
        DataType::List(item) if matches!(item.data_type(), DataType::Struct(_)) => {
            Ok([Arc::new(StringArray::from(texts)), listed(&spans, item)?])
        }
        _ => Ok([Arc::new(tokens.finish()), Arc::new(tags.finish())]),
    }
}

fn listed(rows: &[&[Span]], item: &FieldRef) -> Result<ArrayRef, ArrowError> {
    let (mut starts, mut ends, mut labels) = (Int64Builder::new(), Int64Builder::new(), StringBuilder::new());
    let number = |place: usize| i64::try_from(place).map_err(|error| ArrowError::ComputeError(error.to_string()));
    for span in rows.iter().copied().flatten() {
        starts.append_value(number(span.start)?);
        ends.append_value(number(span.end)?);
        labels.append_value(&span.label);
    }
    let columns: Vec<ArrayRef> = vec![Arc::new(starts.finish()), Arc::new(ends.finish()), Arc::new(labels.finish())];
    let DataType::Struct(members) = item.data_type() else {
        return Err(ArrowError::SchemaError("spans have members".to_owned()));
    };
    let members = StructArray::try_new(members.clone(), columns, None)?;
    let lengths = OffsetBuffer::from_lengths(rows.iter().map(|spans| spans.len()));
    Ok(Arc::new(ListArray::try_new(Arc::clone(item), lengths, Arc::new(members), None)?))
}
