//! The combinations of labels that rows have, each once, under a number.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::ClassId;

/// Number of a combination.
pub(in super::super) type SetId = u32;

/// The combination of a row without a label.
pub(in super::super) const NO_LABEL: SetId = 0;

/// The combinations that were met so far.
#[derive(Debug)]
pub(in super::super) struct LabelSets {
    members: Vec<Box<[ClassId]>>,
    ids: HashMap<Box<[ClassId]>, SetId, RandomState>,
}

impl LabelSets {
    /// The empty one alone.
    pub(in super::super) fn new() -> Self {
        let mut ids = HashMap::default();
        ids.insert(Box::default(), NO_LABEL);
        Self { members: vec![Box::default()], ids }
    }

    /// The number of a combination; the order of its labels makes no difference.
    pub(in super::super) fn id(&mut self, classes: &mut [ClassId]) -> SetId {
        classes.sort_unstable();
        if let Some(id) = self.ids.get(&*classes) {
            return *id;
        }
        let id = SetId::try_from(self.members.len()).unwrap_or(SetId::MAX);
        self.members.push((&*classes).into());
        self.ids.insert((&*classes).into(), id);
        id
    }

    /// The labels of a combination.
    pub(in super::super) fn members(&self, id: SetId) -> &[ClassId] {
        self.members.get(id as usize).map_or(&[], |members| members)
    }

    /// How many there are; their numbers are below.
    pub(in super::super) fn len(&self) -> usize {
        self.members.len()
    }
}
