//! A table in, a data set out.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use arrow_schema::Schema;

use super::balance::balance;
use super::cells::group_name;
use super::clean::clean;
use super::engines::Engines;
use super::error::ClassificationError;
use super::facts::Facts;
use super::findings;
use super::labels::{NO_LABEL, labeller};
use super::options::{ClassificationOptions, Task, Unlabelled};
use super::outcome::{DatasetCard, LeftOut, Rows, SourceFile, WrittenFile};
use super::plan::{Plan, named, needed};
use super::split::{Unfit, divide};
use super::survey::{Sayers, added, survey};
use super::tally::Tally;
use super::tokens::tagger;
use super::writing::{Decided, README, Readme, Written, all_names, write};
use crate::core::hash::{sha256_file, sha256_hex};
use crate::core::intake::LocalSource;
use crate::core::storage::staged::StagedFolder;
use crate::operations::annotation::ConceptFinder;
use crate::operations::context::RunContext;
use crate::operations::rows::{Rejected, Twice};

/// The card of a data set. Where it is, all other files of it are whole.
pub const CARD: &str = "dataset.json";
/// Rows of the table, kept between the passes.
const SCRATCH: &str = "rows.parquet";

/// Makes a data set of a table in this folder, which is made if need be; a data set that was there is replaced.
///
/// # Errors
/// When the table can't be read, the options do not fit it, nothing is left to learn from, the folder can't be written to, or
/// the run was cancelled. Then there is no data set.
pub fn build_dataset(
    source: &LocalSource,
    folder: &Path,
    options: &ClassificationOptions,
    engines: &Engines<'_>,
    context: &RunContext,
) -> Result<DatasetCard, ClassificationError> {
    let staged = StagedFolder::open(folder).map_err(|error| not_taken(folder, error))?;
    let scratch = staged.scratch(SCRATCH).map_err(ClassificationError::output(folder))?;
    let columns = named(options)?;
    let first = needed(options, &columns);
    let all: Vec<&str> = first.iter().copied().chain(options.keep_columns.iter().map(String::as_str)).collect();
    let mut rows = Twice::open(source, (&all, &first), &added(options), &scratch, context)?;
    let plan = Plan::of(options, rows.schema())?;
    let finder = finder(source, &plan, options, engines, context)?;
    let mut sayers = sayers(options, rows.schema(), (finder.as_ref(), engines), context)?;
    let mut facts = survey(&mut rows, &plan, options, &mut sayers, context)?;
    check_labels(&facts, options)?;
    let repeated = clean(&mut facts, options);
    check_rest(&facts, &plan, options)?;
    let mut splits = divide(&facts, options).map_err(|unfit| explained(&unfit, source, options, context))?;
    balance(&mut facts, &mut splits, options);
    let mut tally = Tally::of(&facts, &splits, options);
    let decided = Decided { plan: &plan, options, facts: &facts, repeated: &repeated, splits: &splits };
    let (rows, rejected) = rows.again(context)?;
    let written = write(rows, &decided, &mut tally, &staged, context)?;
    let labelled_by = sayers.source();
    let mut made = Made { decided: &decided, tally: &tally, written, rejected, labelled_by };
    let mut card = made.card(source, &sayers)?;
    if let Some(readme) = made.written.readme.take() {
        card.files.push(write_readme(&readme, &card, &staged)?);
    }
    card.files.sort_by(|a, b| a.name.cmp(&b.name));
    publish(&card, &staged)?;
    Ok(card)
}

/// Who finds concepts, where they are asked for.
fn finder(
    source: &LocalSource,
    plan: &Plan,
    options: &ClassificationOptions,
    engines: &Engines<'_>,
    context: &RunContext,
) -> Result<Option<ConceptFinder>, ClassificationError> {
    let Some(base) = engines.base.filter(|_| options.label_by_concepts.is_some()) else { return Ok(None) };
    let columns: Vec<&str> = plan.text.columns().iter().map(String::as_str).collect();
    let embedder = engines.embedder.clone().filter(|_| options.annotation.meaning);
    Ok(Some(ConceptFinder::new(base, &options.annotation, embedder, (source, &columns), context)?))
}

/// Who says what a row is labelled with.
fn sayers<'a>(
    options: &ClassificationOptions,
    schema: &Schema,
    (finder, engines): (Option<&'a ConceptFinder>, &Engines<'_>),
    context: &RunContext,
) -> Result<Sayers<'a>, ClassificationError> {
    if options.task == Task::Entities {
        let tagger = tagger(options, schema, finder, &context.cancel)?;
        return Ok(Sayers { labeller: None, tagger: Some(tagger) });
    }
    Ok(Sayers { labeller: labeller(options, schema, (finder, engines), &context.cancel)?, tagger: None })
}

/// Everything that a card is made of.
struct Made<'a> {
    decided: &'a Decided<'a>,
    tally: &'a Tally,
    written: Written,
    rejected: Rejected,
    labelled_by: Option<String>,
}

