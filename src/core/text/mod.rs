//! What texts are made of.
//!
//! For: units of a text with their places in it. Not for: what is looked for in them. The one decision: a place is told in
//! bytes, for Rust, and in code points, for everybody else; units never change the text they were found in.

pub mod words;
