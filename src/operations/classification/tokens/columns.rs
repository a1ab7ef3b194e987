//! Tokens, tags and spans in the columns of a table.
//!
//! For: conversions and data sets alike. Not for: schemes of tags (`tag`), or where spans lie (`span`). The one decision: a
//! cell is a list, or text that says one: parted by blanks, or as JSON, which is how lists stand in CSV. A row that does
//! not fit says why, and the table goes on.

use arrow_array::cast::AsArray;
use arrow_array::types::Int64Type;
use arrow_array::{Array, ArrayRef, ListArray, RecordBatch};
use arrow_schema::{ArrowError, DataType, Field, Schema};

use super::Tagged;
use super::json::{list_of_texts, spans_of};
use super::span::Span;
use crate::operations::classification::error::ClassificationError;
use crate::operations::rows::{column, is_text, texts_of};

/// Members of a list of spans that may hold the label.
const LABELS: [&str; 5] = ["label", "concept", "entity", "entity_group", "type"];

/// Where tokens and tags stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct TagColumns {
    /// Tokens, where they have a column; else texts are parted.
    tokens: Option<usize>,
    tags: usize,
}

impl TagColumns {
    /// Finds them. `tokens` may be a column of texts, which are parted, or of lists.
    ///
    /// # Errors
    /// When there is no such column, or it holds something else.
    pub(super) fn new(schema: &Schema, tokens: Option<&str>, tags: &str) -> Result<Self, ClassificationError> {
        let tokens = tokens.map(|name| of_texts(schema, name, "tokens: a list of texts, or texts parted by blanks"));
        let tags = of_texts(schema, tags, "tags: a list of texts, or texts parted by blanks")?;
        Ok(Self { tokens: tokens.transpose()?, tags })
    }

    /// Whether it is one of them.
    pub(super) fn has(self, place: usize) -> bool {
        self.tokens == Some(place) || self.tags == place
    }

    /// Tokens and tags of each row as they are written there, equal in number; or why not. `texts` are parted where tokens
    /// have no column of lists.
    ///
    /// # Errors
    /// When a list can't be read.
    pub(super) fn read(
        self,
        batch: &RecordBatch,
        texts: &[&str],
    ) -> Result<Vec<Result<Tagged, String>>, ClassificationError> {
        let tags = Cells::of(batch, self.tags)?;
        let tokens = self.tokens.map(|place| Cells::of(batch, place)).transpose()?;
        let row = |row: usize| match (&tokens, &tags) {
            (Some(Cells::Lists(tokens)), tags) => fitting(strings(tokens, row), tags.pieces(row)),
            (Some(Cells::Texts(cells)), tags) => parted(cells[row].unwrap_or_default(), tags.pieces(row)),
            (None, tags) => parted(texts[row], tags.pieces(row)),
        };
        Ok((0..batch.num_rows()).map(row).collect())
    }
}

/// Where spans stand.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpanColumn(usize);

impl SpanColumn {
    /// Finds it.
    ///
    /// # Errors
    /// When there is no such column, or it holds something else.
    pub(super) fn new(schema: &Schema, name: &str) -> Result<Self, ClassificationError> {
        let place = column(schema, name)?;
        let found = schema.field(place).data_type();
        let is_list_of_spans = matches!(item(found), Some(DataType::Struct(members))
            if members.find("start").is_some() && members.find("end").is_some()
                && LABELS.iter().any(|label| members.find(label).is_some()));
        if is_text(found) || is_list_of_spans || *found == DataType::Null {
            return Ok(Self(place));
        }
        Err(ClassificationError::ColumnType {
            column: name.to_owned(),
            found: found.to_string(),
            wanted: "spans: a list of start, end and label, or the same as JSON",
        })
    }

    /// Whether it is this one.
    pub(super) fn is(self, place: usize) -> bool {
        self.0 == place
    }

    /// The spans of each row as they are written there; or why not.
    ///
    /// # Errors
    /// When a list can't be read.
    pub(super) fn read(self, batch: &RecordBatch) -> Result<Vec<Result<Vec<Span>, String>>, ClassificationError> {
        let array = batch.column(self.0);
        if is_text(array.data_type()) {
            return Ok(texts_of(array).into_iter().map(|cell| spans_of(cell.unwrap_or_default())).collect());
        }
        if *array.data_type() == DataType::Null {
            return Ok(vec![Ok(Vec::new()); batch.num_rows()]);
        }
        listed_spans(array).map_err(|source| unreadable(batch, self.0, &source))
    }
}

fn unreadable(batch: &RecordBatch, place: usize, source: &ArrowError) -> ClassificationError {
    let column = batch.schema().field(place).name().clone();
    ClassificationError::ColumnType { column, found: source.to_string(), wanted: "lists that can be read" }
}

/// What a list holds.
fn item(found: &DataType) -> Option<&DataType> {
    match found {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item) => Some(item.data_type()),
        _ => None,
    }
}

