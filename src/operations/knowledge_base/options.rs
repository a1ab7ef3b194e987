//! What can be asked of a build, declared once for JSON, command line and documentation.

use clap::Args;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How to build; every field has a default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, Args)]
#[serde(default, deny_unknown_fields)]
pub struct KnowledgeBaseOptions {
    /// Read only files whose path matches one of these globs (`**` spans folders); empty: all
    #[arg(long, value_name = "GLOB")]
    pub include: Vec<String>,
    /// Leave out files whose path matches one of these globs
    #[arg(long, value_name = "GLOB")]
    pub exclude: Vec<String>,
    /// Columns that make the content of a table's records, instead of all
    #[arg(long = "content-column", value_name = "NAME")]
    pub content_columns: Vec<String>,
    /// Index records by meaning, too: search finds what is said in other words
    #[arg(long)]
    pub meaning: bool,
}
