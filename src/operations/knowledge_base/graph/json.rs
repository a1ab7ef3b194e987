//! One object with `nodes` and `edges`, written as it comes.

use std::io::{self, Write};

use serde::Serialize;

use super::model::{GraphEdge, GraphNode};
use super::walk::GraphSink;

/// See the module.
pub(super) struct JsonSink<W> {
    to: W,
    part: Part,
    is_first: bool,
}

#[derive(PartialEq)]
enum Part {
    Nodes,
    Edges,
}

impl<W: Write> JsonSink<W> {
    pub(super) fn new(mut to: W) -> io::Result<Self> {
        to.write_all(b"{\"nodes\":[")?;
        Ok(Self { to, part: Part::Nodes, is_first: true })
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.turn_to_edges()?;
        self.to.write_all(b"\n]}\n")?;
        self.to.flush()
    }

    fn turn_to_edges(&mut self) -> io::Result<()> {
        if self.part == Part::Nodes {
            (self.part, self.is_first) = (Part::Edges, true);
            self.to.write_all(b"\n],\"edges\":[")?;
        }
        Ok(())
    }

    fn item(&mut self, item: &impl Serialize) -> io::Result<()> {
        self.to.write_all(if self.is_first { b"\n" } else { b",\n" })?;
        self.is_first = false;
        Ok(serde_json::to_writer(&mut self.to, item)?)
    }
}

impl<W: Write> GraphSink for JsonSink<W> {
    fn node(&mut self, node: &GraphNode) -> io::Result<()> {
        self.item(node)
    }

    fn edge(&mut self, edge: &GraphEdge) -> io::Result<()> {
        self.turn_to_edges()?;
        self.item(edge)
    }
}
