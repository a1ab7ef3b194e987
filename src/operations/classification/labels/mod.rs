//! Where labels come from, and what they are called.
//!
//! For: labels of a column, by meaning, by concepts, or none yet. Not for: dividing rows by their labels (`split`). The one
//! decision: a label is never drawn at random. Who can't tell says so, by no label or by `unsure`.

mod classes;
mod column;
pub(super) mod concepts;
mod meaning;
mod sets;
mod written;

use std::sync::Arc;

use arrow_array::RecordBatch;
use arrow_schema::Schema;
use tokio_util::sync::CancellationToken;

pub(super) use classes::{ClassId, Classes};
use column::ColumnLabeller;
use concepts::ConceptLabeller;
use meaning::{MeaningLabeller, Rule};
pub(super) use sets::{LabelSets, NO_LABEL, SetId};
pub use written::{Descriptions, LabelMap, LabelSet};
pub(super) use written::{descriptions_file, label_set_file};

use super::engines::Engines;
use super::error::ClassificationError;
use super::options::{ClassificationOptions, Task};
use crate::operations::annotation::{AnnotationError, ConceptFinder};

/// What labels by meaning say of a text that no description is clearly nearest to.
pub const UNSURE: &str = "unsure";

/// What is said of one row.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Labelled {
    /// Its labels, in the order in which they stand there, each once; none where nobody said one.
    pub(super) classes: Vec<ClassId>,
    /// How sure that is, where somebody says it.
    pub(super) confidence: Option<f32>,
}

/// Where labels come from; asked once for every batch of the table, in order.
pub(super) trait Labeller {
    /// What is said of each row; `texts` are those of the rows of `batch`, empty ones too.
    ///
    /// # Errors
    /// When nothing can be said: a column of another kind, a model that fails, a stop.
    fn label(
        &mut self,
        batch: &RecordBatch,
        texts: &[&str],
        classes: &mut Classes,
    ) -> Result<Vec<Labelled>, ClassificationError>;

    /// Knowledge base and generation, or model and revision, for the card; `None` where the table says it itself.
    fn source(&self) -> Option<String> {
        None
    }
}

/// Who says the labels of texts; `None` where nobody does. `finder` is there if concepts are asked for.
///
/// # Errors
/// When a column is not there or holds something else, or what is needed beside the table is missing.
pub(super) fn labeller<'a>(
    options: &ClassificationOptions,
    schema: &Schema,
    (finder, engines): (Option<&'a ConceptFinder>, &Engines<'_>),
    cancel: &CancellationToken,
) -> Result<Option<Box<dyn Labeller + 'a>>, ClassificationError> {
    let takes_all = options.task == Task::MultiLabel;
    if let Some(name) = &options.label_column {
        return Ok(Some(Box::new(ColumnLabeller::of(name, options, schema)?)));
    }
    if let Some(finder) = finder {
        return Ok(Some(Box::new(ConceptLabeller::new(finder, takes_all, cancel.clone()))));
    }
    let Some(descriptions) = &options.label_by_meaning else { return Ok(None) };
    let Some(embedder) = &engines.embedder else { return Err(AnnotationError::NoModel.into()) };
    let (rule, model) = (Rule { margin: options.margin, takes_all }, (Arc::clone(embedder), engines.model.clone()));
    Ok(Some(Box::new(MeaningLabeller::new(descriptions, rule, model, cancel.clone())?)))
}
