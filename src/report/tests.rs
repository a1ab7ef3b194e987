//! Pages as a whole: what they say, what they escape, what they leave out.

use std::collections::HashMap;

use serde_json::json;

use super::samples;
use super::{About, conversion_page, job_page};
use crate::core::failure::{Code, Failure};
use crate::core::jobs::Status;
use crate::core::tabular::column::ColumnNote;
use crate::core::tabular::report::TableReport;
use crate::operations::parquet_conversion::{ConversionOutcome, FileOutcome};

fn about() -> About {
    let when = Some("2025-11-23T10:01:30Z".parse().unwrap());
    About { title: "knowledgebase".to_owned(), source: "data".to_owned(), destination: "parquet".to_owned(), when }
}

fn page_of(outcome: &ConversionOutcome) -> String {
    conversion_page(outcome, &about()).unwrap()
}

fn count(page: &str, pattern: &str) -> usize {
    page.matches(pattern).count()
}

/// What stands between the first `before` and the next `after`.
fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    text.split_once(before).unwrap().1.split_once(after).unwrap().0
}

#[test]
fn a_page_says_everything_of_an_outcome() {
    let mut settings = insta::Settings::clone_current();
    settings.add_filter("(?s)<style>.*</style>", "<style>[report.css]</style>");
    settings.bind(|| insta::assert_snapshot!("conversion_page", page_of(&samples::mixed_outcome())));
}

