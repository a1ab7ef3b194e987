//! Puts a check of data together: reads both sets, runs the suite, judges.
//!
//! The one decision: a check that can't be run because the data lacks something is listed with the reason; one that breaks off
//! is an error of its own. Neither hides another one.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::checks::{CheckContext, CheckError, Findings, Need, Registered, Run};
use super::condition::Condition;
use super::engines::Engines;
use super::error::DriftError;
use super::options::DriftOptions;
use super::outcome::{CheckFailure, CheckOutcome, DriftOutcome, Measure, NotRun, OUTCOME_FORMAT, VerdictCounts, Which};
use super::profile::Profile;
use super::reference::Reference;
use super::set::{ReadOptions, Set, read};
use super::suite::{Planned, planned};
use super::verdict::Verdict;
use crate::core::intake::LocalSource;
use crate::core::progress::Progress;
use crate::core::stats::benjamini_hochberg;
use crate::core::telemetry::build_info::BUILD;
use crate::operations::context::RunContext;

/// The sets that a run looks at; one of them may be missing.
#[derive(Debug)]
pub struct Sides {
    /// What is known to be good.
    pub reference: Option<Reference>,
    /// What came in.
    pub incoming: Option<Set>,
}

/// Checks data.
///
/// # Errors
/// When a set can't be read, or options do not fit. What goes wrong within a check is an outcome of the check.
pub fn check(
    (reference, incoming): (Option<&LocalSource>, Option<&LocalSource>),
    options: &DriftOptions,
    engines: &Engines,
    context: &RunContext,
) -> Result<(DriftOutcome, Sides), DriftError> {
    let plan = planned(&options.suite, &options.thresholds)?;
    let (mut sides, options) = sides((reference, incoming), options, context)?;
    if plan.iter().any(|planned| planned.check.about.needs.contains(&Need::Embeddings)) {
        embed(&mut sides, &options, engines, context)?;
    }
    let outcome = run_suite(&plan, &sides, &options, engines, context)?;
    Ok((outcome, sides))
}

/// Whether a model has to make vectors of texts for the checks that are asked for.
pub fn makes_vectors(options: &DriftOptions) -> bool {
    let plan = planned(&options.suite, &options.thresholds).unwrap_or_default();
    options.embedding_column.is_none()
        && plan.iter().any(|planned| planned.check.about.needs.contains(&Need::Embeddings))
}

/// Both sets, and the options that hold: a profile completes those that were asked for.
fn sides(
    (reference, incoming): (Option<&LocalSource>, Option<&LocalSource>),
    options: &DriftOptions,
    context: &RunContext,
) -> Result<(Sides, DriftOptions), DriftError> {
    if reference.is_none() && incoming.is_none() {
        return Err(DriftError::NoSet);
    }
    if let Some(profile) = incoming.filter(|source| Profile::is_one(source)) {
        return Err(DriftError::IncomingProfile { name: profile.path().display().to_string() });
    }
    let mut options = options.clone();
    let reference = match reference {
        Some(source) if Profile::is_one(source) => {
            let profile = Profile::open(source.path())?;
            options = profile.fitted(&options)?;
            Some(Reference::Profile(Box::new(profile)))
        }
        Some(source) => {
            let how = ReadOptions { options: &options, uses: None, keeps_raw_columns: false };
            Some(Reference::Rows(Box::new(read(source, how, context)?)))
        }
        None => None,
    };
    let uses = reference.as_ref().map(Reference::uses);
    let how = ReadOptions { options: &options, uses, keeps_raw_columns: false };
    let incoming = incoming.map(|source| read(source, how, context)).transpose()?;
    Ok((Sides { reference, incoming }, options))
}

