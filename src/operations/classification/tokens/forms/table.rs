//! Tables with a column of texts or tokens, and one of tags or spans.

use arrow_array::RecordBatch;
use arrow_schema::Schema;

use super::super::columns::{SpanColumn, TagColumns, is_list_of_texts};
use super::super::error::TokensError;
use super::super::options::{TokensForm, TokensOptions};
use super::{Content, Row};
use crate::core::intake::LocalSource;
use crate::core::tabular::format::{Promise, TextWish, promise};
use crate::core::tabular::table::TableOptions;
use crate::operations::context::RunContext;
use crate::operations::rows::{Rows, text_column, texts_of};

/// Names of columns, the usual one first.
const TEXT: &str = "text";
const TOKENS: &str = "tokens";
const TAGS: [&str; 3] = ["iob_tags", "tags", "ner_tags"];
const SPANS: [&str; 3] = ["spans", "entities", "mentions"];

/// Rows of a table.
pub(super) struct TableRows {
    pub(super) rows: Rows,
    columns: Columns,
}

enum Columns {
    Tags(TagColumns),
    Spans(usize, SpanColumn),
}

impl TableRows {
    /// Opens a table; `options.from` says what it holds, or its columns do. Where `to` is a table of spans, the column of
    /// spans that was named may be the output's.
    ///
    /// # Errors
    /// When it can't be read, or its columns hold something else.
    pub(super) fn open(
        source: &LocalSource,
        options: &TokensOptions,
        to: TokensForm,
        context: &RunContext,
    ) -> Result<Self, TokensError> {
        let LocalSource::File { name, .. } = source else {
            return Err(TokensError::Folder { path: source.path().to_owned() });
        };
        // Where every token is a number, so is the column, and `007` would be 7.
        let as_text = matches!(promise(name), Some(Promise::Text(TextWish::Delimited(_))));
        let read_as = TableOptions { as_text, ..TableOptions::default() };
        let rows = Rows::open_with(source, &[], &read_as, context)?;
        let has_spans = options.from.map_or_else(|| has_spans(&rows.schema, options, to), TokensForm::has_spans);
        let columns = if has_spans {
            let text = options.text_column.as_deref().unwrap_or(TEXT);
            let spans = named(&rows.schema, options.spans_column.as_deref(), SPANS);
            Columns::Spans(text_column(&rows.schema, text)?, SpanColumn::new(&rows.schema, spans)?)
        } else {
            let tags = named(&rows.schema, options.tags_column.as_deref(), TAGS);
            Columns::Tags(TagColumns::new(&rows.schema, Some(tokens(&rows.schema, options)), tags)?)
        };
        Ok(Self { rows, columns })
    }

    pub(super) fn form(&self) -> TokensForm {
        match self.columns {
            Columns::Tags(_) => TokensForm::Table,
            Columns::Spans(..) => TokensForm::SpanTable,
        }
    }

    /// Columns that are neither texts nor tags nor spans.
    pub(super) fn columns_left_out(&self) -> Vec<String> {
        let is_used = |place: &usize| match &self.columns {
            Columns::Tags(columns) => columns.has(*place),
            Columns::Spans(text, spans) => text == place || spans.is(*place),
        };
        let fields = self.rows.schema.fields().iter().enumerate();
        fields.filter(|(place, _)| !is_used(place)).map(|(_, field)| field.name().clone()).collect()
    }

    /// The next rows; `None` at the end.
    ///
    /// # Errors
    /// When reading fails.
    pub(super) fn next(&mut self) -> Result<Option<Vec<Row>>, TokensError> {
        let Some(batch) = self.rows.next_batch()? else { return Ok(None) };
        let contents = self.contents(&batch)?;
        Ok(Some(contents.into_iter().map(|content| Row { line: None, content }).collect()))
    }

    fn contents(&self, batch: &RecordBatch) -> Result<Vec<Result<Content, String>>, TokensError> {
        Ok(match &self.columns {
            Columns::Tags(columns) => {
                let read = columns.read(batch, &[])?;
                read.into_iter().map(|tagged| tagged.map(Content::Tagged)).collect()
            }
            Columns::Spans(text, spans) => {
                let texts = texts_of(batch.column(*text)).into_iter().map(|text| text.unwrap_or_default().to_owned());
                let both = texts.zip(spans.read(batch)?);
                both.map(|(text, spans)| Ok(Content::Spans(text, spans?))).collect()
            }
        })
    }
}

/// Whether somebody asks for spans, or a table has them and no tags.
fn has_spans(schema: &Schema, options: &TokensOptions, to: TokensForm) -> bool {
    let has = |names: &[&str]| names.iter().any(|name| schema.column_with_name(name).is_some());
    match (&options.tags_column, options.spans_column.as_deref()) {
        (Some(_), _) => false,
        (None, Some(name)) if has(&[name]) || to != TokensForm::SpanTable => true,
        (None, _) => !has(&TAGS) && has(&SPANS),
    }
}

/// The column that was named, or the first of the usual ones that is there.
fn named<'a>(schema: &Schema, wanted: Option<&'a str>, usual: [&'a str; 3]) -> &'a str {
    let is_there = |name: &&&str| schema.column_with_name(name).is_some();
    wanted.unwrap_or_else(|| usual.iter().find(is_there).copied().unwrap_or(usual[0]))
}

/// Tokens where they are a list, else texts.
fn tokens<'a>(schema: &Schema, options: &'a TokensOptions) -> &'a str {
    let is_list = schema.column_with_name(TOKENS).is_some_and(|(_, field)| is_list_of_texts(field.data_type()));
    let is_alone = schema.column_with_name(TEXT).is_none() && schema.column_with_name(TOKENS).is_some();
    options.text_column.as_deref().unwrap_or(if is_list || is_alone { TOKENS } else { TEXT })
}
