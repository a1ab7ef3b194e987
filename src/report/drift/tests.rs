//! Reports as a whole: what they say, what they escape, how large they get.

use chrono::{DateTime, Utc};
use quick_xml::Reader;
use quick_xml::events::Event;

use super::*;
use crate::operations::drift::{
    Bar, Bars, Distribution, Example, Examples, Exhibit, Map, Measure, Point, VerdictCounts, Which,
};

/// An outcome with every kind of exhibit; the browser test looks at the same.
fn sample() -> DriftOutcome {
    serde_json::from_str(include_str!("../../../tests/fixtures/drift/outcome.json")).unwrap()
}

fn about(outcome: &DriftOutcome) -> DriftAbout {
    DriftAbout::of(outcome, Some("2026-03-02T10:00:00Z".parse::<DateTime<Utc>>().unwrap()))
}

fn page_of(outcome: &DriftOutcome) -> String {
    drift_page(outcome, &about(outcome)).unwrap()
}

/// The page without what is the same in every page.
fn own_part(page: &str) -> &str {
    page.split_once("<body>").unwrap().1.split_once("<script>").unwrap().0
}

#[test]
fn a_page_says_everything_of_an_outcome() {
    let page = page_of(&sample());
    insta::assert_snapshot!("drift_page", own_part(&page));
}

#[test]
fn a_comment_says_verdict_checks_and_numbers() {
    let outcome = sample();
    insta::assert_snapshot!("drift_markdown", drift_markdown(&outcome, &about(&outcome)));
}

#[test]
fn a_pipeline_gets_a_test_case_a_check() {
    let outcome = sample();
    let xml = drift_junit(&outcome, &about(&outcome)).unwrap();
    insta::assert_snapshot!("drift_junit", xml);
}

#[test]
fn a_page_fetches_nothing_and_runs_only_its_own_two_scripts() {
    let page = page_of(&sample());
    assert_eq!(page.matches("<script").count(), 3, "the outcome, the charts, and what puts them to use");
    assert!(page.contains(&format!("content=\"{}\"", content_policy())));
    assert!(!content_policy().split("script-src").nth(1).unwrap().contains("unsafe"));
    for forbidden in
        [" src=", "<link", "<iframe", "<form", "@import", "@font-face", "url(", " onclick", "http:", "https:"]
    {
        assert!(!own_part(&page).contains(forbidden), "{forbidden}");
    }
}

const EVIL: &str = "</script><img src=x onerror=alert(1)>\"'&|`\u{1}";

/// An outcome in which every text is hostile.
fn hostile() -> DriftOutcome {
    fn spoil(value: &mut serde_json::Value, key: &str) {
        const FIXED: [&str; 6] = ["kind", "verdict", "set", "rule", "suite", "unit"];
        match value {
            serde_json::Value::String(text) if !FIXED.contains(&key) => EVIL.clone_into(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| spoil(item, key)),
            serde_json::Value::Object(fields) if key != "columns" => {
                for (name, field) in fields.iter_mut() {
                    spoil(field, name);
                }
            }
            _ => {}
        }
    }
    let mut value = serde_json::to_value(sample()).unwrap();
    spoil(&mut value, "");
    let mut outcome: DriftOutcome = serde_json::from_value(value).unwrap();
    outcome.suite = EVIL.to_owned();
    outcome
}

#[test]
fn what_comes_from_files_is_text_and_never_markup() {
    let outcome = hostile();
    let page = page_of(&outcome);
    assert!(!page.contains("<img"));
    assert_eq!(page.matches("</script>").count(), 3);
    let document = page.split_once("id=\"outcome\">").unwrap().1.split_once("</script>").unwrap().0;
    assert_eq!(serde_json::from_str::<DriftOutcome>(document).unwrap(), outcome, "the JSON in the page is the outcome");
    assert!(!drift_markdown(&outcome, &about(&outcome)).contains(" <img"));
}

