//! Equal texts: which say different things, and which only say the same again.
//!
//! For: what can't be told from one row alone. Not for: what can (`survey`). The one decision: rows are sorted by the keys of
//! their texts once, so that equal ones stand together, the earlier before the later; everything else is a walk along them.

use super::facts::{Facts, Reason, RowId};
use super::labels::{NO_LABEL, SetId};
use super::options::{ClassificationOptions, Conflicts, Duplicates};
use crate::core::text::normalise::beginning;

/// What equal texts there were.
#[derive(Debug, Default)]
pub(super) struct Repeated {
    /// Rows that stay and whose text another one that stays has, text after text.
    rows: Vec<RowId>,
    /// Where in `rows` each text ends.
    ends: Vec<usize>,
    /// Rows that repeat an earlier text, whatever becomes of them.
    pub(super) repeating: u64,
    /// Texts with different labels.
    pub(super) conflicting_texts: u64,
    /// Their rows.
    pub(super) conflicting_rows: u64,
    /// The first row with such a text.
    pub(super) conflict: Option<RowId>,
    /// The labels that its text has.
    pub(super) conflict_labels: Vec<SetId>,
    /// For each row that is left out as a duplicate, in their order: itself, and the row that it repeats.
    pub(super) repeats: Vec<(RowId, RowId)>,
}

impl Repeated {
    /// Rows of one text, for each text that several rows have.
    pub(super) fn texts(&self) -> impl Iterator<Item = &[RowId]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, end)| &self.rows[begin..*end])
    }
}

/// Decides what becomes of equal texts.
pub(super) fn clean(facts: &mut Facts, options: &ClassificationOptions) -> Repeated {
    let mut repeated = Repeated::default();
    let order = by_key(facts);
    let keys = std::mem::take(&mut facts.keys);
    let is_same = |a: &(u64, RowId), b: &(u64, RowId)| keys[a.1 as usize] == keys[b.1 as usize];
    let mut text: Vec<RowId> = Vec::new();
    for same in order.chunk_by(is_same).filter(|same| same.len() > 1) {
        text.clear();
        text.extend(same.iter().map(|(_, row)| *row));
        repeated.repeating += text.len() as u64 - 1;
        disagreeing(&text, facts, options.conflicts, &mut repeated);
        repeating(&text, facts, options.duplicates, &mut repeated);
        text.retain(|row| facts.left_out[*row as usize].is_none());
        if text.len() > 1 {
            repeated.rows.extend_from_slice(&text);
            repeated.ends.push(repeated.rows.len());
        }
    }
    facts.keys = keys;
    repeated.repeats.sort_unstable();
    repeated
}

/// The rows that stay, equal texts together.
fn by_key(facts: &Facts) -> Vec<(u64, RowId)> {
    let mut order: Vec<(u64, RowId)> = facts.staying().map(|row| (beginning(&facts.keys[row as usize]), row)).collect();
    order.sort_unstable();
    // Where only the beginning is equal, the whole key decides.
    for same in order.chunk_by_mut(|a, b| a.0 == b.0).filter(|same| same.len() > 1) {
        same.sort_by_key(|(_, row)| facts.keys[*row as usize]);
    }
    order
}

/// Rows of one text that have different labels.
fn disagreeing(text: &[RowId], facts: &mut Facts, wish: Conflicts, repeated: &mut Repeated) {
    let labelled: Vec<RowId> = text.iter().copied().filter(|row| facts.labels[*row as usize] != NO_LABEL).collect();
    let mut answers: Vec<u64> = labelled.iter().map(|row| facts.answer(*row)).collect();
    answers.sort_unstable();
    let mut counts: Vec<(usize, u64)> = answers.chunk_by(u64::eq).map(|same| (same.len(), same[0])).collect();
    if counts.len() < 2 {
        return;
    }
    repeated.conflicting_texts += 1;
    repeated.conflicting_rows += labelled.len() as u64;
    if repeated.conflict.is_none_or(|first| labelled[0] < first) {
        repeated.conflict = Some(labelled[0]);
        let mut labels: Vec<SetId> = labelled.iter().map(|row| facts.labels[*row as usize]).collect();
        labels.sort_unstable();
        labels.dedup();
        repeated.conflict_labels = labels;
    }
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let winner = (counts[0].0 > counts[1].0).then_some(counts[0].1);
    let winner = labelled.iter().find(|row| winner == Some(facts.answer(**row))).map(|row| facts.labels[*row as usize]);
    match (wish, winner) {
        (Conflicts::Report, _) => {}
        (Conflicts::Majority, Some(label)) => {
            for row in labelled {
                facts.labels[row as usize] = label;
            }
        }
        (Conflicts::Drop | Conflicts::Majority, _) => {
            for row in labelled {
                facts.left_out[row as usize] = Some(Reason::Conflict);
            }
        }
    }
}

