//! A check on made-up sets, and what it comes to by its own conditions.

use tokio_util::sync::CancellationToken;

use super::{Check, CheckContext, CheckError, Findings, OneSetCheck, PairCheck};
use crate::operations::drift::engines::Engines;
use crate::operations::drift::outcome::Which;
use crate::operations::drift::reference::Reference;
use crate::operations::drift::set::Set;
use crate::operations::drift::verdict::Verdict;

/// Looks at an incoming set.
pub(super) fn one<C: OneSetCheck>(check: &C, set: &Set) -> Result<(Findings, Verdict), CheckError> {
    one_with(check, set, &Engines::default())
}

/// Looks at an incoming set with the help of a model.
pub(super) fn one_with<C: OneSetCheck>(
    check: &C,
    set: &Set,
    engines: &Engines,
) -> Result<(Findings, Verdict), CheckError> {
    let cancel = CancellationToken::new();
    check.run(Which::Incoming, set, &CheckContext { seed: 42, cancel: &cancel, engines }).map(judged::<C>)
}

/// Compares.
pub(super) fn pair<C: PairCheck>(check: &C, reference: Set, incoming: &Set) -> Result<(Findings, Verdict), CheckError> {
    let (cancel, engines) = (CancellationToken::new(), Engines::default());
    let context = CheckContext { seed: 42, cancel: &cancel, engines: &engines };
    check.run(&Reference::Rows(Box::new(reference)), incoming, &context).map(judged::<C>)
}

fn judged<C: Check>(findings: Findings) -> (Findings, Verdict) {
    let verdicts = C::conditions().into_iter().map(|condition| condition.judge(&findings.measures).verdict);
    let verdict = verdicts.max().unwrap_or_default();
    (findings, verdict)
}

/// The value of a measure.
pub(super) fn value(findings: &Findings, name: &str) -> f64 {
    value_of(findings, name, None)
}

/// The value of a measure of a column.
pub(super) fn value_of(findings: &Findings, name: &str, column: Option<&str>) -> f64 {
    let of_name = |measure: &&crate::operations::drift::outcome::Measure| {
        measure.name == name && (column.is_none() || measure.column.as_deref() == column)
    };
    findings.measures.iter().find(of_name).and_then(|measure| measure.value).expect("it was measured")
}
