//! What somebody should know before training.

use strsim::osa_distance;

use super::clean::Repeated;
use super::facts::Facts;
use super::options::ClassificationOptions;
use super::outcome::{Finding, LabelCount, SplitCount};
use super::split::{Splits, divided};

/// A label with fewer rows is rare.
const RARE_ROWS: u64 = 10;
/// Letters of a name in which one may be wrong.
const LETTERS_FOR_A_SLIP: usize = 4;
/// Labels of which the same is said; the card counts all of them.
const MOST: usize = 100;
/// Labels that are compared with one another; more are no labels that somebody wrote by hand.
const COMPARED: usize = 1_000;
/// How far a split may be from its share without a word, in parts of all rows.
const SLACK: u64 = 100;

/// Labels that look like the same, are rare, or are missing in a split.
pub(super) fn of_labels(labels: &[LabelCount], splits: &[SplitCount]) -> Vec<Finding> {
    let mut findings = similar(labels);
    let rare = labels.iter().filter(|label| label.rows < RARE_ROWS).take(MOST);
    findings.extend(rare.map(|label| Finding::RareLabel { label: label.label.clone(), rows: label.rows }));
    for split in splits {
        let missing = labels.iter().filter(|label| split.labels.get(&label.label).is_none_or(|rows| *rows == 0));
        findings
            .extend(missing.map(|label| Finding::LabelNotInSplit { label: label.label.clone(), split: split.split }));
    }
    findings
}

/// The rarer of two labels that look like the same.
fn similar(labels: &[LabelCount]) -> Vec<Finding> {
    if labels.len() > COMPARED {
        return Vec::new();
    }
    let mut findings = Vec::new();
    for label in labels {
        let others = labels.iter().filter(|other| (other.rows, &label.label) > (label.rows, &other.label));
        let alike = others.filter(|other| look_alike(&label.label, &other.label));
        if let Some(like) = alike.max_by_key(|other| other.rows) {
            let (label, rows, like) = (label.label.clone(), label.rows, like.label.clone());
            findings.push(Finding::SimilarLabels { label, rows, like });
        }
    }
    findings
}

/// Whether two names differ in case, blanks and signs alone, or in one letter of a word that is long enough for a slip of the
/// pen. Digits tell labels apart.
fn look_alike(a: &str, b: &str) -> bool {
    let plain = |name: &str| name.to_lowercase().chars().filter(|letter| letter.is_alphanumeric()).collect::<String>();
    let (a, b) = (plain(a), plain(b));
    let digits = |name: &str| name.chars().filter(char::is_ascii_digit).collect::<String>();
    let letters = a.chars().count().min(b.chars().count());
    if a.is_empty() || b.is_empty() || digits(&a) != digits(&b) {
        return false;
    }
    a == b || (letters > LETTERS_FOR_A_SLIP && osa_distance(&a, &b) == 1)
}

/// Texts that are repeated, or have different labels.
pub(super) fn of_texts(facts: &Facts, repeated: &Repeated, splits: &Splits, conflict: Option<String>) -> Vec<Finding> {
    let mut findings = Vec::new();
    if repeated.repeating > 0 {
        let across_splits = across(repeated, splits);
        findings.push(Finding::Duplicates { rows: repeated.repeating, across_splits });
    }
    if repeated.conflicting_texts > 0 {
        let names = |set: &u32| {
            let names = facts.sets.members(*set).iter().map(|class| facts.classes.name(*class));
            names.collect::<Vec<_>>().join(", ")
        };
        let mut labels: Vec<String> = repeated.conflict_labels.iter().map(names).collect();
        labels.sort_unstable();
        findings.push(Finding::ConflictingLabels {
            texts: repeated.conflicting_texts,
            rows: repeated.conflicting_rows,
            example: conflict.unwrap_or_default(),
            labels,
        });
    }
    if facts.undetermined > 0 {
        findings.push(Finding::LanguageNotTold { rows: facts.undetermined });
    }
    findings
}

/// Rows that stand in another split than an earlier one with their text.
fn across(repeated: &Repeated, splits: &Splits) -> u64 {
    let mut rows = 0;
    for text in repeated.texts() {
        let mut seen = [false; 3];
        for split in text.iter().filter_map(|row| splits[*row as usize]) {
            seen[split as usize] = true;
            rows += u64::from(seen.iter().filter(|seen| **seen).count() > 1);
        }
    }
    rows
}

/// Splits that are not as large as asked for, since groups can't be parted.
pub(super) fn of_sizes(splits: &[SplitCount], options: &ClassificationOptions) -> Vec<Finding> {
    if options.group_column.is_none() || options.split_column.is_some() {
        return Vec::new();
    }
    let all = splits.iter().map(|split| split.rows).sum();
    let asked = divided(all, &options.split);
    let off = splits.iter().map(|split| (split.split, asked[split.split as usize], split.rows));
    let off = off.filter(|(_, asked, rows)| asked.abs_diff(*rows) > all / SLACK);
    off.map(|(split, asked, rows)| Finding::SplitOff { split, asked, rows }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_look_alike_by_a_slip_of_the_pen_and_not_by_chance() {
        for (a, b) in
            [("POSTIVE", "POSITIVE"), ("Positive ", "positive"), ("news-item", "News Item"), ("nuetral", "neutral")]
        {
            assert!(look_alike(a, b), "{a} {b}");
        }
        for (a, b) in [
            ("positive", "negative"),
            ("joy", "boy"),
            ("level1", "level2"),
            ("topic 10", "topic 1"),
            ("--", "++"),
            ("", "a"),
        ] {
            assert!(!look_alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn the_rarer_label_is_the_one_that_was_written_wrong() {
        let label = |label: &str, rows| LabelCount { label: label.to_owned(), rows, share: 0.0, weight: None };
        let found = similar(&[label("NEGATIVE", 5), label("POSITIVE", 90), label("POSTIVE", 9)]);
        assert_eq!(found, [Finding::SimilarLabels { label: "POSTIVE".into(), rows: 9, like: "POSITIVE".into() }]);
    }
}
