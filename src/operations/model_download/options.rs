//! What a client can ask for.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::models::{Catalogue, ModelEntry, ModelError, SourceKind};

/// Which model is to be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema, Args)]
#[serde(deny_unknown_fields)]
pub struct ModelDownloadRequest {
    /// Id of a model in the catalogue, or another name of it
    #[arg(value_name = "ID")]
    #[schema(example = "all-MiniLM-L6-v2", min_length = 1)]
    pub id: String,
    /// Refuse if the catalogue has another revision of it [default: whichever it has]
    #[arg(long, value_name = "COMMIT")]
    pub revision: Option<String>,
    /// Ask only sources of this kind [default: all of the catalogue, in order]
    #[arg(long, value_enum, value_name = "KIND")]
    pub source: Option<SourceKind>,
}

impl ModelDownloadRequest {
    /// The model that is meant.
    ///
    /// # Errors
    /// When the catalogue has none of this name, or another revision of it.
    pub fn find<'a>(&self, catalogue: &'a Catalogue) -> Result<&'a ModelEntry, ModelError> {
        let entry = catalogue.get(&self.id)?;
        match &self.revision {
            Some(wanted) if entry.revision.as_ref() != Some(wanted) => Err(ModelError::OtherRevision {
                id: entry.id.clone(),
                wanted: wanted.chars().take(200).collect(),
                revision: entry.revision.clone(),
            }),
            _ => Ok(entry),
        }
    }
}
