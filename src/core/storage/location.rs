//! The two unions by which every request says where data comes from and where it goes.
//!
//! For: the shapes in JSON. Not for: opening anything; `sandbox` turns a path into one that may be touched. The one
//! decision: one union for all operations, so that a client learns it once.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::ids::FileId;

/// Where input comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(expecting = "an object like {\"type\": \"path\", \"path\": \"folder\"}")]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// A file uploaded to `/v1/files`.
    File {
        /// Its id.
        #[schema(value_type = String, example = "file_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f")]
        file_id: FileId,
    },
    /// A file or folder on the server, relative to or inside a data root.
    Path {
        /// The path.
        #[schema(example = "knowledgebase")]
        path: String,
    },
    /// An object or prefix in a bucket.
    Uri {
        /// `gs://bucket/prefix`
        #[schema(example = "gs://bucket/prefix")]
        uri: String,
    },
}

/// Where output goes; without one it becomes the job's artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(expecting = "an object like {\"type\": \"path\", \"path\": \"folder\"}")]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum Destination {
    /// A folder on the server, relative to or inside a data root; made if it is not there.
    Path {
        /// The path.
        #[schema(example = "parquet")]
        path: String,
    },
    /// A prefix in a bucket.
    Uri {
        /// `gs://bucket/prefix`
        #[schema(example = "gs://bucket/prefix")]
        uri: String,
    },
}
