//! The report as XML that CI servers read, for pipelines that show test results.
//!
//! The one decision: a failed check is a failure, one that broke off an error, one that was not run is skipped. A warning
//! passes and says so in its output: the form (that of test results) has no word for it, and a pipeline should not stop where textmill does not.

use std::io;

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::DriftAbout;
use super::figures::{number_or_none, words};
use super::sentences;
use crate::operations::drift::{CheckOutcome, DriftOutcome, NotRun, Verdict};

type Xml = Writer<Vec<u8>>;

pub(super) fn junit(outcome: &DriftOutcome, about: &DriftAbout) -> io::Result<String> {
    let mut xml = Writer::new_with_indent(Vec::new(), b' ', 2);
    let (checks, skipped) = (outcome.checks.iter().collect::<Vec<_>>(), outcome.not_run.len());
    let name = format!("textmill {}: {}", words(&outcome.suite), about.title);
    let totals = totals(&checks, skipped);
    let suites = xml.create_element("testsuites").with_attribute(("name", name.as_str()));
    suites.with_attributes(pairs(&totals)).write_inner_content(|xml| {
        for set in ["both", "reference", "incoming"] {
            let of_set = checks.iter().copied().filter(|check| sentences::set_name(check.set) == set);
            suite(xml, set, &of_set.collect::<Vec<_>>(), about)?;
        }
        not_run(xml, &outcome.not_run)
    })?;
    let body = String::from_utf8(xml.into_inner()).map_err(io::Error::other)?;
    Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", clean(&body)))
}

type Totals = [(&'static str, String); 4];

fn totals(checks: &[&CheckOutcome], skipped: usize) -> Totals {
    let of = |verdict| checks.iter().filter(|check| check.verdict == verdict).count().to_string();
    [
        ("tests", (checks.len() + skipped).to_string()),
        ("failures", of(Verdict::Fail)),
        ("errors", of(Verdict::Error)),
        ("skipped", skipped.to_string()),
    ]
}

fn pairs(totals: &Totals) -> impl Iterator<Item = (&str, &str)> {
    totals.iter().map(|(name, number)| (*name, number.as_str()))
}

fn suite(xml: &mut Xml, set: &str, checks: &[&CheckOutcome], about: &DriftAbout) -> io::Result<()> {
    if checks.is_empty() {
        return Ok(());
    }
    let name = if set == "both" { "reference and incoming" } else { set };
    let totals = totals(checks, 0);
    let element = xml.create_element("testsuite").with_attribute(("name", name)).with_attributes(pairs(&totals));
    let when = about.when.map(|when| when.format("%Y-%m-%dT%H:%M:%S").to_string());
    let element = element.with_attributes(when.as_deref().map(|when| ("timestamp", when)));
    element.write_inner_content(|xml| checks.iter().try_for_each(|check| case(xml, set, check)))?;
    Ok(())
}

fn case(xml: &mut Xml, set: &str, check: &CheckOutcome) -> io::Result<()> {
    let class = format!("textmill.{set}");
    let case = xml.create_element("testcase");
    let case = case.with_attributes([("name", check.check.as_str()), ("classname", class.as_str())]);
    let (finding, details) = (sentences::finding(check), details(check));
    let element = match check.verdict {
        Verdict::Fail => "failure",
        Verdict::Error => "error",
        Verdict::Warn => "system-out",
        Verdict::Pass => return case.write_empty().map(drop),
    };
    case.write_inner_content(|xml| {
        let element = xml.create_element(element);
        if check.verdict == Verdict::Warn {
            return element.write_text_content(BytesText::new(&format!("Warning. {finding}\n{details}"))).map(drop);
        }
        let element = element.with_attributes([("message", finding.as_str()), ("type", check.verdict.as_str())]);
        element.write_text_content(BytesText::new(&details)).map(drop)
    })?;
    Ok(())
}

/// What is asked, and the numbers.
fn details(check: &CheckOutcome) -> String {
    let hint = check.error.as_ref().and_then(|error| error.hint.clone());
    let conditions = check.conditions.iter().map(sentences::condition);
    let measures = check.measures.iter().map(|measure| {
        let column = measure.column.as_ref().map(|column| format!(" of {column}")).unwrap_or_default();
        format!("{}{column}: {}", words(&measure.name), number_or_none(measure.value))
    });
    hint.into_iter().chain(conditions).chain(measures).collect::<Vec<_>>().join("\n")
}

fn not_run(xml: &mut Xml, left: &[NotRun]) -> io::Result<()> {
    if left.is_empty() {
        return Ok(());
    }
    let totals = totals(&[], left.len());
    let element = xml.create_element("testsuite").with_attribute(("name", "not run")).with_attributes(pairs(&totals));
    element.write_inner_content(|xml| {
        left.iter().try_for_each(|left| {
            let case = xml.create_element("testcase");
            let case = case.with_attributes([("name", left.check.as_str()), ("classname", "textmill.not_run")]);
            case.write_inner_content(|xml| {
                xml.create_element("skipped").with_attribute(("message", left.reason.as_str())).write_empty().map(drop)
            })
            .map(drop)
        })
    })?;
    Ok(())
}

/// XML has no place for control characters, not even escaped.
fn clean(text: &str) -> String {
    let is_bad = |letter: char| {
        (letter.is_control() && !matches!(letter, '\n' | '\t')) || matches!(letter, '\u{fffe}' | '\u{ffff}')
    };
    text.chars().map(|letter| if is_bad(letter) { '\u{fffd}' } else { letter }).collect()
}
