//! The first pass: what is noted of each row.

use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, RecordBatch};
use arrow_schema::{DataType, Field};

use super::cells::{given_splits, groups, times};
use super::error::ClassificationError;
use super::facts::{Facts, Reason, RowId};
use super::labels::{ClassId, Classes, LabelSets, Labelled, Labeller, NO_LABEL};
use super::options::{ClassificationOptions, Duplicates, Task};
use super::outcome::Finding;
use super::plan::{Plan, TAGS, TOKENS};
use super::tokens::{NotFitting, Tagged, Tagger};
use crate::core::progress::Progress;
use crate::core::text::language::language;
use crate::core::text::normalise::{TextKeys, beginning, letter_key};
use crate::operations::context::RunContext;
use crate::operations::rows::{Twice, texts_of};

/// Who says what a row is labelled with.
#[derive(Default)]
pub(super) struct Sayers<'a> {
    /// Labels of texts.
    pub(super) labeller: Option<Box<dyn Labeller + 'a>>,
    /// Tags of tokens.
    pub(super) tagger: Option<Box<dyn Tagger + 'a>>,
}

impl Sayers<'_> {
    /// Knowledge base and generation, or model and revision.
    pub(super) fn source(&self) -> Option<String> {
        let labeller = self.labeller.as_ref().and_then(|labeller| labeller.source());
        labeller.or_else(|| self.tagger.as_ref()?.source())
    }

    /// What a tagger has to say of the table.
    pub(super) fn findings(&self) -> Vec<Finding> {
        self.tagger.as_ref().map(|tagger| tagger.findings()).unwrap_or_default()
    }
}

/// The columns that are added to rows in the first pass: what a tagger said.
pub(super) fn added(options: &ClassificationOptions) -> Vec<Field> {
    let list = |name| Field::new_list(name, Field::new_list_field(DataType::Utf8, true), true);
    match options.task {
        Task::Entities => vec![list(TOKENS), list(TAGS)],
        _ => Vec::new(),
    }
}

/// Reads the table once.
///
/// # Errors
/// When it can't be read, a value is not what a column is for, whoever labels fails, or the run was cancelled.
pub(super) fn survey(
    rows: &mut Twice,
    plan: &Plan,
    options: &ClassificationOptions,
    sayers: &mut Sayers<'_>,
    context: &RunContext,
) -> Result<Facts, ClassificationError> {
    let mut survey = Survey::new(plan, options);
    let total = rows.total().map(|total| total * 2);
    while let Some(batch) = rows.next_batch()? {
        if context.cancel.is_cancelled() {
            return Err(ClassificationError::Cancelled);
        }
        let added = survey.note(&batch, sayers)?;
        rows.keep(&batch, added)?;
        let message = Some("reading".to_owned());
        let done = survey.facts.rows() as u64;
        context.progress.report(&Progress { done, total, unit: "rows".to_owned(), message });
    }
    Ok(survey.facts)
}

struct Survey<'a> {
    plan: &'a Plan,
    options: &'a ClassificationOptions,
    facts: Facts,
    keys: TextKeys,
    /// The label of rows without one.
    otherwise: Option<ClassId>,
}

impl<'a> Survey<'a> {
    fn new(plan: &'a Plan, options: &'a ClassificationOptions) -> Self {
        let mut classes = Classes::new(options.label_map.clone(), options.label_set.clone());
        let otherwise = options.unlabelled_as.as_deref().and_then(|name| classes.id(name));
        let facts = Facts {
            keys: Vec::new(),
            letters: Vec::new(),
            labels: Vec::new(),
            tags: Vec::new(),
            confidences: Vec::new(),
            groups: Vec::new(),
            times: Vec::new(),
            given: Vec::new(),
            left_out: Vec::new(),
            classes,
            sets: LabelSets::new(),
            labelled: 0,
            undetermined: 0,
        };
        Self { plan, options, facts, keys: TextKeys::default(), otherwise }
    }

    /// Notes some rows; what is to be added to them.
    fn note(&mut self, batch: &RecordBatch, sayers: &mut Sayers<'_>) -> Result<Vec<ArrayRef>, ClassificationError> {
        let first = self.facts.rows();
        // The last row must have a number, too.
        RowId::try_from(first + batch.num_rows()).map_err(|_too_many| too_many())?;
        let first = RowId::try_from(first).map_err(|_too_many| too_many())?;
        let texts = self.plan.text.texts(batch)?;
        let texts: Vec<&str> = texts_of(&texts).into_iter().map(Option::unwrap_or_default).collect();
        let labelled = match &mut sayers.labeller {
            Some(labeller) => labeller.label(batch, &texts, &mut self.facts.classes)?,
            None => vec![Labelled::default(); texts.len()],
        };
        let tagged = sayers.tagger.as_mut().map(|tagger| tagger.tag(batch, &texts)).transpose()?;
        for (row, (text, labelled)) in texts.iter().zip(labelled).enumerate() {
            let tagged = tagged.as_ref().and_then(|tagged| tagged.get(row));
            self.note_row(text, labelled, tagged);
        }
        let (facts, options) = (&mut self.facts, self.options);
        if let Some(name) = &options.group_column {
            groups(name, batch, first, &mut facts.groups)?;
        }
        if let Some(name) = &options.time_column {
            times(name, batch, &mut facts.times)?;
        }
        if let Some(name) = &options.split_column {
            given_splits(name, batch, first, &mut facts.given)?;
        }
        Ok(tagged.as_deref().map(columns_of).unwrap_or_default())
    }

