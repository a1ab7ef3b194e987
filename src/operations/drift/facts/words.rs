//! Words, characters and equal texts of a set, counted on all cores.
//!
//! The one decision: words and equal texts are those of `core::text::comparable`, whose numbers others have, too.

use std::collections::HashMap;

use arrow_array::LargeStringArray;
use foldhash::fast::RandomState;
use rayon::prelude::*;

use super::distinct::Distinct;
use super::{Characters, Digests, Vocabulary};
use crate::core::text::comparable::{ComparableWords, NormalForm};
use crate::core::text::normalise::letter_key;

/// Texts that one thread takes at once.
const TEXTS_AT_ONCE: usize = 4096;

/// How often each word is there.
pub(in crate::operations::drift) fn words_of(texts: &LargeStringArray, distinct: &Distinct) -> Vocabulary {
    let parts = distinct.places.par_chunks(TEXTS_AT_ONCE).zip(distinct.rows.par_chunks(TEXTS_AT_ONCE));
    let counted = parts.map(|(places, rows)| {
        let mut words: HashMap<String, u64, RandomState> = HashMap::default();
        for (place, rows) in places.iter().zip(rows) {
            for word in ComparableWords::of(texts.value(*place)).iter() {
                match words.get_mut(word) {
                    Some(count) => *count += rows,
                    None => {
                        words.insert(word.to_owned(), *rows);
                    }
                }
            }
        }
        words
    });
    let mut whole = Vocabulary::new();
    for part in counted.collect::<Vec<_>>() {
        for (word, count) in part {
            *whole.entry(word).or_default() += count;
        }
    }
    whole
}

/// How often each character is there.
pub(in crate::operations::drift) fn characters_of(texts: &LargeStringArray, distinct: &Distinct) -> Characters {
    let mut characters: HashMap<char, u64, RandomState> = HashMap::default();
    for (place, rows) in distinct.places.iter().zip(&distinct.rows) {
        for character in texts.value(*place).chars() {
            *characters.entry(character).or_default() += rows;
        }
    }
    characters.into_iter().collect()
}

/// Which rows have which text. `rows`: the number of each row.
pub(in crate::operations::drift) fn digests_of(texts: &LargeStringArray, distinct: &Distinct, rows: &[u64]) -> Digests {
    let form = NormalForm::default();
    let digest = |place: &usize| u128::from_be_bytes(letter_key(&form.of(texts.value(*place))));
    let of_texts: Vec<u128> = distinct.places.par_iter().with_min_len(64).map(digest).collect();
    let of_rows = distinct.of_row.iter().zip(rows);
    let mut digests: Digests = of_rows.filter_map(|(text, row)| Some((of_texts[(*text)? as usize], *row))).collect();
    digests.sort_unstable();
    digests
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[Option<&str>]) -> (LargeStringArray, Distinct) {
        let texts: LargeStringArray = texts.iter().copied().collect();
        let distinct = Distinct::of(&texts);
        (texts, distinct)
    }

    #[test]
    fn words_and_characters_of_a_text_count_in_every_row_that_has_it() {
        let (texts, distinct) = of(&[Some("Ab ab!"), None, Some("Ab ab!"), Some("c")]);
        let words: Vec<_> = words_of(&texts, &distinct).into_iter().collect();
        assert_eq!(words, [("ab".to_owned(), 4), ("c".to_owned(), 1)]);
        let characters = characters_of(&texts, &distinct);
        assert_eq!((characters[&'A'], characters[&'b'], characters[&'!'], characters[&'c']), (2, 4, 2, 1));
    }

    #[test]
    fn texts_that_are_the_same_but_for_form_have_one_digest() {
        let (texts, distinct) = of(&[Some("The cat sat."), Some("other"), None, Some("cat  sat!")]);
        let digests = digests_of(&texts, &distinct, &[5, 6, 7, 8]);
        let of_row = |row| digests.iter().find(|(_, of)| *of == row).map(|(digest, _)| *digest);
        assert_eq!(digests.len(), 3);
        assert!(of_row(5).is_some() && of_row(5) == of_row(8) && of_row(5) != of_row(6));
        assert!(digests.is_sorted());
    }
}