#[test]
fn xml_is_well_formed_whatever_a_text_holds() {
    for outcome in [sample(), hostile()] {
        let xml = drift_junit(&outcome, &about(&outcome)).unwrap();
        let mut reader = Reader::from_str(&xml);
        let mut cases = 0;
        loop {
            match reader.read_event().unwrap() {
                Event::Start(element) | Event::Empty(element) if element.name().as_ref() == "testcase" => cases += 1,
                Event::Eof => break,
                _ => {}
            }
        }
        assert_eq!(cases, outcome.checks.len() + outcome.not_run.len());
        assert!(!xml.contains('\u{1}'));
    }
}

#[test]
fn links_lead_to_checks_that_are_on_the_page() {
    let page = page_of(&sample());
    let targets: Vec<_> =
        own_part(&page).split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(targets.iter().filter(|target| target.starts_with("check-")).count() > 8);
    for target in targets {
        assert_eq!(page.matches(&format!("id=\"{target}\"")).count(), 1, "{target}");
    }
}

fn large() -> DriftOutcome {
    let mut outcome = sample();
    let text = "Ein längerer Text über Wäschetrockner, der sich nicht kürzen lässt. ".repeat(8);
    let example = |row| Example { set: Which::Incoming, row, text: text.clone(), note: None };
    let points = (0..10_000_u16).map(|row| Point {
        x: f32::from(row).sin(),
        y: f32::from(row).cos(),
        set: if row % 2 == 0 { Which::Reference } else { Which::Incoming },
        row: u64::from(row),
        text: text.clone(),
    });
    let map = Exhibit::Map(Map { title: "Map".to_owned(), points: points.collect(), ..Map::default() });
    let bar = |index| Bar { category: format!("{index} {text}"), reference: Some(0.1), incoming: Some(0.2) };
    let mut plain = outcome.checks[1].clone();
    plain.exhibits = vec![
        Exhibit::Distribution(Distribution {
            edges: (0..=50).map(f64::from).collect(),
            reference: vec![12_345; 50],
            incoming: vec![54_321; 50],
            ..Distribution::default()
        }),
        Exhibit::Bars(Bars { bars: (0..50).map(bar).collect(), ..Bars::default() }),
        Exhibit::Examples(Examples { rows: (0..50).map(example).collect(), ..Examples::default() }),
    ];
    plain.measures = (0..100).map(|index| Measure::new("drift_score", 0.1).of(format!("column {index}"))).collect();
    outcome.checks = vec![plain; 200];
    outcome.checks[0].exhibits.insert(0, map);
    outcome.verdicts = VerdictCounts::of(&outcome.checks);
    outcome
}

#[test]
fn ten_thousand_points_and_two_hundred_checks_make_a_page_that_can_be_sent_on() {
    let page = page_of(&large());
    assert!(page.len() <= MOST_BYTES, "{} bytes", page.len());
    assert!(page.contains("Left out, to keep this page small"));
    assert!(page.matches("<details class=\"check").count() >= 100);
    let outcome = large();
    let comment = drift_markdown(&outcome, &about(&outcome));
    assert!(comment.len() < 65_536, "{} bytes", comment.len());
}

#[test]
fn equal_outcomes_give_equal_pages() {
    assert_eq!(page_of(&sample()), page_of(&sample()));
}

#[test]
fn an_outcome_of_nothing_has_a_page() {
    let mut outcome = sample();
    outcome.checks.clear();
    outcome.reference = None;
    outcome.verdicts = VerdictCounts::default();
    outcome.verdict = Verdict::Pass;
    let page = page_of(&outcome);
    assert!(page.contains("Nothing was checked") && page.contains("No check was run"));
    drift_junit(&outcome, &about(&outcome)).unwrap();
}

#[test]
fn a_verdict_is_told_in_words_a_sign_and_a_colour() {
    let page = page_of(&sample());
    for (word, tone) in [("fail", "bad"), ("warn", "look"), ("pass", "good"), ("error", "note")] {
        assert!(page.contains(&format!("<use href=\"#sign-{tone}\"/></svg>{word}</span>")), "{word}");
        assert_eq!(page.matches(&format!("id=\"sign-{tone}\"")).count(), 1);
    }
}
