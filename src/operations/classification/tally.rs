//! How many rows of which label are in which split.

use std::collections::HashSet;

use foldhash::fast::RandomState;

use super::facts::Facts;
use super::labels::ClassId;
use super::options::{ClassificationOptions, Task};
use super::outcome::{LabelCount, SplitCount};
use super::split::{Counts, Split, Splits};

/// Rows of the data set, counted.
#[derive(Debug)]
pub(super) struct Tally {
    task: Task,
    /// Names of the labels, by number.
    names: Vec<String>,
    /// The order in which labels are named and numbered.
    order: Vec<ClassId>,
    /// Rows of each label, or mentions.
    pub(super) labels: Vec<Counts>,
    /// Rows.
    pub(super) rows: Counts,
    /// Groups, where rows are divided by groups.
    groups: Option<Counts>,
    /// Rows of the train split that have a label.
    labelled_train: u64,
}

impl Tally {
    /// Counts the rows that stay.
    pub(super) fn of(facts: &Facts, splits: &Splits, options: &ClassificationOptions) -> Self {
        let names = facts.classes.names().to_vec();
        let (mut labels, mut rows) = (vec![Counts::default(); names.len()], Counts::default());
        let mut groups: [HashSet<u64, RandomState>; 3] = Default::default();
        let (mut has_rows, mut labelled_train) = (vec![false; names.len()], 0);
        for (row, split) in splits.iter().enumerate() {
            let Some(split) = split else { continue };
            rows[*split as usize] += 1;
            let members = facts.sets.members(facts.labels[row]);
            labelled_train += u64::from(*split == Split::Train && !members.is_empty());
            for class in members {
                has_rows[*class as usize] = true;
                // Of entities not rows are counted, but mentions, when they are written.
                labels[*class as usize][*split as usize] += u64::from(options.task != Task::Entities);
            }
            facts.groups.get(row).into_iter().for_each(|group| {
                groups[*split as usize].insert(*group);
            });
        }
        let order = in_order(&names, &has_rows, options);
        let groups = options.group_column.is_some().then(|| groups.map(|groups| groups.len() as u64));
        Self { task: options.task, names, order, labels, rows, groups, labelled_train }
    }

    /// The labels that rows have, as they are numbered in forms that number them.
    pub(super) fn in_order(&self) -> &[ClassId] {
        &self.order
    }

    /// Names of the labels, as they are numbered.
    pub(super) fn label_names(&self) -> Vec<String> {
        self.order.iter().map(|class| self.names[*class as usize].clone()).collect()
    }

    /// The IOB2 tags that there may be, as they are numbered.
    pub(super) fn tags(&self) -> Vec<String> {
        let of_type = |name: String| [format!("B-{name}"), format!("I-{name}")];
        ["O".to_owned()].into_iter().chain(self.label_names().into_iter().flat_map(of_type)).collect()
    }

    /// Counts a mention if a tag begins one.
    pub(super) fn mention(&mut self, tag: &str, split: Split) {
        let Some(name) = tag.strip_prefix("B-") else { return };
        if let Some(class) = self.names.iter().position(|known| known == name) {
            self.labels[class][split as usize] += 1;
        }
    }

    /// What a row of a label counts, so that all labels count the same; `None` where the train split has none.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    pub(super) fn weight(&self, class: ClassId) -> Option<f64> {
        if self.task == Task::Entities {
            return None;
        }
        let train = Split::Train as usize;
        let labels = self.order.iter().filter(|class| self.labels[**class as usize][train] > 0).count();
        let rows = self.labels.get(class as usize)?[train];
        (rows > 0).then(|| self.labelled_train as f64 / (labels as f64 * rows as f64))
    }

    /// The labels, for the card.
    #[expect(clippy::cast_precision_loss, reason = "counts of rows are far below 2^53")]
    pub(super) fn label_counts(&self) -> Vec<LabelCount> {
        let mentions: u64 = self.labels.iter().flatten().sum();
        let all = if self.task == Task::Entities { mentions } else { self.rows.iter().sum() };
        let count = |class: &ClassId| {
            let rows: u64 = self.labels[*class as usize].iter().sum();
            let share = rows as f64 / all.max(1) as f64;
            LabelCount { label: self.names[*class as usize].clone(), rows, share, weight: self.weight(*class) }
        };
        self.order.iter().map(count).collect()
    }

    /// The splits that have a share or rows, for the card.
    pub(super) fn split_counts(&self, options: &ClassificationOptions) -> Vec<SplitCount> {
        let has = |split: &Split| options.split.of(*split) > 0.0 || self.rows[*split as usize] > 0;
        let count = |split: Split| SplitCount {
            split,
            share: options.split.of(split),
            rows: self.rows[split as usize],
            labels: self
                .order
                .iter()
                .map(|class| (self.names[*class as usize].clone(), self.labels[*class as usize][split as usize]))
                .collect(),
            groups: self.groups.map(|groups| groups[split as usize]),
        };
        Split::ALL.into_iter().filter(has).map(count).collect()
    }
}

/// The labels that rows have: as the label set has them, else by name.
fn in_order(names: &[String], has_rows: &[bool], options: &ClassificationOptions) -> Vec<ClassId> {
    let in_set = |name: &String| {
        options
            .label_set
            .as_ref()
            .and_then(|set| set.labels().iter().position(|label| label == name))
            .unwrap_or(usize::MAX)
    };
    let met = (0..).zip(has_rows).filter(|(_, has)| **has).map(|(class, _)| class);
    let mut order: Vec<ClassId> = met.collect();
    order.sort_by_key(|class| (in_set(&names[*class as usize]), &names[*class as usize]));
    order
}