#[test]
fn a_page_fetches_nothing_and_runs_nothing() {
    for page in [page_of(&samples::mixed_outcome()), job_page(&failed_job()).unwrap()] {
        for forbidden in
            ["<script", "javascript:", "http:", "https:", " src=", "<link", "<iframe", "<form", "@import", "@font-face"]
        {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert_eq!(count(&page, "url("), count(&page, "url(#stripes)"));
        assert!(page.contains("default-src 'none'; style-src 'unsafe-inline'"));
    }
}

#[test]
fn what_comes_from_files_is_text_and_never_markup() {
    const EVIL: &str = "<img src=x onerror=alert(1)>\"'&.csv";
    let mut file = samples::converted(EVIL, 5, 1);
    let notes = vec![ColumnNote::MixedTypes { types: EVIL.to_owned() }];
    file.tables[0].report = TableReport { columns: vec![samples::column(EVIL, EVIL, notes)], ..samples::table() };
    let mut outcome = samples::outcome(vec![
        file,
        samples::skipped(EVIL, EVIL),
        samples::failed(EVIL, Failure::new(Code::MalformedInput, EVIL).with_hint(EVIL)),
    ]);
    outcome.stale = vec![EVIL.to_owned()];
    outcome.textmill = EVIL.to_owned();
    let evil = EVIL.to_owned();
    let about = About { title: evil.clone(), source: evil.clone(), destination: evil.clone(), when: None };
    let mut job = failed_job();
    job.error = Some(Failure::new(Code::Internal, EVIL).with_hint(EVIL));
    job.kind = evil.clone();
    job.options = json!({ EVIL: EVIL });
    job.created_by = evil;
    for page in [conversion_page(&outcome, &about).unwrap(), job_page(&job).unwrap()] {
        assert!(!page.contains("<img"));
        assert!(!page.contains("x onerror=alert(1)>"));
        assert!(count(&page, "&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;.csv") > 5);
    }
}

#[test]
fn figures_add_up_from_folders_to_the_whole() {
    let outcome = samples::mixed_outcome();
    let page = page_of(&outcome);
    let folders = page.split("<details class=\"folder\"").skip(1).take(3);
    let rows: u64 = folders
        .map(|folder| between(folder, "<span class=\"quiet\">", "</span>").split_once(", ").unwrap().1)
        .map(|rows| rows.split(' ').next().unwrap().replace(',', "").parse::<u64>().unwrap())
        .sum();
    assert_eq!(rows, outcome.summary.rows_out);
    assert!(page.contains("12,382 rows in = 12,370 out + 12 rejected."));
}

#[test]
fn links_lead_to_files_that_are_on_the_page() {
    let page = page_of(&samples::mixed_outcome());
    let targets: Vec<_> = page.split("href=\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(targets.iter().filter(|target| target.starts_with("file-")).count() > 3);
    for target in targets {
        assert_eq!(count(&page, &format!("id=\"{target}\"")), 1, "{target}");
    }
}

fn many_files(number: usize) -> Vec<FileOutcome> {
    (0..number).map(|index| samples::converted(&format!("part-{:02}/{index:05}.csv", index % 40), 3, 0)).collect()
}

#[test]
fn twenty_thousand_files_make_a_page_that_opens_and_says_what_it_leaves_out() {
    let mut files = many_files(20_000);
    files[19_999] = samples::converted("part-39/19999.csv", 3, 1);
    files.extend((0..3_000).map(|index| samples::skipped(&format!("notes/{index}.md"), "its extension is not read")));
    let page = page_of(&samples::outcome(files));
    assert_eq!(count(&page, "<details class=\"file\""), 500);
    assert!(page.contains("500 of 20,000 converted files are listed"));
    assert!(page.contains("<bdi>19999.csv</bdi>"), "a file to look at is listed before the others");
    assert!(page.contains("Not listed here: 2,500 more."), "skipped files");
    assert!(page.contains("3,000 files"));
    assert!(page.len() < 2 << 20, "{} bytes", page.len());
}

#[test]
fn many_failures_with_one_cause_are_one_entry() {
    let failure = || Failure::new(Code::UnsupportedFormat, "the content is a Parquet file");
    let files = (0..2_000).map(|index| samples::failed(&format!("{index:04}.csv"), failure())).collect();
    let page = page_of(&samples::outcome(files));
    let looked_at = between(&page, "id=\"look\"", "</section>");
    assert_eq!(count(looked_at, "The content is a Parquet file."), 1);
    assert!(looked_at.contains("1,997 more files"));
    assert!(looked_at.contains("and 1,897 more"));
    assert!(page.contains("2,000 files: none is Parquet now, 2,000 can&#39;t be read."));
    assert!(page.contains("Nothing could be converted"));
}

#[test]
fn a_wide_table_shows_its_first_columns_and_names_a_note_beyond_them() {
    let mut file = samples::converted("wide.csv", 3, 0);
    let mut columns: Vec<_> = (0..2_000).map(|index| samples::column(&format!("c{index}"), "Int64", vec![])).collect();
    columns[1_234].notes = vec![ColumnNote::TurnedToText { line: 99 }];
    file.tables[0].report = TableReport { columns, ..samples::table() };
    let page = page_of(&samples::outcome(vec![file]));
    assert_eq!(count(&page, "<th scope=\"row\">"), 200);
    assert!(page.contains("<caption>2,000 columns</caption>"));
    assert!(
        page.contains(
            "1,800 more columns, among them <code>c1234</code>, which is text because of the value at line 99"
        )
    );
}

#[test]
fn a_clean_outcome_has_nothing_to_look_at() {
    let page = page_of(&samples::outcome(vec![samples::converted("a.csv", 9, 0)]));
    assert!(page.contains("There is nothing to look at"));
    assert!(page.contains("every row found its place"));
    assert!(!page.contains("id=\"skipped\"") && !page.contains("id=\"stale\""));
}

#[test]
fn a_dry_run_shows_no_rows_and_no_report_file() {
    let mut file = samples::converted("a.csv", 0, 0);
    file.tables[0].output = None;
    let mut outcome = samples::outcome(vec![file]);
    outcome.dry_run = true;
    let page = page_of(&outcome);
    assert!(page.contains("dry run"));
    assert!(!page.contains("Rows in") && !page.contains("Where every row went"));
    assert!(!page.contains("textmill-report.json"));
}

#[test]
fn a_job_that_has_not_ended_has_no_page_yet() {
    for status in [Status::Queued, Status::Running] {
        assert_eq!(job_page(&samples::job(status)).unwrap_err().code, Code::JobNotFinished);
    }
}

#[test]
fn a_succeeded_conversion_has_the_page_of_its_outcome_and_the_facts_of_its_job() {
    let mut job = samples::job(Status::Succeeded);
    job.result = Some(serde_json::to_value(samples::mixed_outcome()).unwrap());
    let page = job_page(&job).unwrap();
    assert!(page.contains("<h1><bdi>knowledgebase</bdi></h1>"));
    assert!(page.contains("12,382 rows in"));
    assert!(page.contains("<dt>Ended</dt><dd>2025-11-23 10:01 UTC</dd>"));
    assert!(page.contains("<dt>Attempts</dt><dd>2 of 3</dd>"));
    assert_eq!(page, job_page(&job).unwrap(), "a page is a view: equal jobs, equal bytes");
}

#[test]
fn a_kind_of_job_may_have_no_page_but_a_result_that_can_not_be_shown_is_a_fault_of_ours() {
    let conversion = samples::job(Status::Succeeded);
    for (kind, result, code) in [
        ("weather", Some(json!({})), Code::NotFound),
        ("conversion", None, Code::Internal),
        ("conversion", Some(json!({"files": 1})), Code::Internal),
    ] {
        let mut job = conversion.clone();
        job.kind = kind.to_owned();
        job.result = result;
        assert_eq!(job_page(&job).unwrap_err().code, code, "{kind}");
    }
}

fn failed_job() -> crate::core::jobs::Job {
    let mut job = samples::job(Status::Failed);
    let failure = Failure::new(Code::StorageFailure, "can't write `parquet/a.csv.parquet`: no space left on device");
    job.error = Some(failure.with_hint("check free space and permissions of the destination"));
    job
}

#[test]
fn a_failed_job_says_what_failed_and_what_to_do() {
    let page = job_page(&failed_job()).unwrap();
    assert!(page.contains("<h1>Conversion failed</h1>"));
    assert!(page.contains("Can&#39;t write <code>parquet/a.csv.parquet</code>: no space left on device."));
    assert!(page.contains("storage-failure"));
    assert!(page.contains("Check free space and permissions of the destination."));
    assert!(page.contains("It was tried 2 times, of at most 3. Its latest attempt came to 1.0 MB of 4.0 MB (25%)."));
    assert!(page.contains("&#34;path&#34;: &#34;data/knowledgebase&#34;"));
}

#[test]
fn a_cancelled_job_says_how_to_go_on() {
    let mut job = samples::job(Status::Cancelled);
    job.attempt = 0;
    job.progress.done = 0;
    let page = job_page(&job).unwrap();
    assert!(page.contains("<h1>Conversion cancelled</h1>"));
    assert!(page.contains("Submit the same job again to go on"));
    assert!(page.contains("It was never started."));
    assert!(page.contains("Somebody asked for it to stop."));
}

/// WCAG's relative luminance of `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(colour.get(at..at + 2).unwrap(), 16).unwrap()) / 255.0;
        if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn text_stands_out_from_its_ground_in_light_and_dark() {
    const PAIRS: [(&str, &str); 17] = [
        ("ink", "paper"),
        ("ink", "card"),
        ("muted", "paper"),
        ("muted", "card"),
        ("accent", "paper"),
        ("accent", "card"),
        ("good", "good-ground"),
        ("look", "look-ground"),
        ("look", "card"),
        ("bad", "bad-ground"),
        ("bad", "card"),
        ("note", "note-ground"),
        ("note", "card"),
        ("ink", "good-ground"),
        ("ink", "look-ground"),
        ("ink", "bad-ground"),
        ("muted", "bad-ground"),
    ];
    let css = include_str!("templates/report.css");
    for scheme in css.split(":root {").skip(1).take(2).map(|rest| rest.split('}').next().unwrap()) {
        let tokens = scheme.split(';').filter_map(|token| token.trim().strip_prefix("--")?.split_once(": "));
        let tokens: HashMap<_, _> = tokens.collect();
        for (text, ground) in PAIRS {
            let (one, two) = (luminance(tokens[text]), luminance(tokens[ground]));
            let contrast = (one.max(two) + 0.05) / (one.min(two) + 0.05);
            assert!(contrast >= 4.5, "{text} on {ground}: {contrast:.2}");
        }
    }
}
