//! Rows as a report shows them.
//!
//! The one decision: a text is cut after so many characters; the whole one is in the data.

use crate::operations::drift::exhibit::Example;
use crate::operations::drift::outcome::Which;
use crate::operations::drift::set::Set;

/// Rows of a group that are listed.
pub(super) const ROWS_LISTED: usize = 100;

const LONGEST: usize = 200;

/// The row at a place of a set.
pub(super) fn example(which: Which, set: &Set, place: usize, note: Option<String>) -> Example {
    let text = beginning(set.text(place).unwrap_or_default());
    Example { set: which, row: set.rows[place], text, note }
}

/// The beginning of a text.
pub(super) fn beginning(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// The numbers of rows at these places; the first ones, where they are many.
pub(super) fn numbers(set: &Set, places: &[usize]) -> Vec<u64> {
    places.iter().take(ROWS_LISTED).map(|place| set.rows[*place]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        assert_eq!(beginning("short"), "short");
        let cut = beginning(&"é".repeat(201));
        assert_eq!((cut.chars().count(), cut.ends_with('…')), (201, true));
    }
}
