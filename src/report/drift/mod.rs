//! The report of a check of incoming data: a page, Markdown for a comment, XML for a pipeline.
//!
//! For: everything that is said or drawn of a [`DriftOutcome`]. Not for: judging; verdicts are in the outcome. The one
//! decision: a report knows no check by its name. It is made of measures, conditions and exhibits, so that a new check is
//! reported from its first day.
//!
//! The page is one file that fetches nothing and works from a disk. It is whole without its scripts: plots are SVG and tables.
//! Scripts make plots that answer (Chart.js, within the page); a policy with their digests lets these two run and no other.

mod check;
mod exhibit;
mod figures;
mod junit;
mod markdown;
mod plot;
mod script;
mod sentences;
mod side;
#[cfg(test)]
mod tests;
mod trim;

use askama::Template;
use chrono::{DateTime, Utc};

use self::check::{Left, Section, Sign};
use self::exhibit::Shown;
use self::sentences::DriftLine;
use self::side::Side;
use self::trim::Trimmed;
use super::ReportError;
use super::job::{self, Fact};
use crate::core::failure::{Fails, Failure};
use crate::core::figures::count;
use crate::operations::drift::{CheckOutcome, DriftOutcome, Verdict};
use crate::report::prose::Prose;

pub(crate) use script::content_policy;

/// Bytes that a page has at most.
const MOST_BYTES: usize = 1_500_000;
/// Checks that are told before all others.
const FIRST: usize = 8;

/// What a report is about, besides the outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriftAbout {
    /// Heading, e.g. the name of the data set.
    pub title: String,
    /// When it was done; reports say no other time.
    pub when: Option<DateTime<Utc>>,
}

impl DriftAbout {
    /// What an outcome is about: the data set by its name, or the file that came in.
    pub fn of(outcome: &DriftOutcome, when: Option<DateTime<Utc>>) -> Self {
        let side = outcome.incoming.as_ref().or(outcome.reference.as_ref());
        let file = side.and_then(|side| side.source.rsplit(['/', '\\']).next()).filter(|name| !name.is_empty());
        let title = outcome.dataset.as_deref().or(file).unwrap_or("Incoming data").to_owned();
        Self { title, when }
    }
}

/// The page of a check of incoming data.
///
/// # Errors
/// `internal` when the page can't be written.
pub fn drift_page(outcome: &DriftOutcome, about: &DriftAbout) -> Result<String, Failure> {
    page(outcome, about, &[]).map_err(|error| error.to_failure())
}

/// The same as Markdown, short enough for a comment.
pub fn drift_markdown(outcome: &DriftOutcome, about: &DriftAbout) -> String {
    markdown::markdown(outcome, about)
}

/// The same as `JUnit` XML, a test case a check.
///
/// # Errors
/// `internal` when it can't be written.
pub fn drift_junit(outcome: &DriftOutcome, about: &DriftAbout) -> Result<String, Failure> {
    junit::junit(outcome, about).map_err(|error| ReportError::from(error).to_failure())
}

#[derive(Template)]
#[template(path = "drift/page.html")]
struct DriftPage<'a> {
    about: &'a DriftAbout,
    when: Option<String>,
    policy: &'static str,
    charts: &'static str,
    script: &'static str,
    document: String,
    sign: Sign,
    headline: &'static str,
    verdict: String,
    looks: Vec<Look>,
    looks_more: Option<String>,
    lines: Vec<Line>,
    sections: Vec<Section>,
    without_section: Option<String>,
    left: Vec<Left>,
    sides: Vec<Side>,
    asked: Vec<(&'static str, String)>,
    facts: &'a [Fact],
    is_cut: bool,
}

/// Something to look at first.
struct Look {
    index: usize,
    sign: Sign,
    title: String,
    set: &'static str,
    finding: Prose,
}

/// A check in the table of all.
struct Line {
    index: usize,
    has_section: bool,
    sign: Sign,
    definition: String,
    said: DriftLine,
}

/// The page, with the largest part of the outcome that fits.
pub(super) fn page(outcome: &DriftOutcome, about: &DriftAbout, facts: &[Fact]) -> Result<String, ReportError> {
    let mut page = String::new();
    for trimmed in trim::sizes(outcome) {
        page = render(&trimmed?, about, facts)?;
        if page.len() <= MOST_BYTES {
            break;
        }
    }
    Ok(page)
}

fn render(trimmed: &Trimmed, about: &DriftAbout, facts: &[Fact]) -> Result<String, ReportError> {
    let outcome = &trimmed.outcome;
    let not_pass = outcome.checks.iter().filter(|check| check.verdict != Verdict::Pass).count();
    let with_section = outcome.checks.len() - trimmed.without_section;
    let sections = outcome.checks.iter().zip(&trimmed.cuts).take(with_section).enumerate();
    let page = DriftPage {
        about,
        when: about.when.map(job::time),
        policy: content_policy(),
        charts: script::CHARTS,
        script: script::PAGE,
        document: script::embedded(outcome)?,
        sign: sentences::told(outcome).into(),
        headline: sentences::headline(outcome),
        verdict: sentences::verdict(outcome),
        looks: looks(&outcome.checks),
        looks_more: (not_pass > FIRST).then(|| count((not_pass - FIRST) as u64)),
        lines: lines(outcome, with_section),
        sections: sections.map(|(index, (check, cuts))| Section::new(index, check, cuts)).collect(),
        without_section: (trimmed.without_section > 0).then(|| count(trimmed.without_section as u64)),
        left: outcome.not_run.iter().map(Left::new).collect(),
        sides: side::sides(outcome),
        asked: side::asked(outcome),
        facts,
        is_cut: trimmed.without_section > 0 || trimmed.cuts.iter().any(|cuts| !cuts.is_empty()),
    };
    Ok(page.render()?)
}

fn looks(checks: &[CheckOutcome]) -> Vec<Look> {
    let look = |(index, check): (usize, &CheckOutcome)| Look {
        index,
        sign: check.verdict.into(),
        title: check.title.clone(),
        set: sentences::set_name(check.set),
        finding: Prose::new(&sentences::finding(check)),
    };
    let mut checks: Vec<_> = checks.iter().enumerate().filter(|(_, check)| check.verdict != Verdict::Pass).collect();
    checks.sort_by_key(|(_, check)| sentences::urgency(check.verdict));
    checks.into_iter().take(FIRST).map(look).collect()
}

fn lines(outcome: &DriftOutcome, with_section: usize) -> Vec<Line> {
    let lines = sentences::lines(outcome).into_iter().zip(&outcome.checks).enumerate();
    lines
        .map(|(index, (line, check))| Line {
            index,
            has_section: index < with_section,
            sign: line.verdict.into(),
            definition: check.definition.clone(),
            said: line,
        })
        .collect()
}
