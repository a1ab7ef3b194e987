//! Whether the first record names the columns, and unique names for all of them.
//!
//! A first record that holds no number or date, above a column that holds nothing else, is a header. So is, in tables
//! of two or more columns, one that is filled, unique and short; in `.tsv` and `.txt`, where lists of phrases are the
//! rule, its cells must be single words, and lines of different widths are a list. One column is a list without header
//! in `.tsv` and `.txt`, and a table with one in `.csv`. Years that follow each other are names. Columns without a name are numbered from 0.

use std::collections::{HashMap, HashSet};

use super::dialect::Habit;
use crate::core::tabular::cell::{self, TypeSet};
use crate::core::tabular::encoding::Confidence;

/// Longest cell, in characters, of a header that is recognised by its looks.
const SHORT: usize = 80;

/// Whether the first record is a header, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::core::tabular) struct HeaderGuess {
    /// Whether it is.
    pub is_header: bool,
    /// How sure.
    pub confidence: Confidence,
}

/// What is known of the table when its first record is looked at.
#[derive(Debug, Clone, Copy)]
pub(in crate::core::tabular) struct Below<'a> {
    /// For each column: whether all values below are numbers, dates or booleans.
    pub(in crate::core::tabular) typed: &'a [bool],
    /// Whether there is a record below.
    pub(in crate::core::tabular) any: bool,
    /// Whether nearly all records have the same width.
    pub(in crate::core::tabular) constant: bool,
    /// What the name promises.
    pub(in crate::core::tabular) habit: Habit,
}

/// Judges the first record.
pub(in crate::core::tabular) fn guess(first: &[String], below: Below<'_>) -> HeaderGuess {
    let found = |is_header, confidence| HeaderGuess { is_header, confidence };
    if first.iter().any(|cell| looks_typed(cell)) && !names_years(first) {
        return found(false, Confidence::High);
    }
    let contrast = below.typed.iter().zip(first).any(|(typed, cell)| *typed && !cell.trim().is_empty());
    if contrast {
        return found(true, Confidence::High);
    }
    let is_list = below.habit != Habit::Comma;
    let names = filled_unique_short(first);
    match (first.len(), is_list) {
        (1, true) => found(false, Confidence::High),
        (1, false) => found(names, Confidence::Low),
        (_, true) => found(names && below.any && below.constant && words(first), Confidence::Low),
        (_, false) if names => found(true, if below.any { Confidence::High } else { Confidence::Low }),
        _ => found(false, Confidence::Low),
    }
}

/// A row of years names columns: text, and three or more years that follow each other, `country, 2019, 2020, 2021`.
pub(in crate::core::tabular) fn names_years(first: &[String]) -> bool {
    let typed: Vec<_> = first.iter().filter(|cell| looks_typed(cell)).collect();
    let years: Vec<u16> = typed.iter().filter_map(|cell| cell.trim().parse().ok()).collect();
    let plausible = years.iter().all(|year| (1800..=2200).contains(year));
    let follow = years.windows(2).all(|pair| pair[1] == pair[0] + 1);
    years.len() >= 3 && years.len() == typed.len() && typed.len() < first.len() && plausible && follow
}

fn looks_typed(cell: &str) -> bool {
    let trimmed = cell::trim(cell.as_bytes());
    !trimmed.is_empty() && !cell::types_of(trimmed, TypeSet::ALL).is_text()
}

/// Empty cells may only stand at the end, where a delimiter too many makes them.
pub(in crate::core::tabular) fn filled_unique_short(first: &[String]) -> bool {
    let filled = first.iter().rposition(|cell| !cell.trim().is_empty()).map_or(0, |last| last + 1);
    let mut seen = HashSet::new();
    filled > 0
        && first[..filled].iter().all(|cell| {
            let cell = cell.trim();
            !cell.is_empty() && cell.chars().count() <= SHORT && !cell.contains('\n') && seen.insert(cell)
        })
}

fn words(first: &[String]) -> bool {
    first.iter().all(|cell| !cell.trim().contains(char::is_whitespace))
}

/// Names for `width` columns: those of the header, made unique, and numbers where there is none.
pub(in crate::core::tabular) fn names(header: Option<&[String]>, width: usize) -> Vec<String> {
    let mut taken = HashSet::new();
    let mut copies: HashMap<String, usize> = HashMap::new();
    (0..width)
        .map(|index| {
            let given = header.and_then(|header| header.get(index)).map_or("", |name| name.trim());
            let base = if given.is_empty() { index.to_string() } else { given.to_owned() };
            let mut name = base.clone();
            while !taken.insert(name.clone()) {
                let copy = copies.entry(base.clone()).or_insert(1);
                *copy += 1;
                name = format!("{base}_{copy}");
            }
            name
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_header(first: &[&str], typed: &[bool], habit: Habit) -> bool {
        let first: Vec<_> = first.iter().map(|cell| (*cell).to_owned()).collect();
        guess(&first, Below { typed, any: true, constant: true, habit }).is_header
    }

    #[test]
    fn an_all_text_table_has_a_header() {
        assert!(is_header(&["text", "label"], &[false, false], Habit::Comma));
        assert!(!is_header(&["text", "2020"], &[false, true], Habit::Comma));
        assert!(is_header(&["country", "2019", "2020", "2021"], &[false, true, true, true], Habit::Comma));
        assert!(!is_header(&["text", "text"], &[false, false], Habit::Comma));
        assert!(is_header(&["text", "label", ""], &[false, false, false], Habit::Comma));
        assert!(is_header(&["id", "name", "name", ""], &[true, false, false, false], Habit::Comma));
    }

    #[test]
    fn a_list_has_none_unless_numbers_follow_a_word() {
        assert!(!is_header(&["circular economy"], &[false], Habit::Plain));
        assert!(is_header(&["abc"], &[true], Habit::Plain));
        assert!(is_header(&["state"], &[false], Habit::Comma));
    }

    #[test]
    fn a_list_of_pairs_keeps_its_first_pair() {
        assert!(!is_header(&["residential building", "Wohngebäude"], &[false, false], Habit::Tab));
        assert!(is_header(&["text", "label"], &[false, false], Habit::Tab));
    }

    #[test]
    fn names_are_unique_and_never_empty() {
        let header: Vec<_> = ["id", "name", "name", "", " ", "name_2"].iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names(Some(&header), 7), ["id", "name", "name_2", "3", "4", "name_2_2", "6"]);
        assert_eq!(names(None, 2), ["0", "1"]);
    }
}
