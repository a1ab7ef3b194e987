//! A model comes into the store.
//!
//! For: the request that service and command line share, and the job. Not for: the download itself (`core::models`). The
//! one decision: a client chooses among the sources of the catalogue and can't name others, so that a request never makes
//! the service fetch an address that its operator did not write down.

mod job;
mod options;

pub use job::{KIND, ModelDownloadHandler, download};
pub use options::ModelDownloadRequest;
