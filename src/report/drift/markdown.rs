//! The report as Markdown, for a comment on a merge request.
//!
//! The one decision: no text of a row is in it. A comment is read by more people than the data, and is kept for longer; names
//! (columns, labels, words) stand in code spans, where nothing in them is markup or calls anybody.

use std::fmt::Write as _;

use super::DriftAbout;
use super::figures::{NONE, capital, count_or_none, number_or_none, probability, words};
use super::sentences;
use crate::core::figures::{count, counted};
use crate::operations::drift::{CheckOutcome, DriftOutcome, Measure, SideOutcome, Verdict};
use crate::report::job;
use crate::report::prose::Prose;
use crate::report::text::sentence;

/// Checks told first, lines of the table, checks with numbers, numbers of a check: at most.
const FIRST: usize = 5;
const LINES: usize = 60;
const NUMBERS: usize = 20;
const MEASURES: usize = 30;

/// The report. GitHub takes 65,536 letters in a comment; with these limits it is far below for any suite of ours.
pub(super) fn markdown(outcome: &DriftOutcome, about: &DriftAbout) -> String {
    let mut text = String::new();
    let told = sentences::told(outcome);
    let when = about.when.map(|when| format!(" · {}", job::time(when))).unwrap_or_default();
    push(&mut text, &format!("## {} {}: {}", sign(told), sentences::headline(outcome), code(&about.title)));
    push(&mut text, &format!("{}{when}", sentences::verdict(outcome)));
    first(&mut text, outcome);
    table(&mut text, outcome);
    left(&mut text, outcome);
    numbers(&mut text, outcome);
    sets(&mut text, outcome);
    text
}

/// A paragraph.
fn push(text: &mut String, paragraph: &str) {
    text.push_str(paragraph);
    text.push_str("\n\n");
}

fn line(text: &mut String, line: &str) {
    text.push_str(line);
    text.push('\n');
}

fn first(text: &mut String, outcome: &DriftOutcome) {
    let mut checks: Vec<_> = outcome.checks.iter().filter(|check| check.verdict != Verdict::Pass).collect();
    checks.sort_by_key(|check| sentences::urgency(check.verdict));
    if checks.is_empty() {
        return;
    }
    push(text, "**Look at these first**");
    for check in checks.iter().take(FIRST) {
        let finding = prose(&sentences::finding(check));
        line(text, &format!("- {} **{}** ({}): {finding}", mark(check.verdict), plain(&check.title), set(check)));
    }
    if checks.len() > FIRST {
        line(text, &format!("- {} more in the table", count((checks.len() - FIRST) as u64)));
    }
    text.push('\n');
}

fn set(check: &CheckOutcome) -> &'static str {
    match check.set {
        None => "both sets",
        Some(which) => which.as_str(),
    }
}

fn table(text: &mut String, outcome: &DriftOutcome) {
    if outcome.checks.is_empty() {
        return;
    }
    line(text, "| | check | set | worst | value | asked | p |");
    line(text, "| --- | --- | --- | --- | ---: | ---: | ---: |");
    for row in sentences::lines(outcome).into_iter().take(LINES) {
        let (mark, title, measure) = (mark(row.verdict), plain(&row.title), plain(&row.measure));
        let (value, asked, p_value) = (row.value, plain(&row.threshold), plain(&row.p_value));
        line(text, &format!("| {mark} | {title} | {} | {measure} | {value} | {asked} | {p_value} |", row.set));
    }
    text.push('\n');
    if outcome.checks.len() > LINES {
        push(text, &format!("{} are not listed here.", counted((outcome.checks.len() - LINES) as u64, "check")));
    }
}

fn left(text: &mut String, outcome: &DriftOutcome) {
    if outcome.not_run.is_empty() {
        return;
    }
    line(text, "<details><summary>Not run</summary>\n");
    for left in &outcome.not_run {
        line(text, &format!("- {}: {}", plain(&left.title), prose(&sentence(&left.reason))));
    }
    push(text, "\n</details>");
}

