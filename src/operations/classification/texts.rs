//! The text of each row: a column as it stands, or several joined.
//!
//! For: making texts of whatever columns were named. Not for: which texts stay (`clean`). The one decision: a value that is
//! no text is written as one (numbers, dates, lists of words), and a missing one is nothing; only what has no one way to be
//! written is refused.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema};

use super::error::ClassificationError;
use super::options::ClassificationOptions;
use super::template::{Part, Template};
use crate::operations::rows::{column, is_text, is_writable, joined_lines, listed, texts_of, written};

/// What a column of texts can be made of.
const WANTED: &str = "text, numbers, dates or lists of texts";

/// How texts are made.
#[derive(Debug)]
pub(super) struct TextPlan {
    columns: Vec<String>,
    template: Option<Template>,
    /// The type of the column of texts.
    pub(super) data_type: DataType,
}

impl TextPlan {
    /// Looks at what is asked for.
    ///
    /// # Errors
    /// When no column is named, one is not there or holds no texts, or the template is none.
    pub(super) fn of(options: &ClassificationOptions, schema: &Schema) -> Result<Self, ClassificationError> {
        if options.text_column.is_empty() {
            return Err(ClassificationError::TextColumnRequired { columns: texts_first(schema) });
        }
        let template = options.template.as_deref().map(Template::parse).transpose()?;
        if let Some(template) = &template {
            check_template(template, options)?;
        }
        let columns = match &template {
            Some(template) => template.columns().map(str::to_owned).collect(),
            None => options.text_column.clone(),
        };
        for name in columns.iter().chain(&options.text_column) {
            let found = schema.field(column(schema, name)?).data_type();
            if !is_writable(found) {
                return Err(not_text(name, found));
            }
        }
        let data_type = match (columns.as_slice(), &template) {
            ([only], None) => as_it_stands(schema.field(column(schema, only)?).data_type()),
            _ => DataType::Utf8,
        };
        Ok(Self { columns, template, data_type })
    }

    /// The columns that it is made of.
    pub(super) fn columns(&self) -> &[String] {
        &self.columns
    }

    /// The texts of some rows, as a column of `data_type`; a missing text is null.
    ///
    /// # Errors
    /// When a value can't be written as text.
    pub(super) fn texts(&self, batch: &RecordBatch) -> Result<ArrayRef, ClassificationError> {
        let schema = batch.schema();
        let columns = self.columns.iter().map(|name| {
            let place = column(&schema, name)?;
            Ok(written(name, batch.column(place))?)
        });
        let columns: Vec<ArrayRef> = columns.collect::<Result<_, ClassificationError>>()?;
        match (columns.as_slice(), &self.template) {
            ([only], None) => Ok(ArrayRef::clone(only)),
            (_, Some(template)) => Ok(filled(template, &columns, batch.num_rows())),
            (_, None) => Ok(joined_lines(&columns, batch.num_rows())),
        }
    }
}

/// A template has a place for every text column, and names no others.
fn check_template(template: &Template, options: &ClassificationOptions) -> Result<(), ClassificationError> {
    let unused = options.text_column.iter().find(|name| !template.columns().any(|column| column == *name));
    match unused {
        None => Ok(()),
        Some(name) => Err(ClassificationError::Options {
            what: format!("`template` has no place for the text column `{name}`"),
            hint: "name each text column in braces, or leave it out of `text_column`",
        }),
    }
}

/// The columns for people, those of text before the others.
fn texts_first(schema: &Schema) -> String {
    let (texts, others): (Vec<_>, Vec<_>) =
        schema.fields().iter().cloned().partition(|field| is_text(field.data_type()));
    listed(&Schema::new(texts.into_iter().chain(others).collect::<Vec<_>>()))
}

/// Texts keep their type, unless they are numbered.
fn as_it_stands(found: &DataType) -> DataType {
    match found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => found.clone(),
        _ => DataType::Utf8,
    }
}

