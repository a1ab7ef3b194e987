//! The sentences that pages and terminal share.
//!
//! For: saying an outcome in plain words. Not for: layout. The one decision: a sentence is made once, so that the page
//! somebody sends on and the terminal somebody else looks at say the same.

mod attention;
mod notes;

pub use crate::core::figures::{bytes, count, counted, percent};
pub use attention::{Attention, Severity, attention};
pub use notes::{column_note_sentence, note_sentence};

pub(super) use attention::delimiter_name;
pub(super) use notes::column_note_clause;

use crate::operations::parquet_conversion::{ConversionOutcome, Summary};

/// What came of a conversion: files, then rows.
///
/// `52 files: 47 are Parquet now, 3 were skipped, 2 can't be read. 12,345 rows in = 12,333 out + 12 rejected.`
pub fn verdict(outcome: &ConversionOutcome) -> String {
    let files = files_sentence(&outcome.summary, outcome.dry_run);
    if outcome.dry_run {
        return format!("{files} This was a dry run: nothing was written, and rows were not counted.");
    }
    match outcome.summary.converted {
        0 => files,
        _ => format!("{files} {}", rows_sentence(&outcome.summary)),
    }
}

fn files_sentence(summary: &Summary, dry_run: bool) -> String {
    let is = |number: u64| match (dry_run, number) {
        (true, _) => "would be Parquet",
        (false, 0 | 1) => "is Parquet now",
        (false, _) => "are Parquet now",
    };
    let done = match summary.converted {
        0 => format!("none {}", is(0)),
        1 if summary.files == 1 => format!("it {}", is(1)),
        number if number == summary.files => format!("all {}", is(number)),
        number => format!("{} {}", count(number), is(number)),
    };
    let unchanged = match summary.unchanged {
        0 => String::new(),
        number if number == summary.converted => " (nothing has changed since an earlier run)".to_owned(),
        number => format!(" ({} of them unchanged since an earlier run)", count(number)),
    };
    let were = if summary.skipped == 1 { "was" } else { "were" };
    let skipped = (summary.skipped > 0).then(|| format!("{} {were} skipped", count(summary.skipped)));
    let failed = (summary.failed > 0).then(|| format!("{} can't be read", count(summary.failed)));
    let parts: Vec<_> = [Some(done + &unchanged), skipped, failed].into_iter().flatten().collect();
    format!("{}: {}.", counted(summary.files, "file"), parts.join(", "))
}

/// The balance of rows, or by how much it fails.
pub(super) fn rows_sentence(summary: &Summary) -> String {
    let (rows_in, rows_out) = (counted(summary.rows_in, "row"), count(summary.rows_out));
    let rejected = match summary.rows_rejected {
        0 => ", none rejected".to_owned(),
        number => format!(" + {} rejected", count(number)),
    };
    match summary.rows_in.abs_diff(summary.rows_out + summary.rows_rejected) {
        0 => format!("{rows_in} in = {rows_out} out{rejected}."),
        gap => format!(
            "{rows_in} in, {rows_out} out{rejected}: {} not accounted for, which is a fault of textmill.",
            counted(gap, "row")
        ),
    }
}

/// A message in lower case without full stop, as a sentence.
pub(super) fn sentence(message: &str) -> String {
    let mut letters = message.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    let end = if message.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict_of(summary: Summary, dry_run: bool) -> String {
        let outcome =
            ConversionOutcome { textmill: "0".to_owned(), dry_run, summary, files: Vec::new(), stale: Vec::new() };
        verdict(&outcome)
    }

    #[test]
    fn the_verdict_accounts_for_files_and_rows() {
        let summary = Summary {
            files: 52,
            converted: 47,
            skipped: 3,
            failed: 2,
            rows_in: 12_345,
            rows_out: 12_333,
            rows_rejected: 12,
            ..Summary::default()
        };
        assert_eq!(
            verdict_of(summary, false),
            "52 files: 47 are Parquet now, 3 were skipped, 2 can't be read. 12,345 rows in = 12,333 out + 12 rejected."
        );
    }

    #[test]
    fn the_verdict_is_plain_when_everything_went_well() {
        let all = Summary { files: 2, converted: 2, rows_in: 9, rows_out: 9, ..Summary::default() };
        assert_eq!(verdict_of(all, false), "2 files: all are Parquet now. 9 rows in = 9 out, none rejected.");
        let one = Summary { files: 1, converted: 1, unchanged: 1, rows_in: 1, rows_out: 1, ..Summary::default() };
        assert_eq!(
            verdict_of(one, false),
            "1 file: it is Parquet now (nothing has changed since an earlier run). 1 row in = 1 out, none rejected."
        );
    }

    #[test]
    fn a_dry_run_claims_neither_files_nor_rows() {
        let summary = Summary { files: 3, converted: 2, skipped: 1, ..Summary::default() };
        assert_eq!(
            verdict_of(summary, true),
            "3 files: 2 would be Parquet, 1 was skipped. This was a dry run: nothing was written, and rows were not counted."
        );
    }

    #[test]
    fn rows_that_do_not_add_up_are_said_to_be_our_fault() {
        let summary =
            Summary { files: 1, converted: 1, rows_in: 9, rows_out: 7, rows_rejected: 1, ..Summary::default() };
        assert!(verdict_of(summary, false).ends_with("1 row not accounted for, which is a fault of textmill."));
    }

    #[test]
    fn a_message_becomes_a_sentence() {
        assert_eq!(sentence("no such file"), "No such file.");
        assert_eq!(sentence("did it change?"), "Did it change?");
        assert_eq!(sentence("`ß` is not a glob"), "`ß` is not a glob.");
        assert_eq!(sentence("éa"), "Éa.");
    }
}
