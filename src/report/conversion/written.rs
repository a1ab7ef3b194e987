//! A file that was read or written: path, size, digest.

use crate::operations::parquet_conversion::{FileOutcome, TableOutcome};
use crate::report::text::bytes;

/// Hexadecimal digits of a digest that are shown; the whole of it is its title.
const DIGEST_DIGITS: usize = 12;

/// A file that was read or written.
pub(super) struct WrittenView<'a> {
    pub(super) name: &'static str,
    pub(super) path: &'a str,
    pub(super) size: String,
    pub(super) digest: Option<Digest<'a>>,
}

/// A SHA-256.
pub(super) struct Digest<'a> {
    pub(super) short: &'a str,
    pub(super) whole: &'a str,
}

impl<'a> WrittenView<'a> {
    /// The file that was read.
    pub(super) fn of_source(file: &'a FileOutcome) -> Self {
        let digest = file.sha256.as_deref().map(digest);
        Self { name: "Source", path: &file.source, size: bytes(file.size_bytes), digest }
    }

    /// What was written for a table.
    pub(super) fn of_table(table: &'a TableOutcome) -> Vec<Self> {
        let outputs = [("Parquet", &table.output), ("Rejected rows", &table.rejects)];
        let written = outputs.into_iter().filter_map(|(name, output)| {
            output.as_ref().map(|output| Self {
                name,
                path: &output.path,
                size: bytes(output.size_bytes),
                digest: Some(digest(&output.sha256)),
            })
        });
        written.collect()
    }
}

fn digest(whole: &str) -> Digest<'_> {
    Digest { short: whole.get(..DIGEST_DIGITS).unwrap_or(whole), whole }
}
