//! A script of Cypher.
//!
//! The one decision: a statement a line, without parameters, and made to be run again: nodes and edges are merged by id.
//! So every client runs it, and a newer graph goes over an older one. Indexes and constraints, in whose words databases
//! differ, stand in scripts of their own.

use std::io::{self, Write};

use super::model::{GraphEdge, GraphNode, NodeKind, Relation, Value};
use super::walk::GraphSink;

/// Rows of a statement, at most.
const ROWS: usize = 500;
/// Bytes of a statement after which it ends.
const BYTES: usize = 1 << 18;

/// See the module.
pub(super) struct CypherSink<W> {
    to: W,
    /// Rows that wait, in Cypher.
    rows: String,
    count: usize,
    of: Option<Of>,
}

/// What the rows are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    Nodes(NodeKind),
    Edges(Relation),
}

impl<W: Write> CypherSink<W> {
    pub(super) fn new(to: W) -> Self {
        Self { to, rows: String::new(), count: 0, of: None }
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.end_statement()?;
        self.to.flush()
    }

    fn row(&mut self, of: Of, row: &str) -> io::Result<()> {
        if self.of != Some(of) || self.count >= ROWS || self.rows.len() > BYTES {
            self.end_statement()?;
            self.of = Some(of);
        }
        if self.count > 0 {
            self.rows.push(',');
        }
        self.rows.push_str(row);
        self.count += 1;
        Ok(())
    }

    fn end_statement(&mut self) -> io::Result<()> {
        let rows = std::mem::take(&mut self.rows);
        self.count = 0;
        match self.of.take() {
            None => Ok(()),
            Some(Of::Nodes(kind)) => {
                writeln!(self.to, "UNWIND [{rows}] AS r MERGE (n:{} {{id: r.id}}) SET n += r;", kind.label())
            }
            Some(Of::Edges(relation)) => {
                let (from, to) = relation.ends();
                let set = relation.property().map(|(name, _)| format!(" SET e.{name} = r.{name}")).unwrap_or_default();
                writeln!(
                    self.to,
                    "UNWIND [{rows}] AS r MATCH (a:{} {{id: r.a}}) MATCH (b:{} {{id: r.b}}) MERGE (a)-[e:{}]->(b){set};",
                    from.label(),
                    to.label(),
                    relation.label(),
                )
            }
        }
    }
}

impl<W: Write> GraphSink for CypherSink<W> {
    fn node(&mut self, node: &GraphNode) -> io::Result<()> {
        let mut row = format!("{{id:{}", quoted(&node.id));
        for (name, _) in node.kind.properties() {
            if let Some(value) = node.value(name) {
                row.extend([",", name, ":", &literal(value)]);
            }
        }
        row.push('}');
        self.row(Of::Nodes(node.kind), &row)
    }

    fn edge(&mut self, edge: &GraphEdge) -> io::Result<()> {
        let mut row = format!("{{a:{},b:{}", quoted(&edge.source), quoted(&edge.target));
        if let (Some((name, _)), Some(value)) = (edge.relation.property(), edge.value()) {
            row.extend([",", name, ":", &literal(value)]);
        }
        row.push('}');
        self.row(Of::Edges(edge.relation), &row)
    }
}

fn literal(value: Value<'_>) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Whole(number) => number.to_string(),
        // Always with a point: else it would be a whole number.
        Value::Real(number) => format!("{number:?}"),
    }
}

/// A text as Cypher writes it, on one line.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for character in text.chars() {
        match character {
            '\\' => quoted.push_str("\\\\"),
            '\'' => quoted.push_str("\\'"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            // Texts end there for some parsers.
            '\0' => quoted.push('\u{fffd}'),
            other => quoted.push(other),
        }
    }
    quoted.push('\'');
    quoted
}

/// Indexes over ids, as `FalkorDB`, Memgraph and Neo4j take them: without them every edge is a search through all nodes.
pub(super) fn write_indexes(to: &mut impl Write) -> io::Result<()> {
    NodeKind::ALL.iter().try_for_each(|kind| writeln!(to, "CREATE INDEX FOR (n:{}) ON (n.id);", kind.label()))
}

/// The same as Neo4j's constraints, which are indexes, too.
pub(super) fn write_constraints(to: &mut impl Write) -> io::Result<()> {
    NodeKind::ALL.iter().try_for_each(|kind| {
        let label = kind.label();
        let name = label.to_lowercase();
        writeln!(to, "CREATE CONSTRAINT {name}_id IF NOT EXISTS FOR (n:{label}) REQUIRE n.id IS UNIQUE;")
    })
}
