//! Which of overlapping mentions are kept.
//!
//! The one decision: the longest, and of equally long ones the first; a concept at a time. What one concept's lists hold does
//! not change what is found of another, so that a concept's counts stay the same when lists of others come and go. Only
//! where a word can have one tag alone, all concepts are weighed against each other.

use std::cmp::Reverse;

use super::mention::Mention;

/// Keeps of each concept what does not overlap.
pub(super) fn within_concepts(mentions: Vec<Mention>) -> Vec<Mention> {
    longest_first(mentions, |kept, other| kept.concept == other.concept)
}

/// Keeps what does not overlap, whichever concept it is of.
pub(super) fn across_concepts(mentions: Vec<Mention>) -> Vec<Mention> {
    longest_first(mentions, |_, _| true)
}

/// In the order of the text.
fn longest_first(mut mentions: Vec<Mention>, excludes: impl Fn(&Mention, &Mention) -> bool) -> Vec<Mention> {
    in_order(&mut mentions);
    if mentions.windows(2).all(|pair| pair[0].words.end <= pair[1].words.start) {
        return mentions;
    }
    mentions.sort_by(|a, b| {
        let rank = |mention: &Mention| (Reverse(mention.words.len()), mention.words.start, mention.how);
        rank(a).cmp(&rank(b)).then(b.score.total_cmp(&a.score)).then(a.concept.cmp(&b.concept))
    });
    let mut kept: Vec<Mention> = Vec::with_capacity(mentions.len());
    for mention in mentions {
        if !kept.iter().any(|other| overlap(other, &mention) && excludes(other, &mention)) {
            kept.push(mention);
        }
    }
    in_order(&mut kept);
    kept
}

fn overlap(a: &Mention, b: &Mention) -> bool {
    a.words.start < b.words.end && b.words.start < a.words.end
}

/// By place; of one place the longest first, and then in the order of the concepts.
pub(super) fn in_order(mentions: &mut [Mention]) {
    mentions.sort_unstable_by_key(|mention| {
        (mention.words.start, Reverse(mention.words.end), mention.concept, mention.how)
    });
}
