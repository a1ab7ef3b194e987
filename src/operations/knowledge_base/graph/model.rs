//! Nodes and edges, as plain data, and which properties each kind has.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::operations::knowledge_base::manifest::FileEntry;
use crate::operations::knowledge_base::record::Record;

/// Code points of a record that make its name.
const NAME: usize = 80;

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NodeKind {
    /// A folder of the source; the source itself has no path.
    Folder,
    /// A file that was read.
    File,
    /// A record.
    Record,
    /// A concept.
    Concept,
}

/// A node; what does not apply to its kind is `null`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct GraphNode {
    /// Unique in the graph: the kind, and what names it.
    #[schema(example = "file:DFG/Primary/RECYCLING.tsv")]
    pub id: String,
    /// What it is.
    pub kind: NodeKind,
    /// What to call it.
    pub name: String,
    /// Of folders and files the path inside the source, of records that of their file.
    pub path: Option<String>,
    /// Of records: the content.
    pub content: Option<String>,
    /// Of files: what it is.
    pub format: Option<String>,
    /// Of files: records in it.
    pub records: Option<u64>,
    /// Of records: the sheet of a workbook.
    pub sheet: Option<String>,
    /// Of records: the page of a document, from 1.
    pub page: Option<u64>,
    /// Of records: the line, row or section, from 1.
    pub row: Option<u64>,
    /// Of records: the heading above it.
    pub heading: Option<String>,
    /// Of records: which piece of a long text, from 1.
    pub chunk: Option<u64>,
}

/// What is between two nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    /// A folder contains a folder.
    #[serde(rename = "contains")]
    ContainsFolder,
    /// A folder contains a file.
    #[serde(rename = "contains")]
    ContainsFile,
    /// A file has a record.
    HasRecord,
    /// A record mentions a concept.
    Mentions,
    /// A record means nearly the same as another one.
    SimilarTo,
}

/// An edge.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct GraphEdge {
    /// Id of the node that it goes out from.
    pub source: String,
    /// Id of the node that it goes to.
    pub target: String,
    /// What it says.
    #[serde(rename = "type")]
    pub relation: Relation,
    /// Of `mentions`: how often; else `null`.
    pub count: Option<u64>,
    /// Of `similar_to`: the cosine; else `null`.
    pub score: Option<f64>,
}

/// A property's value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Whole(u64),
    Real(f64),
}

/// A property's type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Text,
    Whole,
    Real,
}

impl NodeKind {
    /// All of them, in the order in which they are written.
    pub(super) const ALL: [Self; 4] = [Self::Folder, Self::File, Self::Record, Self::Concept];

    /// Its label in graph databases.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Folder => "Folder",
            Self::File => "File",
            Self::Record => "Record",
            Self::Concept => "Concept",
        }
    }

    /// What its nodes can have, besides an id.
    pub(super) fn properties(self) -> &'static [(&'static str, Type)] {
        const NAME: (&str, Type) = ("name", Type::Text);
        const PATH: (&str, Type) = ("path", Type::Text);
        match self {
            Self::Folder => &[NAME, PATH],
            Self::File => &[NAME, PATH, ("format", Type::Text), ("records", Type::Whole)],
            Self::Record => &[
                NAME,
                ("content", Type::Text),
                PATH,
                ("sheet", Type::Text),
                ("page", Type::Whole),
                ("row", Type::Whole),
                ("heading", Type::Text),
                ("chunk", Type::Whole),
            ],
            Self::Concept => &[NAME],
        }
    }
}

impl Relation {
    /// All of them, in the order in which they are written.
    pub(super) const ALL: [Self; 5] =
        [Self::ContainsFolder, Self::ContainsFile, Self::HasRecord, Self::Mentions, Self::SimilarTo];

