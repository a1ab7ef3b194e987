//! Text as language: what a text is made of.
//!
//! For: units of a text with their places in it: sentences, words. Not for: bytes and encodings (`tabular`), tokens of a
//! model (`embeddings`), or what is looked for in them. The one decision: a place is told in bytes, for Rust, and in code
//! points, for everybody else; units never change the text they were found in.

pub mod characters;
pub mod comparable;
pub mod fasttext;
pub mod frequent_phrases;
pub mod identification;
pub mod language;
pub mod normalise;
pub mod pronunciation;
pub mod properties;
pub mod punkt;
pub mod sentences;
pub mod sentiment;
pub mod stop_words;
pub mod treebank;
mod word_table;
pub mod words;
