//! What is to be done with which column.
//!
//! For: looking at the options beside the columns that there are, before a row is read. Not for: values. The one decision:
//! whatever can be refused is refused here, at once and by the name of the option.

use std::collections::HashSet;

use arrow_schema::Schema;

use super::error::ClassificationError;
use super::options::{ClassificationOptions, Task, Unlabelled};
use super::outcome::Finding;
use super::rules::check_options;
use super::template::Template;
use super::texts::TextPlan;
use crate::operations::rows::column;

/// The columns that a data set has of its own.
pub(super) const TEXT: &str = "text";
/// The label, or labels.
pub(super) const LABEL: &str = "label";
/// How sure it is.
pub(super) const CONFIDENCE: &str = "confidence";
/// The tokens.
pub(super) const TOKENS: &str = "tokens";
/// Their tags.
pub(super) const TAGS: &str = "tags";
/// The split.
pub(super) const SPLIT: &str = "train_test_split";
/// What a row counts.
pub(super) const WEIGHT: &str = "weight";
/// What a column of the table is called where the data set has one of its own of that name.
const OTHER: &str = "source_";

/// What is to be done with which column.
#[derive(Debug)]
pub(super) struct Plan {
    /// How texts are made.
    pub(super) text: TextPlan,
    /// Whether labels come from somewhere.
    pub(super) is_labelled: bool,
    /// Whether rows without a label are left out.
    pub(super) drops_unlabelled: bool,
    /// The columns that stay beside the text.
    pub(super) metadata: Vec<Metadata>,
}

/// A column that stays beside the text.
#[derive(Debug)]
pub(super) struct Metadata {
    /// Where it stands in the table.
    pub(super) place: usize,
    /// Its name there.
    pub(super) from: String,
    /// Its name in the data set.
    pub(super) name: String,
}

impl Plan {
    /// Looks at the options beside the columns that there are.
    ///
    /// # Errors
    /// When options do not go together, are out of their range, or a column is not there or of another kind.
    pub(super) fn of(options: &ClassificationOptions, schema: &Schema) -> Result<Self, ClassificationError> {
        check_options(options)?;
        let text = TextPlan::of(options, schema)?;
        let sources = [
            options.label_column.is_some(),
            options.label_by_concepts.is_some(),
            options.label_by_meaning.is_some(),
            options.task == Task::Entities,
        ];
        let is_labelled = sources.into_iter().any(|is_one| is_one);
        let drops_unlabelled = match options.unlabelled {
            Unlabelled::Auto => is_labelled && options.task != Task::Entities,
            Unlabelled::Keep => false,
            Unlabelled::Drop => true,
        };
        let metadata = metadata(options, &text, schema)?;
        Ok(Self { text, is_labelled, drops_unlabelled, metadata })
    }

    /// The names that columns of the table have to give up.
    pub(super) fn renamed(&self) -> Vec<Finding> {
        let renamed = self.metadata.iter().filter(|column| column.from != column.name);
        renamed.map(|column| Finding::ColumnRenamed { from: column.from.clone(), to: column.name.clone() }).collect()
    }
}

/// The columns that texts are made of.
///
/// # Errors
/// When the template is none.
pub(super) fn named(options: &ClassificationOptions) -> Result<Vec<String>, ClassificationError> {
    let template = options.template.as_deref().map(Template::parse).transpose()?;
    Ok(template.iter().flat_map(Template::columns).map(str::to_owned).collect())
}

/// The columns that the first reading needs, each once.
pub(super) fn needed<'a>(options: &'a ClassificationOptions, text: &'a [String]) -> Vec<&'a str> {
    let others = [
        &options.label_column,
        &options.tags_column,
        &options.spans_column,
        &options.group_column,
        &options.time_column,
        &options.split_column,
    ];
    let names = options.text_column.iter().chain(text).chain(others.into_iter().flatten());
    let mut seen = HashSet::new();
    names.map(String::as_str).filter(|name| seen.insert(*name)).collect()
}

fn metadata(
    options: &ClassificationOptions,
    text: &TextPlan,
    schema: &Schema,
) -> Result<Vec<Metadata>, ClassificationError> {
    let used = [&options.label_column, &options.tags_column, &options.spans_column, &options.split_column];
    let used: HashSet<&str> = text
        .columns()
        .iter()
        .chain(&options.text_column)
        .chain(used.into_iter().flatten())
        .map(String::as_str)
        .collect();
    let kept = options.keep_columns.iter().map(|name| column(schema, name).map(|place| (place, name.as_str())));
    let kept: Vec<(usize, &str)> = kept.collect::<Result<_, _>>()?;
    let all = schema.fields().iter().enumerate().map(|(place, field)| (place, field.name().as_str()));
    let chosen = if kept.is_empty() { all.filter(|(_, name)| !used.contains(name)).collect() } else { kept };
    let mut taken: HashSet<String> = own_columns(options).into_iter().map(str::to_owned).collect();
    let mut metadata = Vec::new();
    for (place, from) in chosen {
        let mut name = from.to_owned();
        while taken.contains(&name) {
            name.insert_str(0, OTHER);
        }
        taken.insert(name.clone());
        metadata.push(Metadata { place, from: from.to_owned(), name });
    }
    Ok(metadata)
}

/// The columns that this data set has of its own.
fn own_columns(options: &ClassificationOptions) -> Vec<&'static str> {
    let mut own = match options.task {
        Task::Entities => vec![TEXT, TOKENS, TAGS, SPLIT],
        Task::SingleLabel | Task::MultiLabel => vec![TEXT, LABEL, SPLIT],
    };
    own.extend(options.has_confidence().then_some(CONFIDENCE));
    own.extend(options.weights.then_some(WEIGHT));
    own
}
