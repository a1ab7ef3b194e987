//! A graph as files, which appear when they are whole.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use serde::Serialize;
use zip::write::SimpleFileOptions;

use super::cypher::{CypherSink, write_constraints, write_indexes};
use super::error::GraphError;
use super::graphml::GraphmlSink;
use super::json::JsonSink;
use super::model::{GraphEdge, GraphNode, NodeKind};
use super::neo4j_csv::{CsvSink, file_names};
use super::options::{GraphFormat, GraphOptions};
use super::walk::{GraphSink, GraphSource, SunkError, Walk};
use crate::core::storage::atomic::Place;
use crate::operations::context::RunContext;

/// What was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GraphCounts {
    /// Folders, the source itself among them.
    pub folders: u64,
    /// Files.
    pub files: u64,
    /// Records.
    pub records: u64,
    /// Concepts.
    pub concepts: u64,
    /// Edges of all kinds.
    pub edges: u64,
    /// The files written.
    pub written: Vec<PathBuf>,
}

/// Writes a graph to a file, or for [`GraphFormat::Neo4jCsv`] into a folder, unless its name ends in `.zip`. Files that are
/// there are replaced.
///
/// # Errors
/// When the knowledge base can't be read, the files can't be written, or the run was cancelled: then none appears.
pub fn write_graph(
    source: GraphSource<'_>,
    format: GraphFormat,
    options: &GraphOptions,
    to: &Path,
    context: &RunContext,
) -> Result<GraphCounts, GraphError> {
    let walk = Walk::new(source, options, context)?;
    let written = match format {
        GraphFormat::Cypher => write_cypher(&walk, to),
        GraphFormat::Graphml => write_one(to, |file| counted(&walk, GraphmlSink::new(file)?, GraphmlSink::finish)),
        GraphFormat::Json => write_one(to, |file| counted(&walk, JsonSink::new(file)?, JsonSink::finish)),
        GraphFormat::Neo4jCsv => write_csv(&walk, to),
    };
    written.map_err(|error| match error {
        SunkError::Sink(source) => GraphError::at(to)(source),
        SunkError::Graph(error) => error,
    })
}

/// Walks into a sink and counts what passes.
fn counted<S: GraphSink>(
    walk: &Walk<'_>,
    sink: S,
    finish: impl FnOnce(S) -> io::Result<()>,
) -> Result<GraphCounts, SunkError> {
    let mut counting = Counting { sink, counts: GraphCounts::default() };
    walk.run(&mut counting)?;
    finish(counting.sink)?;
    Ok(counting.counts)
}

struct Counting<S> {
    sink: S,
    counts: GraphCounts,
}

impl<S: GraphSink> GraphSink for Counting<S> {
    fn node(&mut self, node: &GraphNode) -> io::Result<()> {
        let count = match node.kind {
            NodeKind::Folder => &mut self.counts.folders,
            NodeKind::File => &mut self.counts.files,
            NodeKind::Record => &mut self.counts.records,
            NodeKind::Concept => &mut self.counts.concepts,
        };
        *count += 1;
        self.sink.node(node)
    }

    fn edge(&mut self, edge: &GraphEdge) -> io::Result<()> {
        self.counts.edges += 1;
        self.sink.edge(edge)
    }
}

fn write_one(
    to: &Path,
    write: impl FnOnce(BufWriter<&File>) -> Result<GraphCounts, SunkError>,
) -> Result<GraphCounts, SunkError> {
    let (place, file) = Place::beside(to)?;
    let counts = write(BufWriter::new(&file))?;
    place.publish(&file)?;
    Ok(GraphCounts { written: vec![to.to_owned()], ..counts })
}

/// The script, and beside it those of indexes and constraints.
fn write_cypher(walk: &Walk<'_>, to: &Path) -> Result<GraphCounts, SunkError> {
    let beside = |what: &str| {
        let stem = to.file_stem().unwrap_or_default().to_string_lossy();
        to.with_file_name(format!("{stem}.{what}.cypher"))
    };
    let (indexes, constraints) = (beside("indexes"), beside("constraints"));
    let counts = write_one(to, |file| counted(walk, CypherSink::new(file), CypherSink::finish))?;
    for (path, write) in [(&indexes, write_indexes as fn(&mut File) -> _), (&constraints, write_constraints)] {
        let (place, mut file) = Place::beside(path)?;
        write(&mut file)?;
        place.publish(&file)?;
    }
    Ok(GraphCounts { written: vec![to.to_owned(), indexes, constraints], ..counts })
}

fn write_csv(walk: &Walk<'_>, to: &Path) -> Result<GraphCounts, SunkError> {
    let scratch = tempfile::Builder::new().prefix(".graph-").tempdir_in(parent(to))?;
    let counts = counted(walk, CsvSink::create(scratch.path())?, CsvSink::finish)?;
    if to.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("zip")) {
        let (place, mut file) = Place::beside(to)?;
        zip_all(scratch.path(), &mut file)?;
        place.publish(&file)?;
        return Ok(GraphCounts { written: vec![to.to_owned()], ..counts });
    }
    fs::create_dir_all(to)?;
    let mut written = Vec::new();
    for name in file_names() {
        let path = to.join(name);
        fs::rename(scratch.path().join(name), &path)?;
        written.push(path);
    }
    Ok(GraphCounts { written, ..counts })
}

fn zip_all(folder: &Path, to: &mut File) -> io::Result<()> {
    let mut archive = zip::ZipWriter::new(to);
    // No dates: equal graphs are equal bytes.
    let options = SimpleFileOptions::default().last_modified_time(zip::DateTime::default()).large_file(true);
    for name in file_names() {
        archive.start_file(name, options).map_err(io::Error::from)?;
        io::copy(&mut File::open(folder.join(name))?, &mut archive)?;
    }
    archive.finish().map_err(io::Error::from)?;
    Ok(())
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
