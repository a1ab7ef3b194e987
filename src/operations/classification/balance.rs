//! What is done about labels that are rarer than others.
//!
//! The one decision: only the train split changes; what is measured on stays as it is in the world.

use super::facts::{Facts, Reason, RowId};
use super::labels::{ClassId, NO_LABEL};
use super::options::{Balance, ClassificationOptions};
use super::split::{Split, Splits, ordered};

/// Leaves out rows of the train split where a label has more than asked for: those that come last in the order of the seed.
pub(super) fn balance(facts: &mut Facts, splits: &mut Splits, options: &ClassificationOptions) {
    let rows = train_rows(facts, splits);
    let rarest = rows.iter().map(Vec::len).filter(|rows| *rows > 0).min();
    let asked = options.most_per_label.map(|most| usize::try_from(most).unwrap_or(usize::MAX));
    let most = match options.balance {
        Balance::None => asked,
        Balance::DownSample => rarest.map(|rarest| rarest.min(asked.unwrap_or(usize::MAX))),
    };
    let Some(most) = most else { return };
    for rows in rows.into_iter().filter(|rows| rows.len() > most) {
        for row in ordered(rows.into_iter(), facts, options.seed).split_off(most) {
            facts.left_out[row as usize] = Some(Reason::Balance);
            splits[row as usize] = None;
        }
    }
}

/// Rows of the train split by their label.
fn train_rows(facts: &Facts, splits: &Splits) -> Vec<Vec<RowId>> {
    let mut rows = vec![Vec::new(); facts.classes.names().len()];
    for row in facts.staying().filter(|row| splits[*row as usize] == Some(Split::Train)) {
        let set = facts.labels[row as usize];
        let class: Option<&ClassId> = facts.sets.members(set).first().filter(|_| set != NO_LABEL);
        if let Some(class) = class {
            rows[*class as usize].push(row);
        }
    }
    rows
}
