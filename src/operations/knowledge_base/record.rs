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
    /// Line of a text, row of a sheet, section of a document where the record begins, from 1.
    pub row: Option<u64>,
    /// The heading above it in a document.
    pub heading: Option<String>,
    /// Which piece of a long text it is, from 1; `null`: all of it.
    pub chunk: Option<u32>,
    /// The other values of its row by the names of their columns, as they stand in the file; empty ones are left out.
    pub columns: BTreeMap<String, String>,
}

impl Record {
    /// A record, with the id that follows from the rest.
    pub fn new(content: String, meta: Meta) -> Self {
        Self { id: id(&content, &meta), content, meta }
    }
}

/// Path, place and content; what else is known of a record may change without making it another one.
fn id(content: &str, meta: &Meta) -> String {
    let place = (&meta.path, &meta.sheet, meta.page, meta.row, meta.chunk, content);
    // Serialised so that no two sets of values run into the same bytes. Strings and numbers always can be.
    sha256_hex(serde_json::json!(place).to_string().as_bytes())
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