impl Made<'_> {
    fn card(&mut self, source: &LocalSource, sayers: &Sayers<'_>) -> Result<DatasetCard, ClassificationError> {
        let Decided { plan, options, facts, repeated, splits } = *self.decided;
        let (labels, counts) = (self.tally.label_counts(), self.tally.split_counts(options));
        let left_out = LeftOut::of(facts);
        let mut found = sayers.findings();
        found.extend(findings::of_labels(&labels, &counts));
        found.extend(findings::of_texts(facts, repeated, splits, self.written.conflict.take()));
        found.extend(findings::of_sizes(&counts, options));
        found.extend(plan.renamed());
        let name = source_name(source);
        let (sha256, size_bytes) = sha256_file(source.path()).map_err(ClassificationError::output(source.path()))?;
        let read = facts.rows() as u64;
        Ok(DatasetCard {
            name: name.split('.').find(|part| !part.is_empty()).unwrap_or(&name).to_owned(),
            source: SourceFile { name, sha256, size_bytes },
            options: options.clone(),
            textmill: concat!("textmill ", env!("CARGO_PKG_VERSION")).to_owned(),
            labelled_by: self.labelled_by.take(),
            licence: options.licence.clone(),
            files: std::mem::take(&mut self.written.files),
            columns: std::mem::take(&mut self.written.columns),
            rows: Rows {
                read,
                rejected: self.rejected.count,
                first_reject: self.rejected.first.take(),
                written: read - left_out.total(),
                left_out,
            },
            labels,
            splits: counts,
            findings: found,
        })
    }
}

fn source_name(source: &LocalSource) -> String {
    match source {
        LocalSource::File { name, .. } => name.rsplit(['/', '\\']).next().unwrap_or(name).to_owned(),
        LocalSource::Folder(path) => path.display().to_string(),
    }
}

fn not_taken(folder: &Path, error: io::Error) -> ClassificationError {
    match error.kind() {
        ErrorKind::ResourceBusy => ClassificationError::Busy { path: folder.to_owned() },
        _ => ClassificationError::output(folder)(error),
    }
}

/// Who is to say labels says some; who keeps rows without a label has them still to come.
fn check_labels(facts: &Facts, options: &ClassificationOptions) -> Result<(), ClassificationError> {
    match &options.label_column {
        Some(column) if facts.rows() > 0 && facts.labelled == 0 && options.unlabelled != Unlabelled::Keep => {
            Err(ClassificationError::NoLabels { column: column.clone(), rows: facts.rows() as u64 })
        }
        _ => Ok(()),
    }
}

/// Something is left, and something to tell apart.
fn check_rest(facts: &Facts, plan: &Plan, options: &ClassificationOptions) -> Result<(), ClassificationError> {
    let mut sets = facts.staying().map(|row| facts.labels[row as usize]);
    let Some(first) = sets.next() else {
        let reasons = LeftOut::of(facts).counts().into_iter().filter(|(_, rows)| *rows > 0);
        let reasons: Vec<_> = reasons.map(|(reason, rows)| format!("{rows} {}", reason.replace('_', " "))).collect();
        let reasons = if reasons.is_empty() { "the table has none".to_owned() } else { reasons.join(", ") };
        return Err(ClassificationError::NoRows { read: facts.rows() as u64, reasons });
    };
    let mut same = 1;
    let may_be_one = options.task == Task::Entities || options.unlabelled == Unlabelled::Keep;
    if !plan.is_labelled || may_be_one || first == NO_LABEL {
        return Ok(());
    }
    for set in sets {
        if set != first {
            return Ok(());
        }
        same += 1;
    }
    let names = facts.sets.members(first).iter().map(|class| facts.classes.name(*class));
    Err(ClassificationError::OneLabel { label: names.collect::<Vec<_>>().join(", "), rows: same })
}

/// Why rows can't be divided, with the name of the group.
fn explained(
    unfit: &Unfit,
    source: &LocalSource,
    options: &ClassificationOptions,
    context: &RunContext,
) -> ClassificationError {
    let column = options.group_column.clone().unwrap_or_default();
    match *unfit {
        Unfit::TooFewRows { rows, splits } => ClassificationError::TooFewRows { rows, splits },
        Unfit::TooFewGroups { groups, splits } => ClassificationError::TooFewGroups { column, groups, splits },
        Unfit::GroupTooLarge { row, rows, most, all } => match group_name(source, &column, row, context) {
            Ok(group) => ClassificationError::GroupTooLarge { column, group, rows, most, all },
            Err(error) => error,
        },
    }
}

fn write_readme(
    readme: &Readme,
    card: &DatasetCard,
    staged: &StagedFolder,
) -> Result<WrittenFile, ClassificationError> {
    let text = readme.text(card);
    let failed = ClassificationError::output(README.as_ref());
    fs::write(staged.scratch(README).map_err(&failed)?, &text).map_err(&failed)?;
    let (sha256, size_bytes) = (sha256_hex(text.as_bytes()), text.len() as u64);
    Ok(WrittenFile { name: README.to_owned(), sha256, size_bytes, rows: 0 })
}

/// Gives all files their names, the card last.
fn publish(card: &DatasetCard, staged: &StagedFolder) -> Result<(), ClassificationError> {
    let failed = ClassificationError::output(CARD.as_ref());
    let text = serde_json::to_string_pretty(card).map_err(|error| failed(error.into()))?;
    let path = staged.scratch(CARD).map_err(&failed)?;
    fs::write(path, text + "\n").map_err(&failed)?;
    let names: Vec<&str> = card.files.iter().map(|file| file.name.as_str()).chain([CARD]).collect();
    let stale = stale_names(staged);
    staged.publish(&names, &stale.iter().map(String::as_str).collect::<Vec<_>>()).map_err(&failed)
}

/// Files of an earlier data set in the folder, as its card has them.
fn stale_names(staged: &StagedFolder) -> Vec<String> {
    let card = fs::read(staged.folder().join(CARD)).ok();
    let card: Option<DatasetCard> = card.and_then(|card| serde_json::from_slice(&card).ok());
    let known = all_names();
    let named = card.into_iter().flat_map(|card| card.files).map(|file| file.name);
    named.filter(|name| known.contains(name)).collect()
}
