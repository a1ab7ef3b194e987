//! A language model as one file.
//!
//! Eight bytes that name the format, its version, the length of the head; the head, JSON: what the model is, and which
//! sections follow, each with its length; the sections, arrays of little-endian numbers, each from a multiple of eight bytes
//! on; SHA-256 of all that, in hexadecimal. The one decision: what is asked lies in the file as it is asked, so that opening is mapping and
//! a model of any size answers at once.

mod reader;
mod writer;

use serde::{Deserialize, Serialize};

pub(super) use reader::ModelFile;
pub(super) use writer::{Scratch, Sections};

use super::info::LanguageModelInfo;

const MAGIC: &[u8; 8] = b"TMILL-LM";
const VERSION: u32 = 1;
/// What comes before the head.
const PREFIX_BYTES: usize = MAGIC.len() + 2 * size_of::<u32>();
const DIGEST_BYTES: usize = 64;
const ALIGNMENT: usize = 8;

/// The head of a file.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    model: LanguageModelInfo,
    sections: Vec<Section>,
}

/// A section, without the bytes that fill it up to a multiple of eight.
#[derive(Debug, Serialize, Deserialize)]
struct Section {
    name: String,
    bytes: u64,
}

/// What is missing to a multiple of eight.
fn padding(bytes: u64) -> usize {
    let over = bytes % ALIGNMENT as u64;
    usize::try_from((ALIGNMENT as u64 - over) % ALIGNMENT as u64).unwrap_or_default()
}