/// Makes vectors of the texts of both sets, where there is a model for it; those of both must be of one kind.
fn embed(sides: &mut Sides, options: &DriftOptions, engines: &Engines, context: &RunContext) -> Result<(), DriftError> {
    let how = (options.embedded_rows, options.seed);
    if let Some(embedder) = engines.embedder.as_deref() {
        match &mut sides.reference {
            Some(Reference::Rows(set)) => set.embed(embedder, how, &context.cancel)?,
            Some(Reference::Profile(profile)) => {
                profile.asked_for_vectors_of(engines.model.as_deref())?;
                profile.sample.embed(embedder, how, &context.cancel)?;
            }
            None => {}
        }
        if let Some(set) = &mut sides.incoming {
            set.embed(embedder, how, &context.cancel)?;
        }
    }
    let length =
        |set: &Set| set.vectors.as_ref().filter(|vectors| !vectors.is_empty()).map(|vectors| vectors.dimension);
    let reference = sides.reference.as_ref().and_then(|reference| length(reference.rows()));
    match (reference, sides.incoming.as_ref().and_then(length)) {
        (Some(of_reference), Some(of_incoming)) if of_reference != of_incoming => Err(DriftError::Vectors {
            column: options.embedding_column.clone().unwrap_or_default(),
            what: format!("has vectors of {of_incoming} numbers, those of the reference have {of_reference}"),
        }),
        _ => Ok(()),
    }
}

fn run_suite(
    plan: &[Planned],
    sides: &Sides,
    options: &DriftOptions,
    engines: &Engines,
    context: &RunContext,
) -> Result<DriftOutcome, DriftError> {
    let check_context = CheckContext { seed: options.seed, cancel: &context.cancel, engines };
    let mut checks = Vec::new();
    let mut not_run = Vec::new();
    for (done, planned) in (0..).zip(plan) {
        if context.cancel.is_cancelled() {
            return Err(DriftError::Cancelled);
        }
        let message = Some(planned.check.about.name.to_owned());
        context.progress.report(&Progress { done, total: Some(plan.len() as u64), unit: "checks".to_owned(), message });
        match lacking(planned.check, sides, options, engines) {
            None => checks.extend(outcomes(planned, sides, &check_context)),
            Some(lack) if planned.is_named => checks.push(broken(planned, None, lack)),
            Some(lack) => not_run.push(NotRun {
                check: planned.check.about.name.to_owned(),
                title: planned.check.about.title.to_owned(),
                reason: lack.message,
                hint: lack.hint,
            }),
        }
    }
    // What was computed after somebody said stop is not what it says.
    if context.cancel.is_cancelled() {
        return Err(DriftError::Cancelled);
    }
    // Stable: checks of one verdict stay in the order of the suite.
    checks.sort_by_key(|check: &CheckOutcome| std::cmp::Reverse(check.verdict));
    Ok(DriftOutcome {
        format: OUTCOME_FORMAT,
        verdict: checks.iter().map(|check| check.verdict).max().unwrap_or_default(),
        verdicts: VerdictCounts::of(&checks),
        dataset: options.dataset.clone(),
        suite: options.suite.to_string(),
        text_column: options.text_column.clone(),
        label_column: options.label_column.clone(),
        prediction_column: options.prediction_column.clone(),
        reference: sides.reference.as_ref().map(Reference::outcome),
        incoming: sides.incoming.as_ref().map(Set::outcome),
        seed: options.seed,
        checks,
        not_run,
        build: format!("{} {}", BUILD.version, BUILD.commit),
    })
}

/// What a check needs and is not there.
fn lacking(check: &Registered, sides: &Sides, options: &DriftOptions, engines: &Engines) -> Option<CheckError> {
    if matches!(check.run, Run::Pair(_)) && (sides.reference.is_none() || sides.incoming.is_none()) {
        let error = CheckError::new("it compares two sets, and there is one");
        return Some(error.with_hint("name a reference and an incoming set"));
    }
    let columns = match (&sides.reference, &sides.incoming) {
        (Some(reference), _) => reference.column_facts().len(),
        (None, Some(incoming)) => incoming.columns.len(),
        (None, None) => 0,
    };
    check.about.needs.iter().find_map(|need| match need {
        Need::Labels if options.label_column.is_none() => {
            Some(CheckError::new("there is no label column").with_hint("name it: `label_column`"))
        }
        Need::Predictions if options.prediction_column.is_none() => {
            Some(CheckError::new("there is no prediction column").with_hint("name it: `prediction_column`"))
        }
        Need::Columns(fewest) if columns < *fewest => Some(CheckError::new(format!(
            "there are {columns} columns beside text and label that can be compared, and it takes {fewest}"
        ))),
        Need::Embeddings if engines.embedder.is_none() && options.embedding_column.is_none() => Some(
            CheckError::new("there are no vectors of the texts")
                .with_hint("name a model, `embedder`, or a column of vectors"),
        ),
        Need::Tokenizer if engines.model_folder.is_none() => {
            Some(CheckError::new("there is no tokenizer").with_hint("name a model, `embedder`"))
        }
        _ => None,
    })
}

