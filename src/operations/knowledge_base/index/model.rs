//! Which model the vectors of an index are of.

use std::fs;
use std::io;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{IndexError, Meaning};
use crate::operations::knowledge_base::error::KnowledgeBaseError;

const FILE: &str = "model.json";

/// Which model the vectors of an index are of: a query's must be of the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IndexedModel {
    /// Its id.
    pub model: String,
    /// Numbers of a vector.
    pub dimension: usize,
    /// What else decided the numbers: engine, precision, build.
    pub variant: String,
}

impl IndexedModel {
    pub(super) fn of(meaning: Meaning<'_>) -> Self {
        Self {
            model: meaning.model.to_owned(),
            dimension: meaning.embedder.dimension(),
            variant: meaning.embedder.variant(),
        }
    }

    pub(super) fn write(&self, folder: &Path) -> Result<(), IndexError> {
        let path = folder.join(FILE);
        let written = serde_json::to_vec(self).map_err(io::Error::from).and_then(|bytes| fs::write(&path, bytes));
        Ok(written.map_err(KnowledgeBaseError::at("write", &path))?)
    }

    /// Reads it; `None` where there is no index by meaning.
    ///
    /// # Errors
    /// When it can't be read, or is not what was written.
    pub(in super::super) fn read(folder: &Path) -> Result<Option<Self>, KnowledgeBaseError> {
        let path = folder.join(FILE);
        match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            read => {
                let bytes = read.map_err(KnowledgeBaseError::at("read", &path))?;
                serde_json::from_slice(&bytes).map(Some).map_err(KnowledgeBaseError::damaged(&path))
            }
        }
    }
}
