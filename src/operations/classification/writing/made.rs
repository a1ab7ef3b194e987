//! The columns of a data set, made of a batch of the table.

use std::collections::HashMap;
use std::sync::Arc;

use arrow_array::builder::{Int64Builder, ListBuilder, StringBuilder};
use arrow_array::cast::AsArray;
use arrow_array::{Array, ArrayRef, Float32Array, Float64Array, Int64Array, RecordBatch, StringArray};
use arrow_schema::{DataType, Field, FieldRef, Schema, SchemaRef};

use super::Decided;
use super::readme::{Numbered, Readme};
use crate::operations::classification::error::ClassificationError;
use crate::operations::classification::labels::{NO_LABEL, SetId};
use crate::operations::classification::options::{ClassificationOptions, Format, Task};
use crate::operations::classification::outcome::{Column, Role};
use crate::operations::classification::plan::{CONFIDENCE, LABEL, Plan, SPLIT, TAGS, TEXT, TOKENS, WEIGHT};
use crate::operations::classification::split::Split;
use crate::operations::classification::tally::Tally;
use crate::operations::rows::texts_of;

/// Makes the columns.
pub(super) struct Made<'a> {
    decided: &'a Decided<'a>,
    schema: SchemaRef,
    /// Names that are numbers here.
    numbered: Option<Numbered>,
    columns: Vec<Column>,
    /// Columns of the table itself; those that were added to them stand behind.
    of_table: usize,
    /// Labels of each combination, as they are written.
    written: Vec<Names>,
    /// The tags, by the numbers they have in forms that number them.
    tags: Vec<String>,
    /// What a row of each combination counts.
    weights: Vec<Option<f64>>,
}

/// The labels of a row, by name, and by the numbers they have in forms that number them.
struct Names {
    names: Vec<String>,
    numbers: Vec<i64>,
}

impl<'a> Made<'a> {
    /// Settles names, types and order.
    pub(super) fn of(table: &Schema, decided: &'a Decided<'a>, tally: &Tally) -> Self {
        let Decided { plan, options, facts, .. } = *decided;
        let mut columns = own_columns(plan, options);
        let of_table = table.fields().len() - if options.task == Task::Entities { 2 } else { 0 };
        for kept in &plan.metadata {
            let field = table.field(kept.place).as_ref().clone().with_name(&kept.name);
            columns.push((Arc::new(field), Role::Metadata, vec![kept.from.clone()]));
        }
        let order = tally.in_order();
        let mut rank = vec![None; facts.classes.names().len()];
        (0..).zip(order).for_each(|(place, class)| rank[*class as usize] = Some(place));
        let names = |set: SetId| {
            let mut places: Vec<usize> =
                facts.sets.members(set).iter().filter_map(|class| rank[*class as usize]).collect();
            places.sort_unstable();
            let numbers = places.iter().filter_map(|place| i64::try_from(*place).ok()).collect();
            let names = places.iter().map(|place| facts.classes.name(order[*place]).to_owned()).collect();
            Names { names, numbers }
        };
        let sets = (NO_LABEL..).take(facts.sets.len());
        let weight = |set: SetId| facts.sets.members(set).first().and_then(|class| tally.weight(*class));
        let weights = if options.weights { sets.clone().map(weight).collect() } else { Vec::new() };
        let fields: Vec<FieldRef> = columns.iter().map(|(field, ..)| Arc::clone(field)).collect();
        let numbered = (options.format == Format::HuggingFace).then(|| match options.task {
            Task::Entities => Numbered::tags(tally.tags()),
            task => Numbered::labels(tally.label_names(), task == Task::MultiLabel),
        });
        let noted = numbered.iter().map(|numbered| (NOTE.to_owned(), numbered.note()));
        let schema = Schema::new_with_metadata(fields, noted.collect::<HashMap<_, _>>());
        let described = |(field, role, made_of): (FieldRef, Role, Vec<String>)| Column {
            name: field.name().clone(),
            data_type: field.data_type().to_string(),
            role,
            made_of,
        };
        Self {
            decided,
            schema: Arc::new(schema),
            numbered,
            columns: columns.into_iter().map(described).collect(),
            of_table,
            written: sets.map(names).collect(),
            tags: tally.tags(),
            weights,
        }
    }

    /// Names and types.
    pub(super) fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    /// What a README.md says of the columns, where the form has one.
    pub(super) fn readme(&self) -> Option<Readme> {
        self.numbered.as_ref().map(|numbered| Readme::of(&self.schema, numbered))
    }

