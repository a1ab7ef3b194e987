//! Rows whose texts are the same in their normal form.
//!
//! For: duplicates, near-duplicates and conflicting labels. The one decision: a missing text is the empty one, and so is a text of nothing but
//! stop words and punctuation; they are all the same, as in deepchecks.

use crate::core::text::comparable::NormalForm;
use crate::core::text::normalise::letter_key;
use crate::operations::drift::set::Set;

/// Places of rows, those together whose texts are the same: the largest group first, equally large ones in their order; and
/// how many different texts there are.
pub(super) fn equal_texts(
    set: &Set,
    form: NormalForm,
    is_concerned: impl Fn(usize) -> bool,
) -> (Vec<Vec<usize>>, usize) {
    let keys = keys(set, form);
    let concerned = keys.into_iter().enumerate().filter(|(place, _)| is_concerned(*place));
    let mut keyed: Vec<(u128, usize)> = concerned.map(|(place, key)| (key, place)).collect();
    keyed.sort_unstable();
    let same = || keyed.chunk_by(|one, other| one.0 == other.0);
    let several = same().filter(|group| group.len() > 1);
    let mut groups: Vec<Vec<usize>> = several.map(|group| group.iter().map(|(_, place)| *place).collect()).collect();
    groups.sort_unstable_by(|one, other| other.len().cmp(&one.len()).then_with(|| one.cmp(other)));
    (groups, same().count())
}

/// Places of the first row of each different text, rising; rows without a text are left out.
pub(super) fn different_texts(set: &Set) -> Vec<usize> {
    let same = set.digests().chunk_by(|one, other| one.0 == other.0);
    let mut places: Vec<usize> = same.filter_map(|group| set.rows.binary_search(&group.first()?.1).ok()).collect();
    places.sort_unstable();
    places
}

/// What stands for the normal form of each row's text.
fn keys(set: &Set, form: NormalForm) -> Vec<u128> {
    let key = |text: &str| u128::from_be_bytes(letter_key(&form.of(text)));
    if form != NormalForm::default() {
        return (0..set.len()).map(|place| key(set.text(place).unwrap_or_default())).collect();
    }
    // Those are known already, but for rows without a text.
    let mut keys = vec![key(""); set.len()];
    for (digest, row) in set.digests() {
        if let Ok(place) = set.rows.binary_search(row) {
            keys[place] = *digest;
        }
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::drift::set::samples::set_of;

    #[test]
    fn the_largest_group_comes_first_and_single_rows_are_in_none() {
        let set = set_of(["a cat", "dog", "The DOG!", "Cats", "dog.", "cat"]);
        let (groups, different) = equal_texts(&set, NormalForm::default(), |_| true);
        assert_eq!((groups, different), (vec![vec![1, 2, 4], vec![0, 5]], 3));
        let (groups, different) = equal_texts(&set, NormalForm::EXACT, |place| place != 0);
        assert_eq!((groups, different), (Vec::new(), 5));
        assert_eq!(different_texts(&set), [0, 1, 3]);
    }
}