fn of_texts(schema: &Schema, name: &str, wanted: &'static str) -> Result<usize, ClassificationError> {
    let place = column(schema, name)?;
    let found = schema.field(place).data_type();
    if is_text(found) || is_list_of_texts(found) || *found == DataType::Null {
        return Ok(place);
    }
    Err(ClassificationError::ColumnType { column: name.to_owned(), found: found.to_string(), wanted })
}

/// Whether values of this type are lists of texts.
pub(super) fn is_list_of_texts(found: &DataType) -> bool {
    item(found).is_some_and(|item| is_text(item) || *item == DataType::Null)
}

/// A column of texts or of lists of them.
enum Cells<'a> {
    Texts(Vec<Option<&'a str>>),
    Lists(ListArray),
}

impl<'a> Cells<'a> {
    fn of(batch: &'a RecordBatch, place: usize) -> Result<Self, ClassificationError> {
        let array = batch.column(place);
        if is_text(array.data_type()) {
            return Ok(Self::Texts(texts_of(array)));
        }
        if *array.data_type() == DataType::Null {
            return Ok(Self::Texts(vec![None; batch.num_rows()]));
        }
        let wanted = DataType::List(Field::new_list_field(DataType::Utf8, true).into());
        let lists = arrow_cast::cast(array, &wanted).map_err(|source| unreadable(batch, place, &source))?;
        Ok(Self::Lists(lists.as_list().clone()))
    }

    /// The list that a cell says.
    fn pieces(&self, row: usize) -> Vec<String> {
        match self {
            Self::Lists(lists) => strings(lists, row),
            Self::Texts(cells) => {
                let cell = cells[row].unwrap_or_default();
                list_of_texts(cell).unwrap_or_else(|| cell.split_whitespace().map(str::to_owned).collect())
            }
        }
    }
}

/// A list of texts; none of it is none of them.
fn strings(lists: &ListArray, row: usize) -> Vec<String> {
    if lists.is_null(row) {
        return Vec::new();
    }
    let items = lists.value(row);
    items.as_string::<i32>().iter().map(|item| item.unwrap_or_default().to_owned()).collect()
}

/// Parts a text so that it has as many tokens as there are tags: at blanks, or else at all white space.
fn parted(text: &str, tags: Vec<String>) -> Result<Tagged, String> {
    let at_blanks = text.split(' ').filter(|token| !token.is_empty());
    if at_blanks.clone().count() == tags.len() {
        return Ok(Tagged { tokens: at_blanks.map(str::to_owned).collect(), tags });
    }
    let listed = list_of_texts(text).filter(|tokens| tokens.len() == tags.len());
    fitting(listed.unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect()), tags)
}

/// Both, if there are as many of one as of the other.
pub(super) fn fitting(tokens: Vec<String>, tags: Vec<String>) -> Result<Tagged, String> {
    if tokens.len() == tags.len() {
        return Ok(Tagged { tokens, tags });
    }
    Err(format!("{} tokens and {} tags", tokens.len(), tags.len()))
}

fn listed_spans(array: &ArrayRef) -> Result<Vec<Result<Vec<Span>, String>>, ArrowError> {
    let item = item(array.data_type()).cloned().unwrap_or(DataType::Null);
    let lists = arrow_cast::cast(array, &DataType::List(Field::new_list_field(item, true).into()))?;
    let lists: &ListArray = lists.as_list();
    let members = lists.values().as_struct();
    let number = |name: &str| {
        let found = members.column_by_name(name).map(|column| arrow_cast::cast(column, &DataType::Int64));
        found.unwrap_or_else(|| Err(ArrowError::SchemaError(format!("no `{name}`"))))
    };
    let (starts, ends) = (number("start")?, number("end")?);
    let (starts, ends) = (starts.as_primitive::<Int64Type>(), ends.as_primitive::<Int64Type>());
    let label = LABELS.iter().find_map(|label| members.column_by_name(label));
    let labels = label.map(|column| arrow_cast::cast(column, &DataType::Utf8)).transpose()?;
    let labels: Vec<_> = labels.as_ref().map(texts_of).unwrap_or_default();
    let span = |at: usize| -> Result<Span, String> {
        let place = |numbers: &arrow_array::Int64Array| {
            usize::try_from(numbers.value(at)).ok().filter(|_| numbers.is_valid(at))
        };
        let (start, end) = place(starts).zip(place(ends)).ok_or("a span without start and end")?;
        Ok(Span { start, end, label: labels[at].unwrap_or_default().to_owned() })
    };
    let offsets = lists.value_offsets();
    let row = |row: usize| -> Result<Vec<Span>, String> {
        let bounds = [offsets[row], offsets[row + 1]].map(|offset| usize::try_from(offset).unwrap_or_default());
        if lists.is_null(row) { Ok(Vec::new()) } else { (bounds[0]..bounds[1]).map(span).collect() }
    };
    Ok((0..lists.len()).map(row).collect())
}
