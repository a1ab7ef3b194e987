//! CSV files with the headers of `neo4j-admin database import`: one for each kind of node, one for each kind of edge.
//!
//! The one decision: a file has the edges of one pair of kinds, so that databases with a schema (Kuzu) load them as well.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use super::model::{GraphEdge, GraphNode, NodeKind, Relation, Type, Value};
use super::walk::GraphSink;

/// See the module.
pub(super) struct CsvSink {
    nodes: [BufWriter<File>; NodeKind::ALL.len()],
    edges: [BufWriter<File>; Relation::ALL.len()],
}

impl CsvSink {
    /// Makes the files in a folder.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        let file = |name: &str| File::create(folder.join(name)).map(BufWriter::new);
        let node = |kind: NodeKind| {
            let mut to = file(node_file(kind))?;
            let columns = kind.properties().iter().map(|(name, of)| format!("{name}{}", suffix(*of)));
            let columns: Vec<String> = columns.collect();
            writeln!(to, "id:ID({}),{},:LABEL", kind.label(), columns.join(","))?;
            Ok::<_, io::Error>(to)
        };
        let edge = |relation: Relation| {
            let mut to = file(edge_file(relation))?;
            let (from, into) = relation.ends();
            let property = relation.property().map(|(name, of)| format!(",{name}{}", suffix(of))).unwrap_or_default();
            writeln!(to, ":START_ID({}),:END_ID({}){property},:TYPE", from.label(), into.label())?;
            Ok::<_, io::Error>(to)
        };
        let [folder, file, record, concept] = NodeKind::ALL;
        let [folders, files, records, mentions, similar] = Relation::ALL;
        Ok(Self {
            nodes: [node(folder)?, node(file)?, node(record)?, node(concept)?],
            edges: [edge(folders)?, edge(files)?, edge(records)?, edge(mentions)?, edge(similar)?],
        })
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.nodes.iter_mut().chain(&mut self.edges).try_for_each(Write::flush)
    }
}

/// Names of all files.
pub(super) fn file_names() -> impl Iterator<Item = &'static str> {
    NodeKind::ALL.into_iter().map(node_file).chain(Relation::ALL.into_iter().map(edge_file))
}

fn node_file(kind: NodeKind) -> &'static str {
    match kind {
        NodeKind::Folder => "folders.csv",
        NodeKind::File => "files.csv",
        NodeKind::Record => "records.csv",
        NodeKind::Concept => "concepts.csv",
    }
}

fn edge_file(relation: Relation) -> &'static str {
    match relation {
        Relation::ContainsFolder => "folder_contains_folder.csv",
        Relation::ContainsFile => "folder_contains_file.csv",
        Relation::HasRecord => "file_has_record.csv",
        Relation::Mentions => "record_mentions_concept.csv",
        Relation::SimilarTo => "record_similar_to_record.csv",
    }
}

fn suffix(of: Type) -> &'static str {
    match of {
        Type::Text => "",
        Type::Whole => ":long",
        Type::Real => ":double",
    }
}

impl GraphSink for CsvSink {
    fn node(&mut self, node: &GraphNode) -> io::Result<()> {
        let [folders, files, records, concepts] = &mut self.nodes;
        let to = match node.kind {
            NodeKind::Folder => folders,
            NodeKind::File => files,
            NodeKind::Record => records,
            NodeKind::Concept => concepts,
        };
        cell(to, Some(Value::Text(&node.id)))?;
        for (name, _) in node.kind.properties() {
            to.write_all(b",")?;
            cell(to, node.value(name))?;
        }
        writeln!(to, ",{}", node.kind.label())
    }

    fn edge(&mut self, edge: &GraphEdge) -> io::Result<()> {
        let [folders, files, records, mentions, similar] = &mut self.edges;
        let to = match edge.relation {
            Relation::ContainsFolder => folders,
            Relation::ContainsFile => files,
            Relation::HasRecord => records,
            Relation::Mentions => mentions,
            Relation::SimilarTo => similar,
        };
        cell(to, Some(Value::Text(&edge.source)))?;
        to.write_all(b",")?;
        cell(to, Some(Value::Text(&edge.target)))?;
        if edge.relation.property().is_some() {
            to.write_all(b",")?;
            cell(to, edge.value())?;
        }
        writeln!(to, ",{}", edge.relation.label())
    }
}

/// Texts are always in quotes, so that an empty one is not taken for a missing one.
fn cell(to: &mut impl Write, value: Option<Value<'_>>) -> io::Result<()> {
    match value {
        None => Ok(()),
        Some(Value::Text(text)) => write!(to, "\"{}\"", text.replace('"', "\"\"")),
        Some(Value::Whole(number)) => write!(to, "{number}"),
        Some(Value::Real(number)) => write!(to, "{number}"),
    }
}