    /// The columns, for the card.
    pub(super) fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    /// The columns of some rows, the first of which is this one of the table.
    ///
    /// # Errors
    /// When a text can't be written.
    pub(super) fn columns(&self, batch: &RecordBatch, first: usize) -> Result<RecordBatch, ClassificationError> {
        let Decided { plan, options, facts, splits, .. } = *self.decided;
        let rows = first..first + batch.num_rows();
        let mut columns = vec![plan.text.texts(batch)?];
        if options.task == Task::Entities {
            columns.push(ArrayRef::clone(batch.column(self.of_table)));
            columns.push(self.tags(batch.column(self.of_table + 1)));
        } else {
            columns.push(self.labels(&facts.labels[rows.clone()]));
        }
        if options.has_confidence() {
            let sure = facts.confidences[rows.clone()].iter().map(|sure| (!sure.is_nan()).then_some(*sure));
            columns.push(Arc::new(sure.collect::<Float32Array>()));
        }
        let names = splits[rows.clone()].iter().map(|split| Some(split.map_or("", Split::as_str)));
        columns.push(Arc::new(names.collect::<StringArray>()));
        if options.weights {
            let weights = facts.labels[rows].iter().map(|set| self.weights[*set as usize]);
            columns.push(Arc::new(weights.collect::<Float64Array>()));
        }
        columns.extend(plan.metadata.iter().map(|kept| ArrayRef::clone(batch.column(kept.place))));
        RecordBatch::try_new(self.schema(), columns)
            .map_err(|error| ClassificationError::encoding(TEXT.as_ref())(error.into()))
    }

    /// Counts the mentions of the rows that stay.
    pub(super) fn count(&self, batch: &RecordBatch, splits: &[Option<Split>], tally: &mut Tally) {
        if self.decided.options.task != Task::Entities {
            return;
        }
        let lists = batch.column(self.of_table + 1).as_list::<i32>();
        for (row, split) in splits.iter().enumerate() {
            let Some(split) = split else { continue };
            texts_of(&lists.value(row)).into_iter().flatten().for_each(|tag| tally.mention(tag, *split));
        }
    }

    /// The labels of some rows: a name, a list of names, or their numbers.
    fn labels(&self, sets: &[SetId]) -> ArrayRef {
        let options = self.decided.options;
        let written = sets.iter().map(|set| self.written.get(*set as usize).unwrap_or(&NO_NAMES));
        match (options.task, options.format) {
            (Task::MultiLabel, Format::HuggingFace) => {
                let mut lists = ListBuilder::new(Int64Builder::new());
                written.for_each(|names| lists.append_value(names.numbers.iter().copied().map(Some)));
                Arc::new(lists.finish())
            }
            (Task::MultiLabel, _) => {
                let mut lists = ListBuilder::new(StringBuilder::new());
                written.for_each(|names| lists.append_value(names.names.iter().map(Some)));
                Arc::new(lists.finish())
            }
            (_, Format::HuggingFace) => {
                Arc::new(written.map(|names| names.numbers.first().copied()).collect::<Int64Array>())
            }
            _ => Arc::new(written.map(|names| names.names.first()).collect::<StringArray>()),
        }
    }

    /// Tags by name, or their numbers.
    fn tags(&self, tags: &ArrayRef) -> ArrayRef {
        if self.decided.options.format != Format::HuggingFace {
            return ArrayRef::clone(tags);
        }
        let lists = tags.as_list::<i32>();
        let number = |tag: Option<&str>| self.tags.iter().position(|known| Some(known.as_str()) == tag);
        let number = |tag: Option<&str>| number(tag).and_then(|place| i64::try_from(place).ok());
        let mut numbers = ListBuilder::new(Int64Builder::new());
        for row in 0..lists.len() {
            numbers.append_option(
                lists.is_valid(row).then(|| texts_of(&lists.value(row)).into_iter().map(number).collect::<Vec<_>>()),
            );
        }
        Arc::new(numbers.finish())
    }
}

/// Where `datasets` of Hugging Face looks for what a file says of its columns.
const NOTE: &str = "huggingface";
static NO_NAMES: Names = Names { names: Vec::new(), numbers: Vec::new() };

/// A column, what it is for, and what it is made of.
type Own = (FieldRef, Role, Vec<String>);

/// The columns that a data set has of its own.
fn own_columns(plan: &Plan, options: &ClassificationOptions) -> Vec<Own> {
    let has_numbers = options.format == Format::HuggingFace;
    let name = if has_numbers { DataType::Int64 } else { DataType::Utf8 };
    let list = |of: &DataType| DataType::List(Arc::new(Field::new_list_field(of.clone(), true)));
    let own = |name: &str, data_type: DataType, is_nullable: bool, role: Role, made_of: Vec<String>| -> Own {
        (Arc::new(Field::new(name, data_type, is_nullable)), role, made_of)
    };
    let mut columns = vec![own(TEXT, plan.text.data_type.clone(), true, Role::Text, plan.text.columns().to_vec())];
    let said: Vec<String> =
        [&options.label_column, &options.tags_column, &options.spans_column].into_iter().flatten().cloned().collect();
    match options.task {
        Task::Entities => {
            columns.push(own(TOKENS, list(&DataType::Utf8), true, Role::Tokens, plan.text.columns().to_vec()));
            columns.push(own(TAGS, list(&name), true, Role::Tags, said));
        }
        Task::MultiLabel => columns.push(own(LABEL, list(&name), true, Role::Label, said)),
        Task::SingleLabel => columns.push(own(LABEL, name, true, Role::Label, said)),
    }
    if options.has_confidence() {
        columns.push(own(CONFIDENCE, DataType::Float32, true, Role::Confidence, Vec::new()));
    }
    let split = options.split_column.iter().cloned().collect();
    columns.push(own(SPLIT, DataType::Utf8, false, Role::Split, split));
    if options.weights {
        columns.push(own(WEIGHT, DataType::Float64, true, Role::Weight, Vec::new()));
    }
    columns
}
