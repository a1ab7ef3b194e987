//! From the source that a request names to the files on this machine.
//!
//! The one decision: every job resolves its source when it runs, and in the same way, so that what may be read is decided in
//! one place.

use std::path::PathBuf;

use tokio::runtime::Handle;

use crate::core::failure::{Code, Fails, Failure};
use crate::core::intake::LocalSource;
use crate::core::storage::location::{Destination, Source};
use crate::core::storage::sandbox::DataRoots;
use crate::core::storage::uploads::Uploads;

/// Where the sources of jobs are found.
#[derive(Debug, Clone)]
pub struct Sources {
    /// Resolves paths.
    pub roots: DataRoots,
    /// Resolves the ids of uploads.
    pub uploads: Uploads,
}

impl Sources {
    /// The files of a source. Blocks, on a thread of a tokio runtime that may.
    ///
    /// # Errors
    /// When it is not there, may not be read, or lies in a bucket.
    pub fn local(&self, source: &Source) -> Result<LocalSource, Failure> {
        match source {
            Source::Path { path } => {
                let path = self.roots.resolve_existing(path).map_err(|error| error.to_failure())?;
                LocalSource::at(&path).map_err(|error| error.to_failure())
            }
            Source::File { file_id } => {
                let described = Handle::current().block_on(self.uploads.get(file_id));
                let meta = described.map_err(|error| error.to_failure())?.ok_or_else(|| {
                    Failure::new(Code::NotFound, format!("there is no uploaded file `{file_id}`"))
                        .with_hint("uploads expire; upload it again")
                })?;
                Ok(LocalSource::File { path: self.uploads.content_path(file_id), name: meta.name })
            }
            Source::Uri { uri } => Err(no_bucket(uri)),
        }
    }

    /// The folder of a destination, which need not be there yet.
    ///
    /// # Errors
    /// When it may not be written, or lies in a bucket.
    pub fn folder(&self, destination: &Destination) -> Result<PathBuf, Failure> {
        match destination {
            Destination::Path { path } => self.roots.resolve_new(path).map_err(|error| error.to_failure()),
            Destination::Uri { uri } => Err(no_bucket(uri)),
        }
    }
}

/// Why a source or destination in a bucket is refused.
pub fn no_bucket(uri: &str) -> Failure {
    let shown: String = uri.chars().take(200).collect();
    Failure::new(Code::BucketNotAllowed, format!("`{shown}`: this service is not set up for buckets"))
        .with_hint("copy the files into a data root and name their `path`, or upload them to /v1/files")
}
