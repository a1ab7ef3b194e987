//! Text as language: where a sentence ends.
//!
//! For: everything that looks at running text. Not for: bytes and encodings (`tabular`), or tokens of a model
//! (`embeddings`).

pub mod sentences;
