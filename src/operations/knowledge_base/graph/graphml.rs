//! `GraphML`: XML that networkx, Gephi, yEd and igraph open.
//!
//! The one decision: characters that XML 1.0 can't hold become U+FFFD, so that the file can be read at all.

use std::io::{self, Write};

use super::model::{GraphEdge, GraphNode, NodeKind, Relation, Type, Value};
use super::walk::GraphSink;

const HEAD: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">
"#;

/// See the module.
pub(super) struct GraphmlSink<W> {
    to: W,
}

impl<W: Write> GraphmlSink<W> {
    pub(super) fn new(mut to: W) -> io::Result<Self> {
        to.write_all(HEAD.as_bytes())?;
        key(&mut to, "node", "kind", Type::Text)?;
        let mut known = Vec::new();
        for (name, kind) in NodeKind::ALL.iter().flat_map(|kind| kind.properties()) {
            if !known.contains(name) {
                known.push(*name);
                key(&mut to, "node", name, *kind)?;
            }
        }
        key(&mut to, "edge", "type", Type::Text)?;
        for (name, kind) in Relation::ALL.iter().filter_map(|relation| relation.property()) {
            key(&mut to, "edge", name, kind)?;
        }
        to.write_all(b"<graph id=\"G\" edgedefault=\"directed\">\n")?;
        Ok(Self { to })
    }

    pub(super) fn finish(mut self) -> io::Result<()> {
        self.to.write_all(b"</graph>\n</graphml>\n")?;
        self.to.flush()
    }

    fn data(&mut self, of: &str, name: &str, value: Value<'_>) -> io::Result<()> {
        match value {
            Value::Text(text) => write!(self.to, "<data key=\"{of}_{name}\">{}</data>", escaped(text)),
            Value::Whole(number) => write!(self.to, "<data key=\"{of}_{name}\">{number}</data>"),
            Value::Real(number) => write!(self.to, "<data key=\"{of}_{name}\">{number}</data>"),
        }
    }
}

fn key(to: &mut impl Write, of: &str, name: &str, kind: Type) -> io::Result<()> {
    let kind = match kind {
        Type::Text => "string",
        Type::Whole => "long",
        Type::Real => "double",
    };
    writeln!(to, "<key id=\"{of}_{name}\" for=\"{of}\" attr.name=\"{name}\" attr.type=\"{kind}\"/>")
}

impl<W: Write> GraphSink for GraphmlSink<W> {
    fn node(&mut self, node: &GraphNode) -> io::Result<()> {
        write!(self.to, "<node id=\"{}\">", escaped(&node.id))?;
        self.data("node", "kind", Value::Text(node.kind.label()))?;
        for (name, _) in node.kind.properties() {
            if let Some(value) = node.value(name) {
                self.data("node", name, value)?;
            }
        }
        self.to.write_all(b"</node>\n")
    }

    fn edge(&mut self, edge: &GraphEdge) -> io::Result<()> {
        write!(self.to, "<edge source=\"{}\" target=\"{}\">", escaped(&edge.source), escaped(&edge.target))?;
        self.data("edge", "type", Value::Text(edge.relation.label()))?;
        if let (Some((name, _)), Some(value)) = (edge.relation.property(), edge.value()) {
            self.data("edge", name, value)?;
        }
        self.to.write_all(b"</edge>\n")
    }
}

/// For text and attributes: white space in attributes would become blanks.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' => escaped.push_str("&#9;"),
            '\n' => escaped.push_str("&#10;"),
            '\r' => escaped.push_str("&#13;"),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            other => escaped.push(other),
        }
    }
    escaped
}
