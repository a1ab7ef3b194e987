//! Sets with a fault of a known strength, and what a check makes of them.
//!
//! The one decision: the fault is planted in the rows, so that a check is tested through everything that leads to it.

use fastrand::Rng;
use tokio_util::sync::CancellationToken;

use super::{Check, CheckContext, CheckError, Findings, OneSetCheck, PairCheck};
use crate::operations::drift::engines::Engines;
use crate::operations::drift::outcome::{Measure, Which};
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;
use crate::operations::drift::set::samples::set_of;
use crate::operations::drift::values::{Categories, Values};
use crate::operations::drift::verdict::Verdict;

/// The two sets.
pub(super) struct Planted {
    pub(super) reference: Set,
    pub(super) incoming: Set,
}

/// What a check found, and what it comes to by its own conditions.
#[derive(Debug)]
pub(super) struct Judged {
    pub(super) findings: Findings,
    pub(super) verdict: Verdict,
}

/// Compares, as a run does it.
pub(super) fn pair<C: PairCheck>(check: &C, planted: Planted) -> Result<Judged, CheckError> {
    let reference = Reference::Rows(Box::new(planted.reference));
    with_context(&Engines::default(), |context| check.run(&reference, &planted.incoming, context)).map(judge::<C>)
}

/// Looks at an incoming set, as a run does it.
pub(super) fn one<C: OneSetCheck>(check: &C, set: &Set) -> Result<Judged, CheckError> {
    one_with(check, set, &Engines::default())
}

/// Looks at an incoming set with the help of a model.
pub(super) fn one_with<C: OneSetCheck>(check: &C, set: &Set, engines: &Engines) -> Result<Judged, CheckError> {
    with_context(engines, |context| check.run(Which::Incoming, set, context)).map(judge::<C>)
}

fn with_context<T>(engines: &Engines, run: impl FnOnce(&CheckContext<'_>) -> T) -> T {
    run(&CheckContext { seed: 42, cancel: &CancellationToken::new(), engines })
}

fn judge<C: Check>(mut findings: Findings) -> Judged {
    crate::operations::drift::run::adjust(&mut findings.measures);
    let verdict = judged::<C>(&findings);
    Judged { findings, verdict }
}

/// What findings come to by the conditions of a check.
pub(super) fn judged<C: Check>(findings: &Findings) -> Verdict {
    let verdicts = C::conditions().into_iter().map(|condition| condition.judge(&findings.measures).verdict);
    verdicts.max().unwrap_or_default()
}

/// The measure of a name.
pub(super) fn measure<'f>(findings: &'f Findings, name: &str) -> &'f Measure {
    findings.measures.iter().find(|measure| measure.name == name).expect("it was measured")
}

/// The measure of a name for a column.
pub(super) fn measure_of<'f>(findings: &'f Findings, name: &str, column: &str) -> &'f Measure {
    let of_column = |measure: &&Measure| measure.name == name && measure.column.as_deref() == Some(column);
    findings.measures.iter().find(of_column).expect("it was measured")
}

/// The value of a measure.
pub(super) fn value(findings: &Findings, name: &str) -> f64 {
    measure(findings, name).value.expect("it was measured")
}

/// Texts of about so many letters, a quarter more or less.
pub(super) fn texts(rows: usize, letters: usize, random: &mut Rng) -> Set {
    let texts: Vec<String> = (0..rows)
        .map(|_| {
            let letters = random.usize(letters - letters / 4..=letters + letters / 4);
            (0..letters).map(|_| if random.u8(..6) == 0 { ' ' } else { random.lowercase() }).collect()
        })
        .collect();
    set_of(texts.iter().map(String::as_str))
}

/// Labels `0`, `1` …, each with its probability.
pub(super) fn labels(rows: usize, shares: &[f64], random: &mut Rng) -> Vec<String> {
    let label = |random: &mut Rng| {
        let mut at = random.f64();
        let drawn = shares.iter().position(|share| {
            at -= share;
            at < 0.0
        });
        drawn.unwrap_or(0).to_string()
    };
    (0..rows).map(|_| label(random)).collect()
}

/// The same as a column.
pub(super) fn categories(rows: usize, shares: &[f64], random: &mut Rng) -> Values {
    let labels = labels(rows, shares, random);
    Values::Categories(Categories::of(labels.iter().map(|label| Some(label.as_str()))))
}

/// Rows of which two thirds are `a` and the others `b`, and a model that is right about this share of them.
pub(super) fn answered(rows: usize, right: f64, random: &mut Rng) -> Set {
    let truth: Vec<&str> = (0..rows).map(|row| if row % 3 == 0 { "b" } else { "a" }).collect();
    let other = |label: &str| if label == "a" { "b" } else { "a" };
    let predicted: Vec<&str> =
        truth.iter().map(|label| if random.f64() < right { *label } else { other(label) }).collect();
    texts(rows, 20, random).with_labels(truth).with_predictions(predicted)
}
