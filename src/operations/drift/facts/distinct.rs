//! The different texts of a set.
//!
//! The one decision: what is computed of a text is computed of each different one, once; in real data many rows repeat
//! another one, and some batches are nothing else.

use std::collections::HashMap;

use arrow_array::{Array, LargeStringArray};
use foldhash::fast::RandomState;

/// The different texts of a set, and which of them each row has.
#[derive(Debug, Default)]
pub(in crate::operations::drift) struct Distinct {
    /// Where each is met first, rising.
    pub(in crate::operations::drift) places: Vec<usize>,
    /// In how many rows each is.
    pub(super) rows: Vec<u64>,
    /// Which of them each row has; `None` where the text is missing.
    pub(in crate::operations::drift) of_row: Vec<Option<u32>>,
}

impl Distinct {
    /// Of texts.
    pub(in crate::operations::drift) fn of(texts: &LargeStringArray) -> Self {
        let mut numbers: HashMap<&str, u32, RandomState> = HashMap::default();
        let mut distinct = Self { of_row: Vec::with_capacity(texts.len()), ..Self::default() };
        for (place, text) in texts.iter().enumerate() {
            let number = text.map(|text| {
                *numbers.entry(text).or_insert_with(|| {
                    distinct.places.push(place);
                    distinct.rows.push(0);
                    u32::try_from(distinct.places.len() - 1).unwrap_or(u32::MAX)
                })
            });
            if let Some(number) = number {
                distinct.rows[number as usize] += 1;
            }
            distinct.of_row.push(number);
        }
        distinct
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_the_same_to_the_letter_only() {
        let distinct =
            Distinct::of(&[Some("b"), None, Some("a"), Some("b"), Some("B"), Some("")].into_iter().collect());
        assert_eq!(distinct.places, [0, 2, 4, 5]);
        assert_eq!(distinct.rows, [2, 1, 1, 1]);
        assert_eq!(distinct.of_row, [Some(0), None, Some(1), Some(0), Some(2), Some(3)]);
    }
}
