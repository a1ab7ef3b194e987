//! The labels that are met, each once, under a number.

use std::collections::HashMap;

/// Number of a label, in the order in which labels were first met.
pub(in super::super) type ClassId = u32;

/// The labels that were met so far.
#[derive(Debug, Default)]
pub(in super::super) struct Classes {
    names: Vec<String>,
    ids: HashMap<String, ClassId>,
}

impl Classes {
    /// The number of a label; a new one if it was not met before.
    pub(in super::super) fn id(&mut self, name: &str) -> ClassId {
        if let Some(id) = self.ids.get(name) {
            return *id;
        }
        let id = ClassId::try_from(self.names.len()).unwrap_or(ClassId::MAX);
        self.names.push(name.to_owned());
        self.ids.insert(name.to_owned(), id);
        id
    }

    /// All labels, by number.
    pub(in super::super) fn names(&self) -> &[String] {
        &self.names
    }
}
