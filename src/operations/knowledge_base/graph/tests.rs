use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

use serde_json::Value as Json;
use tempfile::TempDir;

use super::*;
use crate::operations::annotation::Lexicons;
use crate::operations::knowledge_base::index::Meaning;
use crate::operations::knowledge_base::samples::{Topics, built, context};
use crate::operations::knowledge_base::search::SearchableBase;

fn sample() -> (TempDir, SearchableBase) {
    let topics = Topics::default();
    let (folder, bases, name) = built(Some(Meaning { model: "topics", embedder: &topics }));
    let base = SearchableBase::open(&bases, &name).unwrap();
    (folder, base)
}

fn source(base: &SearchableBase) -> GraphSource<'_> {
    static LEXICONS: LazyLock<Lexicons> = LazyLock::new(Lexicons::default);
    GraphSource { base: base.base(), vectors: base.vectors(), lexicons: &LEXICONS }
}

fn written(base: &SearchableBase, format: GraphFormat, options: &GraphOptions, to: &Path) -> GraphCounts {
    write_graph(source(base), format, options, to, &context()).unwrap()
}

fn json(base: &SearchableBase, options: &GraphOptions) -> Json {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.json");
    let counts = written(base, GraphFormat::Json, options, &path);
    let graph: Json = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let nodes = counts.folders + counts.files + counts.records + counts.concepts;
    assert_eq!(graph["nodes"].as_array().unwrap().len() as u64, nodes);
    assert_eq!(graph["edges"].as_array().unwrap().len() as u64, counts.edges);
    graph
}

fn edges(graph: &Json, relation: &str) -> Vec<(String, String)> {
    let all = graph["edges"].as_array().unwrap().iter().filter(|edge| edge["type"] == relation);
    let name = |id: &Json| {
        let node =
            graph["nodes"].as_array().unwrap().iter().find(|node| node["id"] == *id).expect("a node of the graph");
        format!("{}:{}", node["kind"].as_str().unwrap(), node["name"].as_str().unwrap())
    };
    all.map(|edge| (name(&edge["source"]), name(&edge["target"]))).collect()
}

#[test]
fn everything_is_in_the_graph_and_hangs_together() {
    let (_folder, base) = sample();
    let graph = json(&base, &GraphOptions::default());
    let ids: BTreeSet<&str> =
        graph["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), graph["nodes"].as_array().unwrap().len(), "ids are unique");
    let contains = edges(&graph, "contains");
    for (from, to) in
        [("folder:esg", "folder:Materials"), ("folder:Materials", "folder:Recycling"), ("folder:esg", "file:list.tsv")]
    {
        assert!(contains.contains(&(from.to_owned(), to.to_owned())), "{from} to {to}: {contains:?}");
    }
    assert_eq!(contains.len(), 4 + 5, "four folders below the source, five files");
    assert_eq!(edges(&graph, "has_record").len(), 6);
    let mentions = edges(&graph, "mentions");
    assert_eq!(mentions, [("record:Fair wages".to_owned(), "concept:Social/list".to_owned())]);
    let similar = edges(&graph, "similar_to");
    assert!(similar.contains(&("record:Recycling of steel".to_owned(), "record:Recyceltes Papier".to_owned())));
    assert!(similar.iter().all(|(from, to)| from != to), "nothing is like itself");
}

#[test]
fn a_folder_limits_everything() {
    let (_folder, base) = sample();
    let graph = json(&base, &GraphOptions { folder: Some("Materials/".to_owned()), ..GraphOptions::default() });
    assert_eq!(edges(&graph, "has_record").len(), 3);
    assert!(edges(&graph, "similar_to").iter().all(|(_, to)| !to.contains("salary")));
    let bare = GraphOptions { no_concepts: true, similar: 0, ..GraphOptions::default() };
    let graph = json(&base, &bare);
    assert!(edges(&graph, "mentions").is_empty() && edges(&graph, "similar_to").is_empty());
}

#[test]
fn every_form_is_the_same_bytes_each_time_and_leaves_nothing_else() {
    let (_folder, base) = sample();
    for (format, name, files) in [
        (GraphFormat::Cypher, "graph.cypher", 3),
        (GraphFormat::Graphml, "graph.graphml", 1),
        (GraphFormat::Json, "graph.json", 1),
        (GraphFormat::Neo4jCsv, "graph.zip", 1),
        (GraphFormat::Neo4jCsv, "graph", 1),
    ] {
        let all = |_: u8| {
            let folder = tempfile::tempdir().unwrap();
            let counts = written(&base, format, &GraphOptions::default(), &folder.path().join(name));
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), files, "{name}");
            counts.written.iter().map(|path| fs::read(path).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(all(1), all(2), "{name}");
    }
}

#[test]
fn a_script_has_a_statement_a_line() {
    let (_folder, base) = sample();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("graph.cypher");
    written(&base, GraphFormat::Cypher, &GraphOptions::default(), &path);
    let script = fs::read_to_string(&path).unwrap();
    assert!(script.lines().all(|line| line.starts_with("UNWIND [") && line.ends_with(';')), "{script}");
    let indexes = fs::read_to_string(folder.path().join("graph.indexes.cypher")).unwrap();
    assert_eq!(indexes.lines().next(), Some("CREATE INDEX FOR (n:Folder) ON (n.id);"));
    assert!(folder.path().join("graph.constraints.cypher").exists());
}

#[test]
fn a_small_graph_has_some_of_every_kind_and_no_edge_into_nothing() {
    let (_folder, base) = sample();
    for limit in [4, 8, 12, 100] {
        let graph = small_graph(source(&base), &GraphOptions::default(), limit, &context()).unwrap();
        assert!(graph.nodes.len() <= limit, "{limit}");
        let ids: BTreeSet<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
        assert!(
            graph.edges.iter().all(|edge| ids.contains(edge.source.as_str()) && ids.contains(edge.target.as_str()))
        );
        assert_eq!(graph.is_partial, limit < 100, "{limit}");
        // Which concepts are in it follows from the records.
        for kind in NodeKind::ALL.into_iter().filter(|kind| limit == 100 || limit >= 8 && *kind != NodeKind::Concept) {
            assert!(graph.nodes.iter().any(|node| node.kind == kind), "{kind:?} among {limit}");
        }
    }
}

#[test]
fn nothing_appears_where_nothing_can_be_written_or_somebody_stops_it() {
    let (_folder, base) = sample();
    let folder = tempfile::tempdir().unwrap();
    let options = GraphOptions::default();
    let nowhere = folder.path().join("no/such/folder/graph.json");
    let failed = write_graph(source(&base), GraphFormat::Json, &options, &nowhere, &context());
    assert!(matches!(failed, Err(GraphError::Output { .. })));
    let stopped = context();
    stopped.cancel.cancel();
    let failed = write_graph(source(&base), GraphFormat::Neo4jCsv, &options, &folder.path().join("graph"), &stopped);
    assert!(matches!(failed, Err(GraphError::Cancelled)));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
