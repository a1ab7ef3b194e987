//! The labels that are met, each once, under a number.

use std::collections::HashMap;

use foldhash::fast::RandomState;

use super::{LabelMap, LabelSet};

/// Number of a label, in the order in which labels were first met.
pub(in super::super) type ClassId = u32;

/// The labels that were met so far.
#[derive(Debug, Default)]
pub(in super::super) struct Classes {
    map: LabelMap,
    names: Vec<String>,
    /// By the names that were met; `None`: the name is blank.
    ids: HashMap<String, Option<ClassId>, RandomState>,
    /// By the names that labels have in the end.
    final_ids: HashMap<String, ClassId, RandomState>,
    allowed: Option<LabelSet>,
    is_allowed: Vec<bool>,
}

impl Classes {
    /// None met yet. `map` gives labels other names, `allowed` says which there may be.
    pub(in super::super) fn new(map: LabelMap, allowed: Option<LabelSet>) -> Self {
        let (ids, final_ids) = (HashMap::default(), HashMap::default());
        Self { map, names: Vec::new(), ids, final_ids, allowed, is_allowed: Vec::new() }
    }

    /// The number of a label, by the name that the options give it; a new one if it was not met before. A blank name is
    /// no label.
    pub(in super::super) fn id(&mut self, name: &str) -> Option<ClassId> {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = self.named(name);
        self.ids.insert(name.to_owned(), id);
        id
    }

    fn named(&mut self, name: &str) -> Option<ClassId> {
        let wanted = self.map.name_of(name).to_owned();
        if wanted.trim().is_empty() {
            return None;
        }
        if let Some(id) = self.final_ids.get(&wanted) {
            return Some(*id);
        }
        let id = ClassId::try_from(self.names.len()).ok()?;
        self.is_allowed.push(self.allowed.as_ref().is_none_or(|set| set.labels().contains(&wanted)));
        self.names.push(wanted.clone());
        self.final_ids.insert(wanted, id);
        Some(id)
    }

    /// The label of a number.
    pub(in super::super) fn name(&self, id: ClassId) -> &str {
        self.names.get(id as usize).map_or("", String::as_str)
    }

    /// All labels, by number.
    pub(in super::super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether the label set has it, where there is one.
    pub(in super::super) fn is_allowed(&self, id: ClassId) -> bool {
        self.is_allowed.get(id as usize).copied().unwrap_or_default()
    }
}
