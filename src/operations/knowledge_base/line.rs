//! Records as lines, written from borrowed parts: the same bytes as [`Record`](super::Record) gives, without its copies.

use serde::{Serialize, Serializer};

use crate::core::tabular::format::FormatName;

/// A record's line.
#[derive(Debug, Serialize)]
pub(super) struct RecordLine<'a> {
    pub(super) id: &'a str,
    pub(super) content: &'a str,
    pub(super) meta: MetaLine<'a>,
}

/// What [`Meta`](super::Meta) holds, in its order.
#[derive(Debug, Clone, Copy, Serialize)]
pub(super) struct MetaLine<'a> {
    pub(super) path: &'a str,
    pub(super) folders: &'a [&'a str],
    pub(super) file: &'a str,
    pub(super) format: FormatName,
    pub(super) sha256: &'a str,
    pub(super) sheet: Option<&'a str>,
    pub(super) page: Option<u64>,
    pub(super) row: Option<u64>,
    pub(super) heading: Option<&'a str>,
    pub(super) chunk: Option<u32>,
    pub(super) columns: Columns<'a>,
}

/// Values by the names of their columns, sorted by these.
#[derive(Debug, Clone, Copy)]
pub(super) struct Columns<'a>(pub(super) &'a [(&'a str, &'a str)]);

impl Serialize for Columns<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::knowledge_base::{Meta, Record};

    #[test]
    fn a_line_is_what_its_record_would_be() {
        let meta = MetaLine {
            path: "a b/c/d.tsv",
            folders: &["a b", "c"],
            file: "d.tsv",
            format: FormatName::Delimited,
            sha256: "f00",
            sheet: Some("s"),
            page: Some(1),
            row: Some(2),
            heading: Some("\"h\""),
            chunk: Some(3),
            columns: Columns(&[("a", "1"), ("ü", "\u{1}\n")]),
        };
        let line = serde_json::to_string(&RecordLine { id: "x", content: "y\t\u{7f}", meta }).unwrap();
        let record: Record = serde_json::from_str(&line).unwrap();
        assert_eq!(serde_json::to_string(&record).unwrap(), line);
        let Meta { columns, folders, .. } = record.meta;
        assert_eq!((columns["ü"].as_str(), folders.join("/").as_str()), ("\u{1}\n", "a b/c"));
    }
}
