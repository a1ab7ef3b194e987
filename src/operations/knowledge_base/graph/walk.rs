//! From a knowledge base to nodes and edges, one after another.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use super::error::GraphError;
use super::model::{GraphEdge, GraphNode, Relation, concept_id, file_id, folder_id, record_id};
use super::options::GraphOptions;
use crate::core::progress::Progress;
use crate::core::search::vectors::{Selection, VectorIndex};
use crate::operations::annotation::{AnnotationError, AnnotationOptions, Lexicon, Lexicons, Terms, annotate_texts};
use crate::operations::context::RunContext;
use crate::operations::knowledge_base::manifest::{FileEntry, FileStatus};
use crate::operations::knowledge_base::record::Record;
use crate::operations::knowledge_base::store::KnowledgeBase;

/// Records that are looked at together: enough to compare their vectors in one go.
const BATCH: usize = 256;

/// What a graph is made of.
#[derive(Clone, Copy)]
pub struct GraphSource<'a> {
    /// The knowledge base.
    pub base: &'a KnowledgeBase,
    /// Its index by meaning; `None`: there are no edges between records.
    pub vectors: Option<&'a dyn VectorIndex>,
    /// Keeps the phrases of its concepts from call to call.
    pub lexicons: &'a Lexicons,
}

/// Takes nodes, then edges.
pub(super) trait GraphSink {
    fn node(&mut self, node: &GraphNode) -> io::Result<()>;
    fn edge(&mut self, edge: &GraphEdge) -> io::Result<()>;
}

/// Walks a graph.
pub(super) struct Walk<'a> {
    pub(super) source: GraphSource<'a>,
    pub(super) options: &'a GraphOptions,
    pub(super) context: &'a RunContext,
    /// Its concepts; `None` if it has none, or nobody wants them.
    concepts: Option<Arc<Lexicon>>,
    annotation: AnnotationOptions,
}

/// A sink's failure, which only who made the sink can place.
type Sunk<T> = Result<T, SunkError>;

/// What stops a walk.
#[derive(Debug)]
pub(super) enum SunkError {
    Sink(io::Error),
    Graph(GraphError),
}

impl From<io::Error> for SunkError {
    fn from(error: io::Error) -> Self {
        Self::Sink(error)
    }
}

impl<E: Into<GraphError>> From<E> for SunkError {
    fn from(error: E) -> Self {
        Self::Graph(error.into())
    }
}

impl<'a> Walk<'a> {
    /// Makes its concepts ready.
    ///
    /// # Errors
    /// When the knowledge base can't be read.
    pub(super) fn new(
        source: GraphSource<'a>,
        options: &'a GraphOptions,
        context: &'a RunContext,
    ) -> Result<Self, GraphError> {
        let annotation = AnnotationOptions::default();
        let concepts = match source.lexicons.get(source.base, &annotation) {
            _ if options.no_concepts => None,
            // A base without lists has a graph, too.
            Err(AnnotationError::NoConcepts { .. }) => None,
            found => Some(found?),
        };
        Ok(Self { source, options, context, concepts, annotation })
    }

    /// Hands everything to a sink.
    pub(super) fn run(&self, sink: &mut dyn GraphSink) -> Sunk<()> {
        self.each_folder_and_file(|node, _| sink.node(&node))?;
        let total = 2 * self.source.base.len();
        self.each_batch(0, total, |batch| {
            batch.iter().try_for_each(|(_, record)| sink.node(&GraphNode::record(record)))?;
            Ok(())
        })?;
        let concepts = self.concepts.iter().flat_map(|lexicon| lexicon.concepts());
        concepts.into_iter().try_for_each(|name| sink.node(&GraphNode::concept(name)))?;
        self.each_folder_and_file(|_, edge| edge.map_or(Ok(()), |edge| sink.edge(&edge)))?;
        self.each_batch(self.source.base.len(), total, |batch| {
            let edges = self.edges_of(batch)?;
            edges.iter().flatten().try_for_each(|edge| sink.edge(edge))?;
            Ok(())
        })
    }

    /// Folders and files by path, each with the edge that leads to it: of a folder all above it go before.
    pub(super) fn each_folder_and_file(
        &self,
        mut take: impl FnMut(GraphNode, Option<GraphEdge>) -> io::Result<()>,
    ) -> Sunk<()> {
        let base = self.source.base;
        take(GraphNode::folder("", base.name().as_str()), None)?;
        // Folders of the file before: files come by path, so those of a folder are together.
        let mut open: Vec<String> = Vec::new();
        for entry in base.files() {
            let entry = entry?;
            if !self.is_wanted(&entry) {
                continue;
            }
            let folder = entry.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            open.retain(|above| {
                folder == above || folder.strip_prefix(above.as_str()).is_some_and(|rest| rest.starts_with('/'))
            });
            for path in folders(folder).skip(open.len()) {
                let above = open.last().map_or("", String::as_str);
                let edge = GraphEdge::new(Relation::ContainsFolder, folder_id(above), folder_id(path));
                take(GraphNode::folder(path, base.name().as_str()), Some(edge))?;
                open.push(path.to_owned());
            }
            let edge = GraphEdge::new(Relation::ContainsFile, folder_id(folder), file_id(&entry.path));
            take(GraphNode::file(&entry), Some(edge))?;
        }
        Ok(())
    }