    fn note_row(&mut self, text: &str, mut labelled: Labelled, tagged: Option<&Result<Tagged, NotFitting>>) {
        let facts = &mut self.facts;
        if let Some(tagged) = tagged {
            labelled.classes = tagged.as_ref().map(|tagged| types(tagged, &mut facts.classes)).unwrap_or_default();
            facts.tags.push(tagged.as_ref().map(tags_key).unwrap_or_default());
        }
        facts.labelled += u64::from(!labelled.classes.is_empty());
        if labelled.classes.is_empty() {
            labelled.classes.extend(self.otherwise);
        }
        let set = facts.sets.id(&mut labelled.classes);
        facts.keys.push(self.keys.of(text));
        facts.labels.push(set);
        if self.options.duplicates == Duplicates::Exact {
            facts.letters.push(beginning(&letter_key(text)));
        }
        if self.options.has_confidence() {
            facts.confidences.push(labelled.confidence.unwrap_or(f32::NAN));
        }
        let reason = self.of_text(text).or_else(|| self.of_label(&labelled.classes, set));
        let reason = reason.or_else(|| matches!(tagged, Some(Err(NotFitting))).then_some(Reason::TagsNotFitting));
        self.facts.left_out.push(reason);
    }

    /// Why a text is left out, whatever its label.
    fn of_text(&mut self, text: &str) -> Option<Reason> {
        let options = self.options;
        if text.trim().is_empty() {
            return (!options.keep_empty).then_some(Reason::Empty);
        }
        if options.min_chars.is_some() || options.max_chars.is_some() {
            let chars = text.chars().count();
            let is = |limit: Option<u32>| limit.map(|limit| chars.cmp(&(limit as usize)));
            if is(options.min_chars).is_some_and(std::cmp::Ordering::is_lt) {
                return Some(Reason::TooShort);
            }
            if is(options.max_chars).is_some_and(std::cmp::Ordering::is_gt) {
                return Some(Reason::TooLong);
            }
        }
        if options.languages.is_empty() {
            return None;
        }
        let Some(found) = language(text) else {
            self.facts.undetermined += 1;
            return None;
        };
        (!options.languages.iter().any(|code| code == found)).then_some(Reason::OtherLanguage)
    }

    fn of_label(&self, classes: &[ClassId], set: u32) -> Option<Reason> {
        if set == NO_LABEL {
            return self.plan.drops_unlabelled.then_some(Reason::Unlabelled);
        }
        let all_allowed = classes.iter().all(|class| self.facts.classes.is_allowed(*class));
        (!all_allowed).then_some(Reason::UnknownLabel)
    }
}

/// The types of the entities of a text.
fn types(tagged: &Tagged, classes: &mut Classes) -> Vec<ClassId> {
    let begun = tagged.tags.iter().filter_map(|tag| tag.strip_prefix("B-"));
    let mut types: Vec<ClassId> = begun.filter_map(|name| classes.id(name)).collect();
    types.sort_unstable();
    types.dedup();
    types
}

fn tags_key(tagged: &Tagged) -> u64 {
    beginning(&letter_key(&tagged.tags.join(" ")))
}

/// Tokens and tags as columns; null where they do not fit.
fn columns_of(tagged: &[Result<Tagged, NotFitting>]) -> Vec<ArrayRef> {
    let lists = |of: fn(&Tagged) -> &Vec<String>| -> ArrayRef {
        let mut lists = ListBuilder::new(StringBuilder::new());
        for tagged in tagged {
            match tagged {
                Ok(tagged) => lists.append_value(of(tagged).iter().map(Some)),
                Err(NotFitting) => lists.append_null(),
            }
        }
        Arc::new(lists.finish())
    };
    vec![lists(|tagged| &tagged.tokens), lists(|tagged| &tagged.tags)]
}

fn too_many() -> ClassificationError {
    ClassificationError::Options {
        what: "the table has more than 4,294,967,295 rows".to_owned(),
        hint: "divide it into several tables",
    }
}
