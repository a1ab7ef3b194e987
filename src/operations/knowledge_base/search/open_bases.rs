//! The knowledge bases that were asked last, open.
//!
//! The one decision: what is held is a generation, and never more than one of a base: an earlier one would keep its files on
//! the disk.

use std::path::PathBuf;
use std::sync::Arc;

use super::{KnowledgeBaseSearchError, SearchableBase};
use crate::core::recent::Recent;
use crate::operations::knowledge_base::name::KnowledgeBaseName;
use crate::operations::knowledge_base::store::KnowledgeBases;

/// Bases that are held open.
const HELD: usize = 8;

/// Opens knowledge bases for a service, which is asked again and again. Cheap to clone.
#[derive(Debug, Clone)]
pub struct SearchableBases {
    bases: KnowledgeBases,
    open: Recent<(KnowledgeBaseName, PathBuf), SearchableBase>,
}

impl SearchableBases {
    /// Those that lie here.
    pub fn of(bases: KnowledgeBases) -> Self {
        Self { bases, open: Recent::holding(HELD) }
    }

    /// The current generation of a base.
    ///
    /// # Errors
    /// As [`SearchableBase::open`].
    pub fn get(&self, name: &KnowledgeBaseName) -> Result<Arc<SearchableBase>, KnowledgeBaseSearchError> {
        let current = self.bases.open(name).map(|base| base.folder().to_owned());
        self.open.forget(|(held, folder)| held == name && current.as_ref().ok() != Some(folder));
        self.open.get((name.clone(), current?), || SearchableBase::open(&self.bases, name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::failure::{Code, Fails as _};
    use crate::operations::knowledge_base::samples::{build, built};

    #[test]
    fn a_base_stays_open_until_it_is_built_anew_or_removed() {
        let (_folder, bases, name) = built(None);
        let open = SearchableBases::of(bases.clone());
        let first = open.get(&name).unwrap();
        assert!(Arc::ptr_eq(&first, &open.get(&name).unwrap()));
        build(&bases, &name, None);
        let second = open.get(&name).unwrap();
        assert_ne!(first.base().folder(), second.base().folder());
        assert_eq!(Arc::strong_count(&first), 1, "nobody else holds the earlier generation");
        bases.remove(&name).unwrap();
        assert_eq!(open.get(&name).unwrap_err().code(), Code::NotFound);
        assert_eq!(Arc::strong_count(&second), 1);
    }
}