    /// Its type in graph databases.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::ContainsFolder | Self::ContainsFile => "CONTAINS",
            Self::HasRecord => "HAS_RECORD",
            Self::Mentions => "MENTIONS",
            Self::SimilarTo => "SIMILAR_TO",
        }
    }

    /// From what to what.
    pub(super) fn ends(self) -> (NodeKind, NodeKind) {
        match self {
            Self::ContainsFolder => (NodeKind::Folder, NodeKind::Folder),
            Self::ContainsFile => (NodeKind::Folder, NodeKind::File),
            Self::HasRecord => (NodeKind::File, NodeKind::Record),
            Self::Mentions => (NodeKind::Record, NodeKind::Concept),
            Self::SimilarTo => (NodeKind::Record, NodeKind::Record),
        }
    }

    /// What its edges have.
    pub(super) fn property(self) -> Option<(&'static str, Type)> {
        match self {
            Self::ContainsFolder | Self::ContainsFile | Self::HasRecord => None,
            Self::Mentions => Some(("count", Type::Whole)),
            Self::SimilarTo => Some(("score", Type::Real)),
        }
    }
}

impl GraphNode {
    fn new(kind: NodeKind, id: String, name: String) -> Self {
        Self {
            id,
            kind,
            name,
            path: None,
            content: None,
            format: None,
            records: None,
            sheet: None,
            page: None,
            row: None,
            heading: None,
            chunk: None,
        }
    }

    /// A folder; the source itself, whose path is empty, is called as its knowledge base.
    pub(super) fn folder(path: &str, base: &str) -> Self {
        let name = if path.is_empty() { base } else { path.rsplit('/').next().unwrap_or(path) };
        Self { path: Some(path.to_owned()), ..Self::new(NodeKind::Folder, folder_id(path), name.to_owned()) }
    }

    pub(super) fn file(entry: &FileEntry) -> Self {
        let name = entry.path.rsplit('/').next().unwrap_or(&entry.path).to_owned();
        let format = entry.format.and_then(|format| serde_json::to_value(format).ok()?.as_str().map(str::to_owned));
        Self {
            path: Some(entry.path.clone()),
            format,
            records: Some(entry.records),
            ..Self::new(NodeKind::File, file_id(&entry.path), name)
        }
    }

    pub(super) fn record(record: &Record) -> Self {
        let meta = &record.meta;
        let name = match record.content.char_indices().nth(NAME) {
            Some((end, _)) => format!("{}…", record.content.get(..end).unwrap_or_default()),
            None => record.content.clone(),
        };
        Self {
            path: Some(meta.path.clone()),
            content: Some(record.content.clone()),
            sheet: meta.sheet.clone(),
            page: meta.page,
            row: meta.row,
            heading: meta.heading.clone(),
            chunk: meta.chunk.map(u64::from),
            ..Self::new(NodeKind::Record, record_id(&record.id), name)
        }
    }

    pub(super) fn concept(name: &str) -> Self {
        Self::new(NodeKind::Concept, concept_id(name), name.to_owned())
    }

    /// A property of its kind; `None` where it has no value.
    pub(super) fn value(&self, property: &str) -> Option<Value<'_>> {
        match property {
            "name" => Some(Value::Text(&self.name)),
            "path" => self.path.as_deref().map(Value::Text),
            "content" => self.content.as_deref().map(Value::Text),
            "format" => self.format.as_deref().map(Value::Text),
            "sheet" => self.sheet.as_deref().map(Value::Text),
            "heading" => self.heading.as_deref().map(Value::Text),
            "records" => self.records.map(Value::Whole),
            "page" => self.page.map(Value::Whole),
            "row" => self.row.map(Value::Whole),
            "chunk" => self.chunk.map(Value::Whole),
            _ => None,
        }
    }
}

impl GraphEdge {
    pub(super) fn new(relation: Relation, source: String, target: String) -> Self {
        Self { source, target, relation, count: None, score: None }
    }

    /// The value of its property, if it has one.
    pub(super) fn value(&self) -> Option<Value<'_>> {
        self.count.map(Value::Whole).or(self.score.map(Value::Real))
    }
}

pub(super) fn folder_id(path: &str) -> String {
    format!("folder:{path}")
}

pub(super) fn file_id(path: &str) -> String {
    format!("file:{path}")
}

pub(super) fn record_id(id: &str) -> String {
    format!("record:{id}")
}

pub(super) fn concept_id(name: &str) -> String {
    format!("concept:{name}")
}
