//! Whether the first record names the columns, and unique names for all of them.
//!
//! Rule: in tables of two or more columns a first record that is filled, unique, short and holds no number or date is a
//! header; so is one that holds no number or date above a column that holds nothing else. A list of one column has
//! none, unless it is text above numbers or dates. Columns without a name are numbered from 0.

use crate::core::tabular::cell::{self, TypeSet};
use crate::core::tabular::encoding::Confidence;

/// Longest cell, in characters, of a header that is recognised by its looks.
const SHORT: usize = 64;

/// Whether the first record is a header, and how sure that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeaderGuess {
    /// Whether it is.
    pub is_header: bool,
    /// How sure.
    pub confidence: Confidence,
}

/// Looks at the first record; `typed_below[i]`: all values below in column `i` are numbers, dates or booleans.
pub fn guess(first: &[String], typed_below: &[bool], has_rows_below: bool) -> HeaderGuess {
    let found = |is_header, confidence| HeaderGuess { is_header, confidence };
    let has_value = first.iter().any(|cell| looks_typed(cell));
    if has_value {
        return found(false, Confidence::High);
    }
    let contrast = typed_below.iter().zip(first).any(|(typed, cell)| *typed && !cell.trim().is_empty());
    if contrast {
        return found(true, Confidence::High);
    }
    let wide = first.len() >= 2;
    if wide && all_filled_unique_short(first) {
        return found(true, if has_rows_below { Confidence::High } else { Confidence::Low });
    }
    found(false, if wide { Confidence::Low } else { Confidence::High })
}

fn looks_typed(cell: &str) -> bool {
    let trimmed = cell::trim(cell.as_bytes());
    !trimmed.is_empty() && !cell::types_of(trimmed, TypeSet::ALL).is_text()
}

fn all_filled_unique_short(first: &[String]) -> bool {
    let mut seen = std::collections::HashSet::new();
    first.iter().all(|cell| {
        let cell = cell.trim();
        !cell.is_empty() && cell.chars().count() <= SHORT && !cell.contains('\n') && seen.insert(cell)
    })
}

/// Names for `width` columns: those of the header, made unique, and numbers where there is none.
pub fn names(header: Option<&[String]>, width: usize) -> Vec<String> {
    let mut taken = std::collections::HashSet::new();
    (0..width)
        .map(|index| {
            let given = header.and_then(|header| header.get(index)).map_or("", |name| name.trim());
            let base = if given.is_empty() { index.to_string() } else { given.to_owned() };
            let mut name = base.clone();
            let mut copy = 2;
            while !taken.insert(name.clone()) {
                name = format!("{base}_{copy}");
                copy += 1;
            }
            name
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_header(first: &[&str], typed_below: &[bool]) -> bool {
        let first: Vec<_> = first.iter().map(|cell| (*cell).to_owned()).collect();
        guess(&first, typed_below, true).is_header
    }

    #[test]
    fn an_all_text_table_has_a_header() {
        assert!(is_header(&["text", "label"], &[false, false]));
        assert!(!is_header(&["text", "2020"], &[false, true]));
        assert!(!is_header(&["text", "text"], &[false, false]));
        assert!(is_header(&["id", "name", "name", ""], &[true, false, false, false]));
    }

    #[test]
    fn a_list_has_none_unless_numbers_follow_a_word() {
        assert!(!is_header(&["circular economy"], &[false]));
        assert!(is_header(&["abc"], &[true]));
    }

    #[test]
    fn names_are_unique_and_never_empty() {
        let header: Vec<_> = ["id", "name", "name", "", " ", "name_2"].iter().map(|name| (*name).to_owned()).collect();
        assert_eq!(names(Some(&header), 7), ["id", "name", "name_2", "3", "4", "name_2_2", "6"]);
        assert_eq!(names(None, 2), ["0", "1"]);
    }
}