fn filled(template: &Template, columns: &[ArrayRef], rows: usize) -> ArrayRef {
    let cells: Vec<_> = columns.iter().map(texts_of).collect();
    let mut texts = StringBuilder::new();
    let mut text = String::new();
    for row in 0..rows {
        text.clear();
        let mut cells = cells.iter().map(|cells| cells[row].unwrap_or_default());
        let mut is_empty = true;
        for part in template.parts() {
            match part {
                Part::Letters(letters) => text.push_str(letters),
                Part::Column(_) => {
                    let cell = cells.next().unwrap_or_default();
                    is_empty &= cell.trim().is_empty();
                    text.push_str(cell);
                }
            }
        }
        // What only the template says is no text of the row.
        texts.append_option((!is_empty).then_some(&text));
    }
    Arc::new(texts.finish())
}

fn not_text(name: &str, found: &DataType) -> ClassificationError {
    ClassificationError::ColumnType { column: name.to_owned(), found: found.to_string(), wanted: WANTED }
}

#[cfg(test)]
mod tests {
    use arrow_array::{BooleanArray, Date32Array, Int64Array, StringArray};
    use arrow_schema::Field;

    use super::*;

    fn batch() -> RecordBatch {
        let schema = Schema::new(vec![
            Field::new("title", DataType::Utf8, true),
            Field::new("body", DataType::Utf8, true),
            Field::new("day", DataType::Date32, true),
            Field::new("stars", DataType::Int64, true),
            Field::new("flag", DataType::Boolean, true),
        ]);
        let columns: Vec<ArrayRef> = vec![
            Arc::new(StringArray::from(vec![Some("A"), None, Some(" ")])),
            Arc::new(StringArray::from(vec![Some("b"), Some("c"), None])),
            Arc::new(Date32Array::from(vec![Some(0), None, None])),
            Arc::new(Int64Array::from(vec![Some(5), None, None])),
            Arc::new(BooleanArray::from(vec![Some(true), None, None])),
        ];
        RecordBatch::try_new(Arc::new(schema), columns).unwrap()
    }

    fn made(columns: &[&str], template: Option<&str>) -> Result<Vec<Option<String>>, ClassificationError> {
        let text_column = columns.iter().map(|name| (*name).to_owned()).collect();
        let template = template.map(str::to_owned);
        let options = ClassificationOptions { text_column, template, ..ClassificationOptions::default() };
        let plan = TextPlan::of(&options, &batch().schema())?;
        let texts = plan.texts(&batch())?;
        assert_eq!(texts.data_type(), &plan.data_type);
        Ok(texts_of(&texts).into_iter().map(|text| text.map(str::to_owned)).collect())
    }

    fn some(texts: [&str; 2]) -> Vec<Option<String>> {
        texts.into_iter().map(|text| Some(text.to_owned())).chain([None]).collect()
    }

    #[test]
    fn several_columns_become_lines_or_what_a_template_says() {
        assert_eq!(made(&["title", "body"], None).unwrap(), some(["A\nb", "c"]));
        assert_eq!(made(&["title", "body"], Some("{title}: {body}")).unwrap(), some(["A: b", ": c"]));
        assert_eq!(made(&["day", "stars", "flag"], None).unwrap()[0].as_deref(), Some("1970-01-01\n5\ntrue"));
        assert_eq!(made(&["title"], None).unwrap()[2].as_deref(), Some(" "), "one column is as it stands");
    }

    #[test]
    fn what_is_not_there_is_refused_by_name() {
        let said = |columns: &[&str], template| made(columns, template).unwrap_err().to_string();
        assert_eq!(said(&[], None), "no text column is named; the columns are `title`, `body`, `day`, `stars`, `flag`");
        assert!(said(&["boddy"], None).contains("`boddy`"));
        assert!(said(&["title"], Some("{title} {bdy}")).contains("`bdy`"));
        assert!(said(&["title", "body"], Some("{title}")).contains("`body`"));
    }
}