fn outcomes(planned: &Planned, sides: &Sides, context: &CheckContext<'_>) -> Vec<CheckOutcome> {
    let reference = sides.reference.as_ref();
    match planned.check.run {
        Run::Pair(run) => match (reference, &sides.incoming) {
            (Some(reference), Some(incoming)) => {
                let found = guarded(|| run(&planned.parameters, reference, incoming, context));
                vec![judged(planned, None, found)]
            }
            _ => Vec::new(),
        },
        Run::One(run) => {
            let skip_reference = planned.incoming_only && sides.incoming.is_some();
            let reference = reference.and_then(Reference::all_rows).filter(|_| !skip_reference);
            let sets = [(Which::Reference, reference), (Which::Incoming, sides.incoming.as_ref())];
            let sets = sets.into_iter().filter_map(|(which, set)| Some((which, set?)));
            let each = sets.map(|(which, set)| {
                judged(planned, Some(which), guarded(|| run(&planned.parameters, which, set, context)))
            });
            each.collect()
        }
    }
}

/// A check that panics is a check that breaks off.
fn guarded(run: impl FnOnce() -> Result<Findings, CheckError>) -> Result<Findings, CheckError> {
    catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_panic| {
        Err(CheckError::new("the check broke down; this is a fault of ours")
            .with_hint("report it, with the data if you can"))
    })
}

fn judged(planned: &Planned, set: Option<Which>, found: Result<Findings, CheckError>) -> CheckOutcome {
    let mut findings = match found {
        Ok(findings) => findings,
        Err(error) => return broken(planned, set, error),
    };
    adjust(&mut findings.measures);
    let conditions: Vec<_> =
        planned.conditions.iter().map(|condition: &Condition| condition.judge(&findings.measures)).collect();
    let verdict = conditions.iter().map(|condition| condition.verdict).max().unwrap_or_default();
    CheckOutcome {
        verdict,
        measures: findings.measures,
        conditions,
        exhibits: findings.exhibits,
        notes: findings.notes,
        error: None,
        ..empty(planned, set)
    }
}

fn broken(planned: &Planned, set: Option<Which>, error: CheckError) -> CheckOutcome {
    let error = Some(CheckFailure { message: error.message, hint: error.hint });
    CheckOutcome { verdict: Verdict::Error, error, ..empty(planned, set) }
}

fn empty(planned: &Planned, set: Option<Which>) -> CheckOutcome {
    let about = planned.check.about;
    CheckOutcome {
        check: about.name.to_owned(),
        title: about.title.to_owned(),
        definition: about.definition.to_owned(),
        set,
        verdict: Verdict::Pass,
        parameters: planned.parameters.clone(),
        measures: Vec::new(),
        conditions: Vec::new(),
        exhibits: Vec::new(),
        notes: Vec::new(),
        error: None,
    }
}

/// Adjusts p-values of measures of one name, which are a family.
pub(super) fn adjust(measures: &mut [Measure]) {
    let mut names: Vec<String> = measures.iter().map(|measure| measure.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let of_name = |measure: &&mut Measure| measure.name == name && measure.p_value.is_some();
        let p_values: Vec<f64> = measures.iter_mut().filter(of_name).filter_map(|measure| measure.p_value).collect();
        let adjusted = benjamini_hochberg(&p_values);
        for (measure, adjusted) in measures.iter_mut().filter(of_name).zip(adjusted) {
            measure.adjusted_p_value = Some(adjusted);
        }
    }
}
