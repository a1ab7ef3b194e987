//! Labels by the concepts of a knowledge base that a text mentions.
//!
//! For: tables without labels, where lists of phrases say what is meant. Not for: finding phrases (annotation does), or tags
//! of tokens. The one decision: a single label is the concept with most mentions, and its confidence their share, so that
//! whoever reads it sees how much spoke for another one. A text that mentions nothing has no label.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use arrow_array::RecordBatch;

use super::{Classes, Labelled, Labeller};
use crate::operations::annotation::{ConceptFinder, ConceptMention, ConceptReader};
use crate::operations::classification::error::ClassificationError;
use tokio_util::sync::CancellationToken;

/// Labels texts by the concepts that they mention.
pub(in super::super) struct ConceptLabeller<'a> {
    reader: ConceptReader<'a>,
    names: Vec<String>,
    source: String,
    takes_all: bool,
}

impl<'a> ConceptLabeller<'a> {
    /// By the concepts that `finder` knows; with `takes_all` a text has all that it mentions.
    pub(in super::super) fn new(finder: &'a ConceptFinder, takes_all: bool, cancel: CancellationToken) -> Self {
        Self {
            reader: finder.reader(cancel),
            names: short_names(finder.concepts()),
            source: finder.source().to_owned(),
            takes_all,
        }
    }

    fn labelled(&self, mentions: &[ConceptMention], classes: &mut Classes) -> Labelled {
        if !self.takes_all {
            let Some((concept, share)) = most_mentioned(mentions, &self.names) else { return Labelled::default() };
            return Labelled {
                classes: classes.id(&self.names[concept]).into_iter().collect(),
                confidence: Some(share),
            };
        }
        let mut all = Vec::new();
        for class in mentions.iter().filter_map(|mention| classes.id(&self.names[mention.concept])) {
            if !all.contains(&class) {
                all.push(class);
            }
        }
        Labelled { classes: all, confidence: None }
    }
}

impl Labeller for ConceptLabeller<'_> {
    fn label(
        &mut self,
        _batch: &RecordBatch,
        texts: &[&str],
        classes: &mut Classes,
    ) -> Result<Vec<Labelled>, ClassificationError> {
        let mentions = self.reader.mentions(texts)?;
        Ok(mentions.iter().map(|mentions| self.labelled(mentions, classes)).collect())
    }

    fn source(&self) -> Option<String> {
        Some(self.source.clone())
    }
}

/// What speaks for a concept.
#[derive(Debug, Clone, Copy, Default)]
struct Weight {
    mentions: u16,
    score: f32,
    longest: usize,
}

/// The concept with most mentions, and their share of all. Where two have as many: the one whose mentions are more like
/// their phrases, then the one with the longest mention, then by name.
fn most_mentioned(mentions: &[ConceptMention], names: &[String]) -> Option<(usize, f32)> {
    let mut weights: BTreeMap<usize, Weight> = BTreeMap::new();
    for mention in mentions {
        let weight = weights.entry(mention.concept).or_default();
        weight.mentions = weight.mentions.saturating_add(1);
        weight.score += mention.score;
        weight.longest = weight.longest.max(mention.chars.len());
    }
    let all: f32 = weights.values().map(|weight| f32::from(weight.mentions)).sum();
    let best = weights.into_iter().max_by(|(a, x), (b, y)| {
        let order = x.mentions.cmp(&y.mentions).then(x.score.total_cmp(&y.score)).then(x.longest.cmp(&y.longest));
        order.then_with(|| Reverse(&names[*a]).cmp(&Reverse(&names[*b])))
    });
    best.map(|(concept, weight)| (concept, f32::from(weight.mentions) / all))
}

/// What concepts are called as labels: the last part of their names, or all of it where two have the same last part.
pub(in super::super) fn short_names(concepts: &[String]) -> Vec<String> {
    let last = |name: &String| name.rsplit('/').next().unwrap_or(name).to_owned();
    let mut counts: BTreeMap<String, u32> = BTreeMap::new();
    for name in concepts {
        *counts.entry(last(name)).or_default() += 1;
    }
    concepts.iter().map(|name| if counts[&last(name)] > 1 { name.clone() } else { last(name) }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mention(concept: usize, length: usize, score: f32) -> ConceptMention {
        ConceptMention { concept, chars: 0..length, score }
    }

    fn best(mentions: &[ConceptMention]) -> Option<(usize, f32)> {
        most_mentioned(mentions, &["b".to_owned(), "a".to_owned()])
    }

    #[test]
    fn most_mentions_win_then_likeness_then_length_then_the_name() {
        assert_eq!(best(&[]), None);
        assert_eq!(best(&[mention(0, 9, 1.0), mention(1, 2, 0.5), mention(1, 2, 0.4)]), Some((1, 2.0 / 3.0)));
        assert_eq!(best(&[mention(0, 9, 0.9), mention(1, 2, 1.0)]), Some((1, 0.5)));
        assert_eq!(best(&[mention(0, 9, 1.0), mention(1, 2, 1.0)]), Some((0, 0.5)));
        assert_eq!(best(&[mention(0, 2, 1.0), mention(1, 2, 1.0)]), Some((1, 0.5)));
    }

    #[test]
    fn concepts_are_called_by_their_last_part_unless_two_share_it() {
        let names = ["E/Primary/RECYCLING", "E/REDUCE", "S/REDUCE", "single"].map(str::to_owned);
        assert_eq!(short_names(&names), ["RECYCLING", "E/REDUCE", "S/REDUCE", "single"]);
    }
}