fn numbers(text: &mut String, outcome: &DriftOutcome) {
    let with_numbers: Vec<_> = outcome.checks.iter().filter(|check| !check.measures.is_empty()).collect();
    if with_numbers.is_empty() {
        return;
    }
    line(text, "<details><summary>Numbers</summary>\n");
    for check in with_numbers.iter().take(NUMBERS) {
        push(text, &format!("**{}** ({})", plain(&check.title), set(check)));
        line(text, "| measure | of | value | p | adjusted p | n |");
        line(text, "| --- | --- | ---: | ---: | ---: | ---: |");
        for measure in check.measures.iter().take(MEASURES) {
            line(text, &measure_row(measure));
        }
        text.push('\n');
        if check.measures.len() > MEASURES {
            push(text, &format!("{} more.", count((check.measures.len() - MEASURES) as u64)));
        }
    }
    if with_numbers.len() > NUMBERS {
        push(text, &format!("{} more.", counted((with_numbers.len() - NUMBERS) as u64, "check")));
    }
    push(text, "</details>");
}

fn measure_row(measure: &Measure) -> String {
    let p_value = |value: Option<f64>| value.map_or_else(|| NONE.to_owned(), |value| plain(&probability(value)));
    let n = match (measure.reference_n, measure.incoming_n) {
        (None, None) => NONE.to_owned(),
        (reference, incoming) => format!("{} / {}", count_or_none(reference), count_or_none(incoming)),
    };
    format!(
        "| {} | {} | {} | {} | {} | {n} |",
        plain(&capital(&words(&measure.name))),
        measure.column.as_deref().map(code).unwrap_or_default(),
        number_or_none(measure.value),
        p_value(measure.p_value),
        p_value(measure.adjusted_p_value),
    )
}

fn sets(text: &mut String, outcome: &DriftOutcome) {
    line(text, "<details><summary>The two sets</summary>\n");
    for (name, side) in [("reference", &outcome.reference), ("incoming", &outcome.incoming)] {
        line(text, &format!("- {name}: {}", side.as_ref().map_or_else(|| "none".to_owned(), said_of)));
    }
    let text_column = code(&outcome.text_column.join(", "));
    let (suite, seed, build) = (code(&outcome.suite), outcome.seed, code(&outcome.build));
    push(text, &format!("- suite {suite}, text {text_column}, seed {seed}, build {build}\n\n</details>"));
}

fn said_of(side: &SideOutcome) -> String {
    let mut said = format!("{}, {}", code(&side.source), counted(side.rows, "row"));
    if side.rows < side.rows_in_file {
        let _ = write!(said, " of {}", count(side.rows_in_file));
    }
    if side.rejected > 0 {
        let _ = write!(said, ", {} rejected", count(side.rejected));
    }
    let _ = write!(said, ", SHA-256 {}", code(&side.sha256));
    said
}

fn sign(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "✅",
        Verdict::Warn => "⚠️",
        Verdict::Fail => "❌",
        Verdict::Error => "❓",
    }
}

fn mark(verdict: Verdict) -> String {
    format!("{} {}", sign(verdict), verdict.as_str())
}

/// A sentence with names in backticks: those as code, the rest as plain text.
fn prose(sentence: &str) -> String {
    let pieces = Prose::new(sentence).0;
    pieces.iter().map(|piece| if piece.code { code(&piece.text) } else { plain(&piece.text) }).collect()
}

/// Text in which nothing is markup.
fn plain(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            // No name of a person or an issue, whatever follows.
            '@' | '#' => safe.extend([letter, '\u{200b}']),
            '\n' | '\r' => safe.push(' '),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '!' => safe.extend(['\\', letter]),
            _ => safe.push(letter),
        }
    }
    safe
}

/// A name as a code span: fenced by more backticks than it holds, bars escaped for tables.
fn code(name: &str) -> String {
    let name: String = name.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let longest = name.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let room = if longest > 0 || name.trim().is_empty() { " " } else { "" };
    format!("{fence}{room}{}{room}{fence}", name.replace('|', "\\|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_code_whatever_they_hold() {
        assert_eq!(code("text_length"), "`text_length`");
        assert_eq!(code("a`b|c\nd"), "`` a`b\\|c d ``");
        assert_eq!(code(""), "`  `");
    }

    #[test]
    fn nothing_in_a_text_is_markup_or_calls_anybody() {
        assert_eq!(plain("<b>|*a*|@team #1"), "&lt;b&gt;\\|\\*a\\*\\|@\u{200b}team #\u{200b}1");
        assert_eq!(prose("drift of `a_b` <x>"), "drift of `a_b` &lt;x&gt;");
    }
}
