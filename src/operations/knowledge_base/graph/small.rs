//! A part of the graph that is small enough to be looked at.
//!
//! The one decision: every kind of node gets a share of the room, so that a base of many files shows records and concepts,
//! too; what one kind leaves goes to the records.

use std::collections::HashSet;

use serde::Serialize;
use utoipa::ToSchema;

use super::error::GraphError;
use super::model::{GraphEdge, GraphNode, NodeKind, Relation};
use super::options::GraphOptions;
use super::walk::{GraphSource, SunkError, Walk};
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::manifest::FileEntry;
use crate::operations::knowledge_base::record::Record;

/// A graph as one value.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct SmallGraph {
    /// Its nodes: folders, files, records, concepts, each kind in the order of the knowledge base.
    pub nodes: Vec<GraphNode>,
    /// What is between them.
    pub edges: Vec<GraphEdge>,
    /// Whether there is more in the knowledge base.
    pub is_partial: bool,
}

/// The part of a graph that has at most `limit` nodes.
///
/// # Errors
/// When the knowledge base can't be read, or the run was cancelled.
pub fn small_graph(
    source: GraphSource<'_>,
    options: &GraphOptions,
    limit: usize,
    context: &RunContext,
) -> Result<SmallGraph, GraphError> {
    let walk = Walk::new(source, options, context)?;
    small(&walk, limit).map_err(|error| match error {
        SunkError::Graph(error) => error,
        SunkError::Sink(source) => GraphError::Output { path: "graph".into(), source },
    })
}

fn small(walk: &Walk<'_>, limit: usize) -> Result<SmallGraph, SunkError> {
    let share = (limit / 4).max(1);
    let mut graph = SmallGraph::default();
    let (mut folders, mut files) = (0, 0);
    walk.each_folder_and_file(|node, edge| {
        let count = if node.kind == NodeKind::Folder { &mut folders } else { &mut files };
        if *count < share {
            graph.nodes.push(node);
            graph.edges.extend(edge);
        } else {
            graph.is_partial = true;
        }
        *count += 1;
        Ok(())
    })?;
    let room = limit.saturating_sub(graph.nodes.len());
    let records = some_records(walk, &graph, room.saturating_sub(share).max(room / 2))?;
    graph.is_partial |= (records.len() as u64) < walk.source.base.len();
    let mut concepts = Vec::new();
    for ((_, record), edges) in records.iter().zip(walk.edges_of(&records)?) {
        graph.nodes.push(GraphNode::record(record));
        for edge in edges {
            if edge.relation == Relation::Mentions && !concepts.contains(&edge.target) {
                concepts.push(edge.target.clone());
            }
            graph.edges.push(edge);
        }
    }
    graph.is_partial |= concepts.len() > share;
    concepts.truncate(limit.saturating_sub(graph.nodes.len()).min(share));
    graph.nodes.extend(concepts.iter().filter_map(|id| Some(GraphNode::concept(id.strip_prefix("concept:")?))));
    let there: HashSet<&str> = graph.nodes.iter().map(|node| node.id.as_str()).collect();
    graph.edges.retain(|edge| there.contains(edge.source.as_str()) && there.contains(edge.target.as_str()));
    Ok(graph)
}

/// The first records of each file that is there, so many in all.
fn some_records(walk: &Walk<'_>, graph: &SmallGraph, room: usize) -> Result<Vec<(u64, Record)>, SunkError> {
    let there: HashSet<&str> = graph.nodes.iter().filter_map(|node| node.path.as_deref()).collect();
    let mut files: Vec<FileEntry> = Vec::new();
    for entry in walk.source.base.files() {
        let entry = entry?;
        if walk.is_wanted(&entry) && entry.records > 0 && there.contains(entry.path.as_str()) {
            files.push(entry);
        }
    }
    let mut chosen: Vec<u64> = Vec::new();
    let mut turn = 0;
    // One of each file, then a second one of each, until there is no room, or nothing left.
    while chosen.len() < room {
        let before = chosen.len();
        chosen.extend(files.iter().filter(|file| file.records > turn).map(|file| file.first_record + turn));
        turn += 1;
        if chosen.len() == before {
            break;
        }
    }
    chosen.truncate(room);
    chosen.sort_unstable();
    let mut records = Vec::new();
    for ordinal in chosen {
        records.extend(walk.source.base.record(ordinal)?.map(|record| (ordinal, record)));
    }
    Ok(records)
}