    /// Whether a file belongs to the graph.
    pub(super) fn is_wanted(&self, entry: &FileEntry) -> bool {
        entry.status == FileStatus::Read && self.is_inside(&entry.path)
    }

    fn is_inside(&self, path: &str) -> bool {
        let folder = self.options.folder.as_deref().unwrap_or_default().trim_matches('/');
        folder.is_empty() || path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// All records with their places, some at a time.
    fn each_batch(&self, done_before: u64, total: u64, mut take: impl FnMut(&[(u64, Record)]) -> Sunk<()>) -> Sunk<()> {
        let mut batch: Vec<(u64, Record)> = Vec::with_capacity(BATCH);
        let mut records = self.source.base.records().zip(0..);
        loop {
            let next = records.next();
            if batch.len() == BATCH || (next.is_none() && !batch.is_empty()) {
                if self.context.cancel.is_cancelled() {
                    return Err(GraphError::Cancelled.into());
                }
                take(&batch)?;
                let done = done_before + batch.last().map_or(0, |(ordinal, _)| ordinal + 1);
                let progress = Progress { done, total: Some(total), unit: "records".to_owned(), message: None };
                self.context.progress.report(&progress);
                batch.clear();
            }
            let Some((record, ordinal)) = next else { return Ok(()) };
            let record = record?;
            if self.is_inside(&record.meta.path) {
                batch.push((ordinal, record));
            }
        }
    }

    /// The edges of each record: from its file, to its concepts, to what is like it.
    pub(super) fn edges_of(&self, batch: &[(u64, Record)]) -> Sunk<Vec<Vec<GraphEdge>>> {
        let parts = batch.iter().zip(self.mentions(batch)?).zip(self.similar(batch)?);
        let edges = parts.map(|(((_, record), mentions), similar)| {
            let id = record_id(&record.id);
            let mut edges = vec![GraphEdge::new(Relation::HasRecord, file_id(&record.meta.path), id.clone())];
            edges.extend(mentions.into_iter().map(|(concept, count)| {
                let edge = GraphEdge::new(Relation::Mentions, id.clone(), concept_id(&concept));
                GraphEdge { count: Some(count), ..edge }
            }));
            edges.extend(similar);
            edges
        });
        Ok(edges.collect())
    }

    /// Which concepts each record mentions, by name, and how often.
    fn mentions(&self, batch: &[(u64, Record)]) -> Sunk<Vec<BTreeMap<String, u64>>> {
        if self.concepts.is_none() {
            return Ok(vec![BTreeMap::new(); batch.len()]);
        }
        let texts: Vec<&str> = batch.iter().map(|(_, record)| record.content.as_str()).collect();
        let GraphSource { base, lexicons, .. } = self.source;
        let terms = Terms { base, lexicons, options: &self.annotation };
        let found = annotate_texts(&texts, &terms, None, &self.context.cancel)?;
        let counted = found.into_iter().map(|mentions| {
            let mut counts = BTreeMap::new();
            for mention in mentions {
                *counts.entry(mention.concept).or_default() += 1;
            }
            counts
        });
        Ok(counted.collect())
    }

    /// From each record to those that are most like it.
    fn similar(&self, batch: &[(u64, Record)]) -> Sunk<Vec<Vec<GraphEdge>>> {
        let none = || batch.iter().map(|_| Vec::new()).collect();
        let most = usize::try_from(self.options.similar).unwrap_or(usize::MAX);
        let Some(index) = self.source.vectors.filter(|_| most > 0) else { return Ok(none()) };
        let mut vectors = Vec::new();
        for (ordinal, _) in batch {
            match index.vector(*ordinal)? {
                Some(vector) => vectors.push(vector),
                // An index of other records: nothing can be said.
                None => return Ok(none()),
            }
        }
        let vectors: Vec<&[f32]> = vectors.iter().map(Vec::as_slice).collect();
        let found = index.search_many(&vectors, Selection::All, most + 1)?;
        let mut all = Vec::new();
        for ((ordinal, record), neighbours) in batch.iter().zip(found) {
            let near = neighbours
                .into_iter()
                .filter(|neighbour| neighbour.id != *ordinal && neighbour.score >= self.options.least_similarity);
            let mut edges = Vec::new();
            for neighbour in near.take(most) {
                let other = self.source.base.record(neighbour.id)?;
                if let Some(other) = other.filter(|other| self.is_inside(&other.meta.path)) {
                    let (from, to) = (record_id(&record.id), record_id(&other.id));
                    let score = Some(f64::from(neighbour.score.min(1.0)));
                    edges.push(GraphEdge { score, ..GraphEdge::new(Relation::SimilarTo, from, to) });
                }
            }
            all.push(edges);
        }
        Ok(all)
    }
}

/// A folder and all above it, from outside inwards, without the source itself.
fn folders(path: &str) -> impl Iterator<Item = &str> {
    let ends = path.match_indices('/').map(|(at, _)| at).chain([path.len()]);
    ends.filter_map(move |end| path.get(..end)).filter(|folder| !folder.is_empty())
}
