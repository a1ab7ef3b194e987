//! The model store: which models there are, where their files come from, and the files themselves.
//!
//! For: a catalogue of models by digest, a folder of models that all processes of a user share, and downloads that
//! resume, check and rename. Not for: loading a model; an engine takes the folder that [`ModelStore::path`] gives. The
//! one decision: the catalogue's digests say what a model is, so that it does not matter who the bytes come from: a hub,
//! any web server, a folder.
//!
//! In the store's folder each model is `<id>/<digest>/`, with its files as in the catalogue; a file that is not complete
//! ends with `.part`. `.locks/<id>` is locked by whoever changes a model.

mod address;
mod catalogue;
mod download;
mod error;
mod part;
mod sources;
mod store;
#[cfg(test)]
mod tests;
mod web;

pub use address::AllowedHost;
pub use catalogue::{Catalogue, DEFAULT_MODEL, ModelEntry, ModelFile, Pooling, SourceKind, SourcePlace};
pub use download::{Origin, Pulled, PulledFile, Watch};
pub use error::ModelError;
pub use store::{FileCheck, FileReport, FileState, ModelState, ModelStore, StoreSettings, Verified};
pub(in crate::core) use web::proxies;
pub use web::{Proxies, Token, WebSettings};
