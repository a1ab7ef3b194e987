//! A record: a text, and where it comes from.
//!
//! The one decision: `id`, `content` and `meta` are those of Haystack's documents, and every key is always written, so that
//! a file of records loads as it is wherever JSON lines are read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::core::hash::sha256_hex;
use crate::core::tabular::format::FormatName;

/// A text and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Record {
    /// Digest of path, place and content: the same record has the same id in every build.
    pub id: String,
    /// The text.
    pub content: String,
    /// Where it comes from.
    pub meta: Meta,
}

/// Where a record comes from; what does not apply is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Meta {
    /// Path of the file inside the source, `/` between parts.
    #[schema(example = "DFG/Primary/RECYCLING.tsv")]
    pub path: String,
    /// The folders of that path, from outside inwards.
    pub folders: Vec<String>,
    /// Its last part, the file's name.
    #[schema(example = "RECYCLING.tsv")]
    pub file: String,
    /// What the file is.
    pub format: FormatName,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// The page of a document, from 1.
    pub page: Option<u64>,
    /// Line of a text, row of a sheet, number of a JSON or XML record, section of a document, from 1.
    pub row: Option<u64>,
    /// The heading above it in a document.
    pub heading: Option<String>,
    /// Which piece of a long text it is, from 1; `null`: all of it.
    pub chunk: Option<u32>,
    /// The values of its row by the names of their columns, as they stand in the file; empty ones are left out, and so are
    /// lists of one column without a name, and texts that were parted into several records.
    pub columns: BTreeMap<String, String>,
}

impl Record {
    /// A record, with the id that follows from the rest.
    pub fn new(content: String, meta: Meta) -> Self {
        let place = Place { path: &meta.path, sheet: meta.sheet.as_deref(), page: meta.page, row: meta.row };
        Self { id: place.id(meta.chunk, &content), content, meta }
    }
}

/// Where in the source a row lies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    /// Path of its file.
    pub(super) path: &'a str,
    /// Its sheet.
    pub(super) sheet: Option<&'a str>,
    /// Its page.
    pub(super) page: Option<u64>,
    /// Its line, row or number.
    pub(super) row: Option<u64>,
}

impl Place<'_> {
    /// The id of a record: path, place and content; what else is known of it may change without making it another one.
    pub(super) fn id(self, chunk: Option<u32>, content: &str) -> String {
        let Self { path, sheet, page, row } = self;
        // Serialised so that no two sets of values run into the same bytes. Strings and numbers always can be.
        let place = serde_json::to_vec(&(path, sheet, page, row, chunk, content)).unwrap_or_default();
        sha256_hex(&place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta(row: u64) -> Meta {
        Meta {
            path: "a/b.tsv".to_owned(),
            folders: vec!["a".to_owned()],
            file: "b.tsv".to_owned(),
            format: FormatName::Delimited,
            sha256: String::new(),
            sheet: None,
            page: None,
            row: Some(row),
            heading: None,
            chunk: None,
            columns: BTreeMap::new(),
        }
    }

    #[test]
    fn an_id_follows_from_path_place_and_content() {
        let record = Record::new("recycle".to_owned(), meta(1));
        assert_eq!(record.id.len(), 64);
        let other_bytes = Meta { sha256: "f00".to_owned(), ..meta(1) };
        assert_eq!(Record::new("recycle".to_owned(), other_bytes).id, record.id, "its file changed elsewhere");
        assert_ne!(Record::new("recycle".to_owned(), meta(2)).id, record.id);
        assert_ne!(Record::new("recycled".to_owned(), meta(1)).id, record.id);
    }

    #[test]
    fn every_key_is_written() {
        let written = serde_json::to_value(Record::new("recycle".to_owned(), meta(1))).unwrap();
        let keys: Vec<_> = written["meta"].as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys.len(), 11);
        assert!(written["meta"]["page"].is_null());
    }
}
