//! Labels that a column of the table says.

use std::sync::Arc;

use arrow_array::builder::StringBuilder;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_cast::cast;
use arrow_schema::{DataType, Schema};

use super::{ClassId, Classes, Labelled, Labeller};
use crate::operations::classification::error::ClassificationError;
use crate::operations::classification::options::{ClassificationOptions, Task};
use crate::operations::rows::{column, is_text, texts_of};

/// What labels can be made of.
const WANTED: &str = "labels: text, whole numbers or booleans";

/// Says what a column says: texts, numbers and booleans as their text, several of them parted or in a list.
#[derive(Debug)]
pub(in super::super) struct ColumnLabeller {
    column: String,
    /// Between several labels of a cell.
    separator: Option<String>,
}

impl ColumnLabeller {
    /// Looks at the column.
    ///
    /// # Errors
    /// When it is not there, or can't hold what is asked for.
    pub(in super::super) fn of(
        name: &str,
        options: &ClassificationOptions,
        schema: &Schema,
    ) -> Result<Self, ClassificationError> {
        let found = schema.field(column(schema, name)?).data_type();
        let wanted = match options.task {
            Task::MultiLabel => "a list of labels, or text whose labels a `label_separator` parts",
            _ => "one label a row: text, whole numbers or booleans",
        };
        let several = item_of(found).is_some_and(is_label);
        let fits = match (options.task, &options.label_separator) {
            (Task::MultiLabel, None) => several || is_label(found),
            (Task::MultiLabel, Some(_)) => is_text(found),
            _ => is_label(found),
        };
        if fits {
            let separator = options.label_separator.clone();
            return Ok(Self { column: name.to_owned(), separator });
        }
        Err(ClassificationError::ColumnType { column: name.to_owned(), found: found.to_string(), wanted })
    }

    fn refused(&self, found: &DataType) -> ClassificationError {
        ClassificationError::ColumnType { column: self.column.clone(), found: found.to_string(), wanted: WANTED }
    }

    fn as_text(&self, values: &ArrayRef) -> Result<ArrayRef, ClassificationError> {
        if is_text(values.data_type()) {
            return Ok(ArrayRef::clone(values));
        }
        let unsupported = |_error| self.refused(values.data_type());
        if values.data_type().is_floating() {
            return self.whole_numbers(&cast(values, &DataType::Float64).map_err(unsupported)?);
        }
        cast(values, &DataType::Utf8).map_err(unsupported)
    }

    /// Whole numbers that are kept as fractions, as pandas does where some are missing.
    fn whole_numbers(&self, values: &ArrayRef) -> Result<ArrayRef, ClassificationError> {
        let mut names = StringBuilder::new();
        for value in values.as_primitive::<Float64Type>() {
            match value.filter(|value| !value.is_nan()) {
                None => names.append_null(),
                // Written without a point.
                Some(value) if value.fract() == 0.0 => names.append_value(format!("{value:.0}")),
                Some(value) => {
                    let (column, found) = (self.column.clone(), format!("fractions, e.g. {value}"));
                    return Err(ClassificationError::ColumnType { column, found, wanted: WANTED });
                }
            }
        }
        Ok(Arc::new(names.finish()))
    }

    /// The labels of rows whose cells hold one, or several that are parted.
    fn of_cells(&self, cells: &ArrayRef, classes: &mut Classes) -> Result<Vec<Labelled>, ClassificationError> {
        let cells = self.as_text(cells)?;
        let cells = texts_of(&cells);
        let Some(separator) = &self.separator else {
            let one = |cell: Option<&str>| cell.and_then(|name| classes.id(name)).into_iter().collect();
            return Ok(cells.into_iter().map(one).map(labelled).collect());
        };
        let parted = cells.into_iter().map(|cell| cell.into_iter().flat_map(|cell| cell.split(separator.as_str())));
        Ok(parted.map(|names| several(names.map(str::trim), classes)).collect())
    }

    /// The labels of rows whose cells hold lists.
    fn of_lists(
        &self,
        lists: impl Iterator<Item = Option<ArrayRef>>,
        classes: &mut Classes,
    ) -> Result<Vec<Labelled>, ClassificationError> {
        lists
            .map(|list| {
                let Some(list) = list else { return Ok(Labelled::default()) };
                let list = self.as_text(&list)?;
                Ok(several(texts_of(&list).into_iter().flatten(), classes))
            })
            .collect()
    }
}

