//! Entities as spans of a text, and from there to tags and back.
//!
//! For: spans in code points. Not for: files or columns they are written in. The one decision: a token has one tag, and is
//! never cut. Of spans that overlap the longest stays; one that begins or ends inside of a token takes all of it. Both are
//! counted.

use std::cmp::Reverse;
use std::ops::Range;

use super::Tagged;
use super::tag::{OUTSIDE, label_of, without_blanks};
use super::token::{Token, tokens};

/// An entity of a text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Span {
    /// Code points in front of it.
    pub(super) start: usize,
    /// Code points up to its end.
    pub(super) end: usize,
    /// What it is.
    pub(super) label: String,
}

/// A text in tokens, and what its spans lost.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Laid {
    pub(super) tagged: Tagged,
    /// Spans that overlap a longer one, and have no tag.
    pub(super) overlapping: u64,
    /// Spans that begin or end inside of a token.
    pub(super) widened: u64,
}

/// A span by its tokens.
struct Placed<'a> {
    tokens: Range<usize>,
    span: &'a Span,
}

/// Tags a text by its spans.
///
/// # Errors
/// What is wrong with a span.
pub(super) fn tagged(text: &str, spans: &[Span]) -> Result<Laid, String> {
    let found = tokens(text);
    let length = text.chars().count();
    let placed = spans.iter().map(|span| placed(span, &found, length));
    let mut placed = placed.collect::<Result<Vec<_>, _>>()?;
    let cuts = |place: &Placed<'_>| {
        found[place.tokens.start].chars.start < place.span.start
            || place.span.end < found[place.tokens.end - 1].chars.end
    };
    let widened = placed.iter().filter(|place| cuts(place)).count() as u64;
    placed.sort_by(|a, b| {
        let rank = |place: &Placed<'_>| (Reverse(place.tokens.len()), place.tokens.start);
        rank(a).cmp(&rank(b)).then_with(|| a.span.label.cmp(&b.span.label))
    });
    // The same entity, said twice.
    placed.dedup_by(|next, kept| next.tokens == kept.tokens && next.span.label == kept.span.label);
    let mut tags = vec![String::new(); found.len()];
    let mut overlapping = 0;
    for Placed { tokens, span } in placed {
        if tags[tokens.clone()].iter().any(|tag| !tag.is_empty()) {
            overlapping += 1;
            continue;
        }
        let label = without_blanks(&span.label);
        for (place, tag) in tags[tokens].iter_mut().enumerate() {
            *tag = format!("{}-{label}", if place == 0 { "B" } else { "I" });
        }
    }
    tags.iter_mut().filter(|tag| tag.is_empty()).for_each(|tag| OUTSIDE.clone_into(tag));
    let tokens = found.into_iter().map(|token| text.get(token.bytes).unwrap_or_default().to_owned()).collect();
    Ok(Laid { tagged: Tagged { tokens, tags }, overlapping, widened })
}

/// Looks whether all spans lie in their text.
///
/// # Errors
/// What is wrong with a span.
pub(super) fn check(text: &str, spans: &[Span]) -> Result<(), String> {
    let found = tokens(text);
    let length = text.chars().count();
    spans.iter().try_for_each(|span| placed(span, &found, length).map(drop))
}

fn placed<'a>(span: &'a Span, tokens: &[Token], length: usize) -> Result<Placed<'a>, String> {
    let (start, end) = (span.start, span.end);
    let told = || format!("the span {start} to {end}");
    if start >= end || end > length {
        return Err(format!("{} does not lie in a text of {length} characters", told()));
    }
    if span.label.trim().is_empty() {
        return Err(format!("{} has no label", told()));
    }
    let first = tokens.partition_point(|token| token.chars.end <= start);
    let after = tokens.partition_point(|token| token.chars.start < end);
    if first >= after {
        return Err(format!("{} holds nothing but blanks", told()));
    }
    Ok(Placed { tokens: first..after, span })
}

/// The tokens with a blank between them, and the entities in that text; tags are IOB2.
pub(super) fn spans(tagged: &Tagged) -> (String, Vec<Span>) {
    let mut found: Vec<Span> = Vec::new();
    let mut end = 0;
    for (place, (token, tag)) in tagged.tokens.iter().zip(&tagged.tags).enumerate() {
        let start = end + usize::from(place > 0);
        end = start + token.chars().count();
        let Some(label) = label_of(tag) else { continue };
        match found.last_mut() {
            Some(last) if tag.starts_with("I-") => last.end = end,
            _ => found.push(Span { start, end, label: label.to_owned() }),
        }
    }
    (tagged.tokens.join(" "), found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn span(start: usize, end: usize, label: &str) -> Span {
        Span { start, end, label: label.to_owned() }
    }

    fn laid(text: &str, spans: &[Span]) -> (String, u64, u64) {
        let Laid { tagged, overlapping, widened } = tagged(text, spans).unwrap();
        (tagged.tags.join(" "), overlapping, widened)
    }

    #[test]
    fn spans_are_code_points_and_become_tags() {
        let text = "ü😀 closed-loop, waste";
        assert_eq!(
            laid(text, &[span(3, 14, "A b"), span(16, 21, "C")]),
            ("O O B-A_b I-A_b I-A_b O B-C".to_owned(), 0, 0)
        );
    }

    #[test]
    fn of_overlapping_spans_the_longest_stays_and_a_cut_token_is_taken_whole() {
        let text = "supply chain management";
        let spans = [span(0, 12, "A"), span(7, 23, "B"), span(7, 23, "B"), span(0, 6, "C")];
        assert_eq!(laid(text, &spans), ("B-A I-A O".to_owned(), 2, 0), "of equally long ones the first");
        assert_eq!(laid("Abfallwirtschaft heute", &[span(0, 6, "A")]), ("B-A O".to_owned(), 0, 1));
        assert_eq!(laid("a b ", &[span(1, 4, "A")]), ("O B-A".to_owned(), 0, 0), "blanks are no token");
    }

    #[test]
    fn spans_that_stand_nowhere_are_told() {
        for (wrong, told) in [
            (span(2, 2, "A"), "the span 2 to 2 does not lie in a text of 4 characters"),
            (span(2, 5, "A"), "the span 2 to 5 does not lie in a text of 4 characters"),
            (span(1, 2, "A"), "the span 1 to 2 holds nothing but blanks"),
            (span(0, 1, " "), "the span 0 to 1 has no label"),
        ] {
            assert_eq!(tagged("a bc", &[wrong]), Err(told.to_owned()));
        }
    }

    proptest! {
        #[test]
        fn tags_become_spans_and_the_same_tags_again(rows in prop::collection::vec(("[a-z]{1,3}|[.,!]", 0..5_u8), 0..12)) {
            let tokens: Vec<String> = rows.iter().map(|(token, _)| token.clone()).collect();
            let mut tags: Vec<String> =
                rows.iter().map(|(_, tag)| ["O", "B-x", "I-x", "B-y", "I-y"][usize::from(*tag)].to_owned()).collect();
            super::super::tag::to_iob2(&mut tags, true).unwrap();
            let before = Tagged { tokens, tags };
            let (text, found) = spans(&before);
            let Laid { tagged: after, overlapping, widened } = tagged(&text, &found).unwrap();
            prop_assert_eq!((after, overlapping, widened), (before, 0, 0));
        }
    }
}
