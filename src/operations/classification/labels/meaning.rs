//! Labels by which description of a label is nearest to a text in meaning.
//!
//! For: tables without labels, where somebody can say in a sentence what each label means. Not for: anything that was
//! trained for the labels: this is a guess, and says how sure it is. The one decision: the lead over the next label counts,
//! not the cosine itself, which depends on how long and how particular texts are. Below the margin a text is `unsure`.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow_array::RecordBatch;
use tokio_util::sync::CancellationToken;

use super::{Classes, Descriptions, Labelled, Labeller, UNSURE};
use crate::core::embeddings::{Embedder, EmbeddingError, cosine, unit_vectors};
use crate::operations::classification::error::ClassificationError;

/// Labels texts by the descriptions of labels.
pub(in super::super) struct MeaningLabeller {
    embedder: Arc<dyn Embedder>,
    model: Option<String>,
    labels: Vec<String>,
    /// Vectors of all descriptions, one after another, and whose each is.
    vectors: Vec<f32>,
    owners: Vec<usize>,
    rule: Rule,
    cancel: CancellationToken,
}

/// When a label is taken.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Rule {
    /// Lead in cosine over the next label.
    pub(in super::super) margin: f32,
    /// Whether a text has all labels that can't be told apart by the margin, instead of none.
    pub(in super::super) takes_all: bool,
}

impl MeaningLabeller {
    /// Embeds the descriptions; `model` is who tells meanings, for the card.
    ///
    /// # Errors
    /// When the embedder fails, or it was cancelled.
    pub(in super::super) fn new(
        descriptions: &Descriptions,
        rule: Rule,
        (embedder, model): (Arc<dyn Embedder>, Option<String>),
        cancel: CancellationToken,
    ) -> Result<Self, EmbeddingError> {
        let labels: Vec<String> = descriptions.labels().keys().cloned().collect();
        let described = descriptions.labels().values().enumerate();
        let (owners, texts): (Vec<usize>, Vec<&str>) =
            described.flat_map(|(owner, texts)| texts.iter().map(move |text| (owner, text.as_str()))).unzip();
        let vectors = unit_vectors(embedder.as_ref(), &texts, &cancel)?;
        Ok(Self { embedder, model, labels, vectors, owners, rule, cancel })
    }

    /// The cosine of each label's nearest description, nearest label first.
    fn ranked(&self, vector: &[f32]) -> Vec<(usize, f32)> {
        let mut nearest: Vec<(usize, f32)> = (0..self.labels.len()).map(|label| (label, f32::NEG_INFINITY)).collect();
        let descriptions = self.vectors.chunks_exact(self.embedder.dimension().max(1));
        for (description, owner) in descriptions.zip(&self.owners) {
            nearest[*owner].1 = nearest[*owner].1.max(cosine(description, vector));
        }
        nearest.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        nearest
    }
}

/// How many of the labels are taken, nearest first, and their lead over the next one; 0: it can't be told.
fn decided(ranked: &[(usize, f32)], rule: Rule) -> (usize, f32) {
    let cosines = |place: usize| ranked.get(place).map_or(f32::NEG_INFINITY, |(_, cosine)| *cosine);
    if !rule.takes_all {
        let lead = cosines(0) - cosines(1);
        return (usize::from(lead.partial_cmp(&rule.margin) != Some(Ordering::Less)), lead);
    }
    // What lies so near to the nearest that a single label would be a guess.
    let near = ranked.iter().take_while(|(_, cosine)| cosines(0) - cosine < rule.margin).count().max(1);
    let lead = cosines(near - 1) - cosines(near);
    if near * 2 > ranked.len() && near > 1 { (0, 0.0) } else { (near, lead) }
}

