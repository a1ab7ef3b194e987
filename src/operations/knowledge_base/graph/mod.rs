//! A knowledge base as a graph: folders, files, records, concepts, and what is between them.
//!
//! For: the graph as files that graph databases load ([`write_graph`]), and a small part of it to look at
//! ([`small_graph`]). Not for: finding concepts (`operations::annotation`) or what is alike (`core::search::vectors`). The
//! one decision: the graph is walked, never held: nodes first, then edges, each in the order of the knowledge base, into
//! whatever takes them. Ids are made of what they name, so the same base gives the same files, and loading a newer one over
//! an older one changes what has changed.
//!
//! Memory: a batch of records, whatever the size of the base.

mod cypher;
mod error;
mod graphml;
mod json;
mod model;
mod neo4j_csv;
mod options;
mod output;
mod small;
#[cfg(test)]
mod tests;
mod walk;

pub use error::GraphError;
pub use model::{GraphEdge, GraphNode, NodeKind, Relation};
pub use options::{GraphFormat, GraphOptions};
pub use output::{GraphCounts, write_graph};
pub use small::{SmallGraph, small_graph};
pub use walk::GraphSource;
