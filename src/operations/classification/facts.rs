//! What is noted of each row in the first pass.
//!
//! The one decision: a column for each fact, and none for what nobody asked about. A row takes 22 bytes: its text's key, its
//! labels, what becomes of it and its split; 8 more for each of group, time, letters and tags, 4 for the confidence of a label,
//! 1 for a split that it brings along.

use super::labels::{Classes, LabelSets, SetId};
use super::outcome::LeftOut;
use super::split::Split;
use crate::core::text::normalise::TextKey;

/// Number of a row, from 0.
pub(super) type RowId = u32;

/// What is noted of each row; a column that nobody needs is empty.
#[derive(Debug)]
pub(super) struct Facts {
    /// Stands for the text in its normal form.
    pub(super) keys: Vec<TextKey>,
    /// Stands for the text to the letter, where that makes a difference.
    pub(super) letters: Vec<u64>,
    /// Its labels.
    pub(super) labels: Vec<SetId>,
    /// Stands for its tags, where it has some.
    pub(super) tags: Vec<u64>,
    /// How sure its label is; not a number where nobody says it.
    pub(super) confidences: Vec<f32>,
    /// Stands for its group.
    pub(super) groups: Vec<u64>,
    /// Orders it in time; the lowest is no time at all.
    pub(super) times: Vec<i64>,
    /// The split that it brings along.
    pub(super) given: Vec<Option<Split>>,
    /// Why it is left out, as far as one row alone tells it.
    pub(super) left_out: Vec<Option<Reason>>,
    /// The labels.
    pub(super) classes: Classes,
    /// Their combinations.
    pub(super) sets: LabelSets,
    /// Rows that somebody said a label of.
    pub(super) labelled: u64,
    /// Texts whose language can't be told, where that was asked.
    pub(super) undetermined: u64,
}

impl Facts {
    /// How many rows there are.
    pub(super) fn rows(&self) -> usize {
        self.keys.len()
    }

    /// The rows that stay, in order.
    pub(super) fn staying(&self) -> impl Iterator<Item = RowId> {
        (0..).zip(&self.left_out).filter(|(_, reason)| reason.is_none()).map(|(row, _)| row)
    }

    /// What a row answers to its text: two rows agree if it is equal.
    pub(super) fn answer(&self, row: RowId) -> u64 {
        self.tags.get(row as usize).copied().unwrap_or_else(|| u64::from(self.labels[row as usize]))
    }
}

/// Why a row is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    /// No text.
    Empty,
    /// Shorter than asked for.
    TooShort,
    /// Longer than asked for.
    TooLong,
    /// In another language.
    OtherLanguage,
    /// No label.
    Unlabelled,
    /// A label that is not in the label set.
    UnknownLabel,
    /// Tags that do not fit.
    TagsNotFitting,
    /// Equal to a text with another label.
    Conflict,
    /// Equal to an earlier row.
    Duplicate,
    /// Of a label that has more rows than asked for.
    Balance,
}

impl Reason {
    /// All of them, in the order in which they are looked at.
    pub(super) const ALL: [Self; 10] = [
        Self::Empty,
        Self::TooShort,
        Self::TooLong,
        Self::OtherLanguage,
        Self::Unlabelled,
        Self::UnknownLabel,
        Self::TagsNotFitting,
        Self::Conflict,
        Self::Duplicate,
        Self::Balance,
    ];

    /// As the card and the list of rows name it.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::TooShort => "too_short",
            Self::TooLong => "too_long",
            Self::OtherLanguage => "other_language",
            Self::Unlabelled => "unlabelled",
            Self::UnknownLabel => "unknown_label",
            Self::TagsNotFitting => "tags_not_fitting",
            Self::Conflict => "conflict",
            Self::Duplicate => "duplicate",
            Self::Balance => "balance",
        }
    }
}

impl LeftOut {
    /// The counts of rows that are left out.
    pub(super) fn of(facts: &Facts) -> Self {
        let mut counts = Self::default();
        facts.left_out.iter().flatten().for_each(|reason| *counts.count(*reason) += 1);
        counts
    }

    fn count(&mut self, reason: Reason) -> &mut u64 {
        match reason {
            Reason::Empty => &mut self.empty,
            Reason::TooShort => &mut self.too_short,
            Reason::TooLong => &mut self.too_long,
            Reason::OtherLanguage => &mut self.other_language,
            Reason::Unlabelled => &mut self.unlabelled,
            Reason::UnknownLabel => &mut self.unknown_label,
            Reason::TagsNotFitting => &mut self.tags_not_fitting,
            Reason::Conflict => &mut self.conflict,
            Reason::Duplicate => &mut self.duplicate,
            Reason::Balance => &mut self.balance,
        }
    }

    /// The reasons, in the order in which they are looked at, with the rows of each.
    pub fn counts(&self) -> Vec<(&'static str, u64)> {
        let mut counts = self.clone();
        Reason::ALL.map(|reason| (reason.as_str(), *counts.count(reason))).to_vec()
    }

    /// Rows that are left out.
    pub fn total(&self) -> u64 {
        self.counts().iter().map(|(_, rows)| rows).sum()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::core::text::normalise::{letter_key, normal_key};

    /// What is noted of rows: texts, their labels (none, one, or several parted by `+`) and groups.
    pub(in super::super) fn facts(rows: &[(String, String, u64)]) -> Facts {
        let (mut classes, mut sets) = (Classes::default(), LabelSets::new());
        let labels = rows.iter().map(|(_, label, _)| {
            let mut ids: Vec<_> = label.split('+').filter_map(|name| classes.id(name)).collect();
            sets.id(&mut ids)
        });
        let labels = labels.collect();
        Facts {
            keys: rows.iter().map(|(text, ..)| normal_key(text)).collect(),
            letters: rows.iter().map(|(text, ..)| u64::from(letter_key(text)[0])).collect(),
            labels,
            tags: Vec::new(),
            confidences: Vec::new(),
            groups: rows.iter().map(|(.., group)| *group).collect(),
            times: Vec::new(),
            given: Vec::new(),
            left_out: vec![None; rows.len()],
            classes,
            sets,
            labelled: 0,
            undetermined: 0,
        }
    }

    /// Rows without groups.
    pub(in super::super) fn labelled(rows: &[(&str, &str)]) -> Facts {
        facts(&rows.iter().map(|(text, label)| ((*text).to_owned(), (*label).to_owned(), 0)).collect::<Vec<_>>())
    }
}