impl Labeller for MeaningLabeller {
    fn label(
        &mut self,
        _batch: &RecordBatch,
        texts: &[&str],
        classes: &mut Classes,
    ) -> Result<Vec<Labelled>, ClassificationError> {
        let is_blank = |text: &&str| text.trim().is_empty();
        let said: Vec<&str> = texts.iter().copied().filter(|text| !is_blank(text)).collect();
        let vectors = unit_vectors(self.embedder.as_ref(), &said, &self.cancel)?;
        let mut vectors = vectors.chunks_exact(self.embedder.dimension().max(1));
        let mut labelled = Vec::with_capacity(texts.len());
        for text in texts {
            let vector = if is_blank(text) { None } else { vectors.next() };
            labelled.push(vector.map_or_else(Labelled::default, |vector| {
                let ranked = self.ranked(vector);
                let (taken, lead) = decided(&ranked, self.rule);
                let classes = match taken {
                    0 => classes.id(UNSURE).into_iter().collect(),
                    taken => ranked[..taken].iter().filter_map(|(label, _)| classes.id(&self.labels[*label])).collect(),
                };
                Labelled { classes, confidence: Some(lead) }
            }));
        }
        Ok(labelled)
    }

    fn source(&self) -> Option<String> {
        self.model.clone()
    }
}

#[cfg(test)]
mod tests {
    use arrow_array::RecordBatch;
    use arrow_schema::Schema;

    use super::*;
    use crate::core::embeddings::tests::tiny_model::TinyModel;
    use crate::core::embeddings::{LocalEmbedder, LocalOptions};

    #[test]
    fn a_text_has_the_label_of_its_own_description_and_an_empty_one_has_none() {
        let folder = tempfile::tempdir().unwrap();
        TinyModel::default().write(folder.path());
        let options = LocalOptions { threads: Some(1), ..LocalOptions::default() };
        let embedder: Arc<dyn Embedder> = Arc::new(LocalEmbedder::open(folder.path(), options).unwrap());
        let described = r#"{"animal": ["a cat runs", "the old dog"], "stuff": "concrete, steel and stone"}"#;
        let descriptions: Descriptions = serde_json::from_str(described).unwrap();
        let texts = ["the old dog", " ", "concrete, steel and stone", "a cat runs"];
        let labels = |margin: f32| {
            let (rule, model) = (Rule { margin, takes_all: false }, Some("tiny".to_owned()));
            let who = (Arc::clone(&embedder), model);
            let mut labeller = MeaningLabeller::new(&descriptions, rule, who, CancellationToken::new()).unwrap();
            let mut classes = Classes::default();
            let batch = RecordBatch::new_empty(Arc::new(Schema::empty()));
            let said = labeller.label(&batch, &texts, &mut classes).unwrap();
            assert_eq!(labeller.source().as_deref(), Some("tiny"));
            let name =
                |labelled: Labelled| labelled.classes.first().map(|class| classes.names()[*class as usize].clone());
            (said[0].confidence, said.into_iter().map(name).collect::<Vec<_>>())
        };
        let (confidence, all) = labels(0.0);
        let own =
            ["animal", "", "stuff", "animal"].map(|label| Some(label.to_owned()).filter(|label| !label.is_empty()));
        assert_eq!(all, own);
        assert!(confidence.unwrap() > 0.0);
        assert_eq!(
            labels(2.0).1,
            [Some("unsure"), None, Some("unsure"), Some("unsure")].map(|label| label.map(str::to_owned))
        );
    }

    fn taken(cosines: &[f32], margin: f32, takes_all: bool) -> usize {
        let ranked: Vec<(usize, f32)> = cosines.iter().copied().enumerate().collect();
        decided(&ranked, Rule { margin, takes_all }).0
    }

    #[test]
    fn a_single_label_needs_its_lead() {
        assert_eq!(taken(&[0.5, 0.4, 0.1], 0.05, false), 1);
        assert_eq!(taken(&[0.5, 0.46, 0.1], 0.05, false), 0);
        assert_eq!(taken(&[0.5, 0.5], 0.0, false), 1, "without a margin the nearest is taken");
    }

    #[test]
    fn of_several_those_are_taken_that_cannot_be_told_apart_unless_that_is_most_of_them() {
        assert_eq!(taken(&[0.5, 0.4, 0.1, 0.0], 0.05, true), 1);
        assert_eq!(taken(&[0.5, 0.47, 0.1, 0.0], 0.05, true), 2);
        assert_eq!(taken(&[0.5, 0.49, 0.48, 0.0], 0.05, true), 0);
        assert_eq!(taken(&[0.5, 0.5], 0.0, true), 1);
    }
}
