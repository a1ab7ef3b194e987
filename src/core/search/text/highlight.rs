//! Where the words of a query are in a text, and the piece of it that is worth showing.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::query::TextQuery;
use super::words::{Stems, fold};
use crate::core::text::words::words;

/// The piece of a text that shows why it was found. Places count code points, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Highlights {
    /// The piece that has most of the query's words; the beginning where it has none.
    pub snippet: String,
    /// Where the piece begins in the text.
    pub start: u64,
    /// Where the query's words are in the piece, in order.
    pub spans: Vec<Span>,
}

/// A place in a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Span {
    /// Its first code point.
    pub start: u64,
    /// The one behind its last.
    pub end: u64,
}

/// A word of a text that the query has, too.
#[derive(Debug, Clone, Copy)]
struct Found {
    /// Place in code points.
    start: usize,
    end: usize,
    /// Which word of the query it is.
    which: usize,
}

impl TextQuery {
    /// Finds this query's words in a text and cuts out a piece of at most `length` code points.
    pub fn highlights(&self, text: &str, length: usize) -> Highlights {
        let found = self.found_in(text);
        let characters = text.chars().count();
        let window = best_window(&found, length);
        let (start, end) = piece(text, window, length, characters);
        let inside = found.iter().filter(|word| word.start >= start && word.end <= end);
        Highlights {
            snippet: text.chars().skip(start).take(end - start).collect(),
            start: start as u64,
            spans: inside
                .map(|word| Span { start: (word.start - start) as u64, end: (word.end - start) as u64 })
                .collect(),
        }
    }

    fn found_in(&self, text: &str) -> Vec<Found> {
        let mut places = Vec::new();
        for word in words(text) {
            let mut folded = String::new();
            fold(text.get(word.bytes).unwrap_or_default(), &mut folded);
            places.push((folded, word.chars.start, word.chars.end));
        }
        let mut found = self.single_words(&places);
        found.extend(self.phrases.iter().enumerate().flat_map(|(number, phrase)| {
            let which = self.words.len() + number;
            let hits = places
                .windows(phrase.len())
                .filter(move |window| window.iter().zip(phrase).all(|((folded, ..), wanted)| folded == wanted));
            hits.flatten().map(move |&(_, start, end)| Found { start, end, which })
        }));
        found.sort_by_key(|word| (word.start, word.which));
        found.dedup_by_key(|word| word.start);
        found
    }

    fn single_words(&self, places: &[(String, usize, usize)]) -> Vec<Found> {
        let stems = Stems::new();
        let is_same = |folded: &String| {
            self.words.iter().position(|word| word.folded == *folded).or_else(|| {
                let (first, second) = stems.of(folded);
                self.words.iter().position(|word| {
                    word.stems.contains(&first) || second.as_ref().is_some_and(|second| word.stems.contains(second))
                })
            })
        };
        if self.words.is_empty() {
            return Vec::new();
        }
        let found = places
            .iter()
            .filter_map(|(folded, start, end)| Some(Found { start: *start, end: *end, which: is_same(folded)? }));
        found.collect()
    }
}

/// The first place from which a piece has most different words of the query; of such, the one that has most of all.
fn best_window(found: &[Found], length: usize) -> Option<(usize, usize)> {
    let mut best: Option<((usize, usize), (usize, usize))> = None;
    let mut last = 0;
    for (first, from) in found.iter().enumerate() {
        while last < found.len() && found.get(last).is_some_and(|word| word.end <= from.start + length) {
            last += 1;
        }
        let inside = found.get(first..last).unwrap_or_default();
        let mut kinds: Vec<usize> = inside.iter().map(|word| word.which).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let value = (kinds.len(), inside.len());
        let end = inside.last().map_or(from.end, |word| word.end);
        if best.is_none_or(|(so_far, _)| value > so_far) {
            best = Some((value, (from.start, end)));
        }
    }
    best.map(|(_, window)| window)
}

/// A piece around a window, from one space to another where there are some nearby.
fn piece(text: &str, window: Option<(usize, usize)>, length: usize, characters: usize) -> (usize, usize) {
    if characters <= length {
        return (0, characters);
    }
    let (start, end) = window.unwrap_or((0, 0));
    let room = length.saturating_sub(end - start.min(end));
    let start = start.saturating_sub(room / 2).min(characters - length);
    let end = (start + length).min(characters);
    let spaces: Vec<usize> = text
        .chars()
        .enumerate()
        .skip(start)
        .take(end - start)
        .filter(|(_, c)| c.is_whitespace())
        .map(|(at, _)| at)
        .collect();
    let near = room / 2;
    let inner = window.unwrap_or((start, start));
    let first = spaces.first().filter(|&&at| start > 0 && at < inner.0 && at - start < near).map_or(start, |at| at + 1);
    let last = spaces.last().filter(|&&at| end < characters && at >= inner.1 && end - at < near).map_or(end, |at| *at);
    (first, last)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn marked(query: &str, text: &str, length: usize) -> String {
        let found = TextQuery::parse(query).highlights(text, length);
        let mut out = String::new();
        for (number, character) in found.snippet.chars().enumerate() {
            let at = number as u64;
            if found.spans.iter().any(|span| span.start == at) {
                out.push('[');
            }
            out.push(character);
            if found.spans.iter().any(|span| span.end == at + 1) {
                out.push(']');
            }
        }
        out
    }

    #[test]
    fn words_are_marked_in_all_their_forms_and_phrases_as_they_are() {
        assert_eq!(marked("recycling", "We Recycle: recycled paper", 100), "We [Recycle]: [recycled] paper");
        assert_eq!(marked("grosse", "Die Größe, GROSS", 100), "Die [Größe], [GROSS]");
        assert_eq!(marked("\"green power\"", "green and green power", 100), "green and [green] [power]");
        assert_eq!(marked("nothing", "green power", 100), "green power");
        assert_eq!(marked("Ökostrom", "\u{1f33f} ökostrom", 100), "\u{1f33f} [ökostrom]", "code points, not bytes");
    }

    #[test]
    fn the_piece_is_the_one_with_most_words() {
        let text = format!("waste {} waste water treatment {}", "filler ".repeat(50), "end ".repeat(50));
        let piece = marked("waste water", &text, 60);
        assert!(piece.contains("[waste] [water] treatment"), "{piece}");
        assert!(piece.starts_with("filler"), "cut between words: {piece}");
    }

    proptest! {
        #[test]
        fn spans_lie_in_the_piece_and_the_piece_in_the_text(text in any::<String>(), query in "[a-e ]{0,12}", length in 1_usize..60) {
            let text = text + " abc éa bcd ab";
            let found = TextQuery::parse(&query).highlights(&text, length);
            let start = usize::try_from(found.start).unwrap();
            let size = found.snippet.chars().count();
            prop_assert!(size <= length);
            prop_assert_eq!(text.chars().skip(start).take(size).collect::<String>(), found.snippet);
            for Span { start, end } in found.spans {
                prop_assert!(start < end && end <= size as u64);
            }
        }
    }
}