impl Labeller for ColumnLabeller {
    fn label(
        &mut self,
        batch: &RecordBatch,
        _texts: &[&str],
        classes: &mut Classes,
    ) -> Result<Vec<Labelled>, ClassificationError> {
        let cells = batch.column(column(&batch.schema(), &self.column)?);
        match cells.data_type() {
            DataType::List(_) => {
                let lists = cells.as_list::<i32>();
                let list = |row| lists.is_valid(row).then(|| lists.value(row));
                self.of_lists((0..lists.len()).map(list), classes)
            }
            DataType::LargeList(_) => {
                let lists = cells.as_list::<i64>();
                let list = |row| lists.is_valid(row).then(|| lists.value(row));
                self.of_lists((0..lists.len()).map(list), classes)
            }
            _ => self.of_cells(cells, classes),
        }
    }
}

fn labelled(classes: Vec<ClassId>) -> Labelled {
    Labelled { classes, confidence: None }
}

/// Each label once, in the order in which they stand there.
fn several<'a>(names: impl Iterator<Item = &'a str>, classes: &mut Classes) -> Labelled {
    let mut found: Vec<ClassId> = Vec::new();
    for class in names.filter_map(|name| classes.id(name)) {
        if !found.contains(&class) {
            found.push(class);
        }
    }
    labelled(found)
}

fn item_of(found: &DataType) -> Option<&DataType> {
    match found {
        DataType::List(item) | DataType::LargeList(item) => Some(item.data_type()),
        _ => None,
    }
}

/// Whether values of this type may be names.
fn is_label(found: &DataType) -> bool {
    match found {
        DataType::Dictionary(_, values) => is_label(values),
        other => {
            is_text(other)
                || other.is_integer()
                || other.is_floating()
                || matches!(other, DataType::Boolean | DataType::Null)
        }
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::{BooleanArray, Float64Array, Int64Array, StringArray};
    use arrow_schema::Field;

    use super::*;

    fn said(values: ArrayRef, task: Task, separator: Option<&str>) -> Result<Vec<Vec<String>>, ClassificationError> {
        let schema = Schema::new(vec![Field::new("c", values.data_type().clone(), true)]);
        let label_separator = separator.map(str::to_owned);
        let options = ClassificationOptions { task, label_separator, ..ClassificationOptions::default() };
        let mut labeller = ColumnLabeller::of("c", &options, &schema)?;
        let batch = RecordBatch::try_new(Arc::new(schema), vec![values]).unwrap();
        let mut classes = Classes::new("POSTIVE=POSITIVE".parse().unwrap(), None);
        let labelled = labeller.label(&batch, &[], &mut classes)?;
        let names = |row: Labelled| row.classes.iter().map(|class| classes.name(*class).to_owned()).collect();
        Ok(labelled.into_iter().map(names).collect())
    }

    #[test]
    fn whatever_names_something_is_a_label() {
        let one = |values: ArrayRef| said(values, Task::SingleLabel, None).map(|rows| rows.concat());
        let texts = StringArray::from(vec![Some("POSTIVE"), None, Some(" "), Some("POSITIVE")]);
        assert_eq!(one(Arc::new(texts)).unwrap(), ["POSITIVE", "POSITIVE"]);
        assert_eq!(one(Arc::new(Int64Array::from(vec![Some(3), None]))).unwrap(), ["3"]);
        assert_eq!(one(Arc::new(BooleanArray::from(vec![true, false]))).unwrap(), ["true", "false"]);
        assert_eq!(one(Arc::new(Float64Array::from(vec![Some(1.0), None, Some(f64::NAN)]))).unwrap(), ["1"]);
        let error = one(Arc::new(Float64Array::from(vec![0.5]))).unwrap_err().to_string();
        assert!(error.contains("fractions, e.g. 0.5"), "{error}");
    }

    #[test]
    fn several_labels_are_parted_or_in_a_list_each_once() {
        let parted: ArrayRef = Arc::new(StringArray::from(vec!["a; b;a", ";", "c"]));
        let rows = said(ArrayRef::clone(&parted), Task::MultiLabel, Some(";")).unwrap();
        assert_eq!(rows, [vec!["a", "b"], vec![], vec!["c"]]);
        let mut lists = arrow_array::builder::ListBuilder::new(StringBuilder::new());
        lists.append_value([Some("x"), None, Some("y"), Some("x")]);
        lists.append_null();
        let lists: ArrayRef = Arc::new(lists.finish());
        let rows = said(ArrayRef::clone(&lists), Task::MultiLabel, None).unwrap();
        assert_eq!(rows, [vec!["x", "y"], vec![]]);
        assert!(said(lists, Task::SingleLabel, None).is_err());
    }
}