/// Rows of one text that say what an earlier one says already.
fn repeating(text: &[RowId], facts: &mut Facts, wish: Duplicates, repeated: &mut Repeated) {
    if wish == Duplicates::Keep {
        return;
    }
    let said = |row: &RowId| (facts.letters.get(*row as usize).copied().unwrap_or_default(), facts.answer(*row));
    let staying = text.iter().filter(|row| facts.left_out[**row as usize].is_none());
    let mut staying: Vec<((u64, u64), RowId)> = staying.map(|row| (said(row), *row)).collect();
    staying.sort_unstable();
    for same in staying.chunk_by(|a, b| a.0 == b.0) {
        for (_, row) in &same[1..] {
            facts.left_out[*row as usize] = Some(Reason::Duplicate);
            repeated.repeats.push((*row, same[0].1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::classification::facts::tests::labelled;

    const ROWS: [(&str, &str); 8] = [
        ("Good  stuff", "good"),
        ("bad stuff", "bad"),
        ("good stuff", "good"),
        ("GOOD STUFF", "bad"),
        ("other", "good"),
        ("bad stuff", "bad"),
        ("bad stuff", "good"),
        ("bad stuff", ""),
    ];

    fn cleaned(duplicates: Duplicates, conflicts: Conflicts) -> (Vec<Option<Reason>>, Vec<String>, Repeated) {
        let mut facts = labelled(&ROWS);
        let options = ClassificationOptions { duplicates, conflicts, ..ClassificationOptions::default() };
        if duplicates != Duplicates::Exact {
            facts.letters.clear();
        }
        let repeated = clean(&mut facts, &options);
        let name = |set: &SetId| facts.sets.members(*set).iter().map(|class| facts.classes.name(*class)).collect();
        (facts.left_out.clone(), facts.labels.iter().map(name).collect(), repeated)
    }

    #[test]
    fn repetitions_and_contradictions_are_counted_where_nobody_asked_for_more() {
        let (left_out, _, repeated) = cleaned(Duplicates::Keep, Conflicts::Report);
        assert!(left_out.iter().all(Option::is_none));
        assert_eq!((repeated.repeating, repeated.conflicting_texts, repeated.conflicting_rows), (5, 2, 6));
        assert_eq!(repeated.conflict, Some(0));
        let mut texts: Vec<_> = repeated.texts().map(<[RowId]>::to_vec).collect();
        texts.sort_unstable();
        assert_eq!(texts, [vec![0, 2, 3], vec![1, 5, 6, 7]]);
    }

    #[test]
    fn the_first_of_equal_rows_stays() {
        let (left_out, _, repeated) = cleaned(Duplicates::Normalised, Conflicts::Report);
        let gone: Vec<_> = (0..8).filter(|row| left_out[*row] == Some(Reason::Duplicate)).collect();
        assert_eq!(gone, [2, 5]);
        assert_eq!(repeated.repeats, [(2, 0), (5, 1)]);
        let (left_out, ..) = cleaned(Duplicates::Exact, Conflicts::Report);
        let gone: Vec<_> = (0..8).filter(|row| left_out[*row].is_some()).collect();
        assert_eq!(gone, [5], "another letter makes another text");
    }

    #[test]
    fn contradictions_are_decided_by_majority_or_dropped() {
        let (left_out, labels, _) = cleaned(Duplicates::Keep, Conflicts::Majority);
        assert!(left_out.iter().all(Option::is_none));
        assert_eq!(labels, ["good", "bad", "good", "good", "good", "bad", "bad", ""]);
        let (left_out, ..) = cleaned(Duplicates::Keep, Conflicts::Drop);
        let gone: Vec<_> = (0..8).filter(|row| left_out[*row] == Some(Reason::Conflict)).collect();
        assert_eq!(gone, [0, 1, 2, 3, 5, 6], "a row without a label contradicts nobody");
    }

    #[test]
    fn a_tie_decides_nothing() {
        let mut facts = labelled(&[("a", "x"), ("a", "y"), ("b", "x")]);
        facts.letters.clear();
        let conflicts = Conflicts::Majority;
        clean(&mut facts, &ClassificationOptions { conflicts, ..ClassificationOptions::default() });
        assert_eq!(facts.left_out, [Some(Reason::Conflict), Some(Reason::Conflict), None]);
    }
}
